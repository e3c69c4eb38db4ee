"""Records that a job rejects: a stream or a queue, and an alarm on the first."""

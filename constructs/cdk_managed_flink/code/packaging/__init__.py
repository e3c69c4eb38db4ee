"""What goes into the job's zip: the one jar, wheels and the runner."""

"""What a Kinesis source and a Kinesis sink share."""

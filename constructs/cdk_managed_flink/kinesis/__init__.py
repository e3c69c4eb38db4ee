"""Amazon Kinesis Data Streams: streams and consumers, the source and the sink."""

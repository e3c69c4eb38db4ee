"""What is decided from what was observed. Pure: nothing here calls a service."""

"""What starts, stops and proves an application in a deploy."""

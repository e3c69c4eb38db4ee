"""What starts, stops and proves an application in a deploy, and tends it in between."""

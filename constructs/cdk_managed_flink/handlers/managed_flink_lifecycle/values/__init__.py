"""Plain values that all rooms share."""

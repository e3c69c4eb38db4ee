"""Where jobs write to."""

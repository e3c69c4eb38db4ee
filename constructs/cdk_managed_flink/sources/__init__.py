"""Where jobs read from."""

"""Python jobs."""

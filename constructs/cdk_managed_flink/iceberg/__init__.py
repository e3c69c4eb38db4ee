"""Iceberg tables: the sinks, columns and partitions, and maintenance."""

"""Iceberg tables: their columns and partitions, and what looks after them."""

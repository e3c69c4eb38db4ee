"""Warehouses of Amazon Redshift: made or taken, the SQL in them, and the ways into them."""

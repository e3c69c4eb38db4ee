"""Amazon Redshift: warehouses, the SQL in them, and the sinks."""

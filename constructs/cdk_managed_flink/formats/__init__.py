"""How a record's bytes are read and written, and the schema registries."""

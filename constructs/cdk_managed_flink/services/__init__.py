"""Parts of other AWS services that sources and sinks share: clusters, warehouses, catalogs."""

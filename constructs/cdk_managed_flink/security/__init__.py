"""Customer managed keys, and who may use them."""

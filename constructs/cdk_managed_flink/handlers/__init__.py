"""The code of the library's Lambda functions; this folder is their asset, each package an island."""

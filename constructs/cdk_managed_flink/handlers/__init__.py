"""The Lambda functions' code: this folder is their asset, each package an island."""

"""Lambda functions of the library: where their code comes from, and custom resources."""

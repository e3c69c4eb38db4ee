"""Where an existing resource is, as far as synth can tell."""

from aws_cdk import Token


def differ(here: str, there: str) -> bool:
    """Whether both Regions, or both accounts, are known at synth, and are not the same."""
    return not (Token.is_unresolved(here) or Token.is_unresolved(there)) and here != there

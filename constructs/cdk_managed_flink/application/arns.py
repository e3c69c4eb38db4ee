"""Where an existing resource is, as far as synth can know."""

from cdk_managed_flink.application.tokens import is_token


def differ(here: str, there: str) -> bool:
    """Whether both Regions, or both accounts, are known at synth, and are not the same."""
    return not (is_token(here) or is_token(there)) and here != there

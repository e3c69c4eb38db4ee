"""Values that look right, and would arrive at Kafka as something else."""

import re
from collections.abc import Mapping, Sequence

from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token

_BROKERS = re.compile(r"[^\s:,]+:\d+(,[^\s:,]+:\d+)*")


def check_settings(where: Construct | str, prop: str, settings: Mapping[str, str]) -> None:
    """Refuse settings of Kafka that are not text.

    Raises:
        ValueError: One is a number or the like.
    """
    for name, value in settings.items():
        if not isinstance(value, str):
            raise invalid(where, f"{prop}[{name!r}]", value, "text", f'Use "{value}".')


def check_list(where: str, prop: str, given: Sequence[str]) -> None:
    """Refuse a text that stands for a list: each of its letters would be one of it.

    Raises:
        ValueError: It is a text.
    """
    if isinstance(given, str):
        raise invalid(where, prop, given, "a list", f'Use {prop}=["{given}"].')


def check_brokers(cluster: Construct, servers: str) -> None:
    """Refuse what Kafka's clients could not read.

    Raises:
        ValueError: They are malformed.
    """
    if not is_token(servers) and not _BROKERS.fullmatch(servers):
        raise invalid(
            cluster,
            "bootstrap_servers",
            servers,
            "host:port, with commas between several",
            "Use the format of Kafka's bootstrap.servers, without spaces.",
        )

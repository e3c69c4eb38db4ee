"""Flink runtimes of the service, and what differs between them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from cdk_managed_flink.application.connector import Connector, ConnectorLine
from cdk_managed_flink.application.errors import invalid

_NAME = re.compile(r"FLINK-([0-9]+)_([0-9]+)")
# Applications on these cannot be created, started or run any more (service quotas page, 2025).
_RETIRED = frozenset({"FLINK-1_6", "FLINK-1_8", "FLINK-1_11", "FLINK-1_13"})


@dataclass(frozen=True)
class MetricNames:
    """Names of CloudWatch metrics whose spelling depends on the runtime.

    Flink 2.2 removed ``fullRestarts`` and deprecated ``uptime`` ("Metrics and dimensions" in the
    developer guide); an alarm on a removed metric never gets a datapoint and never fires.
    """

    uptime: str
    restarts: str


@dataclass(frozen=True)
class Runtime:
    """A Flink runtime: one of the constants, or ``Runtime.of("FLINK-2_3")`` for a newer one.

    Attributes:
        name: The service's name, such as ``FLINK-1_20``.
        connector_line: The AWS connectors that the job is made with. Default: those that this
            release has run on the runtime, or the newest.
        replaced_connectors: Other connectors behind some identifiers.
    """

    name: str
    connector_line: ConnectorLine | None = None
    replaced_connectors: tuple[tuple[str, Connector], ...] = ()

    FLINK_1_15: ClassVar[Self]
    FLINK_1_18: ClassVar[Self]
    FLINK_1_19: ClassVar[Self]
    FLINK_1_20: ClassVar[Self]
    FLINK_2_2: ClassVar[Self]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise invalid(
                "Runtime",
                "name",
                self.name,
                "FLINK-<major>_<minor>, such as FLINK-1_20",
                "Use a constant of Runtime, or Runtime.of() with the service's own spelling.",
            )
        if self.name in _RETIRED:
            raise invalid(
                "Runtime",
                "name",
                self.name,
                "a runtime that the service still runs",
                f"{self.name} was retired by the service in 2025: use Runtime.FLINK_1_20.",
            )

    @classmethod
    def of(cls, name: str) -> Self:
        """A runtime by the service's name, for one that is newer than this release.

        Raises:
            ValueError: The name has another form, or the service has retired the runtime.
        """
        return cls(name)

    def with_connectors(
        self,
        line: ConnectorLine | None = None,
        connectors: Mapping[str, Connector] | None = None,
    ) -> Self:
        """The runtime with another choice of connectors, for one application.

        A change restarts the job with connectors that may not read its state: those of Kinesis
        can't across lines.

        Args:
            line: The AWS connectors. Default: the runtime's own.
            connectors: Other connectors, by the identifier in ``'connector' = '…'``, such as
                ``kafka``. Another version of one that is known here comes with what that one comes
                with, any other with what its POM lists; their options are not checked.
        """
        return replace(
            self,
            connector_line=line or self.connector_line,
            replaced_connectors=tuple(
                sorted({**dict(self.replaced_connectors), **(connectors or {})}.items())
            ),
        )

    @property
    def flink_version(self) -> tuple[int, int]:
        """Flink's major and minor version."""
        match = _NAME.fullmatch(self.name)
        assert match  # checked in __post_init__
        return int(match[1]), int(match[2])

    @property
    def metric_names(self) -> MetricNames:
        """How this runtime spells the metrics that changed in Flink 2.2."""
        if self.flink_version >= (2, 2):
            return MetricNames(uptime="runningTime", restarts="numRestarts")
        return MetricNames(uptime="uptime", restarts="fullRestarts")

    @property
    def supports_customer_managed_key(self) -> bool:
        """Whether state can be encrypted with a customer managed key (from 1.20)."""
        return self.flink_version >= (1, 20)

    @property
    def supports_enhanced_snapshots(self) -> bool:
        """Whether snapshots can be the account's instead of the application's (from 1.20)."""
        return self.flink_version >= (1, 20)


Runtime.FLINK_1_15 = Runtime("FLINK-1_15")
Runtime.FLINK_1_18 = Runtime("FLINK-1_18")
Runtime.FLINK_1_19 = Runtime("FLINK-1_19")
Runtime.FLINK_1_20 = Runtime("FLINK-1_20")
Runtime.FLINK_2_2 = Runtime("FLINK-2_2")

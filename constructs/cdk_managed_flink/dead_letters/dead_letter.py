"""DeadLetterSink: where rows go that the job cannot use, with an alarm on the first one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from constructs import Construct

from cdk_managed_flink.application.base import ApplicationBase
from cdk_managed_flink.application.binding import Binding, Sink, WatchKind
from cdk_managed_flink.application.connector import Connector
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.runtime import Runtime

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, eq=False)
class DeadLetterSink(Sink[R_co]):
    """Any sink that can count what it is given, watched: the first row in it is an alarm.

    ``DeadLetterSink(S3Sink())``, or with a ``KinesisSink`` or an ``MskSink``. How
    many rows in a period are an alarm is ``AlarmThresholds(dead_letters=...)``; by default one.

    Attributes:
        sink: Where the rows go.

    Raises:
        ValueError: In ``bind``, if nothing counts what is written to the sink.
    """

    sink: Sink[R_co]

    def __post_init__(self) -> None:
        if isinstance(self.sink, DeadLetterSink):
            raise invalid(
                "DeadLetterSink",
                "sink",
                "a DeadLetterSink",
                "the sink behind it",
                "One alarm is enough: pass what it wraps.",
            )
        object.__setattr__(self, "resource_id", self.sink.resource_id)

    def connectors(self, runtime: Runtime) -> Sequence[Connector]:
        return self.sink.connectors(runtime)

    def network(self) -> Network | None:
        return self.sink.network()

    def bind(self, scope: Construct, application: ApplicationBase, name: str) -> Binding[R_co]:
        """Bind the sink behind it, and watch for its first row."""
        binding = self.sink.counted().bind(scope, application, name)
        if not binding.volume_metrics:
            raise invalid(
                application,
                f"sink {name!r}",
                f"DeadLetterSink({type(self.sink).__name__}(...))",
                "a sink whose service counts what is written, S3Sink, KinesisSink or MskSink, "
                "made by the pipeline",
                "Without a metric there is no alarm on the first dead letter: choose another sink, "
                "or bind this one as it is.",
            )
        dead = [
            replace(
                watch,
                kind=WatchKind.DEAD_LETTERS,
                meaning=f"The job set rows aside that it cannot use: look into {name}. "
                f"{watch.meaning}",
            )
            for watch in binding.volume_metrics
        ]
        return replace(binding, watches=[*binding.watches, *dead])

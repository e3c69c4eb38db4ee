"""What holds a pipeline's data, as Prepare compares it: a new, empty store is never silent."""

from typing import Any

import jsii
from aws_cdk import IAnyProducer, IResolveContext, Lazy

from cdk_managed_flink.application import context_flag
from cdk_managed_flink.application.application import FlinkApplication

# Names of tables, comma-separated, whose stores this deploy may replace.
REPLACE_STORES = "cdk-managed-flink:replaceStores"


def stores(application: FlinkApplication) -> dict[str, Any]:
    """The properties of Prepare that say which store each table has, and which may be another."""
    return {
        "Stores": Lazy.uncached_any(_Stores(application)),
        "ReplaceStores": context_flag.names(application, REPLACE_STORES),
    }


@jsii.implements(IAnyProducer)
class _Stores:
    """Read at synth, since a table may be bound after the lifecycle was made."""

    def __init__(self, application: FlinkApplication) -> None:
        self._application = application

    def produce(self, _context: IResolveContext) -> dict[str, list[str]]:
        return dict(self._application.stores)

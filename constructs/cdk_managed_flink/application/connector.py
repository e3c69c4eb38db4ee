"""Connectors as a source or sink names them, and the releases that they come from."""

from dataclasses import dataclass
from enum import StrEnum


class ConnectorLine(StrEnum):
    """A release line of the AWS connectors: those of Kinesis, DynamoDB and Firehose.

    A line's Kinesis source cannot read the state that another line's has written.
    """

    AWS_4_3 = "4.3"
    AWS_5_1 = "5.1"
    AWS_6_0 = "6.0"


@dataclass(frozen=True, order=True)
class Connector:
    """Maven coordinates of a connector that the job needs in its one jar."""

    group: str
    artifact: str
    version: str

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

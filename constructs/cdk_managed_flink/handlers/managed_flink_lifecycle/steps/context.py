"""What one poll works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ..aws.calls import ServiceError
from ..aws.clients import Clients
from ..aws.evidence import Evidence
from ..aws.job_log import JobLog
from ..aws.service import FlinkService
from ..aws.stack import OwnStack
from ..aws.step_log import StepLog
from ..values.request import CLOCK_TOLERANCE, Request
from ..values.snapshot import Snapshot
from . import lineage


class SupersededError(Exception):
    """CloudFormation has begun something else: nobody waits for this request any more."""


@dataclass(frozen=True)
class Context:
    """One request at one moment, with the ports to look and act through."""

    request: Request
    clients: Clients
    service: FlinkService
    stack: OwnStack
    log: StepLog
    now: datetime
    rolling_back: bool = False

    @cached_property
    def evidence(self) -> Evidence:
        """The job's log and metrics, which only Prove's request names."""
        asked = self.request.prove
        return Evidence(
            log=JobLog(self.clients.logs, asked.log_group_name, asked.log_stream_name),
            cloudwatch=self.clients.cloudwatch,
            application=asked.application_name,
            metrics=asked.metrics,
            period_seconds=int(asked.gate.period_seconds),
        )

    @property
    def changed(self) -> bool:
        """Whether the request asks for anything."""
        return self.request.changed(rolling_back=self.rolling_back)

    def newest(self, snapshots: Sequence[Snapshot]) -> Snapshot | None:
        """The newest READY snapshot of the line of versions that goes on."""
        return lineage.newest(
            snapshots, self.service.operations(), self.stack, self.request.application
        )

    def drive(self) -> FlinkService:
        """The service, for a call that changes something: only the latest request may.

        A waiter polls on when CloudFormation has given its resource up.

        Raises:
            SupersededError: The stack has begun another operation since, has ended this one, or
                has gone past this resource.
        """
        if not self.stack.busy():
            raise SupersededError("The stack has ended the operation that this request is of.")
        try:
            began = self.stack.operation_began()
            answered = self.stack.has_answer(
                self.request.logical_id,
                delete=self.request.is_delete,
                after=self.request.started_at,
            )
        except ServiceError as refused:
            if not self.request.is_delete:  # it may be a stale one, which must not act
                raise
            self.log.step("not known whether this is the latest request", refused=str(refused))
            return self.service
        if began and began > self.request.started_at + CLOCK_TOLERANCE:
            raise SupersededError(f"The stack began another operation at {began:%H:%M:%S} UTC.")
        if answered:
            raise SupersededError("The stack has had its answer to this request.")
        return self.service

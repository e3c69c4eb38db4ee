"""Why a start failed."""

from __future__ import annotations

from datetime import datetime

from ..aws.job_log import JobLog
from ..aws.service import FlinkService
from ..rules.failure_log import is_second_hand
from ..values.application import Operation

# Records reach CloudWatch seconds to minutes after the operation has failed.
LOG_SECONDS = 90


def log_is_due(log: JobLog, start: Operation, now: datetime) -> bool:
    """Whether the job's own reason may still be on its way to the log."""
    if (now - (start.ended or start.started)).total_seconds() > LOG_SECONDS:
        return False
    cause = log.error(start.ran_from)
    return not cause or is_second_hand(cause)


def reason(service: FlinkService, log: JobLog, start: Operation) -> str:
    """As the service has it, or the job's log where the service only says that it failed."""
    told = service.operation_failure(start)
    if told and not is_second_hand(told):
        return told
    return log.error(start.ran_from) or told or "the service gave no reason"

"""What one poll works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .evidence import Evidence
from .request import Request
from .service import FlinkService
from .stack import OwnStack
from .step_log import StepLog


@dataclass(frozen=True)
class Context:
    """One request at one moment, with the ports to look and act through."""

    request: Request
    service: FlinkService
    evidence: Evidence
    stack: OwnStack
    log: StepLog
    now: datetime
    rolling_back: bool = False

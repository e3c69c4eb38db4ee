"""The AWS clients that the handlers call through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import boto3
import botocore.session
from botocore.config import Config

from .calls import Client

# The service's description as botocore 1.44.8 has it: an older one knows no enhanced snapshots.
_MODELS = Path(__file__).parents[1] / "models"


@dataclass(frozen=True)
class Clients:
    """One client a service."""

    flink: Client
    logs: Client
    cloudwatch: Client
    cloudformation: Client
    sns: Client


def session() -> boto3.Session:
    """A session whose clients know every operation that the handlers use."""
    core = botocore.session.get_session()
    core.set_config_variable("data_path", str(_MODELS))
    return boto3.Session(botocore_session=core)


@lru_cache(maxsize=1)
def aws() -> Clients:
    """The clients, made once for each Lambda environment."""
    config = Config(
        connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2}
    )
    made = session()
    return Clients(
        flink=made.client("kinesisanalyticsv2", config=config),
        logs=made.client("logs", config=config),
        cloudwatch=made.client("cloudwatch", config=config),
        cloudformation=made.client("cloudformation", config=config),
        sns=made.client("sns", config=config),
    )

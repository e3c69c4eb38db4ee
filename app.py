"""The reference app: ``cdk deploy -c env=dev``, with ``-c job=payments`` for another stack."""

import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from cdk_managed_flink.code.packaging.jar_cache import PackagingError
from stacks.etl import EtlStack
from stacks.payments import PaymentsStack
from stacks.sensors import SensorsStack
from stacks.settings import settings_for

STACKS = {"sensors": SensorsStack, "payments": PaymentsStack, "etl": EtlStack}
DEFAULT = "sensors"
ALL = "all"


def main() -> None:
    """Build the stack of the job and the environment that the context names.

    One at a time, unless all are asked for: synth packages each job that it builds the stack of.
    """
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    settings = settings_for(app.node.try_get_context("env"))
    jobs = Path(app.node.try_get_context("jobs") or Path(__file__).parent / "jobs")
    for job in wanted(app.node.try_get_context("job") or DEFAULT):
        STACKS[job](app, f"{settings.name}-{job}", jobs=jobs, settings=settings)
    app.synth()


def wanted(job: str) -> list[str]:
    """The jobs whose stacks are built.

    Raises:
        ValueError: There is no such job.
    """
    if job not in (*STACKS, ALL):
        known = ", ".join((*STACKS, ALL))
        raise ValueError(f"context job is {job!r}; allowed: {known}. Say which: -c job={DEFAULT}")
    return list(STACKS) if job == ALL else [job]


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(f"error: {error}")
    except RuntimeError as error:
        # What synth refused, and what the packaging tool said; anything else is a fault of ours.
        if not (isinstance(error, PackagingError) or str(error).startswith("ValidationFailed")):
            raise
        sys.exit(f"error: {error}")

"""The reference app: ``cdk deploy -c env=dev``."""

import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from cdk_managed_flink.code.jar_cache import PackagingError
from stacks.sensors import SensorsStack
from stacks.settings import settings_for


def main() -> None:
    """Build the stacks of the environment that the context names."""
    app = cdk.App()
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    settings = settings_for(app.node.try_get_context("env"))
    jobs = Path(app.node.try_get_context("jobs") or Path(__file__).parent / "jobs")
    SensorsStack(app, f"{settings.name}-sensors", jobs=jobs, settings=settings)
    app.synth()


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

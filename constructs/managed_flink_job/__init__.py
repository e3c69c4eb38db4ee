"""The helper of jobs in Python under the name that it has in a job's package.

For editors, type checkers and tests of a job on one's own machine: the very modules that
``FlinkCode.from_python`` packages, without AWS CDK.
"""

from pathlib import Path
from typing import TYPE_CHECKING

__path__ = [str(Path(__file__).parents[1] / "cdk_managed_flink" / "job")]

if TYPE_CHECKING:
    from cdk_managed_flink.job import (
        JobError,
        Properties,
        PropertyError,
        SecretError,
        masked,
        properties,
        run_script,
        sql,
        table_options,
    )
else:
    from managed_flink_job.properties import PropertyError
    from managed_flink_job.runner import JobError, run_script
    from managed_flink_job.secrets import SecretError
    from managed_flink_job.tables import Properties, masked, properties, sql, table_options

__all__ = [
    "JobError",
    "Properties",
    "PropertyError",
    "SecretError",
    "masked",
    "properties",
    "run_script",
    "sql",
    "table_options",
]

"""What goes into the job's zip: the SQL runner, its lexer and the reader of property groups.

Runs inside Flink, so it uses the standard library and, inside functions, PyFlink and botocore;
nothing of the rest of this project. The parts that read SQL serve at synth as well: one
implementation of both. In the zip its name is ``managed_flink_job``, and a job in Python imports
from there what is listed here.
"""

from .properties import PropertyError
from .runner import JobError, run_script
from .secrets import SecretError
from .tables import Properties, masked, properties, sql, table_options

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

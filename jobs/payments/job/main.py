"""The job: job.sql, with one function of Python's own."""

from accounts import iban_is_valid
from pyflink.table import DataTypes
from pyflink.table.udf import udf

from managed_flink_job import run_script

if __name__ == "__main__":
    run_script(
        "job.sql",
        functions={"iban_is_valid": udf(iban_is_valid, result_type=DataTypes.BOOLEAN())},
    )

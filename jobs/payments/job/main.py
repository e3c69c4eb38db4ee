"""The job: the statements of job.sql, with one function of Python's own, as one Flink job."""

from pathlib import Path

from accounts import iban_is_valid
from managed_flink_job.statements import StatementKind, statements
from pyflink.common import Configuration
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

from managed_flink_job import sql


def main() -> None:
    """Define tables and views in their order, then start all INSERTs at once."""
    script = statements(Path(__file__).resolve().with_name("job.sql").read_text(encoding="utf-8"))
    settings = Configuration()
    for statement in script:
        if statement.kind is StatementKind.SET:
            settings.set_string(statement.target, statement.value)
    environment = TableEnvironment.create(
        EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(settings).build()
    )
    environment.create_temporary_system_function(
        "iban_is_valid", udf(iban_is_valid, result_type=DataTypes.BOOLEAN())
    )
    inserts = environment.create_statement_set()
    for statement in script:
        if statement.kind is StatementKind.INSERT:
            inserts.add_insert_sql(sql(statement.text))
        elif statement.kind is not StatementKind.SET:
            environment.execute_sql(sql(statement.text))
    inserts.execute()


if __name__ == "__main__":
    main()

"""Cleans the city of each event with a Python function that uses two packages."""
# mypy: ignore-errors

from matching import cities
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import udf

from managed_flink_job import properties, sql

city_of = udf(cities.meant, result_type=DataTypes.STRING())


def main() -> None:
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    tables.create_temporary_system_function("CITY_OF", city_of)
    tables.execute_sql(sql("CREATE TABLE orders (id BIGINT, city STRING) WITH (${orders})"))
    tables.execute_sql(
        sql("CREATE TABLE cleaned (id BIGINT, city STRING, run STRING) WITH (${cleaned})")
    )
    run = properties("job")["run"]
    tables.execute_sql(f"INSERT INTO cleaned SELECT id, CITY_OF(city), '{run}' FROM orders")


if __name__ == "__main__":
    main()

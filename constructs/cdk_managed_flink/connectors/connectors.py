"""Connectors as Maven artifacts: which ones a runtime takes, and how they fit into one jar.

A job on the service has one jar, so the connectors of all its tables are merged. How that is done
without two copies of a class, or a class that is linked to the wrong copy, differs from one
release line of the AWS connectors to the next; those facts are here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cdk_managed_flink.application.connector import Connector, ConnectorLine
from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.runtime import Runtime
from cdk_managed_flink.application.secret_value import SECRET_READER
from cdk_managed_flink.connectors import option_names
from cdk_managed_flink.connectors.release_line import ReleaseLine

_FLINK = "org.apache.flink"
_HADOOP = "org.apache.hadoop"
_ICEBERG = "org.apache.iceberg"
_SDK = "software.amazon.awssdk"

# Login to MSK by IAM. It implements interfaces of the Kafka client, so it goes with the plain Kafka
# connector, whose client has its own names, and never with the SQL flavour, which renames it.
_MSK_IAM = Connector("software.amazon.msk", "aws-msk-iam-auth", "2.3.5")

# Stands among the connectors for the library's own format; no artifact of Maven's.
JSON_LINES = Connector("cdk-managed-flink", "json-lines", "1")


def _hadoop(version: str) -> Sequence[Connector]:
    """The part of Hadoop that Parquet's and Iceberg's own classes name in their methods."""
    return (
        Connector(_HADOOP, "hadoop-client-api", version),
        Connector(_HADOOP, "hadoop-client-runtime", version),
    )


def _formats(flink: str, hadoop: str) -> Mapping[str, Sequence[Connector]]:
    return {
        "avro": (Connector(_FLINK, "flink-sql-avro", flink),),
        "orc": (Connector(_FLINK, "flink-sql-orc", flink),),
        "avro-confluent": (Connector(_FLINK, "flink-sql-avro-confluent-registry", flink),),
        "parquet": (Connector(_FLINK, "flink-parquet", flink), *_hadoop(hadoop)),
        "json-lines": (JSON_LINES,),
    }


def _iceberg(runtime: str, version: str, hadoop: str) -> Mapping[Connector, Sequence[Connector]]:
    """Iceberg's two bundles, in which everything but Hadoop has a package of its own."""
    connector = Connector(_ICEBERG, f"iceberg-flink-runtime-{runtime}", version)
    return {connector: (Connector(_ICEBERG, "iceberg-aws-bundle", version), *_hadoop(hadoop))}


_FILES = {"filesystem": option_names.FILESYSTEM}


def _aws(version: str) -> Mapping[str, Connector]:
    return {
        "kinesis": Connector(_FLINK, "flink-connector-aws-kinesis-streams", version),
        "dynamodb": Connector(_FLINK, "flink-connector-dynamodb", version),
        "firehose": Connector(_FLINK, "flink-connector-aws-kinesis-firehose", version),
    }


# AWS connectors 4.3, proved on Flink 1.20.
#
# flink-connector-kinesis carries AWS SDK 2.20.144 (and SDK 1) in a package of its own. The DynamoDB
# and Firehose connectors were built against the very same SDK, so they are moved onto that copy
# instead of bringing a second one. These are the relocations of the Kinesis connector's own build.
_SHADED = f"{_FLINK}.kinesis.shaded"
_KINESIS_4_3 = Connector(_FLINK, "flink-connector-kinesis", "4.3.0-1.19")
_DYNAMODB_4_3 = Connector(_FLINK, "flink-connector-dynamodb", "4.3.0-1.19")
_FIREHOSE_4_3 = Connector(_FLINK, "flink-connector-aws-kinesis-firehose", "4.3.0-1.19")
# What the Kinesis connector's classes call and its jar lacks.
_KINESIS_4_3_CALLS = (
    Connector("com.google.guava", "failureaccess", "1.0.1"),
    Connector("com.google.guava", "guava", "32.1.3-jre"),
    Connector("commons-codec", "commons-codec", "1.15"),
    Connector("commons-io", "commons-io", "2.15.1"),
    Connector("commons-lang", "commons-lang", "2.6"),
    Connector("commons-logging", "commons-logging", "1.2"),
    Connector("joda-time", "joda-time", "2.8.1"),
    Connector("org.apache.commons", "commons-lang3", "3.12.0"),
)
_ICEBERG_1_20 = _iceberg("1.20", "1.9.2", "3.3.4")
_AWS_4_3 = ReleaseLine(
    flink="1.20.1",
    java="11",
    connectors={
        "kinesis": _KINESIS_4_3,
        "dynamodb": _DYNAMODB_4_3,
        "firehose": _FIREHOSE_4_3,
        "kafka": Connector(_FLINK, "flink-connector-kafka", "3.4.0-1.20"),
        "msk-iam": _MSK_IAM,
        "iceberg": next(iter(_ICEBERG_1_20)),
        "opensearch": Connector(_FLINK, "flink-connector-opensearch", "1.2.0-1.19"),
    },
    formats=_formats("1.20.1", "3.3.4"),
    closed={
        _KINESIS_4_3: _KINESIS_4_3_CALLS,
        _DYNAMODB_4_3: (
            Connector(_SDK, "dynamodb", "2.20.144"),
            Connector(_SDK, "dynamodb-enhanced", "2.20.144"),
            _KINESIS_4_3,
            *_KINESIS_4_3_CALLS,
        ),
        _FIREHOSE_4_3: (
            Connector(_SDK, "firehose", "2.20.144"),
            _KINESIS_4_3,
            *_KINESIS_4_3_CALLS,
        ),
        **_ICEBERG_1_20,
    },
    hadoop_users=frozenset(_ICEBERG_1_20),
    bundles=frozenset(_ICEBERG_1_20),
    own_sdk=frozenset({_KINESIS_4_3, _DYNAMODB_4_3, _FIREHOSE_4_3}),
    sdk_users=frozenset({_MSK_IAM}),
    relocations=tuple(
        (package, f"{_SHADED}.{package}")
        for package in (
            _SDK,
            f"{_FLINK}.connector.aws.config",
            f"{_FLINK}.connector.aws.util",
            "io.netty",
            "org.apache.http",
            "org.reactivestreams",
        )
    ),
    leaves_out=(
        # Names its one class by the package before it was moved, and would stop every call. The
        # class only adds to the user agent of the SDK's bean mapper, which the sink doesn't use.
        "software/amazon/awssdk/services/dynamodb/execution.interceptors",
        # 36 MB of programs for the Kinesis Producer Library, which the table connector doesn't use.
        "amazon-kinesis-producer-native-binaries/**",
        "cacerts/**",
    ),
    options={
        **_FILES,
        "kinesis": option_names.KINESIS_4,
        "dynamodb": option_names.DYNAMODB_4,
        "firehose": option_names.FIREHOSE,
        "kafka": option_names.KAFKA_3,
        "upsert-kafka": option_names.UPSERT_KAFKA_3,
    },
)

# AWS connectors 5.1 and 6.0, for Flink 1.20 and 2.x. No test of this project packages them: their
# binaries are stated, not run.
#
# The plain artifacts share one SDK and nothing is moved: text files name classes. Each
# flink-sql-connector-* is linked to a moved SDK of its own, and two of them in one job fail; that
# of Kinesis lacks software.amazon.eventstream, which fan-out needs.
_ICEBERG_2 = _iceberg("2.0", "1.10.0", "3.3.6")
_AWS_6_0 = ReleaseLine(
    flink="2.2.0",
    java="17",
    further_modules=("flink-core-api",),
    connectors={
        **_aws("6.0.1-2.0"),
        "kafka": Connector(_FLINK, "flink-connector-kafka", "4.0.1-2.0"),
        "msk-iam": _MSK_IAM,
        "iceberg": next(iter(_ICEBERG_2)),
    },
    formats=_formats("2.2.0", "3.3.6"),
    closed=_ICEBERG_2,
    hadoop_users=frozenset(_ICEBERG_2),
    sdk="2.40.3",
    options={
        **_FILES,
        "kinesis": option_names.KINESIS_5,
        "dynamodb": option_names.DYNAMODB_5,
        "firehose": option_names.FIREHOSE,
        "kafka": option_names.KAFKA_4,
        "upsert-kafka": option_names.UPSERT_KAFKA_4,
    },
)
_AWS_5_1 = replace(
    _AWS_4_3,
    connectors={**_AWS_4_3.connectors, **_aws("5.1.0-1.20")},
    closed=_ICEBERG_1_20,
    hadoop_users=frozenset(_ICEBERG_1_20),
    own_sdk=frozenset(),
    sdk_users=frozenset(),
    relocations=(),
    leaves_out=(),
    sdk="2.36.3",  # the connectors name 2.26.19, and the login by IAM this one
    options={
        **_AWS_4_3.options,
        "kinesis": option_names.KINESIS_5,
        "dynamodb": option_names.DYNAMODB_5,
    },
)

# What is made for Flink 1.20 may call what 1.19 lacks. Kafka 3.3 has the options of 3.4. These jars
# were built, not run.
_AWS_4_3_ON_1_19 = replace(
    _AWS_4_3.with_connectors(
        {
            "kafka": Connector(_FLINK, "flink-connector-kafka", "3.3.0-1.19"),
            "iceberg": Connector(_ICEBERG, "iceberg-flink-runtime-1.19", "1.9.2"),
        }
    ),
    flink="1.19.1",
    formats=_formats("1.19.1", "3.3.4"),
    options=_AWS_4_3.options,
)


def release_line(runtime: Runtime) -> ReleaseLine:
    """The release line of the AWS connectors for a runtime, as the application has chosen it.

    Raises:
        ValueError: None is known for this runtime, or it cannot have the chosen one.
    """
    lines = _lines_for(runtime)
    chosen = runtime.connector_line or next(iter(lines))
    if chosen not in lines:
        raise invalid(
            "Runtime",
            "connector_line",
            f"{chosen} on {runtime.name}",
            ", ".join(lines),
            "Remove it for the first of these.",
        )
    line = lines[chosen]
    replaced = dict(runtime.replaced_connectors)
    return line.with_connectors(replaced) if replaced else line


def _lines_for(runtime: Runtime) -> Mapping[ConnectorLine, ReleaseLine]:
    """The lines that are there for a runtime; the first is its default."""
    version = runtime.flink_version
    if version == (1, 19):
        return {ConnectorLine.AWS_4_3: _AWS_4_3_ON_1_19}
    if version == (1, 20):
        return {ConnectorLine.AWS_4_3: _AWS_4_3, ConnectorLine.AWS_5_1: _AWS_5_1}
    # Connectors for 2.0 serve later minor versions: a new one needs no release.
    if (2, 2) <= version < (3, 0):
        return {ConnectorLine.AWS_6_0: _AWS_6_0}
    raise invalid(
        "FlinkCode",
        "runtime",
        runtime.name,
        "FLINK-1_19, FLINK-1_20, or FLINK-2_2 and later 2.x",
        "Use one of these: which connectors go with any other is not known here.",
    )


def connector_for(identifier: str, runtime: Runtime) -> Connector:
    """The connector behind a table's ``'connector' = '…'`` on a runtime.

    Files, S3 among them, need none: the runtime has the file connector.

    Raises:
        ValueError: There is none of that identifier, or none for the runtime.
    """
    connectors = release_line(runtime).connectors
    if identifier not in connectors:
        raise invalid(
            "FlinkCode",
            "connector",
            identifier,
            ", ".join(connectors),
            "Pass the Maven coordinates of any other connector: Connector(group, artifact, "
            "version).",
        )
    return connectors[identifier]


def format_artifacts(format: str, runtime: Runtime) -> Sequence[Connector]:
    """What a format needs in the job's package; nothing for those that are there already."""
    return release_line(runtime).formats.get(format, ())


def secret_reader(runtime: Runtime) -> Sequence[Connector]:
    """What lets a job of SQL or Python read ``secret:<arn>[:key]`` on any runtime.

    It stands for botocore in the job's package, not for an artifact of Maven's.
    """
    return [SECRET_READER]

"""Delivery streams: what they deliver, under which rights, and what they refuse."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of
from linting import lint
from policies import granted, statements, text
from test_rules import findings

from cdk_managed_flink import (
    Buffering,
    ColumnarFormat,
    DeliveryBucket,
    DeliveryStream,
    FormatConversion,
    HttpDestination,
    S3Destination,
)
from cdk_managed_flink.firehose.delivery_stream import Destination

PLACE = "eu-west-1:123456789012"
THROUGH_S3 = frozenset({"StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com"})
ALWAYS: frozenset[str] = frozenset()


def delivered(stack: cdk.Stack, destination: Destination, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    DeliveryStream(stack, "Out", destination=destination, **more)
    return dict(only(template_of(stack), "AWS::KinesisFirehose::DeliveryStream")["Properties"])


def s3_delivery(stack: cdk.Stack, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    return dict(delivered(stack, S3Destination(**given))["ExtendedS3DestinationConfiguration"])


@pytest.fixture
def theirs(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")


def test_a_line_feed_follows_each_record(stack: cdk.Stack) -> None:
    found = s3_delivery(stack)
    assert found["ProcessingConfiguration"] == {
        "Enabled": True,
        "Processors": [
            {
                "Type": "AppendDelimiterToRecord",
                "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
            }
        ],
    }
    assert found["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 5}
    assert found["CompressionFormat"] == "GZIP"
    assert "Prefix" not in found
    assert found["ErrorOutputPrefix"] == "errors/!{firehose:error-output-type}/"


def test_no_processor_where_records_stay_as_they_are(stack: cdk.Stack) -> None:
    assert "ProcessingConfiguration" not in s3_delivery(stack, new_line=False)


def test_partitions_come_from_the_records(stack: cdk.Stack) -> None:
    found = s3_delivery(
        stack,
        prefix="page=!{partitionKeyFromQuery:page}/day=!{partitionKeyFromQuery:day}/",
        partition_keys={"page": ".page", "day": '.ts|strftime("%Y-%m-%d")'},
    )
    assert found["DynamicPartitioningConfiguration"]["Enabled"] is True
    assert found["BufferingHints"]["SizeInMBs"] == 128
    extraction, new_line = found["ProcessingConfiguration"]["Processors"]
    assert new_line["Type"] == "AppendDelimiterToRecord"
    assert {p["ParameterName"]: p["ParameterValue"] for p in extraction["Parameters"]} == {
        "MetadataExtractionQuery": '{page:.page,day:.ts|strftime("%Y-%m-%d")}',
        "JsonParsingEngine": "JQ-1.6",
    }


@pytest.mark.parametrize(
    ("to", "serializer"),
    [
        (ColumnarFormat.PARQUET, {"ParquetSerDe": {"Compression": "SNAPPY"}}),
        (ColumnarFormat.ORC, {"OrcSerDe": {"Compression": "SNAPPY"}}),
    ],
)
def test_rows_become_columns_by_a_glue_table(
    stack: cdk.Stack, to: ColumnarFormat, serializer: dict[str, Any]
) -> None:
    found = s3_delivery(stack, conversion=FormatConversion(database="lake", table="clicks", to=to))
    conversion = found["DataFormatConversionConfiguration"]
    assert conversion["OutputFormatConfiguration"] == {"Serializer": serializer}
    assert conversion["SchemaConfiguration"]["TableName"] == "clicks"
    assert found["CompressionFormat"] == "UNCOMPRESSED"
    assert "ProcessingConfiguration" not in found
    rights = granted(statements(template_of(stack), "OutRole"))
    assert {(action, arn) for action, arn, _ in rights if action.startswith("glue:")} == {
        (f"glue:{call}", f"arn:aws:glue:{PLACE}:{what}")
        for call in ("GetTable", "GetTableVersion", "GetTableVersions")
        for what in ("catalog", "database/lake", "table/lake/clicks")
    }


def test_each_right_of_a_delivery_to_an_existing_bucket(
    stack: cdk.Stack, theirs: s3.IBucket
) -> None:
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{PLACE}:key/abc")
    destination = S3Destination(
        bucket=theirs, encryption_key=key, prefix="out/day=!{timestamp:yyyy-MM-dd}/"
    )
    delivered(stack, destination)
    template = template_of(stack)
    (log,), (group,) = (of_type(template, f"AWS::Logs::Log{x}") for x in ("Stream", "Group"))
    assert granted(statements(template, "OutRole")) == {
        *(
            (f"s3:{call}", f"arn:aws:s3:::theirs/{prefix}*", ALWAYS)
            for call in ("AbortMultipartUpload", "GetObject", "PutObject")
            for prefix in ("out/day=", "errors/")
        ),
        *(
            (f"s3:{call}", "arn:aws:s3:::theirs", ALWAYS)
            for call in ("GetBucketLocation", "ListBucket", "ListBucketMultipartUploads")
        ),
        *(
            (f"kms:{call}", f"arn:aws:kms:{PLACE}:key/abc", THROUGH_S3)
            for call in ("Decrypt", "GenerateDataKey")
        ),
        (
            "logs:PutLogEvents",
            f"arn:aws:logs:{PLACE}:log-group:<{group}>:log-stream:<{log}>",
            ALWAYS,
        ),
    }


def test_only_firehose_in_this_account_takes_the_role(stack: cdk.Stack) -> None:
    delivered(stack, S3Destination())
    roles = of_type(template_of(stack), "AWS::IAM::Role")
    (role,) = [role for id_, role in roles.items() if id_.startswith("OutRole")]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_bucket_of_another_account_owns_what_is_delivered() -> None:
    stack = cdk.Stack(app(), "Placed", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    theirs = s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_name="theirs", account="2" * 12
    )
    delivered(stack, S3Destination(bucket=theirs))
    actions = {action for action, _, _ in granted(statements(template_of(stack), "OutRole"))}
    assert "s3:PutObjectAcl" in actions


def test_the_key_covers_stream_bucket_and_log(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    found = delivered(stack, S3Destination(), key=key)
    assert found["DeliveryStreamEncryptionConfigurationInput"] == {
        "KeyType": "CUSTOMER_MANAGED_CMK",
        "KeyARN": stack.resolve(key.key_arn),
    }
    template = template_of(stack)
    assert "KmsKeyId" in only(template, "AWS::Logs::LogGroup")["Properties"]
    rule = only(template, "AWS::S3::Bucket")["Properties"]["BucketEncryption"]
    assert "aws:kms" in str(rule)


def test_an_imported_key_leaves_the_log_to_the_services_encryption(stack: cdk.Stack) -> None:
    """Its policy can't let CloudWatch Logs in, so the group could not be made."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{PLACE}:key/abc")
    delivered(stack, S3Destination(), key=key)
    assert "KmsKeyId" not in only(template_of(stack), "AWS::Logs::LogGroup")["Properties"]


def test_a_kinesis_stream_as_the_source(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    source = kinesis.Stream(stack, "Source", encryption_key=key)
    stream = DeliveryStream(stack, "Out", destination=S3Destination(), source=source)
    template = template_of(stack)
    found = only(template, "AWS::KinesisFirehose::DeliveryStream")["Properties"]
    assert found["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert "DeliveryStreamEncryptionConfigurationInput" not in found
    (id_,) = of_type(template, "AWS::Kinesis::Stream")
    rights = granted(statements(template, "OutRole"))
    assert {(a, r) for a, r, _ in rights if a.startswith("kinesis:")} == {
        (f"kinesis:{call}", f"<{id_}>")
        for call in ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards")
    }
    assert (
        "kms:Decrypt",
        text(stack.resolve(key.key_arn)),
        frozenset(
            {
                "StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
                f"StringEquals kms:EncryptionContext:aws:kinesis:arn=<{id_}>",
            }
        ),
    ) in rights
    assert [watch.id for watch in stream.watches()] == [
        "DataFreshness",
        "SourceLag",
        "SourceThrottles",
    ]


def test_an_endpoint_gets_its_key_from_a_secret(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    destination = HttpDestination(
        url="https://x.example/in", access_key=secret, common_attributes={"team": "data"}
    )
    found = delivered(stack, destination)["HttpEndpointDestinationConfiguration"]
    template = template_of(stack)
    (id_,) = of_type(template, "AWS::SecretsManager::Secret")
    assert found["SecretsManagerConfiguration"]["SecretARN"] == {"Ref": id_}
    assert "AccessKey" not in found["EndpointConfiguration"]
    assert found["S3BackupMode"] == "FailedDataOnly"
    assert found["S3Configuration"]["ErrorOutputPrefix"] == (
        "failed/!{firehose:error-output-type}/"
    )
    rights = granted(statements(template, "OutRole"))
    assert ("secretsmanager:GetSecretValue", f"<{id_}>", ALWAYS) in rights
    through = frozenset({"StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com"})
    assert {c for a, _, c in rights if a == "kms:Decrypt"} == {through}


def test_a_secret_known_by_its_name(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "theirs")
    delivered(stack, HttpDestination(url="https://x.example/in", access_key=secret))
    rights = granted(statements(template_of(stack), "OutRole"))
    assert [arn for action, arn, _ in rights if action.startswith("secretsmanager")] == [
        f"arn:aws:secretsmanager:{PLACE}:secret:theirs-??????"
    ]


@pytest.mark.parametrize("seconds", [-1, 901])
def test_fails_when_records_are_gathered_for_too_long(seconds: int) -> None:
    with pytest.raises((ValueError, RuntimeError), match=r"0 to 900 seconds|negative"):
        Buffering(interval=cdk.Duration.seconds(seconds))


@pytest.mark.parametrize("size", [0, 129])
def test_fails_when_too_much_is_gathered(size: int) -> None:
    with pytest.raises(ValueError, match=r"^Buffering: size_mib is .*; allowed: 1 to 128 MiB\. "):
        Buffering(size_mib=size)


KEYS: dict[str, Any] = {
    "prefix": "page=!{partitionKeyFromQuery:page}/",
    "partition_keys": {"page": ".page"},
}
TABLE = FormatConversion(database="lake", table="clicks")


@pytest.mark.parametrize("large", [KEYS, {"conversion": TABLE}])
def test_fails_when_large_objects_are_gathered_in_small_buffers(large: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"size_mib is 5; allowed: 64 to 128 MiB\. Dynamic"):
        S3Destination(**large, buffering=Buffering())


def test_fails_when_partitions_are_not_gathered_at_all() -> None:
    eager = Buffering(interval=cdk.Duration.seconds(0), size_mib=64)
    with pytest.raises(ValueError, match=r"interval is '0 seconds'; allowed: 60 to 900 seconds"):
        S3Destination(**KEYS, buffering=eager)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prefix": "/out/"}, r"prefix is '/out/'; allowed: a prefix without a slash"),
        ({"prefix": "x!{"}, r"prefix is .*; allowed: expressions !\{timestamp:"),
        ({"prefix": "!{lambda:x}/"}, r"prefix is .*; allowed: expressions"),
        ({"prefix": "!{firehose:error-output-type}/"}, r"prefix is .*; allowed: no !\{firehose"),
        ({"prefix": "x" * 1025}, r"at most 1024 characters\. It has 1025"),
        (
            {"prefix": "!{partitionKeyFromQuery:day}/"},
            r"partition keys that partition_keys defines: none\. Define it",
        ),
        ({"partition_keys": {"page": ".page"}}, r"partition_keys is 'page'; allowed: keys that"),
        ({**KEYS, "partition_keys": {"page": " "}}, r"allowed: a JQ expression"),
        ({**KEYS, "partition_keys": {"1": "."}}, r"partition_keys is '1'; allowed: names"),
        ({"error_prefix": "errors/"}, r"error_prefix is .*; allowed: a prefix with !\{firehose"),
        (
            {"error_prefix": "!{partitionKeyFromQuery:page}/!{firehose:error-output-type}/"},
            r"allowed: no partition key",
        ),
        ({"compression": "gzip"}, r"compression is 'gzip'; allowed: UNCOMPRESSED, GZIP"),
        ({"compression": "GZIP", "conversion": TABLE}, r"cannot be combined with conversion="),
    ],
)
def test_fails_when_s3_could_not_be_delivered_to(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^S3Destination: .*{message}"):
        S3Destination(**given)


def test_fails_when_a_format_has_no_such_compression() -> None:
    with pytest.raises(ValueError, match=r"compression is 'GZIP'; allowed: SNAPPY, ZLIB, NONE"):
        FormatConversion(database="x", table="y", to=ColumnarFormat.ORC, compression="GZIP")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"url": "http://x.example"}, r"url is .*; allowed: a URL that begins with https://"),
        ({"buffering": Buffering(size_mib=65)}, r"size_mib is 65; allowed: 1 to 64 MiB"),
        ({"retry_for": cdk.Duration.hours(3)}, r"retry_for is '3 hours'; allowed: 0 to 7200"),
        ({"common_attributes": {str(n): "x" for n in range(51)}}, r"51 attributes.*at most 50"),
    ],
)
def test_fails_when_an_endpoint_could_not_be_delivered_to(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^HttpDestination.*{message}"):
        HttpDestination(**{"url": "https://x.example", **given})


def test_fails_when_a_new_buckets_setting_stands_beside_an_existing_one(
    theirs: s3.IBucket,
) -> None:
    with pytest.raises(
        ValueError, match=r"expire_after is '7 days', which cannot be combined with buck"
    ):
        S3Destination(bucket=theirs, expire_after=cdk.Duration.days(7))


def test_fails_when_a_new_bucket_is_given_a_key(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"encryption_key is Stack/Key; allowed: the key of an ex"):
        DeliveryBucket(encryption_key=kms.Key(stack, "Key"))


def test_fails_when_the_key_of_a_source_comes_without_one(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"source_key is Stack/Key; allowed: the key of a Kinesis"):
        DeliveryStream(stack, "Out", destination=S3Destination(), source_key=kms.Key(stack, "Key"))


def test_tokens_pass(stack: cdk.Stack, text: str, number: float) -> None:
    interval = cdk.Duration.seconds(number)
    destination = S3Destination(
        prefix=text,
        error_prefix=text,
        compression=text,
        buffering=Buffering(interval=interval, size_mib=int(number)),
        expire_after=cdk.Duration.days(number),
    )
    found = delivered(stack, destination)["ExtendedS3DestinationConfiguration"]
    assert found["Prefix"] == found["ErrorOutputPrefix"] == {"Ref": "Text"}
    assert found["BufferingHints"]["IntervalInSeconds"] == {"Ref": "Number"}
    HttpDestination(url=text, retry_for=interval)


@pytest.fixture(scope="module")
def everything() -> cdk.Stack:
    stack = cdk.Stack(app(), "Stack")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    DeliveryStream(stack, "Plain", destination=S3Destination(), key=key)
    DeliveryStream(stack, "Columns", destination=S3Destination(**KEYS, conversion=TABLE), key=key)
    theirs = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    DeliveryStream(stack, "Existing", destination=S3Destination(bucket=theirs))
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "theirs")
    arn = stack.format_arn(service="kinesis", resource="stream", resource_name="theirs")
    DeliveryStream(
        stack,
        "Http",
        destination=HttpDestination(url="https://x.example", access_key=secret),
        source=kinesis.Stream.from_stream_arn(stack, "Source", arn),
        source_key=key,
    )
    return stack


def test_no_finding_of_cdk_nag(everything: cdk.Stack) -> None:
    owner = everything.node.root
    assert isinstance(owner, cdk.App)
    assert findings(owner) == set()


@pytest.mark.slow
def test_cfn_lint_finds_nothing(everything: cdk.Stack) -> None:
    assert lint(template_of(everything)) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            lambda: Buffering(interval=cdk.Duration.millis(1500)),
            r"^Buffering: interval is '1 second 500 millis'; allowed: whole seconds",
        ),
        (
            lambda: HttpDestination(url="https://x.example", retry_for=cdk.Duration.millis(1500)),
            r"^HttpDestination: retry_for is '1 second 500 millis'; allowed: whole seconds",
        ),
        (
            lambda: DeliveryBucket(expire_after=cdk.Duration.hours(36)),
            r"^DeliveryBucket: expire_after is '1 day 12 hours'; allowed: whole days",
        ),
    ],
    ids=["interval", "retry_for", "expire_after"],
)
def test_fails_when_a_duration_is_not_whole(given: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=message):
        given()

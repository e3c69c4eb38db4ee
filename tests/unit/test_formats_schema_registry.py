"""Schema registries: what is made, the options and rights by side, and what is refused."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from authorization import surprises
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import of_type, only, template_of
from linting import lint

from cdk_managed_flink import (
    AvroConfluent,
    Compatibility,
    ConfluentSchemaRegistry,
    DataFormat,
    FlinkApplication,
    GlueFormat,
    KinesisSink,
    KinesisSource,
    Runtime,
    S3Source,
    Schema,
    SchemaRegistry,
    Side,
)
from cdk_managed_flink.application.secret_value import SECRET_READER
from tests.unit.lakes import nag, rights_of, unread

V1 = json.dumps({"type": "record", "name": "P", "fields": [{"name": "id", "type": "long"}]})
V2 = V1.replace("]", ', {"name": "at", "type": ["null", "long"], "default": null}]')
ARN = "arn:aws:glue:eu-west-1:123456789012:registry/theirs"
ALWAYS = frozenset[str]()


@pytest.fixture
def theirs(stack: cdk.Stack) -> SchemaRegistry:
    return SchemaRegistry.from_registry_arn(stack, "Theirs", ARN)


def test_versions_follow_each_other(stack: cdk.Stack) -> None:
    registry = SchemaRegistry(stack, "Registry")
    schema = registry.schema(
        "payments",
        V1,
        versions=[V2, V1],
        compatibility=Compatibility.FULL,
        data_format=DataFormat.AVRO,
    )
    template = template_of(stack)
    found = only(template, "AWS::Glue::Schema")["Properties"]
    assert found["Name"] == "payments"
    assert (found["Compatibility"], found["DataFormat"]) == ("FULL", "AVRO")
    assert found["SchemaDefinition"] == V1
    second, third = of_type(template, "AWS::Glue::SchemaVersion").items()
    assert second[1]["Properties"]["SchemaDefinition"] == V2
    assert second[0] in third[1]["DependsOn"]
    assert isinstance(schema, Schema)
    assert len(only(template, "AWS::Glue::Registry")["Properties"]["Name"]) > 3
    assert {r["DeletionPolicy"] for r in template["Resources"].values()} == {"RetainExceptOnCreate"}


def test_the_name_of_a_schema_may_end_like_a_version(stack: cdk.Stack) -> None:
    registry = SchemaRegistry(stack, "Registry")
    registry.schema("payments", V1, versions=[V2])
    registry.schema("payments2", V1)
    found = of_type(template_of(stack), "AWS::Glue::Schema").values()
    assert [schema["Properties"]["Name"] for schema in found] == ["payments", "payments2"]


def test_a_reader_reads_versions(stack: cdk.Stack, theirs: SchemaRegistry) -> None:
    application = unread(stack)
    before = rights_of(application)
    GlueFormat(schema="payments", registry=theirs).grant(application, Side.READ)
    assert rights_of(application) - before == {("glue:GetSchemaVersion", "*", ALWAYS)}


@pytest.mark.parametrize(
    ("register", "actions"),
    [
        (False, {"GetSchemaByDefinition"}),
        (
            True,
            {
                "GetSchemaByDefinition",
                "CreateSchema",
                "PutSchemaVersionMetadata",
                "RegisterSchemaVersion",
            },
        ),
    ],
)
def test_a_writer_looks_up_or_registers(
    stack: cdk.Stack, theirs: SchemaRegistry, register: bool, actions: set[str]
) -> None:
    application = unread(stack)
    before = rights_of(application)
    format_ = GlueFormat(schema="payments", registry=theirs, auto_register=register)
    format_.grant(application, Side.WRITE)
    # By a version's id alone it waits until what it has registered is there.
    waits = {("glue:GetSchemaVersion", "*", ALWAYS)} if register else set()
    assert rights_of(application) - before == waits | {
        (f"glue:{action}", resource, ALWAYS)
        for action in actions
        for resource in (ARN, "arn:aws:glue:eu-west-1:123456789012:schema/theirs/payments")
    }


def test_the_jobs_code_is_told_of_the_schema(stack: cdk.Stack, theirs: SchemaRegistry) -> None:
    format_ = GlueFormat(schema=theirs.existing_schema("payments", data_format=DataFormat.JSON))
    assert stack.resolve(dict(format_.options("value."))) == {
        "value.format": "json-glue",
        "value.json-glue.region": "eu-west-1",
        "value.json-glue.registry.name": "theirs",
        "value.json-glue.schemaName": "payments",
        "value.json-glue.dataFormat": "JSON",
        "value.json-glue.schemaAutoRegistrationEnabled": "false",
    }
    own = GlueFormat(schema=SchemaRegistry(stack, "Own").schema("payments", V1)).options()
    assert stack.resolve(own["avro-glue.region"]) == {"Ref": "AWS::Region"}
    assert format_.service_endpoints == ("glue",)
    (artifact,) = format_.artifacts(Runtime.FLINK_2_2)
    assert str(artifact) == "org.apache.flink:flink-json-glue-schema-registry:6.0.1-2.0"


def test_the_job_waits_for_the_last_version(stack: cdk.Stack) -> None:
    application = unread(stack)
    schema = SchemaRegistry(stack, "Registry").schema("payments", V1, versions=[V2])
    application.bind(stack, "lake", S3Source(format=GlueFormat(schema=schema)))
    assert schema.resource in application.prerequisites
    template = template_of(stack)
    # A call that names a version by its id alone is authorized against every resource.
    (wide,) = surprises(template)
    assert "glue:GetSchemaVersion on *" in wide
    assert nag(stack) == set()
    assert lint(template) == []


@pytest.mark.parametrize(
    ("secret", "subject"), [(None, None), ("login", "payments-value"), (None, "payments-value")]
)
def test_the_options_of_a_confluent_registry(
    stack: cdk.Stack, secret: str | None, subject: str | None
) -> None:
    login = secretsmanager.Secret(stack, "Login") if secret else None
    registry = ConfluentSchemaRegistry(url="https://registry.example", secret=login)
    format_ = registry.avro(subject)
    expected: dict[str, Any] = {
        "key.format": "avro-confluent",
        "key.avro-confluent.url": "https://registry.example",
    }
    if subject:
        expected["key.avro-confluent.subject"] = subject
    found = stack.resolve(dict(format_.options("key.")))
    if login:
        expected["key.avro-confluent.basic-auth.credentials-source"] = "USER_INFO"
        arn = stack.resolve(login.secret_arn)
        user_info = found.pop("key.avro-confluent.basic-auth.user-info")["Fn::Join"][1]
        assert user_info == ["${secret:", arn, ":username}:${secret:", arn, ":password}"]
    assert found == expected
    assert list(format_.service_endpoints) == (["secretsmanager"] if login else [])
    artifacts = format_.artifacts(Runtime.FLINK_2_2)
    assert (SECRET_READER in artifacts) is bool(login)
    assert "flink-sql-avro-confluent-registry" in {artifact.artifact for artifact in artifacts}


def test_exactly_the_login_may_be_read(stack: cdk.Stack) -> None:
    application = unread(stack)
    before = rights_of(application)
    login = secretsmanager.Secret(stack, "Login")
    registry = ConfluentSchemaRegistry(url="https://registry.example", secret=login)
    registry.avro().grant(application, Side.READ)
    added = rights_of(application) - before
    assert {action for action, _, _ in added} == {"secretsmanager:GetSecretValue"}


def test_fails_when_a_job_in_sql_is_given_a_schema_of_glue(
    application: FlinkApplication, stack: cdk.Stack, theirs: SchemaRegistry
) -> None:
    source = S3Source(format=GlueFormat(schema="payments", registry=theirs))
    with pytest.raises(
        ValueError, match=r"format is 'avro-glue \(payments\) with a job in SQL'.* No released conn"
    ):
        application.bind(stack, "lake", source)


def test_fails_when_a_schema_has_no_registry() -> None:
    with pytest.raises(
        ValueError, match=r"^GlueFormat: schema is 'payments'; .* A name alone names no registry"
    ):
        GlueFormat(schema="payments")


def test_fails_when_a_subject_has_no_registry() -> None:
    with pytest.raises(
        ValueError,
        match=r"^AvroConfluent: registry is None; .* The subject 'p-value' alone names no",
    ):
        AvroConfluent(subject="p-value")


def test_fails_when_a_schema_has_two_registries(theirs: SchemaRegistry) -> None:
    with pytest.raises(ValueError, match="which cannot be combined with a Schema"):
        GlueFormat(schema=theirs.existing_schema("payments"), registry=theirs)


def test_fails_when_a_schema_is_to_be_made_in_an_existing_registry(theirs: SchemaRegistry) -> None:
    with pytest.raises(ValueError, match="allowed: a registry that is made here"):
        theirs.schema("payments", V1)


@pytest.mark.parametrize("definition", ["", " ", "schemas/payments.avsc", f'"{"x" * 170_000}"'])
def test_fails_when_a_definition_is_no_json_or_too_long(stack: cdk.Stack, definition: str) -> None:
    with pytest.raises(
        ValueError, match=r"definition of schema 'payments' is .*JSON of at most 17"
    ):
        SchemaRegistry(stack, "Registry").schema("payments", definition)


def test_fails_when_the_arn_is_no_registrys(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"^SchemaRegistry: registry_arn is 'arn:aws:glue:.*"):
        SchemaRegistry.from_registry_arn(stack, "Theirs", ARN.replace(":registry/", ":schema/"))
    with pytest.raises(ValueError, match=r"^SchemaRegistry: registry_arn is 'arn:aws:glue:.*"):
        SchemaRegistry.from_registry_arn(stack, "Nameless", ARN.removesuffix("theirs"))


def test_fails_when_a_login_would_be_sent_in_plain_text(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"url is 'http://r'; allowed: https://. A login must not"):
        ConfluentSchemaRegistry(url="http://r", secret=secretsmanager.Secret(stack, "Login"))


def test_fails_when_a_login_stands_in_the_address() -> None:
    with pytest.raises(ValueError, match=r"url is 'an address with a login'; .*in as secret=") as e:
        ConfluentSchemaRegistry(url="https://reader:hunter2@registry.example")
    assert "hunter2" not in str(e.value)


def test_fails_when_a_registry_has_no_address() -> None:
    with pytest.raises(ValueError, match=r"url is 'registry'; allowed: https:// or http://"):
        ConfluentSchemaRegistry(url="registry")


def test_the_service_takes_the_options_with_a_login(stack: cdk.Stack) -> None:
    application = unread(stack)
    login = secretsmanager.Secret(stack, "Login")
    registry = ConfluentSchemaRegistry(url="https://registry.example", secret=login)
    application.add_property_group("payments", registry.avro("payments-value").options())
    groups = only(template_of(stack), "AWS::KinesisAnalyticsV2::Application")["Properties"][
        "ApplicationConfiguration"
    ]["EnvironmentProperties"]["PropertyGroups"]
    assert [group["PropertyGroupId"] for group in groups] == ["payments"]


@pytest.mark.parametrize("of_files", ["parquet", "orc", "json-lines"])
@pytest.mark.parametrize("make", [KinesisSource, KinesisSink])
def test_fails_when_a_record_would_be_a_whole_file(make: Any, of_files: str) -> None:  # noqa: ANN401
    with pytest.raises(
        ValueError,
        match=rf"^{make.__name__}: format is '{of_files}'; allowed: a format of single records",
    ):
        make(format=of_files)

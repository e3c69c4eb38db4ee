"""Warehouses: what is made, what an existing one is taken with, and what is refused."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from configurations import app, of_type, only, template_of
from policies import granted

from cdk_managed_flink import (
    RedshiftProvisionedWarehouse,
    RedshiftServerlessWarehouse,
    RedshiftWarehouse,
)
from cdk_managed_flink.redshift.columns import normal
from cdk_managed_flink.redshift.identifiers import quoted, text
from cdk_managed_flink.redshift.naming import lower_case_name
from cdk_managed_flink.redshift.sql_objects import SqlObject, make_objects
from cdk_managed_flink.redshift.table import RedshiftTable

WORKGROUP = "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/1-2"


@pytest.fixture
def placed() -> cdk.Stack:
    place = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(app(), "Placed", env=place)


@pytest.fixture
def vpc(placed: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(placed, "Vpc", nat_gateways=1)


def notes(construct: cdk.Stack, kind: str) -> list[str]:
    return [
        str(note.data)
        for child in construct.node.find_all()
        for note in child.node.metadata
        if note.type == f"aws:cdk:{kind}"
    ]


def rights(warehouse: RedshiftWarehouse) -> set[Any]:
    stack = cdk.Stack.of(warehouse)
    return granted(stack.resolve([one.to_json() for one in warehouse.sql_rights()]))


def test_a_new_warehouse_is_private_encrypted_logged_and_limited(
    placed: cdk.Stack, vpc: ec2.Vpc
) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    template = template_of(placed)
    key = placed.resolve(warehouse.key.key_id)
    namespace = only(template, "AWS::RedshiftServerless::Namespace")
    assert namespace["Properties"] == {
        "NamespaceName": warehouse.name,
        "DbName": "dev",
        "AdminUsername": "admin",
        "ManageAdminPassword": True,
        "AdminPasswordSecretKmsKeyId": key,
        "KmsKeyId": key,
        "LogExports": ["connectionlog", "useractivitylog", "userlog"],
    }
    assert namespace["DeletionPolicy"] == "RetainExceptOnCreate"
    workgroup = only(template, "AWS::RedshiftServerless::Workgroup")
    found = workgroup["Properties"]
    assert found["NamespaceName"] == placed.resolve(warehouse.namespace.ref)
    assert found["PubliclyAccessible"] is False
    assert found["EnhancedVpcRouting"] is True
    assert (found["BaseCapacity"], found["MaxCapacity"]) == (8, 64)
    assert found["ConfigParameters"] == [{"ParameterKey": "require_ssl", "ParameterValue": "true"}]
    assert found["SubnetIds"] == placed.resolve([one.subnet_id for one in vpc.private_subnets])
    assert workgroup.get("DeletionPolicy", "Delete") == "Delete"
    assert only(template, "AWS::KMS::Key")["Properties"]["EnableKeyRotation"] is True
    group = only(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert "SecurityGroupIngress" not in group


def test_the_secret_is_the_one_that_redshift_made(placed: cdk.Stack, vpc: ec2.Vpc) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    lookup = only(template_of(placed), "Custom::FlinkRedshiftAdminSecret")["Properties"]
    assert lookup["NamespaceName"] == placed.resolve(warehouse.namespace.ref)
    connection = placed.resolve(warehouse.connection())
    assert connection["SecretArn"]["Fn::GetAtt"][1] == "SecretArn"
    assert rights(warehouse) == {
        ("redshift-data:BatchExecuteStatement", "<Warehouse50B5FE91>", frozenset()),
        ("redshift-data:ExecuteStatement", "<Warehouse50B5FE91>", frozenset()),
        (
            "redshift-data:DescribeStatement",
            "*",
            frozenset({"StringEquals redshift-data:statement-owner-iam-userid=${aws:userid}"}),
        ),
        ("secretsmanager:GetSecretValue", "<WarehouseAdminSecret0B1DB325>", frozenset()),
        (
            "kms:Decrypt",
            "<WarehouseKey8DE8541C>",
            frozenset({"StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com"}),
        ),
    }


def test_a_public_warehouse_is_in_public_subnets_and_routes_outside_of_the_vpc(
    placed: cdk.Stack, vpc: ec2.Vpc
) -> None:
    RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc, publicly_accessible=True)
    found = only(template_of(placed), "AWS::RedshiftServerless::Workgroup")["Properties"]
    assert found["PubliclyAccessible"] is True
    assert found["EnhancedVpcRouting"] is False
    assert found["SubnetIds"] == placed.resolve([one.subnet_id for one in vpc.public_subnets])


def test_what_is_given_is_taken(placed: cdk.Stack, vpc: ec2.Vpc) -> None:
    key = kms.Key(placed, "Mine")
    group = ec2.SecurityGroup.from_security_group_id(placed, "Group", "sg-0123456789abcdef0")
    RedshiftServerlessWarehouse(
        placed,
        "Warehouse",
        vpc=vpc,
        subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        name="facts",
        database="facts",
        base_capacity=4,
        max_capacity=8,
        encryption_key=key,
        security_groups=[group],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    template = template_of(placed)
    namespace = only(template, "AWS::RedshiftServerless::Namespace")
    assert namespace["Properties"]["NamespaceName"] == "facts"
    assert namespace["Properties"]["KmsKeyId"] == placed.resolve(key.key_id)
    assert namespace["DeletionPolicy"] == "Retain"
    found = only(template, "AWS::RedshiftServerless::Workgroup")["Properties"]
    assert found["SecurityGroupIds"] == ["sg-0123456789abcdef0"]
    assert (found["BaseCapacity"], found["MaxCapacity"]) == (4, 8)
    assert len(of_type(template, "AWS::KMS::Key")) == 1


@pytest.mark.parametrize(
    ("capacity", "message"),
    [
        ({"base_capacity": 12}, r"base_capacity is 12; allowed: 4, or a multiple of 8 up to 1024"),
        ({"base_capacity": 0}, r"base_capacity is 0; allowed: 4"),
        ({"base_capacity": 1032, "max_capacity": 1032}, r"base_capacity is 1032; allowed"),
        ({"max_capacity": 12}, r"max_capacity is 12; allowed: a multiple of 8, at least base_cap"),
        ({"base_capacity": 64, "max_capacity": 32}, r"max_capacity is 32; .* \(64\)\. It limits"),
    ],
)
def test_fails_when_redshift_has_no_such_capacity(
    placed: cdk.Stack, vpc: ec2.Vpc, capacity: dict[str, int], message: str
) -> None:
    with pytest.raises(ValueError, match=rf"^Placed/Warehouse: {message}"):
        RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc, **capacity)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Facts", "a", "a_b", "x" * 65])
def test_fails_when_the_name_is_illegal(placed: cdk.Stack, vpc: ec2.Vpc, name: str) -> None:
    with pytest.raises(ValueError, match=r"name is '.*'; allowed: a literal of 3 to 64 of"):
        RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc, name=name)


def test_fails_when_the_name_is_not_known(placed: cdk.Stack, vpc: ec2.Vpc) -> None:
    name = cdk.CfnParameter(placed, "Name").value_as_string
    with pytest.raises(ValueError, match=r"name is 'a token'; allowed: a literal"):
        RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc, name=name)


def test_derived_names_are_in_lower_case_short_and_apart(placed: cdk.Stack) -> None:
    deep = [lower_case_name(cdk.Stack(placed, f"Inner{n}{'Long' * 20}")) for n in (1, 2)]
    assert len(set(deep)) == 2
    for name in deep:
        assert len(name) <= 64
        assert name == name.lower()


def test_few_zones_are_warned_of(placed: cdk.Stack, vpc: ec2.Vpc, stack: cdk.Stack) -> None:
    RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    assert not [note for note in notes(placed, "warning") if "zones" in note]
    RedshiftServerlessWarehouse(stack, "Warehouse", vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0))
    assert [note for note in notes(stack, "warning") if "are in 2 zones" in note]


def test_an_existing_workgroup_is_used_as_the_functions_role_or_with_a_secret(
    stack: cdk.Stack,
) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "loader")
    plain = RedshiftServerlessWarehouse.from_workgroup_arn(
        stack, "A", WORKGROUP, workgroup_name="theirs", database="dev"
    )
    assert plain.connection() == {"WorkgroupName": "theirs", "Database": "dev"}
    assert ("redshift-serverless:GetCredentials", WORKGROUP, frozenset()) in rights(plain)
    assert ("redshift-data:ExecuteStatement", WORKGROUP, frozenset()) in rights(plain)
    by_secret = RedshiftServerlessWarehouse.from_workgroup_arn(
        stack, "B", WORKGROUP, workgroup_name="theirs", database="dev", secret=secret
    )
    assert stack.resolve(by_secret.connection())["SecretArn"]
    found = {action for action, *_ in rights(by_secret)}
    assert "secretsmanager:GetSecretValue" in found
    assert "redshift-serverless:GetCredentials" not in found


def test_an_existing_cluster_is_used_as_a_database_user(stack: cdk.Stack) -> None:
    warehouse = RedshiftProvisionedWarehouse.from_cluster_identifier(
        stack, "Cluster", "theirs", database="dev", db_user="loader"
    )
    assert warehouse.connection() == {
        "ClusterIdentifier": "theirs",
        "Database": "dev",
        "DbUser": "loader",
    }
    prefix = "arn:aws:redshift:eu-west-1:123456789012"
    assert {(action, arn) for action, arn, _ in rights(warehouse)} == {
        ("redshift-data:BatchExecuteStatement", f"{prefix}:cluster:theirs"),
        ("redshift-data:ExecuteStatement", f"{prefix}:cluster:theirs"),
        ("redshift-data:DescribeStatement", "*"),
        ("redshift:GetClusterCredentials", f"{prefix}:dbname:theirs/dev"),
        ("redshift:GetClusterCredentials", f"{prefix}:dbuser:theirs/loader"),
    }


def test_an_existing_cluster_is_used_with_a_secret(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    warehouse = RedshiftProvisionedWarehouse.from_cluster_identifier(
        stack, "Cluster", "theirs", database="dev", secret=secret
    )
    assert set(warehouse.connection()) == {"ClusterIdentifier", "Database", "SecretArn"}


@pytest.mark.parametrize("user", [{}, {"db_user": "loader", "secret": True}])
def test_fails_when_a_cluster_has_no_user_or_two(stack: cdk.Stack, user: dict[str, Any]) -> None:
    if user:
        user = {**user, "secret": secretsmanager.Secret(stack, "Secret")}
    with pytest.raises(ValueError, match=r"secret is '(neither|a secret and).*allowed: one of"):
        RedshiftProvisionedWarehouse.from_cluster_identifier(
            stack, "Cluster", "theirs", database="dev", **user
        )


def test_fails_when_an_existing_warehouse_has_no_role(stack: cdk.Stack) -> None:
    cluster = RedshiftProvisionedWarehouse.from_cluster_identifier(
        stack, "C", "theirs", database="dev", db_user="loader"
    )
    with pytest.raises(
        ValueError,
        match=r"^Stack/C: role is None; allowed: a role that is attached to the warehouse\. .*aws "
        r"redshift modify-cluster-iam-roles --cluster-identifier theirs --add-iam-roles",
    ):
        cluster.load_role(stack, "Role")
    workgroup = RedshiftServerlessWarehouse.from_workgroup_arn(
        stack, "W", WORKGROUP, workgroup_name="theirs", database="dev"
    )
    with pytest.raises(ValueError, match=r"aws redshift-serverless update-namespace"):
        workgroup.load_role(stack, "Role")


def test_a_new_role_is_trusted_by_both_services_and_nobody_needs_to_pass_it(
    placed: cdk.Stack, vpc: ec2.Vpc
) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    role = warehouse.load_role(placed, "Load")
    template = template_of(placed)
    resource = role.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    (trust,) = template["Resources"][placed.get_logical_id(resource)]["Properties"][
        "AssumeRolePolicyDocument"
    ]["Statement"]
    assert trust["Principal"]["Service"] == [
        "redshift-serverless.amazonaws.com",
        "redshift.amazonaws.com",
    ]
    assert trust["Condition"] == {
        "StringLike": {"sts:ExternalId": "arn:aws:redshift:eu-west-1:123456789012:dbuser:*/*"}
    }
    namespace = only(template, "AWS::RedshiftServerless::Namespace")["Properties"]
    assert namespace["IamRoles"] == [placed.resolve(role.role_arn)]
    # The functions of custom resources, and whoever else there is: CloudFormation attaches it.
    assert "PassRole" not in str(of_type(template, "AWS::IAM::Policy"))


def test_an_existing_warehouses_own_role_is_taken(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(stack, "Theirs", "arn:aws:iam::123456789012:role/theirs")
    warehouse = RedshiftServerlessWarehouse.from_workgroup_arn(
        stack, "W", WORKGROUP, workgroup_name="theirs", database="dev", role=role
    )
    assert warehouse.load_role(stack, "Role") is role


def test_fails_when_a_new_warehouse_is_of_another_stack(placed: cdk.Stack, vpc: ec2.Vpc) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    other = cdk.Stack(placed.node.root, "Other", env=cdk.Environment(region="eu-west-1"))  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"Placed/Warehouse for a sink in Other'; allowed: a warehouse of the si"
    ):
        warehouse.load_role(other, "Role")


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("bigint", "BIGINT"),
        (" double   precision ", "DOUBLE PRECISION"),
        ("varchar(64)", "VARCHAR(64)"),
        ("VARCHAR (max)", "VARCHAR(MAX)"),
        ("character varying(7)", "CHARACTER VARYING(7)"),
        ("decimal(10, 2)", "DECIMAL(10,2)"),
        ("numeric(38)", "NUMERIC(38)"),
        ("timestamp with time zone", "TIMESTAMP WITH TIME ZONE"),
        ("super", "SUPER"),
        ("varbyte(16)", "VARBYTE(16)"),
    ],
)
def test_types_of_redshift(given: str, known: str) -> None:
    assert normal(given) == known


@pytest.mark.parametrize(
    "given",
    [
        "STRING",
        "BIGINT NOT NULL",
        "VARCHAR(0)",
        "VARCHAR(99999999)",
        "VARCHAR(10,2)",
        "CHAR(4097)",
        "DECIMAL(39)",
        "DECIMAL(5,6)",
        "BIGINT(8)",
        "TIMESTAMP(3)",
        "INT); DROP TABLE x; --",
        "",
    ],
)
def test_fails_when_redshift_has_no_such_type(given: str) -> None:
    assert normal(given) is None
    with pytest.raises(
        ValueError,
        match=r"^Test: columns\['a'\] is .*; allowed: a data type of Redshift, such as BIGINT",
    ):
        RedshiftTable(where="Test", name="t", columns={"a": given})


@pytest.mark.parametrize(
    ("table", "prop"),
    [
        ({"name": "Readings"}, "table"),
        ({"name": "a.b.c"}, "table"),
        ({"name": "1a"}, "table"),
        ({"name": 'a"; DROP TABLE b; --'}, "table"),
        ({"name": "x" * 61}, "table"),
        ({"name": "t", "columns": {"sensorId": "INT"}}, "columns"),
        ({"name": "t", "columns": {"a b": "INT"}}, "columns"),
        ({"name": "t", "readers": ["Analysts"]}, "readers"),
    ],
)
def test_fails_when_redshift_would_fold_or_cut_a_name(table: dict[str, Any], prop: str) -> None:
    with pytest.raises(ValueError, match=rf"^Test: {prop} is .*; allowed: a literal of up to "):
        RedshiftTable(where="Test", **table)


def test_fails_when_a_key_is_no_column() -> None:
    keys: dict[str, Any]
    for keys in ({"sort_key": ["b"]}, {"distribution_key": "b"}):
        with pytest.raises(ValueError, match=r"is 'b'; allowed: a column of the new table: a\. Na"):
            RedshiftTable(where="Test", name="t", columns={"a": "INT"}, **keys)


def test_fails_when_there_are_too_many_columns() -> None:
    columns = {f"c{n}": "INT" for n in range(1601)}
    with pytest.raises(ValueError, match=r"columns is '1601 columns'; allowed: 1 to 1600"):
        RedshiftTable(where="Test", name="t", columns=columns)


def test_names_and_texts_cannot_end_early() -> None:
    assert quoted('a"b') == '"a""b"'
    assert text("a'b\\") == "'a''b\\\\'"


def test_keys_of_a_new_table() -> None:
    columns = {"sensor": "TEXT", "at": "TIMESTAMP"}
    table = RedshiftTable(
        where="Test", name="t", columns=columns, sort_key=["at"], distribution_key="sensor"
    )
    assert table.make(keep=True).attributes == ' DISTSTYLE KEY DISTKEY ("sensor") SORTKEY ("at")'


def test_fails_when_the_sql_is_longer_than_the_data_api_takes(
    placed: cdk.Stack, vpc: ec2.Vpc
) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    long = SqlObject(id="Long", create=["x" * 60_000, "y" * 40_001])
    with pytest.raises(ValueError, match=r"columns is '100,001 characters of SQL'; allowed: at mo"):
        make_objects(warehouse, placed, "Sql", [long])


def test_sql_waits_for_the_workgroup_and_for_the_roles_rights(
    placed: cdk.Stack, vpc: ec2.Vpc
) -> None:
    warehouse = RedshiftServerlessWarehouse(placed, "Warehouse", vpc=vpc)
    role = warehouse.load_role(placed, "Load")
    iam.Grant.add_to_principal(grantee=role, actions=["s3:GetObject"], resource_arns=["*"])
    make_objects(warehouse, placed, "Sql", [SqlObject(id="A", create=["SELECT 1"])], after=[role])
    depends = only(template_of(placed), "Custom::FlinkRedshiftSql")["DependsOn"]
    assert [one for one in depends if one.startswith("LoadDefaultPolicy")]
    assert "Warehouse50B5FE91" in depends

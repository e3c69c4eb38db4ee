"""Clusters of each kind and applications in their VPC, as the tests of source and sink use them."""

from collections.abc import Collection, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_managed_flink import (
    Connector,
    FlinkApplication,
    KafkaAuthentication,
    KafkaCluster,
    MskCluster,
    MskServerlessCluster,
    Network,
    Runtime,
    SelfManagedKafkaCluster,
)
from cdk_managed_flink.application.code_location import CodeLocation

ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster/theirs/1234-5"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_x-abcdef"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/abc"
KINDS = ("iam", "scram", "serverless", "existing", "elsewhere")


class Packaged:
    """Code that lies in a bucket, and takes any tables."""

    def bind(
        self, scope: Construct, *, runtime: Runtime, connectors: Sequence[Connector]
    ) -> CodeLocation:
        return CodeLocation(bucket_arn="arn:aws:s3:::theirs", file_key="job.jar")

    def validate(
        self, *, sources: Collection[str], sinks: Collection[str], groups: Collection[str]
    ) -> list[str]:
        return []


def application_in(stack: cdk.Stack, id_: str = "InVpc", **more: Any) -> FlinkApplication:  # noqa: ANN401
    return FlinkApplication(
        stack, id_, **{"code": Packaged(), "network": Network(vpc=vpc_of(stack)), **more}
    )


def vpc_of(stack: cdk.Stack) -> ec2.Vpc:
    found = stack.node.try_find_child("Vpc")
    if isinstance(found, ec2.Vpc):
        return found
    logs = {"All": ec2.FlowLogOptions()}
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, flow_logs=logs)


def existing(stack: cdk.Stack, id_: str = "Kafka", *, mutable: bool = True) -> KafkaCluster:
    group = ec2.SecurityGroup.from_security_group_id(
        stack, f"{id_}Group", "sg-0123456789abcdef0", mutable=mutable
    )
    return MskCluster.from_cluster_arn(stack, id_, ARN, vpc=vpc_of(stack), security_groups=[group])


def elsewhere(stack: cdk.Stack) -> KafkaCluster:
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "User", SECRET)
    group = ec2.SecurityGroup.from_security_group_id(stack, "KafkaGroup", "sg-0123456789abcdef0")
    return SelfManagedKafkaCluster(
        stack,
        "Kafka",
        "kafka-1:19096,kafka-2:19096",
        authentication=KafkaAuthentication.scram(secret),
        network=Network(vpc=vpc_of(stack)),
        security_groups=[group],
    )


def cluster_of(kind: str, stack: cdk.Stack) -> KafkaCluster:
    if kind == "serverless":
        return MskServerlessCluster(stack, "Kafka", vpc=vpc_of(stack))
    if kind == "existing":
        return existing(stack)
    if kind == "elsewhere":
        return elsewhere(stack)
    authentication = KafkaAuthentication.scram() if kind == "scram" else KafkaAuthentication.iam()
    return MskCluster(stack, "Kafka", vpc=vpc_of(stack), authentication=authentication)

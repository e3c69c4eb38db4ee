"""A destination's credentials: read by Firehose itself, never in the template."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_managed_flink.application.acknowledge import acknowledge_wildcard
from cdk_managed_flink.application.data_key_grants import grant_key_through
from cdk_managed_flink.firehose.delivery_stream import DeliveryStream


def use_secret(
    stream: DeliveryStream, secret: secretsmanager.ISecret
) -> firehose.CfnDeliveryStream.SecretsManagerConfigurationProperty:
    """Let the stream's role read exactly this secret, and answer the L1's configuration."""
    arn = secret.secret_full_arn
    if arn is None:  # imported by its name: six characters follow that are not known
        arn = f"{secret.secret_arn}-??????"
        acknowledge_wildcard(
            stream.role, arn, "The secret is imported without the end of its ARN, of 6 characters."
        )
    iam.Grant.add_to_principal(
        grantee=stream.role, actions=["secretsmanager:GetSecretValue"], resource_arns=[arn]
    )
    if secret.encryption_key is not None:
        grant_key_through(
            secret.encryption_key, stream.role, service="secretsmanager", actions=["kms:Decrypt"]
        )
    return firehose.CfnDeliveryStream.SecretsManagerConfigurationProperty(
        enabled=True, secret_arn=secret.secret_arn, role_arn=stream.role.role_arn
    )

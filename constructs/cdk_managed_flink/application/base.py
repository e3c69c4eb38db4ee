"""The part of an application that its sources and sinks may use."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisanalyticsv2 as kda
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network, NetworkInterfaces
from cdk_managed_flink.application.runtime import Runtime


class ApplicationBase(Construct):
    """An application while sources and sinks are bound to it; `FlinkApplication` is the only one.

    A class and not a protocol, because bindings hand the application to CDK as a construct.

    Attributes:
        application_name: A literal.
        role: The execution role, for dependencies. Grants go to ``grant_principal``.
        data_key: Customer managed key for what sources and sinks create. None: keys that AWS
            manages.
        removal_policy: That of the application; what holds data follows it.
        service_endpoints: AWS services that the job calls, by the names of their VPC endpoints.
        granted_secrets: ARNs of the secrets that it may read.
        prerequisites: Constructs that must exist before the job starts but that no property
            references.
        is_text_read: Whether the job's own DDL is compared with what is bound at synth, as SQL is.
        network: The VPC that it is in; None outside of a VPC.
        resource: The L1, a ``kinesisanalyticsv2.CfnApplication``: the escape hatch.
    """

    application_name: str
    runtime: Runtime
    role: iam.IRole
    data_key: kms.IKey | None
    removal_policy: RemovalPolicy
    service_endpoints: set[str]
    granted_secrets: set[str]
    prerequisites: list[IConstruct]
    is_text_read: bool
    network: Network | None
    resource: kda.CfnApplication
    _principal: iam.IPrincipal
    _interfaces: NetworkInterfaces | None

    @property
    def connections(self) -> ec2.Connections:
        """For rules between the application and what it reaches in its VPC.

        Raises:
            ValueError: It is in no VPC.
        """
        if self._interfaces is None:
            raise invalid(
                self,
                "network",
                None,
                "Network(vpc=...)",
                "What it is to reach lies in a VPC, and the application is in none.",
            )
        return self._interfaces.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The execution role's principal: grants to the application go to its role."""
        return self._principal

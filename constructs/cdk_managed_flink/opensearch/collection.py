"""OpenSearchServerlessCollection: a collection with its policies."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from aws_cdk import CfnResource, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.removal import effective_removal
from cdk_managed_flink.opensearch.names import derived_name
from cdk_managed_flink.opensearch.vpc_attachment import VpcPlace

# Limit of the service for names of collections and policies.
LONGEST_NAME = 32


class CollectionType(StrEnum):
    """What a collection is for; it can't be changed later."""

    TIMESERIES = "TIMESERIES"
    SEARCH = "SEARCH"


class OpenSearchServerlessCollection(Construct):
    """A collection, encrypted, reached from one VPC, written by those that a sink lets in.

    Args:
        vpc: The VPC that reaches it, through an endpoint that is made. Default: none, which takes
            ``public_endpoint``.
        subnets: Subnets of the endpoint. Default: the private subnets with a way out, else the
            isolated.
        public_endpoint: Says that it may answer on the internet, to signed requests of those that
            a data access policy names.
        type: Default time series: append-only, with hot and warm storage and a retention.
        encryption_key: Customer managed key. Default: a key that AWS owns.
        standby_replicas: Whether a second set of nodes stands by in another zone. Default yes;
            without it the least that a collection costs is about half. It can't be changed later.
        removal_policy: Default ``RETAIN_ON_UPDATE_OR_DELETE``; ``DESTROY`` takes the context flag.

    Attributes:
        resource: The L1, an ``opensearchserverless.CfnCollection``: the escape hatch.
        collection_name: A literal: the policies that come before it have to name it.
        time_series: Whether its type is time series.

    Raises:
        ValueError: Neither a VPC nor ``public_endpoint``, or both.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
        public_endpoint: bool = False,
        type: CollectionType = CollectionType.TIMESERIES,
        encryption_key: kms.IKey | None = None,
        standby_replicas: bool = True,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, id)
        if (vpc is None) != public_endpoint:
            raise invalid(
                self,
                "vpc",
                None if vpc is None else vpc.node.path,
                "a VPC, or public_endpoint=True, and not both",
                "A collection without a VPC endpoint answers on the internet, if to signed "
                "requests only: pass a VPC, or set it explicitly.",
            )
        self._kept: list[ec2.SecurityGroup | CfnResource] = []
        self.time_series = type is CollectionType.TIMESERIES
        self.collection_name = derived_name(self, longest=LONGEST_NAME)
        self._place = self._make_endpoint(vpc, subnets)
        collections = [f"collection/{self.collection_name}"]
        encryption = {
            "Rules": [{"ResourceType": "collection", "Resource": collections}],
            **(
                {"AWSOwnedKey": True}
                if encryption_key is None
                else {"AWSOwnedKey": False, "KmsARN": encryption_key.key_arn}
            ),
        }
        network = [
            {
                "Rules": [
                    {"ResourceType": kind, "Resource": collections}
                    for kind in ("collection", "dashboard")
                ],
                **(
                    {"AllowFromPublic": True}
                    if self._endpoint is None
                    else {"AllowFromPublic": False, "SourceVPCEs": [self._endpoint.attr_id]}
                ),
            }
        ]
        self.resource = serverless.CfnCollection(
            self,
            "Resource",
            name=self.collection_name,
            type=type.value,
            standby_replicas="ENABLED" if standby_replicas else "DISABLED",
        )
        # A collection that no encryption policy names is refused.
        policies = [
            self._policy("Encryption", "encryption", encryption),
            self._policy("Network", "network", network),
        ]
        for policy in policies:
            self.resource.add_resource_dependency(policy)
        # A collection that stays is of no use without them.
        removal = effective_removal(self, removal_policy)
        for each in (self.resource, *policies, *self._kept):
            each.apply_removal_policy(removal)

    @property
    def collection_id(self) -> str:
        """Its id, which its ARN ends with."""
        return self.resource.attr_id

    @property
    def endpoint(self) -> str:
        """``https://...``."""
        return self.resource.attr_collection_endpoint

    def way(self, owner: Construct) -> VpcPlace | None:
        """Where Firehose puts its interfaces; ``None`` with a public endpoint."""
        return self._place

    def _make_endpoint(
        self, vpc: ec2.IVpc | None, subnets: ec2.SubnetSelection | None
    ) -> VpcPlace | None:
        self._endpoint: serverless.CfnVpcEndpoint | None = None
        if vpc is None:
            return None
        ids: Sequence[str] = Network(vpc=vpc, subnets=subnets).selected(self).subnet_ids
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Endpoint of {self.node.path}",
            allow_all_outbound=False,
        )
        self._endpoint = serverless.CfnVpcEndpoint(
            self,
            "Endpoint",
            name=self.collection_name,
            vpc_id=vpc.vpc_id,
            subnet_ids=list(ids),
            security_group_ids=[group.security_group_id],
        )
        self._kept += [group, self._endpoint]
        return VpcPlace(vpc=vpc, subnets=ids, target=group)

    def _policy(
        self, id: str, type: str, document: Mapping[str, Any] | Sequence[Any]
    ) -> serverless.CfnSecurityPolicy:
        return serverless.CfnSecurityPolicy(
            self,
            f"{id}Policy",
            name=self.collection_name,
            type=type,
            policy=place_of(self).stack.to_json_string(document),
        )

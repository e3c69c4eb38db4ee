"""Domains and collections that are there already; nothing in them is changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Arn, ArnFormat
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.network import Network
from cdk_managed_flink.application.tokens import is_token
from cdk_managed_flink.opensearch.vpc_attachment import VpcPlace

_DOMAIN_ARN = re.compile(r"arn:[^:]+:es:[^:]+:\d{12}:domain/[a-z][a-z0-9-]{2,27}")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_COLLECTION_NAME = re.compile(r"[a-z][a-z0-9-]{2,31}")
_COLLECTION_ID = re.compile(r"[a-z0-9]{3,40}")
_URL = re.compile(r"https://[^/]+/?")


def _check(where: str, prop: str, value: str, form: re.Pattern[str], allowed: str) -> None:
    if not is_token(value) and not form.fullmatch(value):
        raise invalid(where, prop, value, allowed, "The console shows it with what exists.")


@dataclass(frozen=True, kw_only=True, eq=False)
class ExistingPlace:
    """The VPC of an existing domain, or of a collection's endpoint.

    Attributes:
        vpc: The VPC.
        security_groups: Groups that the domain or the endpoint lets in on port 443, for the
            interfaces of Firehose or of the job; the rules of what exists stay as they are.
        subnets: Default: the private subnets with a way out, else the isolated ones.

    Raises:
        ValueError: No security group.
    """

    vpc: ec2.IVpc
    security_groups: Sequence[ec2.ISecurityGroup]
    subnets: ec2.SubnetSelection | None = None

    def __post_init__(self) -> None:
        if not self.security_groups:
            raise invalid(
                "ExistingPlace",
                "security_groups",
                "none",
                "at least one group that is let in on port 443",
                "The rules of what exists are not changed, so a new group would reach nothing.",
            )

    def way(self, owner: Construct) -> VpcPlace:
        """Where Firehose puts its interfaces."""
        selected = Network(vpc=self.vpc, subnets=self.subnets).selected(owner)
        return VpcPlace(
            vpc=self.vpc, subnets=selected.subnet_ids, security_groups=self.security_groups
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ExistingDomain:
    """A domain that is there already.

    Attributes:
        domain_arn: Its ARN.
        host: Host name of its endpoint, for ``OpenSearchSink.connector``. Default: not needed.
        place: Its VPC. Default: it has a public endpoint.
        fine_grained_access: Whether it has fine-grained access control. Default yes, as then a
            writer has to be let in by hand.
        internal_users: Whether users with passwords exist. Default no.

    Raises:
        ValueError: No ARN of a domain, or a URL for the host name.
    """

    domain_arn: str
    host: str | None = None
    place: ExistingPlace | None = None
    fine_grained_access: bool = True
    internal_users: bool = False

    def __post_init__(self) -> None:
        where, arn = "ExistingDomain", "arn:<partition>:es:<region>:<account>:domain/<name>"
        _check(where, "domain_arn", self.domain_arn, _DOMAIN_ARN, arn)
        if self.host is not None:
            _check(where, "host", self.host, _HOST, "a host name, without https:// or a path")

    @property
    def domain_name(self) -> str:
        """The name at the end of the ARN."""
        name = Arn.split(self.domain_arn, ArnFormat.SLASH_RESOURCE_NAME).resource_name
        assert name is not None  # the format has one
        return name

    @property
    def network(self) -> Network | None:
        """The network of a job that connects to the domain itself."""
        if self.place is None:
            return None
        return Network(
            vpc=self.place.vpc,
            subnets=self.place.subnets,
            security_groups=self.place.security_groups,
        )

    def way(self, owner: Construct) -> VpcPlace | None:
        """Where Firehose puts its interfaces; ``None`` with a public endpoint."""
        return None if self.place is None else self.place.way(owner)


@dataclass(frozen=True, kw_only=True, eq=False)
class ExistingCollection:
    """A serverless collection that is there already.

    Its network policy has to let in the endpoint of ``place``, or the public. A data access policy
    is added for each writer; that changes nothing in the collection.

    Attributes:
        collection_name: Its name.
        collection_id: Its id, the end of its ARN.
        endpoint: ``https://...``, as the console shows it.
        place: The VPC of the endpoint that it is reached by. Default: it has a public endpoint.
        time_series: Whether its type is time series. Default yes.

    Raises:
        ValueError: A name, an id or an endpoint that no collection has.
    """

    collection_name: str
    collection_id: str
    endpoint: str
    place: ExistingPlace | None = None
    time_series: bool = True

    def __post_init__(self) -> None:
        for prop, value, form, allowed in (
            ("collection_name", self.collection_name, _COLLECTION_NAME, "the collection's name"),
            ("collection_id", self.collection_id, _COLLECTION_ID, "the last part of its ARN"),
            ("endpoint", self.endpoint, _URL, "https:// and a host name"),
        ):
            _check("ExistingCollection", prop, value, form, allowed)

    def way(self, owner: Construct) -> VpcPlace | None:
        """Where Firehose puts its interfaces; ``None`` with a public endpoint."""
        return None if self.place is None else self.place.way(owner)

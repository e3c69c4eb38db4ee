"""DomainCapacity: the nodes and volumes of a domain."""

from dataclasses import dataclass

from aws_cdk import aws_opensearchservice as opensearch

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.tokens import is_token


@dataclass(frozen=True, kw_only=True)
class DomainCapacity:
    """Nodes in two or three zones, each with a volume.

    Attributes:
        data_nodes: A multiple of the zones. Default 2.
        data_node_type: Default ``r7g.large.search``, memory optimized, for production.
        master_nodes: Dedicated master nodes: 0, 3 or 5. Default 0; the service advises 3 for
            production.
        master_node_type: Default ``m7g.large.search``.
        zones: 2 or 3. Default 2.
        volume_gib: Volume of each data node, gp3. Default 100.

    Raises:
        ValueError: A combination that the service refuses, or one without a second zone.
    """

    data_nodes: int = 2
    data_node_type: str = "r7g.large.search"
    master_nodes: int = 0
    master_node_type: str = "m7g.large.search"
    zones: int = 2
    volume_gib: int = 100

    def __post_init__(self) -> None:
        if self.zones not in (2, 3):
            raise invalid(
                "DomainCapacity",
                "zones",
                self.zones,
                "2 or 3",
                "In one zone, its outage would lose the indexes.",
            )
        if is_token(self.data_nodes):
            return
        if self.data_nodes < self.zones or self.data_nodes % self.zones:
            raise invalid(
                "DomainCapacity",
                "data_nodes",
                self.data_nodes,
                f"a multiple of zones ({self.zones})",
                "The service spreads data nodes evenly over the zones.",
            )
        if self.master_nodes not in (0, 3, 5):
            raise invalid(
                "DomainCapacity",
                "master_nodes",
                self.master_nodes,
                "0, 3 or 5",
                "An even number has no majority when one half is lost.",
            )
        if not is_token(self.volume_gib) and self.volume_gib < 10:
            raise invalid(
                "DomainCapacity",
                "volume_gib",
                self.volume_gib,
                "10 or more",
                "The service takes no smaller gp3 volume.",
            )

    def cluster(self) -> opensearch.CfnDomain.ClusterConfigProperty:
        """The domain's ``ClusterConfig``."""
        masters = self.master_nodes > 0
        return opensearch.CfnDomain.ClusterConfigProperty(
            instance_count=self.data_nodes,
            instance_type=self.data_node_type,
            dedicated_master_enabled=masters,
            dedicated_master_count=self.master_nodes if masters else None,
            dedicated_master_type=self.master_node_type if masters else None,
            zone_awareness_enabled=True,
            zone_awareness_config=opensearch.CfnDomain.ZoneAwarenessConfigProperty(
                availability_zone_count=self.zones
            ),
            multi_az_with_standby_enabled=False,
        )

"""RedshiftProvisionedWarehouse: a cluster that this library uses and does not create."""

from cdk_managed_flink.redshift.existing import ExistingCluster
from cdk_managed_flink.redshift.warehouse import RedshiftWarehouse


class RedshiftProvisionedWarehouse(RedshiftWarehouse):
    """A provisioned cluster, by ``from_cluster_identifier``."""

    from_cluster_identifier = staticmethod(ExistingCluster)

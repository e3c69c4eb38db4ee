"""MSK: the properties of its types."""

from __future__ import annotations

from managed_flink_local.emulator.cloudformation.type_properties import (
    ENCRYPTED,
    TypeProperties,
    properties,
)

_ONE_BROKER = "every cluster is the same broker on this machine, without zones, replicas or volumes"
_NO_IAM = "the broker of this machine has no IAM: such clients come in without a login"

KAFKA: dict[str, TypeProperties] = {
    "AWS::MSK::BatchScramSecret": properties("ClusterArn SecretArnList"),
    "AWS::MSK::Cluster": properties(
        "ClientAuthentication ClusterName Tags",
        ClientAuthentication__Sasl__Iam__Enabled=_NO_IAM,
        ClientAuthentication__Tls__Enabled="the broker of this machine asks for no certificate",
        BrokerNodeGroupInfo=_ONE_BROKER,
        ConfigurationInfo="the broker of this machine has settings of its own",
        CurrentVersion="not checked",
        EncryptionInfo=ENCRYPTED,
        EnhancedMonitoring="the broker of this machine reports no metrics",
        KafkaVersion="the broker of this machine is Kafka 3.9",
        LoggingInfo="the broker's log is in a file of this machine",
        NumberOfBrokerNodes=_ONE_BROKER,
        OpenMonitoring="the broker of this machine reports no metrics",
        StorageMode=_ONE_BROKER,
    ),
    "AWS::MSK::Configuration": properties(
        "Description KafkaVersionsList Name",
        ServerProperties="the broker of this machine has settings of its own",
    ),
    "AWS::MSK::ServerlessCluster": properties(
        "ClientAuthentication ClusterName Tags",
        ClientAuthentication__Sasl__Iam__Enabled=_NO_IAM,
        VpcConfigs=_ONE_BROKER,
    ),
    "AWS::MSK::Topic": properties(
        "ClusterArn Configs PartitionCount TopicName",
        ReplicationFactor="one replica on this machine, so min.insync.replicas is not set either",
    ),
}

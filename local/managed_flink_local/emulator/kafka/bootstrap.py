"""GetBootstrapBrokers: the broker's address for each way to connect that a cluster has on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.kafka.broker import Addresses, Broker

Props = dict[str, Any]


def install(broker: Broker) -> None:
    """Let the service answer with the real broker."""
    msk = ministack.service("msk")

    def brokers(original: Callable[[str], Props]) -> Callable[[str], Props]:
        def of_what_is_on(cluster_name: str) -> Props:
            cluster = next(c for c in msk._clusters.values() if c["ClusterName"] == cluster_name)
            shown = msk._camelize(cluster)
            return {**dict.fromkeys(original(cluster_name), ""), **on(shown, broker.addresses())}

        return of_what_is_on

    ministack.replace(msk, "_bootstrap_strings", brokers)


def on(cluster: Props, at: Addresses) -> dict[str, str]:
    """Addresses by what the API calls them.

    IAM has no listener here, so whoever logs in by it comes in by the plain one.
    """
    asked = cluster.get("clientAuthentication") or {}
    sasl = asked.get("sasl") or {}
    encryption = (cluster.get("encryptionInfo") or {}).get("encryptionInTransit") or {}
    transit = encryption.get("clientBroker", "TLS")
    # A cluster that is not told whom to let in lets everybody in.
    anybody = _enabled(asked.get("unauthenticated")) or not asked
    found = {
        "BootstrapBrokerStringSaslIam": at.plain if _enabled(sasl.get("iam")) else "",
        "BootstrapBrokerStringSaslScram": at.scram if _enabled(sasl.get("scram")) else "",
        "BootstrapBrokerString": at.plain if anybody and "PLAINTEXT" in transit else "",
        "BootstrapBrokerStringTls": (
            at.tls if "TLS" in transit and (anybody or _enabled(asked.get("tls"))) else ""
        ),
    }
    return {name: address for name, address in found.items() if address}


def _enabled(asked: Props | None) -> bool:
    return str((asked or {}).get("enabled", "")).lower() == "true"

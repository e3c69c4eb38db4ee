"""What Flink's processes are told about this machine: endpoint, trust, credentials, properties."""

from __future__ import annotations

import json
import os
from pathlib import Path

from managed_flink_local.emulator import execution_role
from managed_flink_local.emulator import ministack_internals as ministack
from managed_flink_local.emulator.config import EmulatorConfig
from managed_flink_local.emulator.flink.application import Application
from managed_flink_local.emulator.tls import TRUST_STORE_PASSWORD, TlsMaterial

# Variables of the emulator's own process that must not reach a job.
_OWN_PREFIXES = ("AWS_", "MINISTACK_", "FLINK_")
_OWN = {
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "GATEWAY_PORT",
    "USE_SSL",
    "AUTH",
    "DOCKER_HOST",
}


def variables(
    application: Application,
    config: EmulatorConfig,
    tls: TlsMaterial | None,
    properties_file: Path,
) -> dict[str, str]:
    """The environment of an application's processes, with a session of its own role.

    Raises:
        RoleRefusedError: the service can't assume the role.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _OWN and not name.startswith(_OWN_PREFIXES)
    }
    options = {"aws.endpoint": config.endpoint, "aws.credentials.provider": "AUTO"}
    with ministack.scope(application.account, application.region):
        credentials = execution_role.session(application.role_arn, application.arn)
    return {
        **inherited,
        **credentials,
        "AWS_REGION": application.region,
        "AWS_DEFAULT_REGION": application.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": config.endpoint,
        # The emulator's GetRecords answers CBOR with base64 text; these are both SDKs' switches.
        "AWS_CBOR_DISABLE": "true",
        "CBOR_ENABLED": "false",
        "MANAGED_FLINK_PROPERTIES_FILE": str(properties_file),
        "MANAGED_FLINK_CONNECTOR_OPTIONS": json.dumps(
            dict.fromkeys(("kinesis", "dynamodb", "firehose"), options)
        ),
        **({"AWS_CA_BUNDLE": str(tls.bundle)} if tls is not None else {}),
    }


def java_properties(tls: TlsMaterial | None) -> list[str]:
    """System properties of every JVM; the switch of the shaded SDK has its shaded name."""
    properties = [
        "-Dorg.apache.flink.kinesis.shaded.com.amazonaws.sdk.disableCbor=true",
        "-Dcom.amazonaws.sdk.disableCbor=true",
        "-Daws.cborEnabled=false",
    ]
    if tls is not None:
        properties += [
            f"-Djavax.net.ssl.trustStore={tls.java_trust_store}",
            f"-Djavax.net.ssl.trustStorePassword={TRUST_STORE_PASSWORD}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
        ]
    return properties

"""The application's property groups as its job reads them on this machine."""

from __future__ import annotations

from typing import Any

_KAFKA = ("kafka", "upsert-kafka")
_PROTOCOL, _MECHANISM = "properties.security.protocol", "properties.sasl.mechanism"
_IAM = "AWS_MSK_IAM"


def on_this_machine(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The groups, where those that log in to Kafka by IAM do without: the broker has no IAM.

    Under its plain protocol Kafka's client looks at nothing else that says how to log in.
    """
    return [
        {**group, "PropertyMap": {**values, _PROTOCOL: "PLAINTEXT"}}
        if (values := group["PropertyMap"]).get("connector") in _KAFKA
        and values.get(_MECHANISM) == _IAM
        else group
        for group in groups
    ]

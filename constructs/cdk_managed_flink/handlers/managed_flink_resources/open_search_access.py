"""OpenSearchAccess: who may write which indexes of a domain, and how long these are kept.

Runs where the domain can be reached, and calls nothing else but AWS Secrets Manager, and that only
with an internal master user. What it makes bears the name that the construct gave it: a security
role for the indexes, mapped to IAM roles or to an internal user of that name, and an index state
policy that deletes indexes by their age.
"""

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError

from .open_search_client import Domain, NotReachableError, read_secret
from .request import Begun, Done, Request, ResourceError

_PATIENCE = 900
# What Firehose calls, and the connector: bulk requests, and looks at indexes and nodes.
_CLUSTER_ACTIONS = ["cluster_composite_ops", "cluster_monitor"]
_INDEX_ACTIONS = ["create_index", "manage", "crud"]
_SECURITY = "_plugins/_security/api"
_STATES = "_plugins/_ism"


def begin(request: Request) -> Begun:
    """Only notes the time: everything takes the domain, which may not answer yet."""
    return Begun(request.properties["Name"], {"Since": str(int(time.time()))})


def poll(request: Request) -> Done | None:
    """Make it all, or delete it; each step may be repeated.

    Raises:
        ResourceError: The domain refuses, or can't be reached.
    """
    properties = request.properties
    try:
        domain = Domain(properties["Endpoint"], properties.get("MasterSecret"))
        if request.type == "Delete":
            _delete(domain, properties)
        else:
            _put(domain, properties)
    except (NotReachableError, BotoCoreError) as error:
        if time.time() - float(request.data["Since"]) < _PATIENCE:
            print(f"asked again: {error}")
            return None
        raise ResourceError(
            f"{properties['Endpoint']} can't be reached: {error}. The function has to be let into "
            "the domain's security group on port 443; with an internal master user its subnets "
            "need a way to AWS Secrets Manager as well."
        ) from None
    return Done({"Name": properties["Name"]})


def _put(domain: Domain, properties: Mapping[str, Any]) -> None:
    name, pattern = properties["Name"], properties["IndexPattern"]
    users = []
    if secret := properties.get("UserSecret"):
        users.append(name)
        user = {"password": read_secret(secret)["password"], "description": "A Flink job"}
        domain.call("PUT", f"{_SECURITY}/internalusers/{name}", user)
    else:
        domain.call("DELETE", f"{_SECURITY}/internalusers/{name}")
    domain.call(
        "PUT",
        f"{_SECURITY}/roles/{name}",
        {
            "description": "A Flink job",
            "cluster_permissions": _CLUSTER_ACTIONS,
            "index_permissions": [{"index_patterns": [pattern], "allowed_actions": _INDEX_ACTIONS}],
        },
    )
    domain.call(
        "PUT",
        f"{_SECURITY}/rolesmapping/{name}",
        {"backend_roles": list(properties.get("Roles", [])), "users": users},
    )
    _put_retention(domain, name, pattern, properties.get("Retention"))


def _put_retention(domain: Domain, name: str, pattern: str, retention: str | None) -> None:
    found = domain.call("GET", f"{_STATES}/policies/{name}")
    if not retention:
        if found is not None:
            _delete_retention(domain, name, pattern)
        return
    # A change has to name the version that it changes.
    version = (
        f"?if_seq_no={found['_seq_no']}&if_primary_term={found['_primary_term']}" if found else ""
    )
    old = {"state_name": "old", "conditions": {"min_index_age": retention}}
    policy = {
        "description": f"Deletes indexes after {retention}",
        "default_state": "kept",
        "states": [
            {"name": "kept", "actions": [], "transitions": [old]},
            {"name": "old", "actions": [{"delete": {}}], "transitions": []},
        ],
        "ism_template": [{"index_patterns": [pattern], "priority": 100}],
    }
    domain.call("PUT", f"{_STATES}/policies/{name}{version}", {"policy": policy})
    # The template is for indexes to come; those that exist have to be updated, and those that
    # follow the policy already keep to its old version without the second call.
    for act in ("add", "change_policy"):
        domain.call("POST", f"{_STATES}/{act}/{pattern}", {"policy_id": name})


def _delete_retention(domain: Domain, name: str, pattern: str) -> None:
    domain.call("POST", f"{_STATES}/remove/{pattern}")
    domain.call("DELETE", f"{_STATES}/policies/{name}")


def _delete(domain: Domain, properties: Mapping[str, Any]) -> None:
    name = properties["Name"]
    if properties.get("Retention"):
        _delete_retention(domain, name, properties["IndexPattern"])
    for kind in ("rolesmapping", "roles", "internalusers"):
        domain.call("DELETE", f"{_SECURITY}/{kind}/{name}")

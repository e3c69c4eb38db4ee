"""OpenSearchAdministrators: IAM roles that administer a domain in addition to its master user."""

import time
from collections.abc import Collection

from botocore.exceptions import BotoCoreError

from .open_search_client import Domain, NotReachableError
from .request import Begun, Done, Request, ResourceError

_PATIENCE = 900
_ROLES = ("all_access", "security_manager")


def begin(request: Request) -> Begun:
    """Only notes the time: everything takes the domain, which may not answer yet."""
    return Begun("administrators", {"Since": str(int(time.time()))})


def poll(request: Request) -> Done | None:
    """Map the roles, leave out those that were asked for before, keep all others.

    Raises:
        ResourceError: The domain refuses, or can't be reached.
    """
    wanted = set(request.properties["Roles"]) if request.type != "Delete" else set()
    before = request.properties if request.type == "Delete" else request.old
    try:
        domain = Domain(request.properties["Endpoint"], request.properties.get("MasterSecret"))
        for role in _ROLES:
            _map(domain, role, wanted, set(before.get("Roles", [])) - wanted)
    except (NotReachableError, BotoCoreError) as error:
        if time.time() - float(request.data["Since"]) < _PATIENCE:
            print(f"asked again: {error}")
            return None
        raise ResourceError(f"{request.properties['Endpoint']} can't be reached: {error}") from None
    return Done()


def _map(domain: Domain, role: str, wanted: Collection[str], gone: Collection[str]) -> None:
    path = f"_plugins/_security/api/rolesmapping/{role}"
    found = (domain.call("GET", path) or {}).get(role, {})
    backend = set(found.get("backend_roles", []))
    mapped = (backend | set(wanted)) - set(gone)
    if mapped != backend:
        domain.call(
            "PUT",
            path,
            {
                "backend_roles": sorted(mapped),
                "users": found.get("users", []),
                "hosts": found.get("hosts", []),
            },
        )

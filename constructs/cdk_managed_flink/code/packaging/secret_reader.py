"""What reads secrets in a job of SQL or Python: botocore, without the services it isn't needed for.

botocore rather than a class in the job's jar: a client of Java's SDK would have to fit the SDK of
each generation of connectors, moved or not. Its chain of credentials finds the application's role
as that of the connectors does, and it heeds AWS_ENDPOINT_URL.
"""

from pathlib import Path

# Increase together, and PACKAGER_VERSION with them.
PINS = {
    "botocore": "1.43.106",
    "jmespath": "1.1.0",
    "python-dateutil": "2.9.0.post0",
    "six": "1.17.0",
    "urllib3": "2.8.0",
}
# Of their wheels, in addition to a list with hashes: one hash in a list, and pip asks for all.
HASHES = {
    "botocore": "sha256:c1fb8818f9957cb5037f73db34ac1a12ba43562e31d6e7f9cb7e5fc64e1dba78",
    "jmespath": "sha256:a5663118de4908c91729bea0acadca56526eb2698e83de10cd116ae0f4e97c64",
    "python-dateutil": "sha256:a8b2bc7bffae282281c8140a97d3aa9c14da0b136dfe83f850eea9a5f7470427",
    "six": "sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
    "urllib3": "sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3",
}
_SERVICES = frozenset({"secretsmanager", "sts"})  # sts: a role by web identity


def without_other_services(files: dict[str, Path]) -> dict[str, Path]:
    """Leave out botocore's descriptions of all other services: 25 of its 30 MB."""
    return {name: path for name, path in files.items() if not _is_of_another(name)}


def _is_of_another(name: str) -> bool:
    parts = name.split("/")
    return parts[:2] == ["botocore", "data"] and len(parts) > 3 and parts[2] not in _SERVICES

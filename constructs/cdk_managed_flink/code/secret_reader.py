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
_SERVICES = frozenset({"secretsmanager", "sts"})  # sts: a role by web identity


def without_other_services(files: dict[str, Path]) -> dict[str, Path]:
    """Leave out botocore's descriptions of all other services: 25 of its 30 MB."""
    return {name: path for name, path in files.items() if not _is_of_another(name)}


def _is_of_another(name: str) -> bool:
    parts = name.split("/")
    return parts[:2] == ["botocore", "data"] and len(parts) > 3 and parts[2] not in _SERVICES

"""The application's property groups, as the job reads them."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from . import secrets

SERVICE_FILE = Path("/etc/flink/application_properties.json")
# Set by an environment on one machine, never by the service.
FILE_VARIABLE = "MANAGED_FLINK_PROPERTIES_FILE"
CONNECTOR_OPTIONS_VARIABLE = "MANAGED_FLINK_CONNECTOR_OPTIONS"
_CONSUMER_ARN = "scan.stream.efo.consumerarn"


class PropertyError(LookupError):
    """A property group or a key in one that does not exist; says which do."""


class PropertyGroups(Mapping[str, Mapping[str, str]]):
    """Property groups by their ids; asking for one that is missing names those that are there.

    Attributes:
        secrets: What was read from Secrets Manager into them.
    """

    def __init__(
        self, groups: Mapping[str, Mapping[str, str]], secrets: frozenset[str] = frozenset()
    ) -> None:
        self._groups = {group_id: _whole(values) for group_id, values in groups.items()}
        self.secrets = secrets

    @classmethod
    def read(cls, path: Path | None = None) -> "PropertyGroups":
        """Read the file that the service writes before it starts the job.

        Args:
            path: Another file of the same form.

        Raises:
            PropertyError: The file is missing or has another form.
        """
        path = path or Path(os.environ.get(FILE_VARIABLE) or SERVICE_FILE)
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))
            groups = {group["PropertyGroupId"]: group["PropertyMap"] for group in listed}
        except FileNotFoundError:
            raise PropertyError(
                f"{path} does not exist: the service writes it; elsewhere set {FILE_VARIABLE} "
                "to the path of a file of the same form"
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise PropertyError(
                f'{path} is not a list of {{"PropertyGroupId": …, "PropertyMap": {{…}}}}: '
                f"{type(error).__name__}: {error}"
            ) from None
        return cls(groups)

    def with_connector_options(self, options: Mapping[str, Mapping[str, str]]) -> "PropertyGroups":
        """A copy in which each group has the options given for its ``connector``.

        An option of the group itself is overridden: an address on this machine has to win.
        """
        return PropertyGroups(
            {
                group_id: {**values, **options.get(values.get("connector", ""), {})}
                for group_id, values in self._groups.items()
            }
        )

    def resolved(self, read: Callable[[str], str]) -> "PropertyGroups":
        """A copy in which each ``secret:<arn>[:key]`` is what it stands for.

        Args:
            read: Gives the text of the secret with an ARN; asked once for each.

        Raises:
            SecretError: One can't be read; names group and key as well.
        """
        once = cache(read)
        found: set[str] = set()
        groups = {group_id: dict(values) for group_id, values in self._groups.items()}
        for group_id, values in groups.items():
            for key, value in values.items():
                if not secrets.refers(value):
                    continue
                try:
                    values[key], parts = secrets.resolved(value, once)
                except secrets.SecretError as error:
                    raise secrets.SecretError(
                        f"property '{key}' of group '{group_id}': {error}"
                    ) from None
                found.update(parts)
        return PropertyGroups(groups, frozenset(found))

    def value(self, group_id: str, key: str) -> str:
        """One value of one group.

        Raises:
            PropertyError: There is no such group, or no such key in it.
        """
        group = self[group_id]
        if key not in group:
            raise PropertyError(
                f"property group '{group_id}' has no key '{key}'; it has: {_listed(group)}"
            )
        return group[key]

    def __getitem__(self, group_id: str) -> Mapping[str, str]:
        if group_id not in self._groups:
            raise PropertyError(
                f"there is no property group '{group_id}'; there are: {_listed(self._groups)}"
            )
        return self._groups[group_id]

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._groups

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def connector_options() -> dict[str, dict[str, str]]:
    """Options by connector from the environment; none on the service.

    Raises:
        PropertyError: The variable is set and is not a JSON object of objects.
    """
    text = os.environ.get(CONNECTOR_OPTIONS_VARIABLE)
    if not text:
        return {}
    try:
        return {
            connector: {str(key): str(value) for key, value in options.items()}
            for connector, options in json.loads(text).items()
        }
    except (ValueError, AttributeError):
        # Not chained: the text may hold credentials.
        raise PropertyError(
            f'{CONNECTOR_OPTIONS_VARIABLE} is not of the form {{"kinesis": {{"option": "value"}}}}'
        ) from None


def _whole(values: Mapping[str, str]) -> dict[str, str]:
    """The values, with the stream's name at the end of the key that the Kinesis connector wants.

    A template cannot hold a key with a name that is known only in the deploy.
    """
    whole = dict(values)
    if _CONSUMER_ARN in whole and "stream" in whole:
        whole[f"{_CONSUMER_ARN}.{whole['stream']}"] = whole.pop(_CONSUMER_ARN)
    return whole


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "none"

"""Property groups: what a job reads at run time, under the service's limits."""

import json
import re
from collections.abc import Mapping

from constructs import Construct

from cdk_managed_flink.application.errors import invalid
from cdk_managed_flink.application.place import place_of
from cdk_managed_flink.application.secret_value import FlinkSecret, refers
from cdk_managed_flink.application.tokens import is_token, text_of
from cdk_managed_flink.job.secrets import is_well_formed

PropertyValue = str | int | float | bool | FlinkSecret

RUN_OPTIONS_GROUP = "kinesis.analytics.flink.run.options"
# Limits of the resource type's schema (EnvironmentProperties).
MAX_GROUPS = 50
MAX_ENTRIES = 50
MAX_LENGTH = 2048
_GROUP_ID = re.compile(r"[a-zA-Z0-9_.-]{1,50}")
# Words that nobody writes by chance may have anything before them: dbpassword, clientsecret.
_SECRET_KEY = re.compile(
    r"(password|passwd|passphrase|secret|(api|access|private|secret)[._-]?key|"
    r"(access|auth|bearer|refresh|session)[._-]?token|(^|[._-])(pass|pwd|token|credentials?)|"
    r"basic-auth\.user-info|"
    r"(^|\.)sasl\.jaas\.config)$"
)
# A login module without options, such as MSK's by IAM, holds no secret.
_BARE_LOGIN = re.compile(r"[\w.$]+ (required|requisite|sufficient|optional);")
_LITERAL_PASSWORD = re.compile(r"""password\s*=\s*["']?(?!["']|\$\{secret:)""", re.IGNORECASE)
_RESOLVED_SECRET = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class PropertyGroups:
    """The property groups of one application, in the order in which they were added."""

    def __init__(self, owner: Construct) -> None:
        self._owner = owner
        self._groups: dict[str, dict[str, str]] = {}

    @property
    def names(self) -> frozenset[str]:
        """Ids of the groups that exist so far."""
        return frozenset(self._groups)

    def add(self, group_id: str, properties: Mapping[str, PropertyValue]) -> None:
        """Add a group; numbers become their text, booleans ``true`` and ``false``.

        Raises:
            ValueError: An id, key or value that the service would refuse, one group too many, a
                group that exists already, or a literal under a key that names a secret.
        """
        owner = self._owner
        if not is_token(group_id) and not _GROUP_ID.fullmatch(group_id):
            raise invalid(
                owner,
                "property group id",
                group_id,
                "1 to 50 of the characters a-z A-Z 0-9 _ . -",
                "Rename the group, here and where the job reads it.",
            )
        if group_id in self._groups:
            raise invalid(
                owner,
                "property group id",
                group_id,
                "an id that is not used",
                "Add all properties of a group at once, or choose another id; the name of a "
                "source or sink is the id of its group.",
            )
        if len(self._groups) >= MAX_GROUPS:
            raise invalid(
                owner,
                "property groups",
                len(self._groups) + 1,
                f"at most {MAX_GROUPS}, each source, each sink and the run options counted",
                f"Put the properties of {group_id!r} into a group that exists.",
            )
        if not 1 <= len(properties) <= MAX_ENTRIES:
            raise invalid(
                owner,
                f"entries of property group {group_id!r}",
                len(properties),
                f"1 to {MAX_ENTRIES}",
                "Split a large group in two, and leave out an empty one.",
            )
        group = {
            self._key(group_id, key): self._value(group_id, key, value)
            for key, value in properties.items()
        }
        self._check_tokens(group_id, group)
        self._groups[group_id] = group

    def render(self) -> list[dict[str, object]]:
        """The groups as ``EnvironmentProperties.PropertyGroups``."""
        return [
            {"propertyGroupId": group_id, "propertyMap": dict(values)}
            for group_id, values in self._groups.items()
        ]

    def _key(self, group_id: str, key: str) -> str:
        if not isinstance(key, str) or not 1 <= len(key) <= MAX_LENGTH:
            raise invalid(
                self._owner,
                f"key in property group {group_id!r}",
                key,
                f"a string of 1 to {MAX_LENGTH} characters",
                "Shorten or name it.",
            )
        return key

    def _value(self, group_id: str, key: str, value: PropertyValue) -> str:
        where = f"property {key!r} of group {group_id!r}"
        if isinstance(value, FlinkSecret):
            return value.reference
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise invalid(
                self._owner,
                where,
                value,
                "a string, a number or a boolean, or a FlinkSecret",
                "Leave the key out where there is no value.",
            )
        text = value if isinstance(value, str) else text_of(value)
        if is_token(text):
            if _names_secret(key) and not refers(text):
                raise self._in_clear(where, "a reference to a secret under a key that names one")
            return text
        if not 1 <= len(text) <= MAX_LENGTH:
            raise invalid(
                self._owner,
                where,
                text,
                f"1 to {MAX_LENGTH} characters (received {len(text)})",
                "Leave an empty property out; put a long value into a file of the job.",
            )
        if refers(text):
            self._check_reference(where, text)
            return text
        if _names_secret(key) and not _BARE_LOGIN.fullmatch(text):
            raise self._in_clear(where, "no literal under a key that names a secret")
        return text

    def _check_tokens(self, group_id: str, group: Mapping[str, str]) -> None:
        tokens = {key: text for key, text in group.items() if is_token(text) and not refers(text)}
        if not tokens:
            return
        resolved = place_of(self._owner).stack.resolve(list(tokens.values()))
        for key, value in zip(tokens, resolved, strict=True):
            if _RESOLVED_SECRET.search(json.dumps(value)):
                where = f"property {key!r} of group {group_id!r}"
                raise self._in_clear(where, "no secret that CloudFormation would fill in")

    def _in_clear(self, where: str, allowed: str) -> ValueError:
        return invalid(
            self._owner,
            where,
            "***",
            allowed,
            "Property groups are readable by DescribeApplication: keep the secret in AWS "
            "Secrets Manager and pass FlinkSecret.of(secret, key), which is "
            "secret:<arn>[:key], for the job to read when it starts.",
        )

    def _check_reference(self, where: str, text: str) -> None:
        if not is_well_formed(text):
            raise invalid(
                self._owner,
                where,
                text,
                "secret:<arn>[:key] of AWS Secrets Manager, or ${secret:<arn>[:key]} inside of "
                "a longer value",
                "Use FlinkSecret.of(secret, key), its .reference or its .part.",
            )
        if _LITERAL_PASSWORD.search(text):
            raise invalid(
                self._owner,
                where,
                "***",
                "no literal password together with a secret",
                "Property groups are readable by DescribeApplication: take the password from the "
                "secret as well.",
            )


def _names_secret(key: str) -> bool:
    return _SECRET_KEY.search(_HUMP.sub("_", key).lower()) is not None

"""Secrets in property groups: ``secret:<arn>[:key]``, read from Secrets Manager when a job starts.

Read through botocore, which is in the package where a binding or a property asks for it: its chain
of credentials is the service's own, and it heeds AWS_ENDPOINT_URL, whichever generation of
connectors and of Java's SDK lies in the job's jar.
"""

import json
import re
from collections.abc import Callable

PREFIX = "secret:"
_ARN = r"(arn:[\w-]+:secretsmanager:[\w-]*:\d*:secret:[\w/+=.@!-]+)"
_WHOLE = re.compile(rf"{PREFIX}{_ARN}(?::([^{{}}]+))?")
_WITHIN = re.compile(rf"\$\{{{PREFIX}{_ARN}(?::([^{{}}]+))?\}}")
_BEGINS = re.compile(rf"^{PREFIX}|\$\{{{PREFIX}")


class SecretError(LookupError):
    """A secret that cannot be read; says which and why, never what is in it."""


def refers(value: str) -> bool:
    """Whether a value is a reference, or has one in it."""
    return bool(_BEGINS.search(value))


def is_well_formed(value: str) -> bool:
    """Whether each reference of a value can be understood."""
    if value.startswith(PREFIX):
        return bool(_WHOLE.fullmatch(value))
    return len(_WITHIN.findall(value)) == value.count("${" + PREFIX)


def resolved(value: str, read: Callable[[str], str]) -> tuple[str, list[str]]:
    """A value with its references replaced, and the secrets that came in.

    Args:
        value: ``secret:<arn>[:key]`` as a whole, or ``${secret:<arn>[:key]}`` any number of times.
        read: Gives the text of the secret with an ARN.

    Raises:
        SecretError: A reference has another form, or the secret lacks the key.
    """
    if not is_well_formed(value):
        raise SecretError(
            f"{value} is no reference to a secret: write secret:<arn> or secret:<arn>:<key>"
        )
    secrets: list[str] = []

    def one(match: re.Match[str]) -> str:
        secrets.append(_part(read(match[1]), match[1], match[2]))
        return secrets[-1]

    whole = _WHOLE.fullmatch(value)
    if whole:
        return one(whole), secrets
    return _WITHIN.sub(one, value), secrets


def read_secret(arn: str) -> str:
    """The text of a secret, read with the rights of the process.

    Raises:
        SecretError: There is no reader in the package, no right, or no such secret.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.session import get_session
    except ModuleNotFoundError as error:
        raise SecretError(
            f"{arn} can't be read, as {error.name} is not in the job's package: "
            "hand the property to the application when it is made, or list "
            "secret_reader(runtime) among the connectors of the source or sink"
        ) from None
    client = get_session().create_client("secretsmanager", region_name=arn.split(":")[3] or None)
    try:
        found = client.get_secret_value(SecretId=arn)
    except (BotoCoreError, ClientError) as error:
        raise SecretError(f"{arn} can't be read: {error}") from None
    if "SecretString" not in found:
        raise SecretError(f"{arn} holds bytes, and no text")
    return str(found["SecretString"])


def _part(text: str, arn: str, key: str | None) -> str:
    if key is None:
        return text
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError
    except ValueError:
        # Not chained: the error quotes the text.
        raise SecretError(f"{arn} is no JSON object, so it has no key '{key}'") from None
    if key not in values:
        raise SecretError(f"{arn} has no key '{key}'; it has: {', '.join(sorted(values))}")
    value = values[key]
    return value if isinstance(value, str) else json.dumps(value)

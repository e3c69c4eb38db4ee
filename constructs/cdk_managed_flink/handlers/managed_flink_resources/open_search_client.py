"""Calls of a domain's own API, signed as the function's role or as an internal user."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from .request import ResourceError

_SCHEME = "https"
_TIMEOUT = 20
_NOT_FOUND = 404
# A new domain answers so for some minutes, as does one that has not heard of the role's rights.
_NOT_YET = frozenset({403, 429, 500, 502, 503, 504})


class NotReachableError(Exception):
    """The domain does not answer, or not as yet."""


class Domain:
    """A domain's API.

    Args:
        endpoint: Host name of the domain.
        master_secret: ARN of the secret with ``username`` and ``password`` of an internal user;
            without one requests are signed as the function's role.
    """

    def __init__(self, endpoint: str, master_secret: str | None) -> None:
        self._endpoint = endpoint
        self._session = boto3.Session()
        self._basic = None
        if master_secret:
            secret = read_secret(master_secret)
            pair = f"{secret['username']}:{secret['password']}"
            self._basic = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Send a request; ``None`` for what is not there.

        Raises:
            NotReachableError: No answer, or one that may change by itself.
            ResourceError: The domain refuses the request.
        """
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(
            method,
            f"{_SCHEME}://{self._endpoint}/{path}",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        if self._basic is not None:
            request.headers["Authorization"] = self._basic
        else:
            credentials = self._session.get_credentials()
            assert credentials is not None
            SigV4Auth(credentials, "es", self._session.region_name).add_auth(request)
        prepared = request.prepare()
        sent = urllib.request.Request(
            prepared.url, data=data, method=method, headers=dict(prepared.headers.items())
        )
        try:
            with urllib.request.urlopen(sent, timeout=_TIMEOUT, context=_trust()) as answer:
                return dict(json.loads(answer.read() or b"{}"))
        except urllib.error.HTTPError as error:
            if error.code == _NOT_FOUND:
                return None
            said = error.read().decode(errors="replace")[:500]
            if error.code in _NOT_YET:
                raise NotReachableError(f"{method} {path}: {error.code} {said}") from None
            raise ResourceError(f"{method} {path}: {error.code} {said}") from None
        except OSError as error:
            raise NotReachableError(f"{method} {path}: {error}") from None


@cache
def _trust() -> ssl.SSLContext:
    """Whom to trust; reading it takes longer than a request."""
    return ssl.create_default_context()


def read_secret(arn: str) -> dict[str, Any]:
    """The JSON object in a secret."""
    value = boto3.client("secretsmanager").get_secret_value(SecretId=arn)
    return dict(json.loads(value["SecretString"]))

"""One AWS call, and what its failure means to a poll."""

from __future__ import annotations

from typing import Any, TypeAlias

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

# boto3 makes its clients at run time, from the service models: they have no static types.
Client: TypeAlias = Any
Value: TypeAlias = Any

TRANSIENT_CODES = frozenset(
    {
        "ConcurrentModificationException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceFault",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceInUseException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# The service can't take the snapshot that the call needs: the job is at fault, not the caller.
UNSAVABLE_CODES = frozenset({"InvalidApplicationConfigurationException", "InvalidRequestException"})
DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
HTTP_SERVER_ERROR = 500


class TransientError(Exception):
    """The call may or may not have been carried out: read again at the next poll."""


class ServiceError(Exception):
    """The service refused the call for a reason that waiting does not mend."""

    def __init__(self, operation: str, code: str, detail: str) -> None:
        super().__init__(f"{operation}: {code}: {detail}")
        self.operation = operation
        self.code = code
        self.detail = detail

    @property
    def denied(self) -> bool:
        """Whether a permission is missing, or is not in force yet."""
        return self.code in DENIED_CODES

    @property
    def unsavable(self) -> bool:
        """Whether the job's state can't be saved."""
        return self.code in UNSAVABLE_CODES


class NotFoundError(ServiceError):
    """What the call names does not exist."""


def call(client: Client, method: str, **parameters: Value) -> dict[str, Any]:
    """Calls `client.method(**parameters)`; failures come as the classes above."""
    try:
        answer: dict[str, Any] = getattr(client, method)(**parameters)
    except ClientError as error:
        raise _classified(error) from None
    except (HTTPClientError, NoConnectionError) as error:  # the outcome is not known
        raise TransientError(f"{method}: {error}") from None
    return answer


def _classified(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    detail = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in TRANSIENT_CODES or status >= HTTP_SERVER_ERROR:
        return TransientError(f"{error.operation_name}: {code}: {detail}")
    if code == "ResourceNotFoundException":
        return NotFoundError(error.operation_name, code, detail)
    return ServiceError(error.operation_name, code, detail)

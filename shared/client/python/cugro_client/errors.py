"""What can go wrong: refusals of the gateway (problem details, RFC 9457), and a gateway that cannot be reached."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

#: In place of a value that was not sent, or is not known.
MISSING = object()


class CugroError(Exception):
    """Anything that this client raises by itself."""


class Unreachable(CugroError, ConnectionError):
    """No answer came: wrong address, no network, or the gateway went away."""


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field of a request: `body.overrides.stateSteps`, `query.limit`, `path.version`."""

    field: str
    detail: str
    #: What was sent there; `MISSING` where nothing was.
    value: Any = MISSING

    def __str__(self) -> str:
        sent = "" if self.value is MISSING else f" is {_shortened(self.value)}"
        return f"{self.field}{sent}: {self.detail}"


class GatewayError(CugroError):
    """The gateway refused. `errors`: the fields at fault; `request_id`: the gateway's log has it, too."""

    def __init__(self, status: int, detail: str, errors: tuple[FieldFault, ...] = (), request_id: str | None = None):
        self.status, self.detail, self.errors, self.request_id = status, detail, errors, request_id
        super().__init__("\n  ".join([f"{detail} ({status})", *(str(fault) for fault in errors)]))


class BadRequest(GatewayError):
    """400: the form of the request is wrong; `errors` names the fields."""


class Unauthorized(GatewayError):
    """401: no token, or none that is known."""


class Forbidden(GatewayError):
    """403: the token's scopes do not allow this."""


class NotFound(GatewayError):
    """404: there is no such thing, or this token does not see it."""


class Conflict(GatewayError):
    """409: not now, as things are."""


class TooLarge(GatewayError):
    """413: the body is larger than the gateway takes."""


class Unprocessable(GatewayError):
    """422: well-formed, and it cannot be done."""


class TooManyRequests(GatewayError):
    """429: of this token, too many at a time or in all."""


class Unavailable(GatewayError):
    """500 to 599: the gateway, its store or its bus cannot do it now."""


_BY_STATUS = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 413: TooLarge,
              422: Unprocessable, 429: TooManyRequests}


def error_of(status: int, reason: str, body: bytes, request_id: str | None, sent: dict[str, Any]) -> GatewayError:
    """The error that an answer is. `sent`: what the request had, by place (`body`, `query`)."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        # Not from the gateway itself: a proxy, say.
        problem = {"detail": f"{status} {reason}: {body[:200].decode(errors='replace')}"}
    faults = tuple(FieldFault(str(one.get("field")), str(one.get("detail")), _value_at(sent, str(one.get("field"))))
                   for one in problem.get("errors", ()))
    kind = _BY_STATUS.get(status, Unavailable if status >= 500 else GatewayError)
    return kind(status, str(problem.get("detail", reason)), faults, request_id)


def _value_at(sent: Any, field: str) -> Any:
    for name in field.split("."):
        if isinstance(sent, dict) and name in sent:
            sent = sent[name]
        elif isinstance(sent, list) and name.isdigit() and int(name) < len(sent):
            sent = sent[int(name)]
        else:
            return MISSING
    return sent


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."

"""Signatures of what webhooks send (Standard Webhooks): who sent it, that nobody changed it, and that it is not an old one."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from .errors import CugroError
from .events import Event

#: Seconds that the sender's clock may be off, or its request under way.
TOLERANCE = 300.0


class BadSignature(CugroError):
    """What came is not from this webhook, was changed, or is old: answer 401 and do nothing."""


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> Event:
    """The event that a webhook has sent.

    Args:
        secret: `whsec_...`, as making the webhook told it.
        headers: of the request, whatever their case.
        body: as it came, to the byte.
        now: seconds since 1970; the clock's if left out.

    Raises:
        BadSignature: naming what is wrong.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, sent, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise BadSignature(f"The header {missing.args[0]} is missing") from None
    if not sent.isdigit() or abs((time.time() if now is None else now) - int(sent)) > TOLERANCE:
        raise BadSignature(f"webhook-timestamp must be within {TOLERANCE:.0f} s of now: current value is {sent[:40]!r}")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, f"{id}.{sent}.".encode() + body, hashlib.sha256).digest()).decode()
    # While a secret is replaced there may be two.
    if not any(hmac.compare_digest(f"v1,{made}".encode(), one.encode()) for one in signatures.split()):
        raise BadSignature("webhook-signature is not that of this webhook's secret")
    told = json.loads(body)
    return Event(told["type"], told["subject"], told["data"], told["id"], told.get("time"))

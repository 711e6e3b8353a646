"""Signatures of what webhooks send (Standard Webhooks): who sent it, that nobody changed it, and that it is not an old one."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping

from .errors import CugroError
from .events import Event

#: Bytes that a secret has at least: an empty one would be everybody's.
LEAST_BYTES = 16
#: Seconds that the sender's clock may be off, or its request under way.
TOLERANCE = 300.0
_SECONDS = re.compile("[0-9]{1,15}")


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
        ValueError: where `secret` is none, as that of an empty file.
    """
    key = _key_of(secret)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, sent, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise BadSignature(f"The header {missing.args[0]} is missing") from None
    if not _SECONDS.fullmatch(sent) or abs((time.time() if now is None else now) - int(sent)) > TOLERANCE:
        raise BadSignature(f"webhook-timestamp must be within {TOLERANCE:.0f} s of now: current value is {sent[:40]!r}")
    made = base64.b64encode(hmac.new(key, f"{id}.{sent}.".encode() + body, hashlib.sha256).digest()).decode()
    # While a secret is replaced there may be two.
    if not any(hmac.compare_digest(f"v1,{made}".encode(), one.encode()) for one in signatures.split()):
        raise BadSignature("webhook-signature is not that of this webhook's secret")
    told = json.loads(body)
    return Event(told["type"], told["subject"], told["data"], told["id"], told.get("time"))


def _key_of(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < LEAST_BYTES:
        raise ValueError("secret must be whsec_... to its end, as making the webhook told it")
    return key

"""One request and its answer: the token, refusals as errors, patience when the gateway asks for it."""
from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .errors import CugroError, GatewayError, Unreachable, error_of

Query = Mapping[str, Any]
#: A file-like object at its beginning, and how many bytes it has.
Body = Callable[[], tuple[Any, int]]
#: An answer that carries on while it is read. The second is its connection, to be closed.
Opened = tuple[http.client.HTTPResponse, http.client.HTTPConnection]
#: The longest wait (s) that an answer may ask for.
_LONGEST_WAIT = 30.0


class Requests:
    """Sends requests to one gateway. May be used by several threads: each has a connection of its own that stays open."""

    def __init__(self, url: str, token: str, timeout: float, retries: int, context: ssl.SSLContext | None):
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise ValueError("url must hold neither user nor password: the token says who asks")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be like https://cugro.example.org: current value is {url!r}")
        # A file's last line has its end with it. What else no header can hold is told without its value: it is a secret.
        secret = token.strip()
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ValueError("token must be one word of plain letters, as it was issued")
        self.timeout, self.retries, self._token = timeout, retries, secret
        self._parts, self._path, self._context = parts, parts.path.rstrip("/"), context
        self.address = f"{parts.scheme}://{parts.netloc}{self._path}"
        self._kept = threading.local()

    def get(self, path: str, query: Query | None = None) -> Any:
        """The answer's JSON."""
        return json.loads(self.send("GET", path, query=query)[1])

    def post(self, path: str, value: Any, query: Query | None = None) -> Any:
        """The answer's JSON to a value that goes as JSON."""
        return json.loads(self.send("POST", path, value=value, query=query)[1])

    def patch(self, path: str, value: Any) -> Any:
        """The answer's JSON to a change that goes as JSON."""
        return json.loads(self.send("PATCH", path, value=value)[1])

    def send(self, method: str, path: str, *, query: Query | None = None, value: Any = None,
             body: Body | None = None, timeout: float | None = None, again: bool = False) -> tuple[int, bytes]:
        """Status and body of the answer. `value` goes as JSON, `body` as it is.

        Asked again are: what the gateway was too busy for (429, 503 with Retry-After), and what may be done twice and whose
        connection was lost (`again`: this is such a request).
        """
        again = again or method == "GET" or body is not None or path.endswith("/act")
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                answer, content = self._once(method, self._target(path, query), value, body, again and timeout is None, timeout)
            except OSError as error:
                if last or not again or isinstance(error, (CugroError, ssl.SSLCertVerificationError)):
                    raise _unreachable(self._parts, error) from error
                time.sleep(min(0.2 * 2 ** attempt, 5))
                continue
            if answer.status < 300:
                return answer.status, content
            refused = error_of(answer.status, answer.reason, content, answer.getheader("x-request-id"),
                               {"body": value, "query": dict(query or {})})
            wait = _wait_of(answer)
            if last or wait is None:
                raise refused
            time.sleep(wait)
        raise AssertionError("unreachable")

    def open(self, path: str, query: Query, headers: Mapping[str, str], timeout: float) -> Opened:
        """An answer that is read as it comes, on a connection of its own."""
        connection = self._connect(timeout)
        try:
            connection.request("GET", self._target(path, query), headers={**self._headers(), **headers})
            answer = connection.getresponse()
            if answer.status == 200:
                return answer, connection
            raise error_of(answer.status, answer.reason, answer.read(), answer.getheader("x-request-id"), {"query": dict(query)})
        except GatewayError:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _unreachable(self._parts, error) from error

    def close(self) -> None:
        """Ends the connection of this thread; the next request makes another."""
        kept = getattr(self._kept, "connection", None)
        if kept is not None:
            kept.close()
            self._kept.connection = None

    def _once(self, method: str, target: str, value: Any, body: Body | None, keep: bool,
              timeout: float | None) -> tuple[http.client.HTTPResponse, bytes]:
        kept = getattr(self._kept, "connection", None) if keep else None
        connection = kept or self._connect(timeout or self.timeout)
        headers, content = self._headers(), None
        if body is not None:
            content, size = body()
            headers |= {"content-type": "application/octet-stream", "content-length": str(size)}
        elif value is not None:
            content = json.dumps(value, allow_nan=False).encode()
            headers["content-type"] = "application/json"
        try:
            try:
                connection.request(method, target, content, headers)
            except (BrokenPipeError, ConnectionResetError):
                # Refused before all of it was sent: the answer says why, if it got here.
                if body is None:
                    raise
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._kept.connection = None
            # It had been closed while nobody asked anything.
            if kept is not None and not isinstance(error, TimeoutError):
                return self._once(method, target, value, body, keep, timeout)
            raise error if isinstance(error, OSError) else Unreachable(f"{type(error).__name__}: {error}") from error
        except BaseException:
            # What comes next on it would be taken for part of this.
            connection.close()
            self._kept.connection = None
            raise
        if keep and not answer.will_close:
            self._kept.connection = connection
        else:
            connection.close()
            if kept is not None:
                self._kept.connection = None
        return answer, content

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout, blocksize=1 << 16)
        context = self._context or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout, blocksize=1 << 16, context=context)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    def _target(self, path: str, query: Query | None) -> str:
        given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
        return self._path + path + (f"?{urlencode(given, doseq=True)}" if given else "")


def part(name: object) -> str:
    """What stands in a path for a name."""
    return quote(str(name), safe="")


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _wait_of(answer: http.client.HTTPResponse) -> float | None:
    """How long (s) to wait before asking again; None: it would not help."""
    after = answer.getheader("retry-after", "")
    if answer.status not in (429, 503) or not after.isdigit() or int(after) == 0:
        return None
    return min(float(after), _LONGEST_WAIT)


def _unreachable(parts: Any, error: BaseException) -> CugroError:
    if isinstance(error, CugroError):
        return error
    return Unreachable(f"No answer from {parts.scheme}://{parts.netloc}: {error or type(error).__name__}")

"""Receives what a webhook sends, and prints each event once.

    python webhook_receiver.py --secret-file webhook.secret --port 8000

The secret is what making the webhook told (`client.webhooks.create(url)["secret"]`). The file is read at each request, so that
the receiver may run before there is one, and a new one counts at once.
"""
import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cugro_client import BadSignature, verify_webhook

#: No event is larger.
MOST_BYTES = 1 << 20
seen: set[str | None] = set()


class Receiver(BaseHTTPRequestHandler):
    secret_file: Path

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 10):
            return self.answer(411, "content-length must be a number")
        size = int(length)
        if size > MOST_BYTES:
            return self.answer(413, "an event is smaller")
        body = self.rfile.read(size)
        try:
            event = verify_webhook(self.secret_file.read_text().strip(), dict(self.headers), body)
        except BadSignature as error:
            return self.answer(401, str(error))
        except (OSError, ValueError) as error:
            # There is no secret yet: the event comes again.
            return self.answer(503, str(error))
        # Events come at least once. What is done with one should be done before the answer: without a 2xx it comes again.
        if event.id not in seen:
            print(event.type, event.learner, json.dumps(event.data), flush=True)
            seen.add(event.id)
        self.answer(204)

    def answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing of each request."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--secret-file", type=Path, required=True, help="holds whsec_...")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free (default: %(default)s)")
    options = parser.parse_args()
    Receiver.secret_file = options.secret_file
    server = ThreadingHTTPServer((options.host, options.port), Receiver)
    print(f"listening on http://{options.host}:{server.server_port}/", flush=True)
    server.serve_forever()

"""Where GitHub gives a job its token: over plain HTTP on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Tokens:
    url: str = ""
    asked: list[tuple[str, dict[str, list[str]], str]] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    @property
    def environ(self) -> dict[str, str]:
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}?for=job", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "me"}

    def take(self, path: str, authorization: str) -> int:
        with self._more:
            parts = urlsplit(path)
            self.asked.append((parts.path, parse_qs(parts.query), authorization))
            self._more.notify_all()
            return len(self.asked)

    def wait_for(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.asked) >= count, timeout=30)


@contextmanager
def giving_tokens(answer: tuple[int, bytes] | None = None) -> Iterator[Tokens]:
    """Another answer is given to all who ask."""
    tokens = Tokens()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            count = tokens.take(self.path, self.headers["Authorization"])
            status, body = answer or (200, json.dumps({"value": f"token {count}"}).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tokens.url = f"http://127.0.0.1:{server.server_address[1]}/token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield tokens
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A domain's security and index state API, on a port of this machine, as far as the kinds go."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECURITY = "_plugins/_security/api/"
STATES = "_plugins/_ism/"


class DomainApi:
    """What was put, by path; what is there twice is kept to its version, as OpenSearch does.

    Attributes:
        things: Bodies by path.
        calls: Method and path of each request.
        credentials: The ``Authorization`` of each request.
        refusals: Status codes that the next requests get, in place of an answer.
    """

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}
        self.calls: list[tuple[str, str]] = []
        self.credentials: list[str] = []
        self.refusals: list[int] = []
        self.versions: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401
        url = urlsplit(target)
        path = url.path.lstrip("/")
        self.calls.append((method, path))
        if self.refusals:
            return self.refusals.pop(0), {"error": "as the test wants it"}
        if method == "POST":
            self.things.setdefault(path, []).append(body)
            return 200, {}
        if method != "PUT" and path not in self.things:
            return 404, {}
        if method == "DELETE":
            del self.things[path]
            return 200, {}
        if method == "PUT":
            if path.startswith(f"{STATES}policies/") and path in self.things:
                known = {"if_seq_no": [str(self.versions[path])], "if_primary_term": ["1"]}
                if parse_qs(url.query) != known:
                    return 409, {"error": "version conflict"}
            self.things[path] = body
            self.versions[path] = self.versions.get(path, 0) + 1
            return 200, {}
        if path.startswith(STATES):
            return 200, {"_seq_no": self.versions[path], "_primary_term": 1, **self.things[path]}
        return 200, {path.rpartition("/")[2]: self.things[path]}


def _handler(api: DomainApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            api.credentials.append(self.headers.get("Authorization", ""))
            status, answer = api.answer(self.command, self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_PUT = do_POST = do_DELETE = _respond  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler

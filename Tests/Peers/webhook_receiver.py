"""A receiver of webhooks: a real HTTP server in the test's process that keeps what it was sent."""

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seam import SeamWebhook

from contract import CONTRACT
from waiting import eventually


@dataclass
class Message:
    """One request as it came, and what was answered."""
    headers: dict[str, str]
    body: bytes
    status: int = 0

    @property
    def id(self) -> str:
        return self.headers["svix-id"]

    @property
    def event(self) -> dict:
        return json.loads(self.body)

    def verify(self, secret: str):
        """What the official SDK makes of it; raises when the signature is wrong."""
        return SeamWebhook(secret).verify(self.body.decode(), self.headers)


@dataclass
class Receiver:
    """Answers each message with what `answer` says: a status, or a status and headers; 200 by default."""
    answer: object = lambda message: 200
    messages: list[Message] = field(default_factory=list)
    port: int = 0
    # What TLS is spoken with; plain HTTP without.
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"

    def __post_init__(self):
        self.released = threading.Event()
        self.open()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/hooks?tenant=7"

    def open(self):
        """Begins to listen, at the same port as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        if self.tls:
            # A handshake that fails must not end the thread that accepts: it is made by the one that answers.
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        """Nobody listens any more: a connection is refused."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def hang(self, message: Message) -> int:
        """An answer that comes only when the receiver is closed."""
        self.released.wait(120)
        return 200

    @property
    def taken(self) -> list[dict]:
        """The events that were answered with 2xx, in the order they came, repeats left out."""
        events = {message.event["event_id"]: message.event
                  for message in reversed(self.messages) if 200 <= message.status < 300}
        return list(reversed(events.values()))

    def wait_for(self, count: int, timeout: float = 20, **fields) -> list[Message]:
        """At least so many messages whose event's fields are as given."""
        def found():
            fitting = [message for message in list(self.messages) if fields.items() <= message.event.items()]
            return fitting if len(fitting) >= count else None
        return eventually(found, f"{count} messages with {fields}", timeout)

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                message = Message({name.lower(): value for name, value in self.headers.items()}, body)
                CONTRACT.check_event(message.event)
                receiver.messages.append(message)
                answer = receiver.answer(message)
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                message.status = status
                try:
                    self.send_response(status)
                    for name, value in {"content-length": "2", **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:
                    self.close_connection = True

            def log_message(self, *arguments):
                pass

        return Handler

"""The least that can hang behind a peripheral: answers ATT requests without any GATT table."""

import contextlib
import socket
import struct
import threading
from pathlib import Path

EXCHANGE_MTU, READ, WRITE, NOTIFICATION = 0x02, 0x0A, 0x12, 0x1B
MTU = 247


class EchoLock:
    """Returns what was written last, and notifies each write."""

    def __init__(self, directory: Path, advertising: bytes):
        self.att_path, self.advertisement_path = directory / "echo", directory / "echo.air"
        self.value = b"nothing"
        self._listeners = [self._listen(self.att_path, self._serve),
                           self._listen(self.advertisement_path, lambda client: client.send(advertising))]

    def close(self):
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _listen(self, path: Path, serve) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(path))
        listener.listen()

        def accept():
            kept = []
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                kept.append(client)
                threading.Thread(target=serve, args=[client], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener

    def _serve(self, client: socket.socket):
        with contextlib.suppress(ConnectionError):  # a link may end at any moment
            self._answer(client)

    def _answer(self, client: socket.socket):
        while pdu := client.recv(517):
            if pdu[0] == EXCHANGE_MTU:
                client.send(struct.pack("<BH", EXCHANGE_MTU + 1, MTU))
            elif pdu[0] == READ:
                client.send(bytes([READ + 1]) + self.value)
            elif pdu[0] == WRITE:
                self.value = pdu[3:]
                client.send(bytes([WRITE + 1]))
                client.send(bytes([NOTIFICATION]) + pdu[1:])
            else:
                client.send(struct.pack("<BBHB", 0x01, pdu[0], 0, 0x06))

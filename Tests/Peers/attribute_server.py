"""Bumble's attribute server (PyPI `bumble`), which nobody here wrote, behind unix-domain sockets: one packet a message.

    attribute_server.py DIRECTORY MTU...

listens at DIRECTORY/MTU for each MTU, which is the longest packet the server there takes. Ends when its standard
input does, so that it never outlives who started it, and removes DIRECTORY. Each connection meets a server of its
own, with this service:

    VALUE      read, write, write command: keeps what is written
    COMMAND    write: the first octet says what happens, the rest is an argument
               01 TOLD notifies the argument
               02 CONFIRMED indicates the argument, then once more in reverse; the second waits for the first's
                  confirmation, and VALUE is "confirmed" after the second's
               03 refused with application error 0x80
               04 TOLD notifies the argument, and the write is never answered
               05 TOLD notifies the argument, and the link is dropped instead of an answer
    SECRET     read, on an encrypted link only
    PERSONAL   read, on an authenticated link only
"""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

from bumble import att, gatt_server
from bumble.core import UUID
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.profiles.gatt_service import GenericAttributeProfileService


def uuid(number: int) -> UUID:
    return UUID(f"5a8e000{number}-3c1d-4f7b-9b6e-1d0c6c6f0001")


class Bearer:
    """What Bumble's server uses of a connection."""

    handle, encryption, authenticated, sc = 0, 0, False, False

    def __init__(self, connection, device):
        self.connection_socket, self.device, self.att_mtu = connection, device, att.ATT_DEFAULT_MTU

    def on_att_mtu_update(self, mtu):
        self.att_mtu = mtu

    def emit(self, *_):
        pass


class Device:
    """What Bumble's server uses of a device."""

    gatt_server = None
    l2cap_channel_manager = SimpleNamespace(le_coc_channels={})


class UnixServer(gatt_server.Server):
    """Bumble's server, with sockets for bearers."""

    def send_gatt_pdu(self, bearer, pdu):
        with contextlib.suppress(OSError):  # the client is gone
            bearer.connection_socket.send(pdu)


class Peer:
    """A device that does what it is told to, for one connection."""

    def __init__(self, mtu: int):
        self.device = Device()
        self.server = self.device.gatt_server = UnixServer(self.device)
        self.server.max_mtu = mtu
        properties, permissions = Characteristic.Properties, Characteristic.Permissions
        self.value = Characteristic(
            uuid(2), properties.READ | properties.WRITE | properties.WRITE_WITHOUT_RESPONSE,
            permissions.READABLE | permissions.WRITEABLE, b"")
        command = Characteristic(
            uuid(3), properties.WRITE, permissions.WRITEABLE, CharacteristicValue(write=self.on_command))
        self.told = Characteristic(uuid(4), properties.NOTIFY, permissions(0), b"")
        self.confirmed = Characteristic(uuid(5), properties.INDICATE, permissions(0), b"")
        secret = Characteristic(
            uuid(6), properties.READ, permissions.READABLE | permissions.READ_REQUIRES_ENCRYPTION, b"sesame")
        personal = Characteristic(
            uuid(7), properties.READ, permissions.READABLE | permissions.READ_REQUIRES_AUTHENTICATION, b"sesame")
        self.server.add_service(GenericAttributeProfileService())
        self.server.add_service(
            Service(uuid(1), [self.value, command, self.told, self.confirmed, secret, personal]))
        self.server.add_service(Service(UUID.from_16_bits(0x180A), [
            Characteristic(UUID.from_16_bits(0x2A26), properties.READ, permissions.READABLE, b"1.2.3")]))

    async def on_command(self, bearer, value: bytes):
        kind, argument = value[0], value[1:]
        if kind in (1, 4, 5):
            await self.server.notify_subscriber(bearer, self.told, argument)
        if kind == 2:
            asyncio.ensure_future(self.indicate_twice(bearer, argument))
        elif kind == 3:
            raise att.ATT_Error(error_code=0x80)
        elif kind == 5:
            bearer.connection_socket.shutdown(socket.SHUT_RDWR)
        if kind in (4, 5):
            await asyncio.get_running_loop().create_future()

    async def indicate_twice(self, bearer, argument: bytes):
        await asyncio.gather(
            self.server.indicate_subscriber(bearer, self.confirmed, argument),
            self.server.indicate_subscriber(bearer, self.confirmed, argument[::-1]))
        self.value.value = b"confirmed"

    async def serve(self, connection: socket.socket):
        loop, bearer = asyncio.get_running_loop(), Bearer(connection, self.device)
        connection.setblocking(False)
        try:
            while pdu := await loop.sock_recv(connection, 65536):
                self.server.on_gatt_pdu(bearer, att.ATT_PDU.from_bytes(pdu))
        except ConnectionError:
            pass
        self.server.on_disconnection(bearer)
        connection.close()


async def listen(path: Path, mtu: int):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    listener.listen(64)
    listener.setblocking(False)
    served = set()
    while True:
        connection, _ = await asyncio.get_running_loop().sock_accept(listener)
        served.add(asyncio.ensure_future(Peer(mtu).serve(connection)))


async def main(directory: Path, mtus: list[int]):
    listening = [asyncio.ensure_future(listen(directory / str(mtu), mtu)) for mtu in mtus]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for each in listening:
        each.cancel()
    for mtu in mtus:
        (directory / str(mtu)).unlink(missing_ok=True)
    directory.rmdir()
    # Writes that are never answered are still waiting.
    os._exit(0)


asyncio.run(main(Path(sys.argv[1]), [int(mtu) for mtu in sys.argv[2:]]))

"""A plain ATT client on the kernel's own sockets, to try the rig without the daemon. Linux only, nothing compiled."""

import ctypes
import os
import select
import socket
import struct
import time

AF_BLUETOOTH, BTPROTO_L2CAP, BTPROTO_HCI = 31, 0, 1
ATT_CHANNEL = 4
LE_PUBLIC, LE_RANDOM = 1, 2
HCI_CHANNEL_CONTROL, NO_ADAPTER = 3, 0xFFFF
COMMAND_COMPLETE, COMMAND_STATUS, DEVICE_FOUND = 0x0001, 0x0002, 0x0012
USER_CONFIRMATION_REQUEST, CONFIRM = 0x000F, 0x001C
SET_BONDABLE, SET_IO_CAPABILITY, SET_SECURE_CONNECTIONS, NO_INPUT_NO_OUTPUT = 0x0009, 0x0018, 0x002D, b"\x03"
SOL_BLUETOOTH, BT_SECURITY, MEDIUM = 274, 4, b"\x02\x00"  # level u8, key size u8
SET_POWERED, SET_LE, START_DISCOVERY, STOP_DISCOVERY, READ_INFO = 0x0005, 0x000D, 0x0023, 0x0024, 0x0004

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _address(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))[::-1]


def _l2cap_address(address: str, address_type: int) -> bytes:
    # family u16, psm u16, address 6 octets little endian, channel u16, address type u8, padded to 14
    return struct.pack("<HH6sHBx", AF_BLUETOOTH, 0, _address(address), ATT_CHANNEL, address_type)


def begin(peer: str, adapter: str = "00:00:00:00:00:00", peer_type: int = LE_RANDOM) -> socket.socket:
    """An ATT channel that the kernel is connecting."""
    descriptor = _check(_libc.socket(AF_BLUETOOTH, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK, BTPROTO_L2CAP))
    channel = socket.socket(AF_BLUETOOTH, socket.SOCK_SEQPACKET, BTPROTO_L2CAP, fileno=descriptor)
    try:
        _check(_libc.bind(descriptor, _l2cap_address(adapter, LE_PUBLIC), 14))
        _check(_libc.connect(descriptor, _l2cap_address(peer, peer_type), 14))
    except BlockingIOError:
        pass
    except BaseException:
        channel.close()
        raise
    return channel


def connect(peer: str, timeout: float = 30, **options) -> socket.socket:
    """A connected ATT channel; the options are those of `begin`. Raises OSError as the kernel tells it."""
    channel = begin(peer, **options)
    try:
        if not select.select([], [channel], [], timeout)[1]:
            raise TimeoutError(f"{peer} does not answer")
        if error := channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(error, os.strerror(error))
        channel.settimeout(timeout)
    except BaseException:
        channel.close()
        raise
    return channel


def ask(channel: socket.socket, request: bytes) -> bytes:
    """Sends a request and returns its response; notifications in between are dropped."""
    channel.send(request)
    while True:
        packet = channel.recv(517)
        if packet[0] not in (0x1B, 0x1D):
            return packet


class Management:
    """The kernel's management channel."""

    def __init__(self):
        descriptor = _check(_libc.socket(AF_BLUETOOTH, socket.SOCK_RAW, BTPROTO_HCI))
        self.socket = socket.socket(AF_BLUETOOTH, socket.SOCK_RAW, BTPROTO_HCI, fileno=descriptor)
        address = struct.pack("<HHH", AF_BLUETOOTH, NO_ADAPTER, HCI_CHANNEL_CONTROL)
        _check(_libc.bind(descriptor, address, len(address)))

    def command(self, opcode: int, index: int, parameters: bytes = b"", timeout: float = 20) -> tuple[int, bytes]:
        """The status and what the command returns."""
        self.socket.send(struct.pack("<HHH", opcode, index, len(parameters)) + parameters)
        self.socket.settimeout(timeout)
        while True:
            packet = self.socket.recv(4096)
            event, _, _ = struct.unpack_from("<HHH", packet)
            if event in (COMMAND_COMPLETE, COMMAND_STATUS) and struct.unpack_from("<H", packet, 6)[0] == opcode:
                return packet[8], packet[9:]

    def power_on(self, index: int):
        """Waits until the kernel has got to know the adapter, then switches it on."""
        deadline = time.monotonic() + 20
        while self.command(SET_LE, index, b"\x01")[0] != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"hci{index} does not come up")
            select.select([self.socket], [], [], 0.1)
        self.command(SET_BONDABLE, index, b"\x01")
        self.command(SET_SECURE_CONNECTIONS, index, b"\x01")
        self.command(SET_IO_CAPABILITY, index, NO_INPUT_NO_OUTPUT)
        status, _ = self.command(SET_POWERED, index, b"\x01")
        if status:
            raise OSError(f"hci{index} cannot be switched on: status {status:#04x}")

    def encrypt(self, channel: socket.socket, timeout: float = 35):
        """Raises the security of a channel, and agrees to the pairing that this may need. Raises OSError."""
        channel.setsockopt(SOL_BLUETOOTH, BT_SECURITY, MEDIUM)
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            asked, done, _ = select.select([self.socket], [channel], [], left)
            if done:
                if error := channel.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    raise OSError(error, os.strerror(error))
                return
            packet = self.socket.recv(4096) if asked else b""
            if packet and struct.unpack_from("<H", packet)[0] == USER_CONFIRMATION_REQUEST:
                # the adapter's index, and the peer's address with its type, come back as they are
                self.socket.send(struct.pack("<H", CONFIRM) + packet[2:4] + struct.pack("<H", 7) + packet[6:13])
        raise TimeoutError("the channel is not encrypted")

    def found(self, index: int, seconds: float) -> dict[str, list[bytes]]:
        """What a scan hears: advertising data and scan responses by address."""
        heard: dict[str, list[bytes]] = {}
        self.command(START_DISCOVERY, index, b"\x06")
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and select.select([self.socket], [], [], left)[0]:
            packet = self.socket.recv(4096)
            if struct.unpack_from("<H", packet)[0] == DEVICE_FOUND:
                address = ":".join(f"{octet:02X}" for octet in packet[11:5:-1])
                heard.setdefault(address, []).append(packet[20:])
        self.command(STOP_DISCOVERY, index, b"\x06")
        return heard

    def close(self):
        self.socket.close()

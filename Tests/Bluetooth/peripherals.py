"""A lock's radio: a Bumble peripheral that carries ATT packets between its link and the lock's own process.

The lock is a program that knows nothing of radios. It listens on two SOCK_SEQPACKET sockets: on one, each connection is
a link and each packet an ATT PDU; on the other it tells what it advertises now.
"""

import asyncio
import contextlib
import logging
import socket
import struct

from bumble import att, hci
from bumble.core import AdvertisingData
from bumble.device import AdvertisingType, Device, LegacyAdvertiser
from bumble.host import Host
from bumble.pairing import PairingConfig, PairingDelegate

from adapters import Air, LowEnergyController

ADVERTISING_INTERVAL_MS = 100
LARGEST_PDU = 517
# Requests that touch a value: a lock that demands encryption refuses them, and lets itself be explored.
TOUCHES_A_VALUE = {att.Opcode.ATT_READ_REQUEST, att.Opcode.ATT_READ_BLOB_REQUEST, att.Opcode.ATT_WRITE_REQUEST,
                   att.Opcode.ATT_PREPARE_WRITE_REQUEST}
INSUFFICIENT_AUTHENTICATION = 0x05

log = logging.getLogger(__name__)


class RefusingDelegate(PairingDelegate):
    """Agrees to pairing or not."""

    def __init__(self, refuses: bool):
        super().__init__(PairingDelegate.IoCapability.NO_OUTPUT_NO_INPUT)
        self.refuses = refuses

    async def accept(self) -> bool:
        return not self.refuses


class Cut:
    """Ends one link once so many PDUs have passed in one direction.

    The way it ends: `hang_up` as a peer that disconnects, `loss` as one out of range, `silence` as one that holds the
    link and lets nothing more through in that direction.
    """

    def __init__(self, after: int, from_lock: bool, way: str):
        self.left, self.from_lock, self.way, self.done = after, from_lock, way, False

    def counts(self, from_lock: bool) -> bool:
        """True when the PDU at hand is the one that must not pass."""
        if from_lock != self.from_lock:
            return False
        self.left -= 1
        return self.left < 0


class Peripheral:
    """One lock on the air."""

    def __init__(self, air: Air, name: str, address: str, is_public: bool, socket_path: str, advertisement_path: str):
        self.air, self.name = air, name
        self.own_address_type = hci.OwnAddressType.PUBLIC if is_public else hci.OwnAddressType.RANDOM
        self.socket_path, self.advertisement_path = socket_path, advertisement_path
        self.controller = LowEnergyController(name, link=air, public_address=address if is_public else f"00:BB{address[5:]}")
        self.controller.is_deaf = False
        self.device = Device(name, hci.Address(f"C0:BB{address[5:]}" if is_public else address))
        self.device.host = Host(self.controller, self.controller)
        self.controller.host = self.device.host
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=False, bonding=True, delegate=RefusingDelegate(self.refuses_pairing))
        # Advertising is switched at the controller, where it takes effect at once.
        advertiser = self.controller.le_legacy_advertiser
        advertiser.advertising_interval_min = ADVERTISING_INTERVAL_MS
        advertiser.own_address_type = self.own_address_type
        self.device.l2cap_channel_manager.register_fixed_channel(att.ATT_CID, self._pdu_from_central)
        self.device.on("connection", self._connected)
        self.refuses_pairing = False
        self.needs_encryption = False
        self.is_on_air, self._has_advertisement = True, False
        self.cut: Cut | None = None
        self.pdus = {"to_lock": 0, "from_lock": 0}
        self.link = None
        self._socket: socket.socket | None = None
        self._advertisements: asyncio.Task | None = None

    async def start(self):
        await self.device.power_on()
        self._advertisements = asyncio.ensure_future(self._follow_advertisements())

    async def remove(self):
        self._advertisements.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._advertisements
        self.go_silent()
        self.air.lose(self.controller)
        self.air.remove_controller(self.controller)

    # Faults.

    def go_silent(self):
        """Stops advertising; a link that is held stays."""
        self.is_on_air = False
        self.controller.le_legacy_advertiser.stop()

    def go_on_air(self):
        """Advertises whenever no link is held."""
        self.is_on_air = True
        if self.link is None and self._has_advertisement:
            # From this one the device knows which of its addresses a link is made to; pairing computes with it.
            self.device.legacy_advertiser = LegacyAdvertiser(
                self.device, AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE, self.own_address_type, hci.Address.ANY,
                auto_restart=False)
            self.controller.le_legacy_advertiser.start()

    async def hang_up(self):
        if self.link is not None:
            await self.link.disconnect()

    def lose_link(self):
        self.air.lose(self.controller)

    def forget_bond(self):
        # Bumble keeps bonds in memory until told to.
        self.device.keystore = type(self.device.keystore)()

    # Advertising.

    async def _follow_advertisements(self):
        """Advertises what the lock tells, from its first word on and for as long as it lives."""
        loop = asyncio.get_running_loop()
        told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            told.connect(self.advertisement_path)
            while packet := await loop.sock_recv(told, 512):
                advertiser = self.controller.le_legacy_advertiser
                data, advertiser.scan_response_data = parse_advertisement(packet)
                if data != advertiser.advertising_data:
                    self.air.journal.note("says", lock=self.name, data=data.hex())
                advertiser.advertising_data = data
                self._has_advertisement = True
                if self.is_on_air and not advertiser.enabled:
                    self.go_on_air()
        except ConnectionError as error:
            log.error("%s: no advertisements: %s", self.name, error)
        finally:
            told.close()
        self.air.journal.note("lock gone", lock=self.name)

    # The link.

    def _connected(self, connection):
        self.link = connection
        self.pdus = {"to_lock": 0, "from_lock": 0}
        self.air.journal.note("link up", lock=self.name)
        connection.on("disconnection", self._disconnected)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            self._socket.connect(self.socket_path)
        except OSError as error:
            log.error("%s: %s: %s", self.name, self.socket_path, error)
            self._end_soon(lost=False)
            return
        asyncio.get_running_loop().add_reader(self._socket, self._pdu_from_lock)

    def _disconnected(self, reason):
        self.air.journal.note("link down", lock=self.name, reason=int(reason), **self.pdus)
        self.link = None
        if self.cut is not None and self.cut.done:
            self.cut = None
        self._close_socket()
        if self.is_on_air:
            self.go_on_air()

    def _close_socket(self):
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _pdu_from_central(self, _handle: int, pdu: bytes):
        if self._is_cut(from_lock=False) or self._socket is None:
            return
        self.pdus["to_lock"] += 1
        if self.needs_encryption and not self.link.is_encrypted and pdu[0] in TOUCHES_A_VALUE:
            handle = struct.unpack_from("<H", pdu, 1)[0] if len(pdu) >= 3 else 0
            self._send(struct.pack("<BBHB", att.Opcode.ATT_ERROR_RESPONSE, pdu[0], handle, INSUFFICIENT_AUTHENTICATION))
            return
        try:
            self._socket.send(pdu)
        except OSError as error:
            log.error("%s: the lock takes no more: %s", self.name, error)
            self._end_soon(lost=True)

    def _pdu_from_lock(self):
        try:
            pdu = self._socket.recv(LARGEST_PDU)
        except BlockingIOError:
            return
        except OSError:
            pdu = b""
        if not pdu:
            self._close_socket()
            self._end_soon(lost=False)
        elif not self._is_cut(from_lock=True):
            self.pdus["from_lock"] += 1
            self._send(pdu)

    def _send(self, pdu: bytes):
        self.device.send_l2cap_pdu(self.link.handle, att.ATT_CID, pdu)

    def _is_cut(self, from_lock: bool) -> bool:
        cut = self.cut
        if cut is None or self.link is None or not cut.counts(from_lock):
            return False
        if not cut.done:
            cut.done = True
            self.air.journal.note("cut", lock=self.name, **self.pdus)
            if cut.way != "silence":
                self._end_soon(lost=cut.way == "loss")
        return True

    def _end_soon(self, lost: bool):
        if lost:
            asyncio.get_running_loop().call_soon(self.lose_link)
        else:
            asyncio.ensure_future(self.hang_up())


def parse_advertisement(packet: bytes) -> tuple[bytes, bytes]:
    """Splits a lock's AD structures (length u8, type u8, value) into advertising data and scan response: the name is
    what an active scan has to ask for."""
    data, scan_response = b"", b""
    while packet:
        structure, packet = packet[:1 + packet[0]], packet[1 + packet[0]:]
        if structure[1:2] == bytes([AdvertisingData.COMPLETE_LOCAL_NAME]):
            scan_response += structure
        else:
            data += structure
    return data, scan_response

"""The computer's Bluetooth adapters: Bumble controllers that the kernel sees through /dev/vhci, and the air between
them and the peripherals.

Three corrections make Bumble's controller what a Linux host expects:

- It must not claim extended advertising or LL privacy: Linux would wait for Enhanced Connection Complete, which Bumble
  never sends, and every connection would hold up the kernel's commands for four seconds.
- LE Create Connection Cancel has to end the pending connection with a Connection Complete of status 0x02. Bumble only
  acknowledges it.
- Data have to carry the address the connection was made with. Bumble labels them with the sender's random address, but
  Linux connects with its public one.
"""

import asyncio
import os
import time

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink
from bumble.transport.common import PacketParser

VENDOR_PACKET = 0xFF
# hci_vhci's byte at creation: 0 for an ordinary controller, bit 7 for one that the kernel's management leaves alone.
ORDINARY, UNMANAGED = 0x00, 0x80
# A controller forgets whom it has reported after a while; the kernel counts on hearing of a peer again.
DUPLICATES_FORGOTTEN_AFTER = 1.0
HCI_RESET = b"\x01\x03\x0c"  # packet type, opcode 0x0C03 little endian
LINK_LOST = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
LONGEST_LE_PACKET = 251


class Journal:
    """What happened on the air, with the moments of CLOCK_MONOTONIC, which all processes share."""

    def __init__(self):
        self.entries: list[dict] = []

    def note(self, what: str, **fields):
        self.entries.append({"at": time.monotonic(), "what": what, **fields})


class VirtualPort:
    """One open /dev/vhci: the kernel has one hciN as long as it is open."""

    def __init__(self, kind: int = ORDINARY):
        self._parser = PacketParser()
        before = adapter_indexes()
        self._file = os.open("/dev/vhci", os.O_RDWR | os.O_NONBLOCK)
        os.write(self._file, bytes([VENDOR_PACKET, kind]))
        # The driver's answer names the index too, but the kernel may flush it before it is read.
        self.index = (adapter_indexes() - before).pop()

    def start(self, controller: Controller):
        self._parser.set_packet_sink(controller)
        asyncio.get_running_loop().add_reader(self._file, self._readable)

    def on_packet(self, packet: bytes):
        """A packet of the controller for the kernel."""
        if self._file >= 0:
            os.write(self._file, packet)

    def close(self):
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)
        self._file = -1

    def _readable(self):
        try:
            packet = os.read(self._file, 4096)
        except BlockingIOError:
            return
        if packet[0] != VENDOR_PACKET:
            self._parser.feed_data(packet)


def adapter_indexes() -> set[int]:
    """The numbers N of all hciN. A connection is listed as hciN:HANDLE."""
    return {int(name.removeprefix("hci")) for name in os.listdir("/sys/class/bluetooth") if ":" not in name}


class Air(LocalLink):
    """Carries advertisements to adapters only, and everything else to the other end of its connection."""

    def __init__(self, journal: Journal):
        super().__init__()
        self.journal = journal
        self.adapters: dict[str, Adapter] = {}

    def other_end(self, controller: Controller, connection):
        """The controller at the other end of a connection and its view of it; None once that is gone."""
        for other in self.controllers:
            theirs = other.le_connections.get(connection.self_address)
            if other is not controller and theirs is not None and theirs.self_address == connection.peer_address:
                return other, theirs
        return None

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        connection = sender_controller.le_connections.get(destination_address)
        if connection is None or transport != PhysicalTransport.LE:
            return
        if end := self.other_end(sender_controller, connection):
            asyncio.get_running_loop().call_soon(end[0].on_link_acl_data, connection.self_address, transport, data)

    def send_advertising_pdu(self, sender_controller, packet):
        loop = asyncio.get_running_loop()
        if isinstance(packet, ll.ConnectInd):
            for controller in self.controllers:
                if controller.le_legacy_advertiser.address == packet.advertiser_address:
                    loop.call_soon(controller.on_ll_advertising_pdu, packet)
        else:
            scan_response = sender_controller.le_legacy_advertiser.scan_response_data
            for adapter in self.adapters.values():
                loop.call_soon(adapter.hear, packet, scan_response)

    def lose(self, controller: Controller):
        """Both ends of each of a controller's connections see the supervision timeout."""
        for connection in list(controller.le_connections.values()):
            if end := self.other_end(controller, connection):
                end[0].on_le_disconnected(end[1], LINK_LOST)
            controller.on_le_disconnected(connection, LINK_LOST)


class LowEnergyController(Controller):
    """A controller that speaks legacy advertising and packets of the longest length."""

    le_features = Controller.le_features & ~(
        hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        | hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
        | hci.LeFeatureMask.LL_PRIVACY)
    le_acl_data_packet_length = LONGEST_LE_PACKET
    supported_max_tx_octets = LONGEST_LE_PACKET
    supported_max_rx_octets = LONGEST_LE_PACKET


class Adapter(LowEnergyController):
    """An adapter that can be plugged, pulled out, and made to stop answering."""

    def __init__(self, air: Air, address: str):
        self.port = VirtualPort()
        super().__init__(address, link=air, public_address=address)
        self.air = air
        self.stalled, self._resets_wake = False, False
        self._reported: dict[tuple[hci.Address, bytes], float] = {}
        self._connecting_since = 0.0
        self.host = self.port
        self.port.start(self)
        air.adapters[address] = self

    def unplug(self):
        """Takes the adapter away from the kernel; its peers lose their links."""
        for connection in list(self.le_connections.values()):
            if end := self.air.other_end(self, connection):
                end[0].on_le_disconnected(end[1], LINK_LOST)
        self.port.close()
        self.host = None
        self.air.remove_controller(self)
        del self.air.adapters[self.name]

    def stall(self, resets_wake: bool):
        """Answers nothing and reports nothing from now on, until a reset if one helps."""
        self.stalled, self._resets_wake = True, resets_wake

    def on_packet(self, packet: bytes):
        if self.stalled and self._resets_wake and packet[:3] == HCI_RESET:
            self.stalled = False
            self.air.journal.note("recovered", adapter=self.name)
        if not self.stalled:
            super().on_packet(packet)

    def on_hci_reset_command(self, command):
        self.pending_le_connection = None
        self.le_scan_enable = False
        for connection in list(self.le_connections.values()):
            if end := self.air.other_end(self, connection):
                end[0].on_le_disconnected(end[1], LINK_LOST)
        self.le_connections.clear()
        self.air.journal.note("reset", adapter=self.name)
        return super().on_hci_reset_command(command)

    def on_hci_le_set_scan_enable_command(self, command):
        self._reported.clear()
        if self.le_scan_enable != bool(command.le_scan_enable):
            what = ("active scan" if self.le_scan_type == 1 else "passive scan") if command.le_scan_enable else "no scan"
            self.air.journal.note(what, adapter=self.name)
        return super().on_hci_le_set_scan_enable_command(command)

    def hear(self, packet: ll.AdvInd, scan_response: bytes):
        """An advertisement arrives: it is reported, and answered if the kernel wants that peer."""
        if self.stalled:
            return
        peer = packet.advertiser_address
        if self.le_scan_enable and not self._is_duplicate(peer, packet.data + scan_response):
            self._report(peer, hci.HCI_LE_Advertising_Report_Event.EventType.ADV_IND, packet.data)
            if self.le_scan_type == 1:
                self._report(peer, hci.HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP, scan_response)
        pending = self.pending_le_connection
        if pending is not None and pending.peer_address == peer and not self._is_deaf(peer):
            self.create_le_connection(peer)

    def create_le_connection(self, peer_address):
        since = self._connecting_since
        super().create_le_connection(peer_address)
        self.air.journal.note("connected", adapter=self.name, peer=peer_address.to_string(False), asked=since)

    def on_hci_le_create_connection_command(self, command):
        self._connecting_since = time.monotonic()
        self.air.journal.note("connecting", adapter=self.name, peer=command.peer_address.to_string(False))
        return super().on_hci_le_create_connection_command(command)

    def on_hci_le_create_connection_cancel_command(self, command):
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.air.journal.note("cancelled", adapter=self.name, peer=pending.peer_address.to_string(False))
        ended = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, connection_handle=0, role=0,
            peer_address_type=pending.peer_address.address_type, peer_address=pending.peer_address,
            connection_interval=0, peripheral_latency=0, supervision_timeout=0, central_clock_accuracy=0)
        # After the Command Complete that the answer below becomes.
        asyncio.get_running_loop().call_soon(self.send_hci_packet, ended)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_le_disconnected(self, connection, reason):
        super().on_le_disconnected(connection, reason)
        self.air.journal.note("disconnected", adapter=self.name, peer=connection.peer_address.to_string(False),
                              reason=int(reason))

    def _is_deaf(self, peer: hci.Address) -> bool:
        return any(controller.le_legacy_advertiser.address == peer and getattr(controller, "is_deaf", False)
                   for controller in self.air.controllers)

    def _is_duplicate(self, peer: hci.Address, data: bytes) -> bool:
        now = time.monotonic()
        if self.filter_duplicates and now - self._reported.get((peer, data), 0) < DUPLICATES_FORGOTTEN_AFTER:
            return True
        self._reported[peer, data] = now
        return False

    def _report(self, peer: hci.Address, kind: int, data: bytes):
        report = hci.HCI_LE_Advertising_Report_Event.Report(
            event_type=kind, address_type=peer.address_type, address=peer, data=data, rssi=-50)
        self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))

"""A simulated Nuki lock as a process, and what stands between it and a client that wants a radio."""

import asyncio
import json
import signal
import socket
import subprocess
from pathlib import Path

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bumble import att, gatt_client

from gateway import BINARY
from waiting import eventually

BITTING = BINARY.with_name("bitting")
PINS = {5: 482915}


class NukiLock:
    """One lock. `lock("press_button")` has somebody do that at the lock; `bitting simulate nuki --help` tells more."""

    def __init__(self, directory: Path, generation: int = 4, nuki_id: str = "1A2B3C4D"):
        self.generation, self.nuki_id = generation, nuki_id
        self.pin = PINS.get(generation, 4321)
        self.path = directory / "nuki"
        self.log_file = directory / "nuki.log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [BITTING, "simulate", "nuki", "--socket", self.path, "--generation", str(generation),
                 "--pin", str(self.pin), "--nuki-id", nuki_id], stdout=log, stderr=log)
        eventually(self._is_ready, "the lock is ready", 30)
        self._control = self.connect(".control")

    def connect(self, suffix: str = "") -> socket.socket:
        """A socket to the lock: a link, `.air` or `.control`."""
        end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end.settimeout(30)
        end.connect(f"{self.path}{suffix}")
        return end

    def __call__(self, deed: str, **fields):
        self._control.send(json.dumps({"do": deed, **fields}).encode())
        reply = json.loads(self._control.recv(1 << 18))
        assert "error" not in reply, f"{deed} {fields}: {reply['error']}"
        return reply["ok"]

    def state(self) -> dict:
        return self("state")

    def device(self) -> BLEDevice:
        """The lock as a scanner gives it."""
        return BLEDevice(address=f"54:D2:72:{self.nuki_id[2:4]}:{self.nuki_id[4:6]}:{self.nuki_id[6:]}",
                         name=f"Nuki_{self.nuki_id}", details=self)

    def close(self):
        self._control.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(10) == 0, self.log_file.read_text(errors="replace")
        finally:
            self.process.kill()

    def _is_ready(self) -> bool:
        log = self.log_file.read_text(errors="replace")
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {log}"
        return "ready" in log


class Bearer:
    """What Bumble's attribute client uses of a connection, over a socket that keeps packets whole."""

    handle, EVENT_DISCONNECTION = 0, "disconnection"

    def __init__(self, end: socket.socket):
        self.end, self.att_mtu = end, att.ATT_DEFAULT_MTU

    def on(self, *_):
        pass

    def on_att_mtu_update(self, mtu: int):
        self.att_mtu = mtu

    def send_l2cap_pdu(self, _, pdu: bytes):
        try:
            self.end.send(pdu)
        except OSError as error:
            raise BleakError("the link is gone") from error


class UnixClient:
    """What pyNukiBT uses of bleak's client, with Bumble's attribute client below it."""

    def __init__(self, device: BLEDevice, mtu: int = 247):
        self.device, self.mtu = device, mtu
        self.services = self
        self.is_connected = False

    async def connect(self):
        self._end = self.device.details.connect()
        self._end.setblocking(False)
        self._bearer = Bearer(self._end)
        self._client = gatt_client.Client(self._bearer)
        self.is_connected = True
        self._reading = asyncio.create_task(self._read())
        if self.mtu > att.ATT_DEFAULT_MTU:
            await self._client.request_mtu(self.mtu)
        self.characteristics = {}
        for service in await self._client.discover_services():
            for characteristic in await service.discover_characteristics():
                await characteristic.discover_descriptors()
                self.characteristics[full(characteristic.uuid)] = characteristic

    async def _read(self):
        try:
            while pdu := await asyncio.get_running_loop().sock_recv(self._end, 65536):
                self._client.on_gatt_pdu(att.ATT_PDU.from_bytes(pdu))
        except OSError:
            pass
        self.is_connected = False

    def get_characteristic(self, uuid: str):
        return self.characteristics.get(uuid)

    async def start_notify(self, uuid: str, handler):
        sender = Sender(uuid)
        pending = set()

        def indicated(value: bytes):
            task = asyncio.ensure_future(handler(sender, bytearray(value)))
            pending.add(task)
            task.add_done_callback(pending.discard)

        await self.characteristics[uuid].subscribe(indicated, prefer_notify=False)

    async def write_gatt_char(self, uuid: str, value: bytes, response: bool):
        if not self.is_connected:
            raise BleakError("not connected")
        await self.characteristics[uuid].write_value(bytes(value), with_response=response)

    async def disconnect(self):
        self.is_connected = False
        self._reading.cancel()
        self._end.close()


class Sender:
    """The characteristic that a value came from."""

    def __init__(self, uuid: str):
        self.uuid = uuid


def full(uuid) -> str:
    """A UUID as bleak writes it."""
    if len(uuid.uuid_bytes) == 16:
        return uuid.to_hex_str("-").lower()
    return f"0000{uuid.to_hex_str().lower()}-0000-1000-8000-00805f9b34fb"


async def establish(_, device: BLEDevice, __, **___) -> UnixClient:
    """Stands in for bleak_retry_connector.establish_connection."""
    client = UnixClient(device)
    await client.connect()
    return client

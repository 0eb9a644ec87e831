"""The radio world of a guest as one process: its adapters, the peripherals, and their faults.

    air.py CONTROL_SOCKET

Takes commands on a SOCK_SEQPACKET socket, one JSON object a packet, one answer each: `{"do": NAME, ...}` with the
fields that the method of that name has; the answer is `{"ok": RESULT}` or `{"error": TEXT}`. It prints `ready` when it
listens and ends with its last control connection.
"""

import asyncio
import contextlib
import inspect
import json
import logging
import os
import socket
import sys

from adapters import UNMANAGED, Adapter, Air, Journal, VirtualPort
from peripherals import Cut, Peripheral

LONGEST_PACKET = 1 << 20


class World:
    """What the commands act on. A public method is a command."""

    def __init__(self):
        self._journal = Journal()
        self._air = Air(self._journal)
        self._peripherals: dict[str, Peripheral] = {}
        self._placeholders: list[VirtualPort] = []

    # Adapters, by address.

    def plug(self, adapter: str) -> int:
        """Plugs an adapter in; returns the number of its hciN."""
        index = Adapter(self._air, adapter).port.index
        self._journal.note("plugged", adapter=adapter, index=index)
        return index

    def unplug(self, adapter: str):
        self._air.adapters[adapter].unplug()
        self._journal.note("unplugged", adapter=adapter)

    def take_index(self) -> int:
        """Takes the lowest free hciN with something that nobody can use, so that the next adapter gets another."""
        self._placeholders.append(VirtualPort(UNMANAGED))
        return self._placeholders[-1].index

    def stall(self, adapter: str, resets_wake: bool = True):
        """The adapter answers no command and reports nothing, until a reset if `resets_wake`, else until unplugged."""
        self._air.adapters[adapter].stall(resets_wake)
        self._journal.note("stalled", adapter=adapter)

    # Peripherals, by name.

    async def add_lock(self, name: str, address: str, att: str, advertisements: str, public: bool = False):
        """Puts a lock on the air: `att` and `advertisements` are the paths of its sockets, `public` is the type of its
        address, which else is random."""
        self._peripherals[name] = Peripheral(self._air, name, address, public, att, advertisements)
        await self._peripherals[name].start()

    async def remove_lock(self, name: str):
        await self._peripherals.pop(name).remove()

    def silence(self, name: str):
        """The lock no longer advertises; a link that it holds stays."""
        self._peripherals[name].go_silent()

    def advertise(self, name: str):
        self._peripherals[name].go_on_air()

    def deafen(self, name: str, deaf: bool):
        """A deaf lock advertises, but hears nobody who connects."""
        self._peripherals[name].controller.is_deaf = deaf

    async def hang_up(self, name: str):
        """The lock ends its link."""
        await self._peripherals[name].hang_up()

    def lose(self, name: str):
        """Both ends of the lock's link see the supervision timeout."""
        self._peripherals[name].lose_link()

    def cut(self, name: str, after: int, direction: str = "to_lock", way: str = "hang_up"):
        """Ends a link in place of the PDU that would be number `after`, counted from 0, from now on."""
        assert direction in ("to_lock", "from_lock") and way in ("hang_up", "loss", "silence")
        self._peripherals[name].cut = Cut(after, direction == "from_lock", way)

    def is_cut(self, name: str) -> bool:
        """True once the cut that was asked for last has happened."""
        cut = self._peripherals[name].cut
        return cut is None or cut.done

    def uncut(self, name: str):
        """A cut that has not happened will not."""
        self._peripherals[name].cut = None

    def refuse_pairing(self, name: str, refuse: bool):
        self._peripherals[name].refuses_pairing = refuse

    def need_encryption(self, name: str, need: bool):
        """The lock refuses to read and write values on a link that is not encrypted."""
        self._peripherals[name].needs_encryption = need

    def forget_bond(self, name: str):
        """The lock loses its keys: the bond that the computer keeps is stale."""
        self._peripherals[name].forget_bond()

    async def clear(self):
        """An empty air with no adapter; the journal begins anew."""
        for name in list(self._peripherals):
            await self.remove_lock(name)
        for adapter in list(self._air.adapters):
            self.unplug(adapter)
        while self._placeholders:
            self._placeholders.pop().close()
        self._journal.entries.clear()

    # Looking.

    def links(self) -> dict:
        """The locks that hold a link now, with the PDUs that have passed on it and whether it is encrypted."""
        return {name: {**lock.pdus, "encrypted": bool(lock.link.is_encrypted)}
                for name, lock in self._peripherals.items() if lock.link is not None}

    def journal(self, since: int = 0) -> list:
        """What happened, from an entry's number on."""
        return self._journal.entries[since:]


async def answer(world: World, request: dict) -> dict:
    name = request.pop("do", "")
    command = getattr(world, name, None)
    if name.startswith("_") or not callable(command):
        return {"error": f"there is no command {name!r}"}
    result = command(**request)
    return {"ok": await result if inspect.isawaitable(result) else result}


async def serve(world: World, client: socket.socket):
    loop = asyncio.get_running_loop()
    with client:
        while packet := await loop.sock_recv(client, LONGEST_PACKET):
            try:
                reply = await answer(world, json.loads(packet))
            except Exception as error:  # told to the test, which fails with it
                logging.exception("%s", packet)
                reply = {"error": f"{type(error).__name__}: {error}"}
            await loop.sock_sendall(client, json.dumps(reply).encode())


async def main(path: str):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        listener.setblocking(False)
        print("ready", flush=True)
        client, _ = await asyncio.get_running_loop().sock_accept(listener)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LONGEST_PACKET)
        client.setblocking(False)
        await serve(World(), client)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(relativeCreated)d %(name)s: %(message)s")
    asyncio.run(main(sys.argv[1]))

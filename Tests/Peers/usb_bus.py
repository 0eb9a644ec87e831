"""A USB bus that is not there: programs that run with its environment see its adapters through Debian's libudev.

Run as a program, under umockdev's preloaded library, it keeps the bus and does what it is told line by line.
"""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

from usb_adapters import BUS, Adapter

PRELOAD = "libumockdev-preload.so.0"


class UsbBus:
    """The bus as a test sees it. The node of an adapter is a pseudo-terminal of the test's.

    umockdev answers every ioctl on it with ENOTTY: it can be found and opened, but not spoken through.
    """

    def __init__(self):
        self._keeper = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "LD_PRELOAD": PRELOAD})
        self.root = Path(self._keeper.stdout.readline().strip())
        self.environment = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": str(self.root)}
        """What a program needs to see the bus."""

    def plug_in(self, adapter: Adapter, terminal: str):
        """An adapter comes; udev has been at work when it is told."""
        properties = {"ID_PATH": adapter.topology, "ID_BUS": "usb", "ID_USB_INTERFACE_NUM": "00"}
        if adapter.serial:
            properties["ID_SERIAL_SHORT"] = adapter.serial
        self._tell("add", adapter.described(DEVNAME=terminal, **properties))
        self._tell("uevent", f"/sys{adapter.tty}", "add")

    def tell_of(self, adapter: Adapter):
        """An adapter comes whose node is in /dev, and leads nowhere."""
        self._tell("add", adapter.described(ID_PATH=adapter.topology, ID_BUS="usb"))

    def pull_out(self, adapter: Adapter):
        """An adapter goes."""
        self._tell("uevent", f"/sys{adapter.tty}", "remove")
        for path in adapter.paths:
            self._tell("remove", f"/sys{path}")

    def close(self):
        self._keeper.stdin.close()
        self._keeper.wait(10)

    def _tell(self, *words: str):
        self._keeper.stdin.write(json.dumps(words) + "\n")
        self._keeper.stdin.flush()
        assert self._keeper.stdout.readline() == "done\n", words


def keep():
    """Keeps a bus until nobody tells anything any more."""
    umockdev = ctypes.CDLL("libumockdev.so.0")
    umockdev.umockdev_testbed_new.restype = ctypes.c_void_p
    umockdev.umockdev_testbed_get_root_dir.restype = ctypes.c_char_p
    bed = ctypes.c_void_p(umockdev.umockdev_testbed_new())

    def add(description: str):
        assert umockdev.umockdev_testbed_add_from_string(bed, description.encode(), None)

    add(BUS)
    print(umockdev.umockdev_testbed_get_root_dir(bed).decode(), flush=True)
    for line in sys.stdin:
        match json.loads(line):
            case "add", description:
                add(description)
            case "uevent", path, action:
                umockdev.umockdev_testbed_uevent(bed, path.encode(), action.encode())
            case "remove", path:
                umockdev.umockdev_testbed_remove_device(bed, path.encode())
        print("done", flush=True)
    umockdev.g_object_unref(bed)


if __name__ == "__main__":
    keep()

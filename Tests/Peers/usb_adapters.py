"""USB serial adapters that are not there, for libudev and udevadm: descriptions for umockdev (Debian)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Adapter:
    """An adapter with one port, plugged into a socket of the first USB bus."""

    vendor: str
    product: str
    serial: str | None = None
    socket: int = 1
    number: int = 0
    kind: str = "ttyUSB"

    @property
    def node(self) -> str:
        return f"{self.kind}{self.number}"

    @property
    def usb(self) -> str:
        """Path of the USB device in sysfs."""
        return f"/devices/pci0000:00/0000:00:14.0/usb1/1-{self.socket}"

    @property
    def interface(self) -> str:
        return f"{self.usb}/1-{self.socket}:1.0"

    @property
    def tty(self) -> str:
        """Path of the tty in sysfs."""
        port = f"/{self.node}" if self.kind == "ttyUSB" else ""
        return f"{self.interface}{port}/tty/{self.node}"

    @property
    def paths(self) -> list[str]:
        """All of it in sysfs, what hangs on something else first."""
        port = [f"{self.interface}/{self.node}"] if self.kind == "ttyUSB" else []
        return [self.tty, *port, self.interface, self.usb]

    @property
    def topology(self) -> str:
        return f"pci-0000:00:14.0-usb-0:{self.socket}:1.0"

    def described(self, **properties: str) -> str:
        """The adapter, with these properties of its tty as if udev had been at work."""
        serial = [f"A: serial={self.serial}\\n"] if self.serial else []
        port = [self._device(f"{self.interface}/{self.node}", "usb-serial", "A: port_number=0\\n")]
        return "\n".join([
            self._device(self.usb, "usb", "E: DEVTYPE=usb_device", f"A: idVendor={self.vendor}\\n",
                         f"A: idProduct={self.product}\\n", "A: manufacturer=Maker\\n", "A: product=Stick\\n",
                         "A: bcdDevice=0600\\n", *serial),
            self._device(self.interface, "usb", "E: DEVTYPE=usb_interface", "A: bInterfaceNumber=00\\n",
                         "A: bInterfaceClass=ff\\n", "A: bInterfaceSubClass=ff\\n", "A: bInterfaceProtocol=ff\\n"),
            *(port if self.kind == "ttyUSB" else []),
            self._device(self.tty, "tty", f"N: {self.node}", f"A: dev=188:{self.number}\\n", "E: MAJOR=188",
                         f"E: MINOR={self.number}",
                         *[f"E: {name}={value}" for name, value in
                           {"DEVNAME": f"/dev/{self.node}", **properties}.items()]),
        ])

    @staticmethod
    def _device(path: str, subsystem: str, *lines: str) -> str:
        return "\n".join([f"P: {path}", *[line for line in lines if line[0] == "N"], f"E: SUBSYSTEM={subsystem}",
                          *[line for line in lines if line[0] != "N"], ""])


BUS = "\n".join([
    "P: /devices/pci0000:00/0000:00:14.0", "E: SUBSYSTEM=pci", "A: vendor=0x8086\\n", "",
    "P: /devices/pci0000:00/0000:00:14.0/usb1", "E: SUBSYSTEM=usb", "E: DEVTYPE=usb_device",
    "A: idVendor=1d6b\\n", "A: idProduct=0002\\n", "", ""])
"""The host controller that all adapters hang on."""

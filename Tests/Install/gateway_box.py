"""A box onto which a technician has installed Bitting, and what the tests look at there."""

import json
from pathlib import Path

from box import Box, Done

PACKAGE = "/root/bitting.deb"
CONFIGURATION = "/etc/bitting/bitting.yaml"


class GatewayBox(Box):
    """A box to which the package was brought as a file."""

    def install(self, package: Path) -> str:
        """Installs the package as docs/install.md says, and waits until the daemon is ready; returns what apt said."""
        self.give(package, PACKAGE)
        said = self.do(f"apt-get install --yes {PACKAGE}", timeout=240)
        self.do("systemctl is-active bitting")
        return said

    def configure(self, **sections):
        """Writes the configuration; JSON is YAML. Whoever reads the file may read it still."""
        site = {"name": "Harbour Street 12", "time_zone": "Europe/Berlin"}
        self.write(CONFIGURATION, json.dumps({"site": site, **sections}, indent=2))

    def unit(self, *names: str) -> list[str]:
        """What systemd says of bitting.service."""
        lines = self.do(f"systemctl show bitting {' '.join(f'--property={name}' for name in names)}").splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return [values[name] for name in names]

    @property
    def pid(self) -> int:
        return int(self.unit("MainPID")[0])

    def bitting(self, words: str, **how) -> Done:
        """What the operator's command answers."""
        return self.try_to(f"bitting {words}", **how)

    def ask(self, words: str) -> dict:
        """What the operator's command answers to programs."""
        done = self.bitting(f"{words} --json")
        assert done.status == 0, f"bitting {words}: status {done.status}\n{done.output}"
        return json.loads(done.output)

    def journal(self, more: str = "") -> str:
        """What the daemon has logged since the box was booted."""
        return self.do(f"journalctl --boot --unit bitting --no-pager --output cat {more}")

    def installed_version(self) -> str:
        return self.do("dpkg-query --show --showformat '${Version}' bitting")

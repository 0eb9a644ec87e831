"""The help of every command, and the pages of the manual, made as the package makes them and shown by man."""

import json
import os
import re
import subprocess
import sys

import pytest

from bitting_cli import BITTING, environment
from gateway import BINARY, ROOT

MAN_PAGE = ROOT / "packaging/man_page.py"
SECTIONS = {
    "bitting.1": ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS IN COMMON", "EXIT STATUS", "ENVIRONMENT",
                  "FILES", "SEE ALSO"],
    "bittingd.8": ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"],
    "bitting.yaml.5": ["NAME", "DESCRIPTION", "FILES"],
}


def output(*command, **options) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, **options).stdout


def help_of(program: str) -> str:
    return output(BINARY.with_name(program), "--experimental-dump-help")


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    """What man shows of each page; it complains of none."""
    folder = tmp_path_factory.mktemp("manual")
    sources = {"bitting.yaml.5": output(BITTING, "config", "manual", "--date", "November 25, 2026")}
    for program, section in [("bitting", "1"), ("bittingd", "8")]:
        sources[f"{program}.{section}"] = output(sys.executable, MAN_PAGE, program, section, "0.1.0", "2026-11-25",
                                                 input=help_of(program))
    shown = {}
    for name, source in sources.items():
        (folder / name).write_text(source)
        done = subprocess.run(["man", "--warnings=w", "-E", "UTF-8", "-l", folder / name], capture_output=True,
                              text=True, timeout=60, env={**os.environ, "MANWIDTH": "100", "LANG": "C.UTF-8"})
        assert done.returncode == 0 and done.stderr == "", f"{name}: {done.stderr}"
        shown[name] = re.sub(".\b", "", done.stdout)
    return shown


@pytest.mark.parametrize("page", SECTIONS)
def test_man_shows_each_page_with_its_sections(page, pages):
    titles = [line for line in pages[page].splitlines() if re.match(r"[A-Z]", line)][1:-1]
    assert [title for title in titles if title in SECTIONS[page]] == SECTIONS[page]


def section(page: str, title: str) -> str:
    return re.search(rf"(?ms)^{title}$(.*?)(?=^[A-Z])", page)[1]


def test_every_key_and_variable_of_the_configuration_is_on_its_page(pages):
    for word in ("site.time_zone", "api.cors_origins", "lock_out.duration", "BITTING_EVENTS_KEEP_DAYS", "key_file"):
        assert word in pages["bitting.yaml.5"], word


def test_every_status_and_variable_is_on_the_pages_of_the_programs(pages):
    statuses = re.findall(r"case \w+ = (\d+)", (ROOT / "Sources/Gateway/StartFault.swift").read_text())
    assert len(statuses) > 10
    told = section(pages["bitting.1"], "EXIT STATUS")
    for status in statuses:
        assert re.search(rf"^ +{status} ", told, re.M), status
    for variable in ("BITTING_URL", "BITTING_API_KEY", "BITTING_CA_FILE", "BITTING_CONFIG"):
        assert variable in section(pages["bitting.1"], "ENVIRONMENT")
    for variable in ("BITTING_API_KEY", "BITTING_CONFIG"):
        assert variable in section(pages["bittingd.8"], "ENVIRONMENT")
    for word in ("SIGHUP", "bitting.socket", "critical", "keys create"):
        assert word in pages["bittingd.8"], word


def test_each_command_is_on_the_page_and_what_they_have_in_common_once(pages):
    def leaves(command: dict, path: str):
        inner = [one for one in command.get("subcommands", []) if one["commandName"] != "help"]
        if not inner:
            yield path
        for one in inner:
            yield from leaves(one, f"{path} {one['commandName']}")
    page = pages["bitting.1"]
    for command in leaves(json.loads(help_of("bitting"))["command"], "bitting"):
        assert re.search(rf"^   {command.removeprefix('bitting ')}$", page, re.M), command
    for option in ("--ca-file", "--seal-key-file"):
        assert len(re.findall(rf"^ +{option} ", page, re.M)) == 1, option


def commands() -> list[list[str]]:
    """Every command that the program has, as it tells itself."""
    dump = json.loads(subprocess.run([BITTING, "--experimental-dump-help"], capture_output=True, text=True, timeout=20,
                                     check=True, env=environment()).stdout)["command"]

    def below(command: dict, path: list[str]):
        yield path
        for inner in command.get("subcommands", []):
            if inner["commandName"] != "help":
                yield from below(inner, [*path, inner["commandName"]])
    return list(below(dump, []))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_a_help_of_full_sentences(command):
    done = subprocess.run([BITTING, "help", *command], capture_output=True, text=True, timeout=20, env=environment())
    assert done.returncode == 0
    overview = done.stdout.split("\n\n")[0]
    assert overview.startswith("OVERVIEW: ") and overview.endswith(".")


def test_the_help_of_every_command_is_looked_at():
    told = [" ".join(command) for command in commands()]
    for command in ("codes explain", "backup", "restore", "keys create", "audit verify", "config check", "seal-key rotate",
                    "ports", "pair nuki"):
        assert command in told

"""Writes a manual page from what a program tells of itself, `PROGRAM --experimental-dump-help`.

    man_page.py PROGRAM SECTION VERSION DATE < DUMP > PAGE
"""

import json
import re
import sys
import textwrap

FILES = {
    "/etc/bitting/bitting.yaml": "The site: its lines, devices, doors and the API; see bitting.yaml(5).",
    "/var/lib/bitting": "What the daemon remembers. It stays when the package is removed and goes when it is purged.",
    "/run/bitting/bitting.sock": "Where the daemon answers root on this machine, without a key.",
    "/etc/credstore.encrypted/bitting.seal-key":
        "The key that seals PINs and lock keys at rest, encrypted for this machine. Made once, never overwritten.",
}
ENVIRONMENT = {
    "bitting": {
        "BITTING_URL": "The daemon over TCP instead of the unix socket, as --url gives it.",
        "BITTING_API_KEY": "The API key for that.",
        "BITTING_CA_FILE": "Authorities to trust with https beside the system's, as --ca-file names them.",
        "BITTING_CONFIG": "The configuration, where no option names one.",
        "NO_COLOR": "When it is not empty, nothing is coloured.",
    },
    "bittingd": {
        "BITTING_API_KEY": "The first API key.",
        "BITTING_CONFIG": "The configuration, where no option names one.",
        "BITTING_SECTION_KEY": "A key of the configuration, over what the file says; bitting.yaml(5) lists them.",
        "CREDENTIALS_DIRECTORY, RUNTIME_DIRECTORY, LISTEN_FDS, NOTIFY_SOCKET, WATCHDOG_USEC": "As systemd sets them.",
    },
}
PAGES = {"bittingd": 8, "bitting": 1, "bitting.yaml": 5}
# Said of every command alike.
UNIVERSAL = {"help", "version"}


def escaped(text: str) -> str:
    """Text that troff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.splitlines())


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fP"


def italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fP"


def filled(text: str) -> str:
    """Short lines, as troff's own checks want them; it fills them again."""
    return "\n".join(escaped(line) for line in textwrap.wrap(text, 78, break_on_hyphens=False, break_long_words=False))


def referring(text: str) -> str:
    """Short lines in which another page is named as pages are."""
    return re.sub(r"(bitting\.yaml)\(5\)", r"\\fB\1\\fP(5)", filled(text))


def spelled(name: dict) -> str:
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def value(argument: dict) -> str:
    return argument.get("valueName", argument["kind"])


def shown(command: dict) -> list[dict]:
    """What can be given to a command alone."""
    return [argument for argument in command.get("arguments", [])
            if argument["shouldDisplay"] and value(argument) not in UNIVERSAL]


def own(command: dict) -> list[dict]:
    """What belongs to this command and to no group of options that others have too."""
    return [argument for argument in shown(command) if "sectionTitle" not in argument]


def groups(command: dict) -> dict[str, list[dict]]:
    """The options that commands have in common, by the title of their group, of this command and all below it."""
    found: dict[str, list[dict]] = {}
    for one in [command, *subcommands(command)]:
        for argument in shown(one):
            if title := argument.get("sectionTitle"):
                options = found.setdefault(title, [])
                options += [argument] * (argument not in options)
        if one is not command:
            for title, options in groups(one).items():
                known = found.setdefault(title, [])
                known += [option for option in options if option not in known]
    return found


def subcommands(command: dict) -> list[dict]:
    return [inner for inner in command.get("subcommands", []) if inner["shouldDisplay"] and inner["commandName"] != "help"]


def synopsis(argument: dict) -> str:
    if argument["kind"] == "positional":
        text = italic(value(argument))
    else:
        text = bold(spelled(argument["preferredName"]))
        if argument["kind"] == "option":
            text += f"\\ {italic(value(argument))}"
    if argument["isRepeating"]:
        text += " .\\|.\\|."
    return f"[{text}]" if argument["isOptional"] else text


def described(argument: dict) -> list[str]:
    if argument["kind"] == "positional":
        tag = italic(value(argument))
    else:
        tag = ", ".join(bold(spelled(name)) for name in argument["names"])
        if argument["kind"] == "option":
            tag += f" {italic(value(argument))}"
    text = argument.get("abstract", "")
    if default := argument.get("defaultValue"):
        text += f" Default: {default}."
    return [".TP", tag, filled(text)]


def paragraphs(text: str) -> list[str]:
    lines = []
    for paragraph in text.split("\n\n"):
        lines += [".PP", filled(" ".join(paragraph.split()))]
    return lines


def exit_statuses(text: str) -> list[str]:
    lines = []
    for meaning in text.rstrip(".").split("; "):
        number, _, words = meaning.partition(" ")
        lines += [".TP", bold(number), filled(words[:1].upper() + words[1:] + ".")]
    return lines


def discussion(command: dict) -> tuple[str, str]:
    """What is said of a command, and of its exit statuses."""
    text, _, statuses = command.get("discussion", "").partition("Exit status: ")
    return text.strip(), " ".join(statuses.split())


def command_lines(command: dict, path: list[str]) -> list[str]:
    """A subcommand with all below it."""
    path = [*path, command["commandName"]]
    inner = subcommands(command)
    lines = []
    if not inner:
        lines += [f'.SS "{escaped(" ".join(path[1:]))}"', " ".join(
            [bold(" ".join(path)), *(synopsis(argument) for argument in own(command)),
             *(f"[{italic(title.lower())}]" for title in groups(command))])]
        text, statuses = discussion(command)
        lines += paragraphs(f"{command.get('abstract', '')} {text}".strip())
        for argument in own(command):
            lines += described(argument)
        if statuses:
            lines += [".PP", "Exit status:", *exit_statuses(statuses)]
    for one in inner:
        lines += command_lines(one, path)
    return lines


def page(command: dict, section: str, version: str, date: str) -> str:
    program = command["commandName"]
    text, statuses = discussion(command)
    inner = subcommands(command)
    abstract = command["abstract"].rstrip(".")
    lines = [
        f'.TH {program.upper()} {section} {date} "Bitting {version}" "Bitting"',
        ".nh", ".ad l",
        ".SH NAME", f"{escaped(program)} \\- {escaped(abstract[:1].lower() + abstract[1:])}",
        ".SH SYNOPSIS"]
    usage = [bold(program), *(synopsis(argument) for argument in shown(command))]
    lines.append(" ".join([*usage, *([f"{italic('command')} [{italic('argument')} .\\|.\\|.]"] if inner else [])]))
    if text:
        lines += [".SH DESCRIPTION", *paragraphs(text)[1:]]
    if options := shown(command):
        lines.append(".SH OPTIONS")
        for argument in options:
            lines += described(argument)
    if inner:
        lines.append(".SH COMMANDS")
        lines.append("Every command knows " + bold("--help") + ".")
        for one in inner:
            lines += command_lines(one, [program])
        lines.append('.SH "OPTIONS IN COMMON"')
        for title, options in groups(command).items():
            lines.append(f'.SS "{escaped(title)}"')
            for option in options:
                lines += described(option)
    if statuses:
        lines += [".SH \"EXIT STATUS\"", *exit_statuses(statuses)]
    lines.append(".SH ENVIRONMENT")
    for variable, meaning in ENVIRONMENT[program].items():
        lines += [".TP", bold(variable), referring(meaning)]
    lines.append(".SH FILES")
    for file, meaning in FILES.items():
        lines += [".TP", italic(file), referring(meaning)]
    others = [f".BR {name} ({number})" for name, number in PAGES.items() if name != program]
    lines += [".SH \"SEE ALSO\"", *(f"{other} ," for other in others[:-1]), others[-1]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    named, chapter, release, day = sys.argv[1:]
    told = json.load(sys.stdin)["command"]
    if told["commandName"] != named:
        sys.exit(f"man_page.py: this is the help of {told['commandName']}, not of {named}")
    sys.stdout.write(page(told, chapter, release, day))

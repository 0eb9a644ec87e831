"""What the daemon measures, read by the parser of the Prometheus project."""

import re

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gateway import ROOT, Daemon

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def scrape(daemon: Daemon) -> str:
    """The text, with a key."""
    answer = httpx.get(f"{daemon.url}/metrics", headers={"authorization": f"Bearer {daemon.key}"}, verify=False)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == CONTENT_TYPE
    return answer.text


def families(text: str) -> dict:
    """The families by name; the parser refuses what is not well formed."""
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, name: str, **labels: str) -> float:
    """The sum of all samples of a name that have these labels."""
    samples = [sample for family in families(text).values() for sample in family.samples]
    return sum(sample.value for sample in samples
               if sample.name == name and labels.items() <= sample.labels.items())


def declared() -> dict[str, str]:
    """Every family that the source makes, with the name under which its values are found, by its sentence's name."""
    makes = re.compile(r'MetricFamily\(\s*"(\w+)", \.(\w+)(?:, unit: "(\w+)")?,')
    found = {}
    for file in sorted((ROOT / "Sources").rglob("*.swift")):
        for name, kind, unit in makes.findall(file.read_text()):
            family = f"{name}_{unit}" if unit else name
            found[family] = family + {"counter": "_total", "info": "_info"}.get(kind, "")
    return found


def named_in(expression: str) -> set[str]:
    """The metrics that a query asks for, without what a histogram adds to its name."""
    names = re.findall(r"\b((?:bitting|process)_[a-z_]+)\b", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}

"""Timestamps as the API writes and reads them."""

import re
from datetime import datetime, timedelta, timezone

SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def from_now(**amount) -> str:
    """A moment this far from now, for example `from_now(hours=2)`."""
    return written(datetime.now(timezone.utc) + timedelta(**amount))


def written(moment: datetime) -> str:
    """UTC with milliseconds and `Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def read(text: str) -> datetime:
    """A timestamp of the API; fails when its shape is another."""
    assert SHAPE.fullmatch(text), text
    return datetime.fromisoformat(text)


def before(text: str, **amount) -> str:
    """A moment this much earlier than a timestamp."""
    return written(read(text) - timedelta(**amount))

"""The one place where tests wait. Nothing here sleeps for luck: each wait names what it waits for."""

import threading
import time

_NEVER = threading.Event()


def eventually(look, what: str = "", timeout: float = 10, every: float = 0.05):
    """Returns the first true answer of `look`, asked again and again; fails after `timeout` seconds.

    An AssertionError inside `look` counts as "not yet" and is shown if time runs out.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer, reason = None, None
        try:
            answer = look()
        except AssertionError as error:
            reason = error
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout} s: {what or look} (last: {answer!r})") from reason
        _NEVER.wait(every)


def always(look, seconds: float, what: str = "", every: float = 0.05):
    """Fails as soon as `look` is not true at some moment of the next `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"not all the time: {what or look}"
        _NEVER.wait(every)


def elapse(seconds: float):
    """Lets time pass where its passing is the test: a cut cable, an expiry."""
    _NEVER.wait(seconds)

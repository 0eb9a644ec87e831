"""The rig itself: a hand-written poll gets its answer from libosdp over the pseudo-terminal."""

import os
import tty

import pytest

from osdp_reader import NAK, Line, Reader, crc16, take_frames
from waiting import eventually

ACK, PDID, KEYPAD = 0x40, 0x45, 0x53


class Asking:
    """The other end of the line, just enough of a control panel to ask and be answered."""

    def __init__(self, path):
        self.port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)
        self.sequence = {}

    def ask(self, address: int, code: int, data: bytes = b"") -> bytes:
        sequence = self.sequence.get(address, 0)
        self.sequence[address] = sequence % 3 + 1
        length = 8 + len(data)
        frame = bytes([0x53, address, length, 0, sequence | 0x04, code]) + data
        os.write(self.port, b"\xff" + frame + crc16(frame))
        received = bytearray()

        def answer():
            try:
                received.extend(os.read(self.port, 256))
            except BlockingIOError:
                return None
            return take_frames(received)

        reply = eventually(answer, f"reply to {code:02x}", every=0.002)[0]
        assert reply.is_reply and reply.address == address
        return reply.raw[5:-2]


@pytest.fixture
def two(tmp_path):
    line = Line(tmp_path / "line", Reader(5), Reader(6))
    panel = Asking(line.path)
    yield line, panel
    os.close(panel.port)
    line.close()


def test_both_readers_of_a_line_answer_to_their_own_address(two):
    line, panel = two
    for address in (5, 6):
        assert panel.ask(address, 0x61, b"\0")[0] == PDID
        assert panel.ask(address, 0x62, b"\0")[0] == 0x46
        assert panel.ask(address, 0x60)[0] == ACK


def test_keys_travel_one_a_reply_or_in_a_burst(two):
    line, panel = two
    reader = line.readers[0]
    panel.ask(5, 0x61, b"\0")
    reader.press("1#")
    reader.press_in_one_burst("99*1")
    seen = []
    eventually(lambda: seen.append(panel.ask(5, 0x60)) or len([r for r in seen if r[0] == KEYPAD]) == 3)
    assert [reply[1:] for reply in seen if reply[0] == KEYPAD] == [
        b"\0\x01" + b"1", b"\0\x01\r", b"\0\x04" + b"99\x7f1"]


def test_commands_arrive_with_their_values_and_can_be_refused(two):
    line, panel = two
    reader = line.readers[0]
    panel.ask(5, 0x61, b"\0")
    assert panel.ask(5, 0x68, bytes([0, 5, 30, 0]))[0] == ACK
    assert reader.received("output", output_no=0, control_code=5, timer_count=30)
    reader.refused.add("buzzer")
    assert panel.ask(5, 0x6A, bytes([0, 2, 1, 1, 3]))[0] == NAK
    assert reader.received("buzzer")

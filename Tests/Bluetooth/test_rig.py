"""The rig itself, without the daemon: the kernel's own sockets meet peripherals and their faults."""

import contextlib
import errno
import struct
import time

import pytest

import attclient
from echolock import MTU, READ, WRITE, EchoLock
from radio import ADAPTER, SECOND_ADAPTER
from waiting import eventually

LOCK = "C0:00:00:00:00:01"
PUBLIC_LOCK = "54:D2:72:2B:3C:4D"
ADVERTISING = bytes.fromhex("0201061aff4c000215a92ee200550111e4916c0800200c9a661a2b3c4dc4")
NAME = b"\x0e\x09Nuki_1A2B3C4D"


@pytest.fixture
def lock(radio, tmp_path):
    lock = EchoLock(tmp_path, ADVERTISING + NAME)
    radio("add_lock", name="echo", address=LOCK, att=str(lock.att_path), advertisements=str(lock.advertisement_path))
    yield lock
    lock.close()


@pytest.fixture
def public_lock(radio, lock):
    radio("add_lock", name="public", address=PUBLIC_LOCK, public=True, att=str(lock.att_path),
          advertisements=str(lock.advertisement_path))


@pytest.fixture
def management():
    management = attclient.Management()
    yield management
    management.close()


@pytest.fixture
def index(radio, management):
    index = radio("plug", adapter=ADAPTER)
    management.power_on(index)
    return index


def write(value: bytes) -> bytes:
    return struct.pack("<BH", WRITE, 3) + value


def connects() -> bool:
    try:
        attclient.connect(LOCK).close()
    except ConnectionResetError:
        return False
    return True


def test_a_scan_hears_advertisement_and_name(lock, index, management):
    heard = management.found(index, seconds=1.5)
    assert list(heard) == [LOCK]
    assert ADVERTISING in heard[LOCK][0] and any(NAME in data for data in heard[LOCK])


def test_packets_pass_whole_in_both_directions(radio, lock, index):
    with attclient.connect(LOCK) as channel:
        assert attclient.ask(channel, struct.pack("<BH", 0x02, 517)) == struct.pack("<BH", 0x03, MTU)
        for length in (0, 1, 20, 23, 24, 240, 244):
            value = bytes(range(length))
            assert attclient.ask(channel, write(value)) == bytes([WRITE + 1])
            assert channel.recv(517) == struct.pack("<BH", 0x1B, 3) + value
            assert attclient.ask(channel, struct.pack("<BH", READ, 3)) == bytes([READ + 1]) + value
        assert radio.held() == {"echo"}
    eventually(lambda: not radio.held(), "the kernel lets the link go")


def test_a_lock_with_a_public_address_connects(radio, public_lock, index):
    with attclient.connect(PUBLIC_LOCK, peer_type=attclient.LE_PUBLIC) as channel:
        assert attclient.ask(channel, write(b"1")) == bytes([WRITE + 1])
        assert radio.held() == {"public"}


@pytest.mark.parametrize("fault, error", [("hang_up", errno.ECONNRESET), ("lose", errno.ETIMEDOUT)])
def test_a_link_that_ends_tells_how(radio, lock, index, fault, error):
    with attclient.connect(LOCK) as channel:
        attclient.ask(channel, write(b"1"))
        radio(fault, name="echo")
        with pytest.raises(OSError) as caught:
            while channel.recv(517):
                pass
        assert caught.value.errno == error
    with attclient.connect(LOCK) as channel:
        assert attclient.ask(channel, write(b"2")) == bytes([WRITE + 1])


def test_a_link_is_cut_at_the_packet_that_was_named(radio, lock, index):
    with attclient.connect(LOCK) as channel:
        radio("cut", name="echo", after=2)
        attclient.ask(channel, write(b"1"))
        attclient.ask(channel, write(b"2"))
        with pytest.raises(OSError):
            attclient.ask(channel, write(b"3"))
    assert lock.value == b"2"
    assert radio("is_cut", name="echo")


def test_a_silent_lock_cannot_be_reached(radio, lock, index):
    radio("silence", name="echo")
    with pytest.raises(TimeoutError):
        attclient.connect(LOCK, timeout=1.5)
    assert not radio.noted("connecting")
    radio("advertise", name="echo")
    attclient.connect(LOCK).close()


def test_a_deaf_lock_advertises_and_never_connects(radio, lock, index):
    radio("deafen", name="echo", deaf=True)
    with attclient.begin(LOCK):
        eventually(lambda: radio.noted("connecting"), "the kernel has heard the lock")
    eventually(lambda: radio.noted("cancelled"), "the kernel gives the attempt up", timeout=30)
    radio("deafen", name="echo", deaf=False)
    # The kernel resets a connect that meets the rest of the cancelled one.
    eventually(connects, "the lock connects")
    assert len(radio.noted("connected")) == 1


@pytest.mark.parametrize("public", [False, True])
def test_a_lock_that_demands_encryption_refuses_values_until_it_has_it(radio, lock, index, management, public):
    if public:
        radio("add_lock", name="public", address=PUBLIC_LOCK, public=True, att=str(lock.att_path),
              advertisements=str(lock.advertisement_path))
    name, peer = ("public", {"peer": PUBLIC_LOCK, "peer_type": attclient.LE_PUBLIC}) if public else ("echo", {"peer": LOCK})
    radio("need_encryption", name=name, need=True)
    refusal = struct.pack("<BBHB", 0x01, WRITE, 3, 0x05)
    with attclient.connect(**peer) as channel:
        assert attclient.ask(channel, struct.pack("<BH", 0x02, 517))[0] == 0x03
        assert attclient.ask(channel, write(b"1")) == refusal
        management.encrypt(channel)
        assert attclient.ask(channel, write(b"1")) == bytes([WRITE + 1])
        assert radio("links")[name]["encrypted"]
        radio("hang_up", name=name)
    # Bonded: encrypted again without anybody being asked.
    radio("refuse_pairing", name=name, refuse=True)
    with attclient.connect(**peer) as channel:
        management.encrypt(channel)
        assert attclient.ask(channel, write(b"2")) == bytes([WRITE + 1])
        radio("hang_up", name=name)
    # The lock has lost the bond: what the kernel keeps is stale.
    radio("forget_bond", name=name)
    with attclient.connect(**peer) as channel, pytest.raises(OSError):
        management.encrypt(channel, timeout=10)


def test_a_lock_may_refuse_to_pair(radio, lock, index, management):
    radio("refuse_pairing", name="echo", refuse=True)
    with attclient.connect(LOCK) as channel, pytest.raises(OSError):
        management.encrypt(channel, timeout=10)
    assert not radio.held() or not radio("links")["echo"]["encrypted"]


def test_an_adapter_comes_back_under_another_index(radio, lock, index, management):
    with attclient.connect(LOCK) as channel:
        radio("unplug", adapter=ADAPTER)
        with pytest.raises(OSError) as caught:
            channel.recv(517)
        assert caught.value.errno == errno.ECONNABORTED
    assert radio("take_index") == index
    other = radio("plug", adapter=ADAPTER)
    assert other != index
    management.power_on(other)
    attclient.connect(LOCK).close()


def test_of_two_adapters_each_can_connect(radio, lock, index, management):
    management.power_on(radio("plug", adapter=SECOND_ADAPTER))
    for adapter in (ADAPTER, SECOND_ADAPTER):
        with attclient.connect(LOCK, adapter=adapter) as channel:
            attclient.ask(channel, write(b"1"))
        eventually(lambda: not radio.held(), "the kernel lets the link go")
    assert {entry["adapter"] for entry in radio.noted("connected")} == {ADAPTER, SECOND_ADAPTER}


def test_a_stalled_adapter_wakes_at_a_reset(radio, lock, index, management):
    radio("stall", adapter=ADAPTER)
    with pytest.raises(OSError):
        attclient.connect(LOCK, timeout=3)
    management.command(attclient.SET_POWERED, index, b"\x00")
    management.power_on(index)
    assert radio.noted("recovered")
    attclient.connect(LOCK).close()


def test_twenty_locks_hold_their_links_at_once(radio, lock, index, record_property):
    peers = [f"C0:00:00:00:01:{number:02X}" for number in range(20)]
    for peer in peers:
        radio("add_lock", name=peer, address=peer, att=str(lock.att_path), advertisements=str(lock.advertisement_path))
    begin = time.monotonic()
    with contextlib.ExitStack() as open_channels:
        channels = [open_channels.enter_context(attclient.begin(peer)) for peer in peers]
        eventually(lambda: radio.held() == set(peers), "all links are up", timeout=60)
        record_property("figures: rig", f"20 links in {time.monotonic() - begin:.1f} s")
        for channel in channels:
            channel.settimeout(20)
            attclient.ask(channel, write(b"1"))

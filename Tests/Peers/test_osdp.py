"""Doors with OSDP readers that nobody here wrote: libosdp behind a pseudo-terminal."""

import pytest

import moments
from osdp_reader import Reader
from osdp_site import KEY, Site
from waiting import always, elapse, eventually

RED, GREEN = 1, 2
ON_FOR_A_TIME = 5


@pytest.fixture(params=["plain", "required"])
def site(request, make_site):
    """One door, once without and once with the secure channel."""
    reader = Reader(5, key=KEY if request.param == "required" else None)
    return make_site(reader, secure_channel=request.param).start()


@pytest.fixture
def plain(make_site):
    """One door without secure channel."""
    return make_site(Reader(5)).start()


def is_open(reader: Reader) -> list[dict]:
    """The strike was told to open for the configured three seconds."""
    return reader.received("output", output_no=0, control_code=ON_FOR_A_TIME, timer_count=30)


def wait_for_denial(site: Site, reason: str, count: int = 1) -> dict:
    def denials():
        found = [event for event in site.daemon.events("lock.access_denied")
                 if event["reason"]["reason_code"] == reason]
        return found if len(found) >= count else None
    return eventually(denials, f"{count} denied with {reason}")[-1]


def test_R32_R123_the_right_code_opens_the_strike_and_is_told(site):
    code = site.make_code(name="Jane")
    site.reader.forget_commands()
    site.reader.press(code["code"] + "#")
    eventually(lambda: is_open(site.reader), "the strike opens", timeout=3)
    eventually(lambda: site.reader.received("led", temporary=True, on_color=GREEN, timer_count=30), "green light")
    eventually(lambda: site.reader.received("buzzer", control_code=2, rep_count=1), "one beep")
    kinds = [kind for kind, _ in site.reader.commands]
    assert kinds.index("output") < kinds.index("led") < kinds.index("buzzer"), "the strike comes first"
    entry = eventually(lambda: site.entries(code), "the entry is told")[0]
    assert entry["method"] == "keycode" and entry["code"] == code["code"]
    assert len(is_open(site.reader)) == 1


def test_R124_a_wrong_code_is_denied_without_touching_the_strike(site):
    site.make_code(code="4711")
    site.reader.forget_commands()
    site.reader.press("4712#")
    denied = wait_for_denial(site, "unknown_code")
    assert denied.get("access_code_id") is None
    eventually(lambda: site.reader.received("led", temporary=True, on_color=RED, timer_count=10), "red light")
    eventually(lambda: site.reader.received("buzzer", control_code=2, rep_count=3), "three beeps")
    assert not site.reader.received("output")
    assert "4712" not in site.daemon.log() and "4711" not in site.daemon.log()


def test_R33_a_code_opens_only_inside_its_window(site):
    code = site.make_code(starts_at=moments.from_now(seconds=4), ends_at=moments.from_now(seconds=9))
    entry = code["code"] + "#"
    site.reader.press(entry)
    early = eventually(lambda: site.daemon.events("lock.access_denied"), "denied before the window")[0]
    assert early["access_code_id"] == code["access_code_id"]
    assert not is_open(site.reader)
    site.daemon.wait_for_code(code["access_code_id"], status="set")
    site.reader.press(entry)
    eventually(lambda: site.entries(code), "opens inside the window")
    site.daemon.wait_for_code(code["access_code_id"], status="unset")
    site.reader.press(entry)
    assert wait_for_denial(site, "expired_code")["access_code_id"] == code["access_code_id"]
    assert len(site.entries(code)) == 1


def test_in_the_secure_channel_nothing_but_the_handshake_is_in_clear(make_site):
    site = make_site(Reader(5, key=KEY), secure_channel="required").start()
    code = site.make_code()
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code))
    handshake = {0x61, 0x62, 0x76, 0x77}
    assert all(frame.is_in_session or frame.code in handshake for frame in site.line.sent())
    assert site.reader.is_secure
    keys = [frame for frame in site.line.frames if frame.is_reply and frame.code == 0x53]
    assert len(keys) == len(code["code"]) + 1 and all(frame.is_in_session for frame in keys)


def test_keys_in_one_burst_are_keys_one_after_the_other(site):
    code = site.make_code()
    site.reader.press_in_one_burst(code["code"] + "#")
    eventually(lambda: site.entries(code), "one burst opens")
    site.reader.press_in_one_burst("99*" + code["code"][:2])
    site.reader.press_in_one_burst(code["code"][2:] + "#")
    eventually(lambda: len(site.entries(code)) == 2, "cleared, then split over two bursts, opens")
    site.reader.press_in_one_burst("98#" + code["code"] + "#")
    eventually(lambda: len(site.entries(code)) == 3, "two entries in one burst: the second opens")


def test_a_pause_between_keys_forgets_them(make_site):
    site = make_site(Reader(5), keypad={"inter_digit_timeout": "1s"}).start()
    code = site.make_code()
    site.reader.press(code["code"][:2])
    elapse(1.6)
    site.reader.press(code["code"][2:] + "#")
    wait_for_denial(site, "unknown_code")
    assert not site.entries(code)
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "typed without a pause it opens")


def test_too_many_wrong_codes_lock_the_keypad_for_a_while(make_site):
    site = make_site(Reader(5), lock_out={"wrong_codes": 3, "within": "60s", "duration": "3s"}).start()
    code = site.make_code(code="271828")
    for number in range(3):
        site.reader.press(f"111{number}#")
        wait_for_denial(site, "unknown_code", count=number + 1)
    site.reader.press(code["code"] + "#")
    wait_for_denial(site, "too_many_attempts")
    assert not is_open(site.reader)
    elapse(3.2)
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "after the lock-out it opens")


def test_two_readers_on_one_line_are_two_doors(make_site):
    front, back = Reader(5, key=KEY), Reader(6, key=KEY)
    site = make_site(front, back, secure_channel="required").start()
    assert site.door(front)["connected_account_id"] == site.door(back)["connected_account_id"]
    code = site.make_code(front, code="2468")
    back.press("2468#")
    front.press("2468#")
    eventually(lambda: site.entries(code))
    assert wait_for_denial(site, "unknown_code")["device_id"] == site.door(back)["device_id"]
    assert is_open(front) and not back.received("output")


def test_one_dead_reader_does_not_hold_up_the_other(make_site):
    front, back = Reader(5), Reader(6)
    site = make_site(front, back).start()
    code = site.make_code(front)
    back.is_mute = True
    eventually(lambda: site.door(back)["properties"]["online"] is False, "the mute reader is offline", timeout=20)
    front.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "the other door opens at once", timeout=3)
    back.is_mute = False
    eventually(lambda: site.door(back)["properties"]["online"], "it comes back", timeout=15)


def test_a_cable_cut_for_3_s_is_no_outage(site):
    code = site.make_code()
    device_id = site.door()["device_id"]
    site.line.cut()
    always(lambda: site.door()["properties"]["online"], 3, "a short silence is not yet offline")
    site.line.mend()
    site.line.wait_until_polled(timeout=5)
    site.enter(code)
    assert not site.daemon.events("device.disconnected", device_id=device_id)


def test_a_cable_cut_for_10_s_is_an_outage_that_ends_by_itself(site):
    code = site.make_code()
    device_id = site.door()["device_id"]
    site.reader.press(code["code"][:2])
    elapse(0.5)
    site.line.cut()
    elapse(10)
    offline = site.door()
    assert offline["properties"]["online"] is False
    assert "device_disconnected" in [error["error_code"] for error in offline["errors"]]
    site.daemon.wait_for_event("device.disconnected", device_id=device_id)
    site.line.mend()
    eventually(lambda: site.door()["properties"]["online"], "the reader is back", timeout=15)
    site.line.wait_until_polled()
    site.daemon.wait_for_event("device.connected", device_id=device_id)
    assert site.door()["errors"] == []
    assert site.daemon.wait_for_code(code["access_code_id"], status="set")["errors"] == []
    site.enter(code)  # the keys from before the cut are forgotten


def test_a_reader_that_refuses_its_light_keeps_its_door(site):
    code = site.make_code()
    device_id = site.door()["device_id"]
    site.reader.refused |= {"led", "buzzer"}
    for count in (1, 2, 3):
        site.reader.press(code["code"] + "#")
        eventually(lambda: len(site.entries(code)) == count, f"entry {count}", timeout=5)
    assert site.reader.received("led") and site.door()["properties"]["online"]
    assert not site.daemon.events("device.disconnected", device_id=device_id)


def test_a_strike_that_refuses_is_no_entry(plain):
    code = plain.make_code()
    plain.reader.refused.add("output")
    plain.reader.press(code["code"] + "#")
    denied = eventually(lambda: plain.daemon.events("lock.access_denied"), "told as denied")[0]
    assert denied["reason"]["reason_code"] == "credential_error" and "strike" in denied["reason"]["message"]
    assert not plain.entries(code)


def test_R120_the_api_opens_the_strike(site):
    attempt = site.daemon.ask("/locks/unlock_door", device_id=site.door()["device_id"])["action_attempt"]
    assert site.daemon.finished(attempt["action_attempt_id"])["status"] == "success"
    assert is_open(site.reader)
    entry = site.daemon.wait_for_event("lock.unlocked", action_attempt_id=attempt["action_attempt_id"])
    assert entry["method"] == "remote"


def test_the_contact_tells_whether_the_door_stands_open(site):
    site.reader.set_inputs(True, False)
    eventually(lambda: site.door()["properties"].get("door_open") is True, "open")
    site.reader.set_inputs(False, False)
    eventually(lambda: site.door()["properties"].get("door_open") is False, "closed")


def warnings(site: Site) -> list[str]:
    return [warning["message"] for warning in site.door()["warnings"] if warning["warning_code"] == "provider_issue"]


def test_a_door_that_opens_by_itself_is_called_forced(site):
    site.reader.set_inputs(False, False)
    eventually(lambda: site.door()["properties"].get("door_open") is False, "closed")
    site.reader.set_inputs(True, False)
    eventually(lambda: any("without a grant" in warning for warning in warnings(site)), "forced")
    site.reader.set_inputs(False, False)
    eventually(lambda: not warnings(site), "over when it is closed")


def test_a_door_that_opens_after_a_code_or_the_exit_button_is_not_forced(site):
    code = site.make_code()
    site.reader.set_inputs(False, False)
    eventually(lambda: site.door()["properties"].get("door_open") is False, "closed")
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code))
    for inputs in ((True, False), (False, False), (False, True), (False, False), (True, False)):
        site.reader.set_inputs(*inputs)
        eventually(lambda: site.door()["properties"].get("door_open") is inputs[0])
        assert warnings(site) == []


def test_an_open_housing_is_told_and_forgets_the_keys_typed(plain):
    code = plain.make_code()
    plain.reader.press(code["code"][:2])
    plain.reader.set_tamper(True)
    plain.daemon.wait_for_event("device.tampered", device_id=plain.door()["device_id"])
    plain.reader.press(code["code"][2:] + "#")
    wait_for_denial(plain, "unknown_code")
    assert not plain.entries(code)


def test_R153_a_simulated_keypad_is_not_offered_at_a_real_door(plain):
    error = plain.daemon.ask(
        "/locks/simulate/keypad_code_entry", status=400, device_id=plain.door()["device_id"], code="1234")["error"]
    assert error["type"] == "device_type_not_supported"


def test_R62_a_code_deleted_no_longer_opens(site):
    code = site.make_code(code="8642")
    site.daemon.ask("/access_codes/delete", access_code_id=code["access_code_id"])
    site.daemon.wait_for_event("access_code.deleted", access_code_id=code["access_code_id"])
    site.reader.press("8642#")
    wait_for_denial(site, "unknown_code")
    assert not is_open(site.reader)


def test_after_a_power_cut_of_the_gateway_the_code_opens_again(site):
    code = site.make_code()
    site.daemon.kill()
    site.start()
    site.reader.press(code["code"] + "#")
    eventually(lambda: site.entries(code), "opens after the restart", timeout=5)

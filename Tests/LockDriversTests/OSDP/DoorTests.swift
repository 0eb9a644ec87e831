import LockCore
import LockDrivers
import Testing

private let door = LockID(rawValue: "front")
private let guest = AccessCodeID(rawValue: "guest")
private let cleaner = AccessCodeID(rawValue: "cleaner")
private let noon = Timestamp(milliseconds: 1_800_000_000_000)

/// A door in virtual time: reader on device 0, strike, contact and exit button on device 1.
private struct Site {
  var door: Door
  var now = Moment(uptime: .seconds(100), date: noon)

  init(
    _ configure: (inout DoorConfiguration) -> Void = { _ in }, codes: [Credential?] = [Site.code(guest, "1234")]
  ) {
    var configuration = DoorConfiguration(
      reader: .init(address: 0), strike: .init(address: 1, time: .seconds(5)), contact: .init(address: 1, input: 0),
      exitButton: .init(address: 1, input: 1))
    configure(&configuration)
    self.door = Door(lock: LockDriversTests.door, configuration: configuration)
    self.hold(codes)
    _ = self.door.deviceConnected(0, as: LockIdentity(model: "reader"), at: self.now)
    self.door.readerCaughtUp()
    _ = self.door.deviceConnected(1, as: LockIdentity(model: "relay"), at: self.now)
    _ = self.door.outputsReported([false], by: 1, at: self.now)
    _ = self.door.inputsReported([false, false], by: 1, at: self.now)
  }

  static func code(_ id: AccessCodeID, _ digits: String, _ window: TimeWindow? = nil) -> Credential? {
    PINCode(digits).map { Credential(id: id, pin: $0, window: window) }
  }

  mutating func hold(_ codes: [Credential?]) { self.door.hold(codes.compactMap(\.self)) }

  mutating func type(_ keys: String) -> [DoorEffect] { self.door.keysPressed(Array(keys.utf8), at: self.now) }

  mutating func inputs(open: Bool, pressed: Bool = false) -> [DoorEffect] {
    self.door.inputsReported([open, pressed], by: 1, at: self.now)
  }

  /// Lets time pass, stopping at each deadline on the way.
  mutating func wait(_ duration: Duration) -> [DoorEffect] {
    let end = self.now + duration
    var effects: [DoorEffect] = []
    while let deadline = self.door.deadline, deadline <= end.uptime {
      self.now = self.now + max(.zero, deadline - self.now.uptime)
      effects += self.door.deadlinePassed(at: self.now)
    }
    self.now = end
    return effects
  }

  mutating func answer(_ effects: [DoorEffect], _ result: Result<Void, OSDPFault> = .success(())) -> [DoorEffect] {
    effects.flatMap { effect in
      guard case .strike(_, let errand, _) = effect else { return [DoorEffect]() }
      return self.door.strikeAnswered(errand, result, at: self.now)
    }
  }

  func record(_ happening: LockRecord.Happening) -> DoorEffect {
    .report(.happened(LockRecord(date: self.now.date, happening: happening)))
  }

  func signal(_ signal: DoorSignal) -> DoorEffect { .signal(signal, expires: self.now.uptime + .seconds(2)) }
}

extension DoorEffect {
  fileprivate var isStrike: Bool { if case .strike = self { true } else { false } }
}

@Suite struct DoorEntryTests {
  @Test func `a right PIN frees the strike first, then shows it, and is recorded once acknowledged`() {
    var site = Site()
    let decision = site.type("1234#")
    #expect(decision == [.strike(.release, errand: 1, expires: site.now.uptime + .seconds(2))])
    #expect(
      site.answer(decision) == [
        site.signal(.granted(.seconds(5))), site.record(.unlocked(.keycode, .code(guest))),
        .report(.state(LockState(isLocked: false))),
      ])
    #expect(site.wait(.milliseconds(4999)).isEmpty)
    #expect(site.wait(.milliseconds(1)) == [.report(.state(LockState(isLocked: true)))])
  }

  @Test func `a wrong PIN is refused without touching the strike`() {
    var site = Site()
    #expect(site.type("4321#") == [site.signal(.denied), site.record(.denied(.unknownCode, nil))])
    #expect(site.type("1234567890123#") == [site.signal(.denied), site.record(.denied(.unknownCode, nil))])
    #expect(site.type("12*") == [site.signal(.cleared)])
  }

  @Test(arguments: [
    (Duration.seconds(-3600), Duration.zero, DenialReason?.some(.expiredCode)),
    (.seconds(-3600), .milliseconds(1), nil),
    (.zero, .seconds(3600), nil),
    (.milliseconds(1), .seconds(3600), .notYetValid),
  ]) func `R33: a code opens from its start up to but not at its end`(
    start: Duration, end: Duration, denial: DenialReason?
  ) {
    var site = Site(codes: [Site.code(guest, "1234", TimeWindow(start: noon + start, end: noon + end))])
    let effects = site.type("1234#")
    if let denial {
      #expect(effects == [site.signal(.denied), site.record(.denied(denial, .code(guest)))])
    } else {
      #expect(effects.map(\.isStrike) == [true])
    }
  }

  @Test func `of two codes with the same digits the one whose time it is opens`() {
    var site = Site(codes: [
      Site.code(guest, "1234", TimeWindow(start: noon - .hours(2), end: noon - .hours(1))),
      Site.code(cleaner, "1234", TimeWindow(start: noon, end: noon + .hours(1))),
    ])
    let decision = site.type("1234#")
    #expect(site.answer(decision).contains(site.record(.unlocked(.keycode, .code(cleaner)))))
  }

  @Test func `codes handed over replace the earlier ones at once`() {
    var site = Site()
    site.hold([Site.code(cleaner, "5678")])
    #expect(site.type("1234#").contains(site.record(.denied(.unknownCode, nil))))
    #expect(site.type("5678#").map(\.isStrike) == [true])
  }

  @Test(arguments: [OSDPFault.offline, .expired, .unanswered, .refused(.unknownCommand), .unsupported])
  func `a strike that does not answer is recorded as failed`(fault: OSDPFault) {
    var site = Site()
    let decision = site.type("1234#")
    #expect(
      site.answer(decision, .failure(fault)) == [
        site.signal(.denied), site.record(.denied(.strikeFailed, .code(guest))),
      ])
    #expect(site.wait(.seconds(10)).isEmpty)
  }

  @Test func `a strike that answers after two seconds is told as failed and then as what it did`() {
    var site = Site()
    let decision = site.type("1234#")
    let late = site.wait(.seconds(2))
    #expect(late == [site.signal(.denied), site.record(.denied(.strikeFailed, .code(guest)))])
    #expect(site.answer(decision).contains(site.record(.unlocked(.keycode, .code(guest)))))
    #expect(site.door.state.isLocked == false)
  }

  @Test func `digits are dropped when the reader goes away, loses its session or is tampered with`() {
    for interrupt in [
      { (door: inout Door, now: Moment) in
        _ = door.deviceDisconnected(0)
        _ = door.deviceConnected(0, as: LockIdentity(), at: now)
        door.readerCaughtUp()
      },
      { door, _ in door.entryInterrupted() },
      { door, _ in _ = door.localStatusReported(isTampered: true, hasLostPower: false, by: 0) },
      { door, _ in _ = door.readersReported([2], by: 0) },
    ] {
      var site = Site()
      _ = site.type("12")
      interrupt(&site.door, site.now)
      #expect(site.type("34#") == [site.signal(.denied), site.record(.denied(.unknownCode, nil))])
    }
  }

  @Test func `keys that a reader kept while it was away do not count`() {
    var site = Site()
    _ = site.door.deviceDisconnected(0)
    _ = site.door.deviceConnected(0, as: LockIdentity(), at: site.now)
    #expect(site.type("1234#").isEmpty)
    site.door.readerCaughtUp()
    #expect(site.type("1234#").map(\.isStrike) == [true])
    _ = site.door.deviceConnected(0, as: LockIdentity(), at: site.now)
    #expect(site.type("1234#").map(\.isStrike) == [true])
    _ = site.door.deviceDisconnected(0)
    _ = site.door.deviceConnected(0, as: LockIdentity(), at: site.now)
    _ = site.wait(.seconds(2))
    #expect(site.type("1234#").map(\.isStrike) == [true])
  }

  @Test func `a door may refuse PINs while a housing is open`() {
    var site = Site { $0.refusesPINsWhileTampered = true }
    let opened = site.door.localStatusReported(isTampered: true, hasLostPower: false, by: 1)
    #expect(opened == [.report(.state(LockState(isTampered: true)))])
    #expect(site.type("1234#") == [site.signal(.denied)])
    _ = site.door.localStatusReported(isTampered: false, hasLostPower: false, by: 1)
    #expect(site.type("1234#").map(\.isStrike) == [true])
  }
}

@Suite struct DoorLockoutTests {
  @Test func `R124: five wrong PINs in a minute lock the keypad out, each time twice as long up to fifteen minutes`() {
    var site = Site()
    for seconds in [60, 120, 240, 480, 900, 900] {
      for _ in 1...4 { #expect(!site.type("0000#").contains(.report(.alarm(.lockedOut(true))))) }
      #expect(
        site.type("0000#") == [
          site.signal(.denied), site.signal(.lockedOut(.seconds(seconds))), site.record(.denied(.unknownCode, nil)),
          .report(.alarm(.lockedOut(true))),
        ])
      #expect(site.wait(.seconds(seconds) - .milliseconds(1)).isEmpty)
      #expect(site.wait(.milliseconds(1)) == [.report(.alarm(.lockedOut(false)))])
    }
    #expect(site.type("1234#").map(\.isStrike) == [true])
    for _ in 1...4 { _ = site.type("0000#") }
    #expect(site.type("0000#").contains(site.signal(.lockedOut(.seconds(60)))))
  }

  @Test func `while locked out even the right PIN does nothing, and it is recorded once`() {
    var site = Site()
    for _ in 1...5 { _ = site.type("0000#") }
    #expect(site.type("1234#") == [site.signal(.lockedOut(.seconds(60))), site.record(.denied(.tooManyAttempts, nil))])
    #expect(site.type("1234#") == [site.signal(.lockedOut(.seconds(60)))])
    _ = site.wait(.seconds(60))
    #expect(site.type("1234#").map(\.isStrike) == [true])
  }

  @Test func `slow mistakes and mistakes before a right PIN do not add up`() {
    var site = Site()
    for _ in 1...20 {
      #expect(site.type("0000#") == [site.signal(.denied), site.record(.denied(.unknownCode, nil))])
      _ = site.wait(.seconds(15))
    }
    for _ in 1...20 {
      #expect(site.type("0000#") == [site.signal(.denied), site.record(.denied(.unknownCode, nil))])
      #expect(site.type("1234#").map(\.isStrike) == [true])
    }
  }
}

@Suite struct DoorCommandTests {
  private let command = CommandID(rawValue: 7)

  @Test func `unlocking from here is done when the strike has acknowledged it`() {
    var site = Site()
    let effects = site.door.unlock(self.command, at: site.now)
    #expect(effects.map(\.isStrike) == [true])
    #expect(
      site.answer(effects) == [
        site.signal(.granted(.seconds(5))), .finish(self.command, .success(.done(confirmed: true))),
        .report(.state(LockState(isLocked: false))),
      ])
  }

  @Test(arguments: [
    (OSDPFault.offline, LockFault.unreachable), (.expired, .busy), (.unanswered, .unconfirmed),
    (.refused(.cannotProcess), .failed(detail: "NAK 9")), (.tooMuch, .busy),
    (.unsupported, .unsupported(detail: "the device does not know this output")),
  ]) func `a strike that was not switched says what to do next`(fault: OSDPFault, expected: LockFault) {
    var site = Site()
    let effects = site.door.unlock(self.command, at: site.now)
    #expect(site.answer(effects, .failure(fault)) == [.finish(self.command, .failure(expected))])
  }

  @Test func `locking from here ends a running strike`() {
    var site = Site()
    _ = site.answer(site.type("1234#"))
    let effects = site.door.relock(self.command, at: site.now)
    #expect(effects == [.strike(.relock, errand: 2, expires: site.now.uptime + .seconds(2))])
    #expect(
      site.answer(effects) == [
        .finish(self.command, .success(.done(confirmed: true))), .report(.state(LockState(isLocked: true))),
      ])
    #expect(site.wait(.seconds(10)).isEmpty)
  }
}

@Suite struct DoorContactTests {
  @Test func `opening after a right PIN is no alarm, up to five seconds after the strike`() {
    var site = Site()
    _ = site.answer(site.type("1234#"))
    _ = site.wait(.seconds(10))
    #expect(site.inputs(open: true) == [.report(.state(LockState(isDoorOpen: true)))])
    #expect(site.inputs(open: false) == [.report(.state(LockState(isDoorOpen: false)))])
    _ = site.wait(.seconds(2) + .milliseconds(1))
    #expect(site.inputs(open: true).contains(.report(.alarm(.doorForced(true)))))
  }

  @Test func `opening without a grant is an alarm until the door is closed`() {
    var site = Site()
    #expect(
      site.inputs(open: true) == [.report(.state(LockState(isDoorOpen: true))), .report(.alarm(.doorForced(true)))])
    #expect(
      site.inputs(open: false) == [.report(.state(LockState(isDoorOpen: false))), .report(.alarm(.doorForced(false)))])
  }

  @Test func `opening after the exit button is recorded as manual and no alarm`() {
    var site = Site()
    #expect(site.inputs(open: false, pressed: true).isEmpty)
    _ = site.wait(.seconds(60))
    #expect(site.inputs(open: false, pressed: false).isEmpty)
    _ = site.wait(.seconds(5))
    #expect(
      site.inputs(open: true) == [
        .report(.state(LockState(isDoorOpen: true))), site.record(.unlocked(.manual, nil)),
      ])
  }

  @Test func `an exit button may free the strike`() {
    var site = Site { $0.exitButton?.unlocks = true }
    let effects = site.inputs(open: false, pressed: true)
    #expect(effects.map(\.isStrike) == [true])
    #expect(site.answer(effects).contains(.report(.state(LockState(isLocked: false)))))
  }

  @Test func `a door held open beeps and alarms until it is closed`() {
    var site = Site()
    _ = site.answer(site.type("1234#"))
    _ = site.inputs(open: true)
    _ = site.wait(.milliseconds(29_999))
    let held = site.wait(.milliseconds(1))
    #expect(held == [.report(.alarm(.doorHeld(true))), site.signal(.heldOpen)])
    let reminded = site.wait(.seconds(60))
    #expect(reminded == [site.signal(.heldOpen)])
    #expect(
      site.inputs(open: false) == [
        .report(.state(LockState(isDoorOpen: false))), .signal(.silence, expires: nil),
        .report(.alarm(.doorHeld(false))),
      ])
    #expect(site.wait(.seconds(600)).isEmpty)
  }

  @Test func `the first status after an absence is a state and not a forced door`() {
    var site = Site()
    _ = site.door.deviceDisconnected(1)
    #expect(site.inputs(open: true) == [.report(.state(LockState(isDoorOpen: true)))])
    #expect(site.inputs(open: true).isEmpty)
  }

  @Test func `an early relock ends the strike when the door opens`() {
    var site = Site { $0.strike.endsOnOpening = true }
    _ = site.answer(site.type("1234#"))
    #expect(site.inputs(open: true).map(\.isStrike) == [false, true])
  }

  @Test func `inputs that the device does not have are ignored`() {
    var site = Site()
    #expect(site.door.inputsReported([], by: 1, at: site.now).isEmpty)
    #expect(site.door.inputsReported([true, true], by: 9, at: site.now).isEmpty)
  }
}

@Suite struct DoorDeviceTests {
  @Test func `a door is reachable while all its devices answer`() {
    var site = Site()
    #expect(site.door.isReachable)
    #expect(site.door.deviceDisconnected(1) == [.report(.unreachable(.unreachable))])
    #expect(site.door.deviceDisconnected(0).isEmpty)
    #expect(site.door.deviceConnected(0, as: LockIdentity(), at: site.now) == [.signal(.idle, expires: nil)])
    let connected = site.door.deviceConnected(1, as: LockIdentity(), at: site.now)
    #expect(site.door.deviceConnected(1, as: LockIdentity(), at: site.now).isEmpty)
    #expect(
      connected == [
        .report(.reachable(LockIdentity(), slotChanges: nil, newestRecord: nil)), .report(.state(site.door.state)),
      ])
  }

  @Test func `a reader that comes back during a lock-out shows it again`() {
    var site = Site()
    for _ in 1...5 { _ = site.type("0000#") }
    _ = site.door.deviceDisconnected(0)
    _ = site.wait(.seconds(20))
    let connected = site.door.deviceConnected(0, as: LockIdentity(), at: site.now)
    #expect(connected.prefix(2) == [.signal(.idle, expires: nil), site.signal(.lockedOut(.seconds(40)))])
  }

  @Test func `alarms of two devices are told as one`() {
    var site = Site()
    #expect(
      site.door.localStatusReported(isTampered: false, hasLostPower: true, by: 0) == [
        .report(.alarm(.powerLost(true))), .report(.state(LockState(isTampered: false))),
      ])
    #expect(site.door.localStatusReported(isTampered: false, hasLostPower: true, by: 1).isEmpty)
    #expect(site.door.localStatusReported(isTampered: false, hasLostPower: false, by: 0).isEmpty)
    #expect(
      site.door.localStatusReported(isTampered: false, hasLostPower: false, by: 1)
        == [.report(.alarm(.powerLost(false)))])
  }

  @Test func `a refused key is an alarm and names its reason`() {
    var site = Site()
    #expect(
      site.door.keyRefused(true, by: 0) == [
        .report(.alarm(.keyRefused(true))), .report(.unreachable(.notAuthorized)),
      ])
    #expect(site.type("1234#").isEmpty)
    #expect(site.door.keyRefused(false, by: 0) == [.report(.alarm(.keyRefused(false)))])
    let back = site.door.deviceConnected(0, as: LockIdentity(model: "reader"), at: site.now)
    #expect(
      back.contains(.report(.reachable(LockIdentity(model: "reader"), slotChanges: nil, newestRecord: nil))))
  }

  @Test func `a device that never took our key makes the door unreachable for that reason`() {
    var door = Door(lock: door, configuration: DoorConfiguration(reader: .init(address: 0), strike: .init(address: 0)))
    #expect(
      door.keyRefused(true, by: 0) == [.report(.alarm(.keyRefused(true))), .report(.unreachable(.notAuthorized))])
    #expect(door.keyRefused(true, by: 0).isEmpty)
    #expect(door.deviceDisconnected(0).isEmpty)
  }

  @Test func `a strike found on is asked after until it is off`() {
    var site = Site()
    #expect(site.door.outputsReported([true], by: 1, at: site.now) == [.report(.state(LockState(isLocked: false)))])
    let asked = site.wait(.seconds(5))
    #expect(asked == [.readOutputs(expires: site.now.uptime + .seconds(2))])
    #expect(site.door.outputsReported([true], by: 1, at: site.now).isEmpty)
    #expect(site.wait(.seconds(5)).count == 1)
    #expect(site.door.outputsReported([false], by: 1, at: site.now) == [.report(.state(LockState(isLocked: true)))])
    #expect(site.wait(.seconds(60)).isEmpty)
  }

  @Test func `what the device tells of its output overrules the clock`() {
    var site = Site()
    _ = site.answer(site.type("1234#"))
    #expect(site.door.outputsReported([false], by: 1, at: site.now) == [.report(.state(LockState(isLocked: true)))])
    #expect(site.door.outputsReported([true], by: 1, at: site.now) == [.report(.state(LockState(isLocked: false)))])
  }
}

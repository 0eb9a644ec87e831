import LockCore
import LockDrivers
import LockSimulator
import Testing

private let window = TimeWindow(start: LineRig.start.date - .hours(1), end: LineRig.start.date + .hours(1))

@Suite struct OSDPDoorDriverTests {
  /// A door in secure mode that has come up with one code.
  private func rig(
    _ code: String = "1234", _ window: TimeWindow? = nil
  ) throws -> LineRig {
    let key = try LineRig.key(7)
    var rig = LineRig(.secure(key), .key(key))
    let hold = rig.submit(.hold([try LineRig.code(code, LineRig.guest, window)]))
    #expect(rig.finished[hold] == .success(.done(confirmed: true)))
    rig.open()
    rig.run(.seconds(2))
    #expect(rig.told().contains { if case .reachable = $0 { true } else { false } })
    return rig
  }

  private func relayWent(on rig: LineRig, since: Duration) -> Bool {
    rig.seen(since: since).contains(.relay(0, isOn: true))
  }

  @Test func `a door comes up with its identity, its state and its light`() throws {
    let rig = try self.rig()
    #expect(
      rig.told().contains(
        .reachable(
          LockIdentity(model: "00005E model 2 version 1", serial: "01000005", firmware: "1.2.3"), slotChanges: nil,
          newestRecord: nil)))
    #expect(rig.driver.locks == [LineRig.front])
    #expect(rig.seen().contains(.light(OSDPLED(permanent: .init(.red)))))
    #expect(rig.seen().contains(.sessionOpened(isFactory: false)))
    #expect(!rig.seen().contains(.sequenceBroken))
  }

  @Test(arguments: [false, true]) func `a right PIN turns the relay, then the light, then sounds`(burst: Bool) throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.pressed("1234#", inOneReply: burst) }
    rig.run(.seconds(1))
    #expect(
      rig.seen(since: since) == [
        .relay(0, isOn: true), .light(OSDPLED(temporary: .started(.init(.green), timer: 30))),
        .buzzer(OSDPBuzzer(on: 1, off: 1, count: 1)),
      ])
    #expect(rig.records() == [.unlocked(.keycode, .code(LineRig.guest))])
    rig.run(.seconds(3))
    #expect(rig.seen(since: since).last == .relay(0, isOn: false))
    let states = rig.told(since: since).compactMap { if case .state(let state) = $0 { state.isLocked } else { nil } }
    #expect(states == [false, true])
  }

  @Test func `a wrong PIN shows red and three beeps and turns nothing`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.pressed("4321#") }
    rig.run(.seconds(2))
    #expect(
      rig.seen(since: since) == [
        .light(OSDPLED(temporary: .started(.init(.red), timer: 10))), .buzzer(OSDPBuzzer(on: 1, off: 1, count: 3)),
      ])
    #expect(rig.records() == [.denied(.unknownCode, nil)])
  }

  @Test(arguments: [
    (TimeWindow(start: LineRig.start.date - .hours(2), end: LineRig.start.date), DenialReason.expiredCode),
    (TimeWindow(start: LineRig.start.date + .minutes(1), end: LineRig.start.date + .hours(2)), .notYetValid),
  ]) func `a right PIN out of its time is refused and named`(window: TimeWindow, reason: DenialReason) throws {
    var rig = try self.rig("1234", window)
    let since = rig.now.uptime
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(2))
    #expect(!self.relayWent(on: rig, since: since))
    #expect(rig.records() == [.denied(reason, .code(LineRig.guest))])
  }

  @Test func `one reply may hold several PINs, and a PIN may span replies`() throws {
    var rig = try self.rig()
    rig.device {
      $0.pressed("99*9999#12", inOneReply: true)
      $0.pressed("34#", inOneReply: true)
    }
    rig.run(.seconds(2))
    #expect(rig.records() == [.denied(.unknownCode, nil), .unlocked(.keycode, .code(LineRig.guest))])
  }

  @Test func `codes replaced without a link are in force at once`() throws {
    var rig = try self.rig()
    rig.close()
    let hold = rig.submit(.hold([try LineRig.code("5678")]))
    #expect(rig.finished[hold] == .success(.done(confirmed: true)))
    rig.open()
    rig.run(.seconds(2))
    let since = rig.now.uptime
    rig.device { $0.pressed("1234#5678#") }
    rig.run(.seconds(2))
    #expect(
      rig.records(since: since) == [.denied(.unknownCode, nil), .unlocked(.keycode, .code(LineRig.guest))])
  }

  @Test func `commands from here switch the strike and say so`() throws {
    var rig = try self.rig()
    let unlock = rig.submit(.unlock)
    rig.run(.seconds(1))
    #expect(rig.finished[unlock] == .success(.done(confirmed: true)))
    #expect(rig.line[5]?.relays == [true, false])
    let lock = rig.submit(.lock)
    rig.run(.seconds(1))
    #expect(rig.finished[lock] == .success(.done(confirmed: true)))
    #expect(rig.line[5]?.relays == [false, false])
    #expect(rig.records().isEmpty)
  }

  @Test(arguments: [
    LockCommand.readSlots, .readSlot(1), .clear(slot: 1), .readLog(after: 0),
  ]) func `what a door cannot do is never tried`(command: LockCommand) throws {
    var rig = try self.rig()
    let id = rig.submit(command)
    let disposition = rig.finished[id].flatMap { if case .failure(let fault) = $0 { fault.disposition } else { nil } }
    #expect(disposition == .neverRetry)
    let unknown = rig.submit(.unlock, to: LineRig.back)
    #expect(rig.finished[unknown] == .failure(.unsupported(detail: "no such door on this line")))
  }

  @Test func `without a link nothing is unlocked`() throws {
    let key = try LineRig.key(7)
    var rig = LineRig(.secure(key), .key(key))
    let early = rig.submit(.unlock)
    #expect(rig.finished[early] == .failure(.unreachable))
    rig.open()
    rig.run(.seconds(2))
    let outstanding = rig.submit(.unlock)
    rig.close()
    let fault = rig.finished[outstanding].flatMap { if case .failure(let fault) = $0 { fault } else { nil } }
    #expect(fault == .unreachable || fault == .unconfirmed)
    #expect(rig.told().last == .unreachable(.unreachable))
  }

  @Test func `the contact, the housing and the power supply are told`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.inputChanged(0, isActive: true) }
    rig.run(.seconds(1))
    rig.device { $0.tamperChanged(true) }
    rig.device { $0.powerChanged(hasFailed: true) }
    rig.run(.seconds(1))
    #expect(
      rig.told(since: since) == [
        .state(LockState(isDoorOpen: true)), .alarm(.doorForced(true)), .state(LockState(isTampered: true)),
        .alarm(.powerLost(true)),
      ])
  }
}

@Suite struct OSDPDoorDriverFaultTests {
  private func rig() throws -> LineRig {
    let key = try LineRig.key(7)
    var rig = LineRig(.secure(key), .key(key))
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.open()
    rig.run(.seconds(2))
    return rig
  }

  @Test func `a cable cut of three seconds is bridged: the door works right after`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.faults.cutUntil = since + .seconds(3) }
    rig.run(.seconds(6))
    #expect(!rig.told(since: since).contains(.unreachable(.unreachable)))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.records(since: since) == [.unlocked(.keycode, .code(LineRig.guest))])
  }

  @Test func `a cable cut of ten seconds is told, and the door comes back by itself`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.faults.cutUntil = since + .seconds(10) }
    rig.run(.seconds(9))
    #expect(rig.told(since: since) == [.unreachable(.unreachable)])
    let unlock = rig.submit(.unlock)
    rig.run(.milliseconds(100))
    #expect(rig.finished[unlock] == .failure(.unreachable))
    rig.run(.seconds(6))
    #expect(rig.told(since: since).contains { if case .reachable = $0 { true } else { false } })
    #expect(rig.seen(since: since).contains(.light(OSDPLED(permanent: .init(.red)))))
    #expect(!rig.seen(since: since).contains(.relay(0, isOn: true)))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.records(since: since) == [.unlocked(.keycode, .code(LineRig.guest))])
  }

  @Test func `a PIN typed while the cable was cut for long does not open afterwards`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.device { $0.faults.cutUntil = since + .seconds(12) }
    rig.run(.seconds(11))
    // This keypad forgets nothing.
    rig.device { $0.forgets = false }
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(10))
    #expect(rig.told(since: since).contains { if case .reachable = $0 { true } else { false } })
    #expect(!rig.seen(since: since).contains(.relay(0, isOn: true)))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.seen(since: since).contains(.relay(0, isOn: true)))
  }

  @Test func `half a PIN typed before the cable was cut is not completed after it`() throws {
    var rig = try self.rig()
    rig.device { $0.pressed("12") }
    rig.run(.seconds(1))
    let end = rig.now.uptime + .milliseconds(3500)
    rig.device { $0.faults.cutUntil = end }
    rig.run(.seconds(6))
    rig.device { $0.pressed("34#") }
    rig.run(.seconds(1))
    #expect(rig.records() == [.denied(.unknownCode, nil)])
  }

  @Test(arguments: [0x69, 0x6A, 0x65, 0x66, 0x64, 0x67] as [UInt8], [OSDPNAK.unknownCommand, .cannotProcess])
  func `a refused light, sound or status keeps the door up`(code: UInt8, reason: OSDPNAK) throws {
    let key = try LineRig.key(7)
    var rig = LineRig(.secure(key), .key(key))
    rig.device { $0.faults.standingRefusals[code] = reason }
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.open()
    rig.run(.seconds(2))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(20))
    #expect(rig.records() == [.unlocked(.keycode, .code(LineRig.guest))])
    #expect(!rig.told().contains(.unreachable(.unreachable)))
  }

  @Test func `a refused strike is recorded as failed`() throws {
    var rig = try self.rig()
    rig.device { $0.faults.refusals[0x68] = .cannotProcess }
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(3))
    #expect(rig.records() == [.denied(.strikeFailed, .code(LineRig.guest))])
  }

  @Test(arguments: [1, 2]) func `lost and garbled answers open the door once`(count: Int) throws {
    for fault in [\VirtualReader.Faults.lostAnswers, \.garbledAnswers, \.unheard, \.busy] {
      var rig = try self.rig()
      let since = rig.now.uptime
      rig.device { $0.pressed("1234#", inOneReply: true) }
      rig.device { $0.faults[keyPath: fault] = count }
      rig.run(.milliseconds(2500))
      #expect(rig.records() == [.unlocked(.keycode, .code(LineRig.guest))])
      #expect(rig.seen(since: since).filter { $0 == .relay(0, isOn: true) }.count == 1)
      #expect(!rig.seen(since: since).contains(.sequenceBroken))
    }
  }

  @Test func `a wrong key is refused with an alarm and nothing is said in plain`() throws {
    var rig = LineRig(.secure(try LineRig.key(7)), .key(try LineRig.key(8)))
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.open()
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(60))
    #expect(rig.told().contains(.alarm(.keyRefused(true))))
    #expect(!rig.told().contains { if case .reachable = $0 { true } else { false } })
    #expect(rig.records().isEmpty)
    #expect(rig.sent.allSatisfy { $0.security != nil || [0x60, 0x61, 0x62].contains($0.code) })
    #expect(rig.sent.allSatisfy { $0.security?.value != 0 })
    let right = try LineRig.key(7)
    rig.device { $0.security = .key(right) }
    rig.run(.seconds(60))
    #expect(rig.told().contains(.alarm(.keyRefused(false))))
    #expect(rig.told().contains { if case .reachable = $0 { true } else { false } })
  }

  @Test func `a plain device in place of a secured one opens nothing`() throws {
    var rig = LineRig(.secure(try LineRig.key(7)), .plain)
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.open()
    rig.run(.seconds(2))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(30))
    #expect(rig.records().isEmpty)
    #expect(!rig.seen().contains(.relay(0, isOn: true)))
  }

  @Test func `a new device takes its key over the factory key once, and keeps it`() throws {
    let key = try LineRig.key(7)
    var rig = LineRig(.install(key), .install)
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.open()
    rig.run(.seconds(5))
    #expect(rig.told().contains(.keyInstalled(address: 5)))
    #expect(rig.line[5]?.security == .key(key))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.records() == [.unlocked(.keycode, .code(LineRig.guest))])
    let since = rig.now.uptime
    rig.device { $0.security = .install }
    rig.restart(5)
    rig.run(.seconds(60))
    #expect(!rig.seen(since: since).contains(.sessionOpened(isFactory: true)))
  }

  @Test func `a device that restarts unseen is back within seconds`() throws {
    var rig = try self.rig()
    let since = rig.now.uptime
    rig.restart(5)
    rig.run(.seconds(5))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.records(since: since) == [.unlocked(.keycode, .code(LineRig.guest))])
  }

  @Test func `a plain door is a deliberate setting and works`() throws {
    var rig = LineRig(.plain, .plain)
    _ = rig.submit(.hold([try LineRig.code("1234")]))
    rig.cutsAnswers = true
    rig.open()
    rig.run(.seconds(2))
    rig.device { $0.pressed("1234#") }
    rig.run(.seconds(1))
    #expect(rig.records() == [.unlocked(.keycode, .code(LineRig.guest))])
  }
}

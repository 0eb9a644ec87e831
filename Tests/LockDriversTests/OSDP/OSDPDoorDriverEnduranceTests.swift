import LockCore
import LockDrivers
import LockSimulator
import Testing

/// Two doors: keypads on devices 1 and 2, both strikes and contacts on device 3 inside.
private struct Building {
  static let doors: [(lock: LockID, reader: UInt8)] = [(LineRig.front, 1), (LineRig.back, 2)]

  var rig: LineRig

  init(seed: UInt64, pollInterval: Duration = .milliseconds(50)) throws {
    let keys = try (1...3).map { try LineRig.key(UInt8($0)) }
    self.rig = LineRig(
      devices: (1...3).map { .init(address: UInt8($0), keyMode: .secure(keys[$0 - 1])) },
      (1...3).map { VirtualReader(address: UInt8($0), security: .key(keys[$0 - 1]), seed: seed &+ UInt64($0)) },
      doors: Self.doors.enumerated().map { index, door in
        (
          door.lock,
          DoorConfiguration(
            reader: .init(address: door.reader),
            strike: .init(address: 3, output: UInt8(index), time: .seconds(3)),
            contact: .init(address: 3, input: UInt8(index)), lockout: .init(longest: .seconds(90)))
        )
      }, pollInterval: pollInterval, seed: seed)
    let start = LineRig.start.date
    for (lock, right) in zip(Self.doors.map(\.lock), ["1234", "5678"]) {
      _ = self.rig.submit(
        .hold([
          try LineRig.code("1111", LineRig.guest, TimeWindow(start: start - .hours(1), end: start)),
          try LineRig.code("2222", LineRig.guest, TimeWindow(start: start + .hours(24), end: start + .hours(25))),
          try LineRig.code(right),
        ]), to: lock)
    }
    self.rig.open()
    self.rig.run(.seconds(3))
  }

  var areReachable: Bool {
    Self.doors.allSatisfy { door in
      let last = self.rig.told(door.lock).last {
        switch $0 {
        case .reachable, .unreachable: true
        default: false
        }
      }
      if case .reachable = last { return true }
      return false
    }
  }
}

@Suite struct OSDPDoorDriverLineTests {
  @Test func `each keypad opens its own door over the device inside`() throws {
    var building = try Building(seed: 1)
    #expect(building.areReachable)
    building.rig.device(1) { $0.pressed("1234#") }
    building.rig.device(2) { $0.pressed("1234#") }
    building.rig.run(.seconds(1))
    #expect(building.rig.line[3]?.relays == [true, false])
    #expect(building.rig.records(LineRig.front) == [.unlocked(.keycode, .code(LineRig.guest))])
    #expect(building.rig.records(LineRig.back) == [.denied(.unknownCode, nil)])
    building.rig.run(.seconds(5))
    building.rig.device(2) { $0.pressed("5678#") }
    building.rig.run(.seconds(1))
    #expect(building.rig.line[3]?.relays == [false, true])
  }

  @Test func `one dead keypad leaves the other door alone`() throws {
    var building = try Building(seed: 2)
    let since = building.rig.now.uptime
    building.rig.device(1) { $0.faults.cutUntil = since + .hours(1) }
    building.rig.run(.seconds(30))
    #expect(building.rig.told(LineRig.front, since: since) == [.unreachable(.unreachable)])
    let typed = building.rig.now.uptime
    building.rig.device(2) { $0.pressed("5678#") }
    building.rig.run(.seconds(2))
    #expect(building.rig.told(LineRig.back, since: since).contains(.state(LockState(isLocked: false))))
    #expect(building.rig.seen(at: 3, since: typed).first == .relay(1, isOn: true))
  }

  @Test func `a strike whose device is gone fails its keypad at once and never opens later`() throws {
    var building = try Building(seed: 3)
    let since = building.rig.now.uptime
    building.rig.device(3) { $0.faults.cutUntil = since + .seconds(4) }
    building.rig.device(1) { $0.pressed("1234#") }
    building.rig.run(.seconds(3))
    #expect(building.rig.records(LineRig.front) == [.denied(.strikeFailed, .code(LineRig.guest))])
    #expect(building.rig.seen(at: 1, since: since).contains(.buzzer(OSDPBuzzer(on: 1, off: 1, count: 3))))
    building.rig.run(.seconds(60))
    #expect(building.rig.seen(at: 3, since: since).allSatisfy { $0 != .relay(0, isOn: true) })
    #expect(building.areReachable)
  }
}

@Suite struct OSDPDoorDriverEnduranceTests {
  @Test(arguments: [UInt64(11), 12, 13, 14])
  func `whatever the line does, only a right PIN or a command opens, and the doors come back`(seed: UInt64) throws {
    var building = try Building(seed: seed, pollInterval: .milliseconds(500))
    var random = Chance(state: seed)
    var allowed: [[Duration]] = [[], []]
    var commands: [CommandID] = []
    let end = building.rig.now.uptime + .minutes(30)
    while building.rig.now.uptime < end {
      let index = random.below(2)
      let door = Building.doors[index]
      let now = building.rig.now.uptime
      switch random.below(20) {
      case 0...3:
        let keys = ["4321#", "1111#", "2222#", "99*0000#", "12", "56#", "#", "A", "*", "0123456789012345#"]
        let pressed = keys[random.below(keys.count)]
        let atOnce = random.below(2) == 0
        building.rig.device(door.reader) { $0.pressed(pressed, inOneReply: atOnce) }
      case 4...6:
        allowed[index].append(now)
        building.rig.device(door.reader) { $0.pressed(index == 0 ? "*1234#" : "*5678#") }
      case 7:
        allowed[index].append(now)
        commands.append(building.rig.submit(.unlock, to: door.lock))
      case 8: commands.append(building.rig.submit(.lock, to: door.lock))
      case 9:
        let isOpen = random.below(2) == 0
        building.rig.device(3) { $0.inputChanged(index, isActive: isOpen) }
      case 10 where random.below(4) == 0:
        building.rig.close()
        building.rig.run(.milliseconds(random.below(5000)))
        building.rig.open()
      default:
        let address = UInt8(1 + random.below(3))
        if random.below(8) == 0 { building.rig.restart(address) }
        building.rig.device(address) { $0.faults = random.faults(at: now) }
      }
      building.rig.cutsAnswers = random.below(2) == 0
      building.rig.run(.milliseconds(random.below(6000)))
    }

    for address in 1...3 { building.rig.device(UInt8(address)) { $0.faults = VirtualReader.Faults() } }
    building.rig.run(.minutes(3))
    #expect(building.areReachable)
    #expect(building.rig.line[3]?.relays == [false, false])
    for (address, keys, index) in [(UInt8(1), "*1234#", 0), (2, "*5678#", 1)] {
      allowed[index].append(building.rig.now.uptime)
      building.rig.device(address) { $0.pressed(keys) }
      building.rig.run(.seconds(5))
      #expect(building.rig.records(Building.doors[index].lock).last == .unlocked(.keycode, .code(LineRig.guest)))
    }

    for (index, times) in allowed.enumerated() {
      for sight in building.rig.happened where sight.value.what == .relay(UInt8(index), isOn: true) {
        // Keys wait in a keypad for up to 8 s, the decision for another 2 s, its repetitions for 1 s.
        #expect(times.contains { $0 <= sight.at && sight.at <= $0 + .seconds(12) })
      }
    }
    #expect(commands.allSatisfy { building.rig.finished[$0] != nil })
  }
}

/// Repeatable chance (a 64-bit linear congruence, upper bits).
private struct Chance {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(truncatingIfNeeded: self.state >> 33) % bound
  }

  mutating func faults(at now: Duration) -> VirtualReader.Faults {
    var faults = VirtualReader.Faults()
    switch self.below(8) {
    case 0: faults.cutUntil = now + .milliseconds(self.below(20_000))
    case 1: faults.unheard = self.below(8)
    case 2: faults.busy = self.below(40)
    case 3: faults.lostAnswers = self.below(8)
    case 4: faults.garbledAnswers = self.below(8)
    case 5: faults.lostSessions = self.below(3)
    case 6:
      let codes: [UInt8] = [0x60, 0x64, 0x65, 0x66, 0x68, 0x69, 0x6A]
      faults.refusals[codes[self.below(codes.count)]] = OSDPNAK(rawValue: UInt8(1 + self.below(9)))
    default: break
    }
    return faults
  }
}

import LockCore
import LockTransport
import Testing

@testable import SyncEngine

@Suite struct PortMatchingTests {
  private static let front = WireIdentity(maker: 0x5E, serial: 1)
  private static let back = WireIdentity(maker: 0x5E, serial: 2)
  private static let side = WireIdentity(maker: 0x5E, serial: 3)
  private static let ports = [
    "front": PortSelector.path("/dev/ttyUSB0"), "back": .path("/dev/ttyUSB1"), "side": .path("/dev/ttyUSB2"),
  ]

  private func matching(_ devices: [String: [UInt8: WireIdentity]]) -> PortMatching {
    var matching = PortMatching(ports: Self.ports, devices: devices)
    for line in Self.ports.keys { matching.linkOpened(line) }
    return matching
  }

  private static let known: [String: [UInt8: WireIdentity]] = [
    "front": [5: Self.front], "back": [5: Self.back], "side": [6: Self.side],
  ]

  @Test func `P18 two lines whose ports were swapped change places once one of them is heard on the other`() {
    var matching = self.matching(Self.known)
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .swapped("front", "back"))
    #expect(matching.port(of: "front") == Self.ports["back"])
    #expect(matching.port(of: "back") == Self.ports["front"])
    // What still comes from the old ports counts for nothing.
    #expect(matching.strangerAnswered(Self.front, at: 5, on: "back") == nil)
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == nil)
    matching.linkOpened("front")
    #expect(matching.deviceProven(Self.front, at: 5, on: "front") == false)
    #expect(matching.port(of: "front") == Self.ports["back"])
  }

  @Test func `P18 three lines in a ring find their places`() {
    var matching = self.matching(Self.known)
    // Each port carries the devices of the next line.
    let carried: [PortSelector?: (address: UInt8, identity: WireIdentity, line: String)] = [
      Self.ports["front"]: (5, Self.back, "back"), Self.ports["back"]: (6, Self.side, "side"),
      Self.ports["side"]: (5, Self.front, "front"),
    ]
    for _ in 0..<3 {
      for line in Self.ports.keys.sorted() {
        guard let heard = carried[matching.port(of: line)] else { continue }
        if heard.line == line {
          _ = matching.deviceProven(heard.identity, at: heard.address, on: line)
        } else if case .swapped(let one, let other) = matching.strangerAnswered(
          heard.identity, at: heard.address, on: line)
        {
          matching.linkOpened(one)
          matching.linkOpened(other)
        }
      }
    }
    for line in Self.ports.keys { #expect(carried[matching.port(of: line)]?.line == line) }
  }

  @Test func `P18 a line whose devices answer keeps its port, whatever calls itself the same elsewhere`() {
    var matching = self.matching(Self.known)
    _ = matching.deviceProven(Self.back, at: 5, on: "back")
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .duplicate(of: "back"))
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == nil)
    // Once it falls silent there, the one that answers elsewhere is it.
    matching.deviceSilent(5, on: "back")
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .swapped("front", "back"))
  }

  @Test func `P18 one device on the wrong line does not move the others`() {
    var matching = self.matching(["front": [5: Self.front, 6: Self.side], "back": [5: Self.back]])
    _ = matching.deviceProven(Self.side, at: 6, on: "front")
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .misplaced(from: "back"))
    #expect(matching.port(of: "front") == Self.ports["front"])
  }

  @Test func `P18 who is not known to any line, or to two, moves nothing`() {
    let stranger = WireIdentity(maker: 0x5E, serial: 99)
    var matching = self.matching(Self.known)
    #expect(matching.strangerAnswered(stranger, at: 5, on: "front") == .unknown)
    #expect(matching.strangerAnswered(stranger, at: 5, on: "front") == nil)
    // The right name at another address is another device.
    #expect(matching.strangerAnswered(Self.side, at: 5, on: "front") == .unknown)
    matching = self.matching(["front": [5: Self.front], "back": [5: Self.back], "side": [5: Self.back]])
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .unknown)
    #expect(matching.twins == [["back/5", "side/5"]])
  }

  @Test func `P18 a device without a serial number tells nothing`() {
    for serial in [UInt32(0), .max] {
      let blank = WireIdentity(maker: 0x5E, serial: serial)
      var matching = self.matching(["front": [5: Self.front], "back": [5: blank]])
      #expect(matching.deviceProven(blank, at: 5, on: "side") == false)
      #expect(matching.strangerAnswered(blank, at: 5, on: "front") == .unknown)
    }
  }

  @Test func `P18 lines that find nobody wherever they go come to rest`() {
    var matching = self.matching(Self.known)
    var moves = 0
    for round in 0..<100 {
      let line = round.isMultiple(of: 2) ? "front" : "back"
      let heard = line == "front" ? Self.back : Self.front
      if case .swapped = matching.strangerAnswered(heard, at: 5, on: line) { moves += 1 }
      for line in Self.ports.keys { matching.linkOpened(line) }
    }
    #expect(moves == 3)
    // Then somebody pulls the plugs, and puts them back.
    for line in Self.ports.keys { matching.linkLost(line) }
    for line in Self.ports.keys { matching.linkOpened(line) }
    #expect(matching.strangerAnswered(Self.front, at: 5, on: "back") == .swapped("back", "front"))
  }

  @Test func `P18 what is told late of a port that was left counts for nothing, even if the line is back on it`() {
    var matching = PortMatching(ports: Self.ports, devices: Self.known)
    matching.linkOpened("front")
    #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .swapped("front", "back"))
    // The back line had just been opened where it was, and heard the front's device there.
    matching.linkOpened("back", plug: 0)
    #expect(matching.strangerAnswered(Self.front, at: 5, on: "back") == nil)
    #expect(matching.port(of: "back") == Self.ports["front"])
    for line in ["front", "back"] { matching.linkOpened(line) }
    // Both were swapped again meanwhile: the same ports as in the beginning, and yet other plugs.
    #expect(matching.strangerAnswered(Self.front, at: 5, on: "back") == .swapped("back", "front"))
    for number in 0...1 { matching.linkOpened("back", plug: number) }
    #expect(matching.strangerAnswered(Self.front, at: 5, on: "back") == nil)
    #expect(matching.port(of: "back") == Self.ports["back"])
  }

  @Test func `P18 a line whose devices were heard elsewhere goes to them once it is known that it has lost its own`() {
    for loses in [{ $0.linkLost("back") }, { $0.deviceSilent(5, on: "back") }] as [(inout PortMatching) -> Void] {
      var matching = self.matching(Self.known)
      _ = matching.deviceProven(Self.back, at: 5, on: "back")
      #expect(matching.strangerAnswered(Self.back, at: 5, on: "front") == .duplicate(of: "back"))
      #expect(matching.reconsidered() == [])
      loses(&matching)
      let swapped = PortMatching.Verdict.swapped("front", "back")
      #expect(
        matching.reconsidered() == [.init(line: "front", address: 5, identity: Self.back, verdict: swapped)])
      #expect(matching.reconsidered() == [])
      #expect(matching.port(of: "front") == Self.ports["back"])
    }
    // One that went away meanwhile moves nothing.
    var matching = self.matching(Self.known)
    _ = matching.deviceProven(Self.back, at: 5, on: "back")
    _ = matching.strangerAnswered(Self.back, at: 5, on: "front")
    matching.linkLost("front")
    matching.linkLost("back")
    #expect(matching.reconsidered() == [])
  }

  @Test func `P18 a replaced device is accepted by its serial number, and the key of the old one is found again`()
    async throws
  {
    let store = try Store()
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    try store.keep(Self.front, of: "line/5", at: now)
    let old = try store.deviceKey("line/5", at: now) { [1] }
    try store.markDeviceKeyInstalled("line/5")
    // The serial number that is known changes nothing.
    try store.expect(serial: 1, of: "line/5")
    #expect(try store.wireIdentity(of: "line/5") == Self.front)

    try store.expect(serial: 2, of: "line/5")
    #expect(try store.wireIdentity(of: "line/5") == nil)
    let new = try store.deviceKey("line/5", at: now) { [2] }
    #expect(new.key == [2] && !new.isInstalled)
    try store.keep(Self.back, of: "line/5", at: now)
    #expect(try store.wireIdentities() == ["line": [5: Self.back]])

    try store.expect(serial: 1, of: "line/5")
    let again = try store.deviceKey("line/5", at: now) { [3] }
    #expect(again.key == old.key && again.isInstalled)
  }
}

extension PortMatching {
  fileprivate mutating func linkOpened(_ line: String) {
    self.linkOpened(line, plug: self.plug(of: line)?.number ?? 0)
  }

  fileprivate func port(of line: String) -> PortSelector? { self.plug(of: line)?.port }
}

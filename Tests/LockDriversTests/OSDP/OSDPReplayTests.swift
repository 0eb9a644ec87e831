import Testing

@testable import LockDrivers

/// The recorded sessions, with our panel in the place of the recorded one: it must write the same bytes.
@Suite struct OSDPReplayTests {
  @Test(arguments: OSDPCapture.names)
  func `our panel writes the recorded bytes and tells what the reader said`(name: String) throws {
    let key = try #require(OSDPKey(Array(0...15)))
    let keyMode: OSDPKeyMode =
      switch name {
      case "plain": .plain
      case "secure": .secure(key)
      default: .install(key)
      }
    let device = OSDPBus.Device(address: 5, keyMode: keyMode)
    var panel = OSDPPeripheral(device: device, configuration: .init(devices: [device]))
    panel.unsupported = [0x64, 0x65, 0x66, 0x67]  // the recorded panel asks for no states
    panel.opened(at: .zero)
    var effects: [OSDPBus.Effect] = []
    var keys: [UInt8] = []
    var now: Duration = .zero
    for line in try OSDPCapture(name).lines {
      now += .milliseconds(5)
      let frame = try #require(OSDPFrame(line.bytes.drop { $0 == 0xFF }))
      if line.isReply {
        #expect(panel.received(frame, at: now, effects: &effects))
        continue
      }
      var random = OSDPRandom.counting(from: 0)
      if frame.code == 0x76 {
        random = .counting(from: frame.data.reversed().reduce(0) { $0 << 8 | UInt64($1) })
      }
      if [0x68, 0x69, 0x6A].contains(frame.code) {
        let data = try #require(line.data)
        let command = try #require(OSDPCommand(code: frame.code, data: data[...]))
        panel.submit(
          .init(token: 1, command: command, isUrgent: false), at: now, effects: &effects)
      }
      let written = panel.transmit(at: now, random: &random, effects: &effects)
      #expect(written == [0xFF] + frame.wire)
    }
    for case .event(_, .keys(_, let pressed)) in effects { keys += pressed }
    let failures = effects.filter { if case .completed(_, .failure) = $0 { true } else { false } }
    #expect(failures.isEmpty)
    #expect(!effects.contains(.event(address: 5, .sessionLost)))
    #expect(!effects.contains(.event(address: 5, .keyRefused(true))))
    #expect(effects.contains(.event(address: 5, .keyInstalled)) == (name == "install"))
    let typed = name == "install" ? "31 0d" : "31 32 33 34 0d 39 39 7f 39 39 39 39 0d"
    #expect(keys == bytes(typed))
  }
}

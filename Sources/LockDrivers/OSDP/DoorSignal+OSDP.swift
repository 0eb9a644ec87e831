import LockCore

extension DoorSignal {
  /// The commands that show and sound it, light before buzzer.
  func commands(at reader: DoorConfiguration.Reader) -> [OSDPCommand] {
    switch self {
    case .idle: reader.light(permanent: .init(reader.idleColor))
    case .granted(let time):
      reader.light(.started(.init(.green), timer: time.tenths)) + reader.sound(on: 1, off: 1, count: 1)
    case .denied: reader.light(.started(.init(.red), timer: 10)) + reader.sound(on: 1, off: 1, count: 3)
    case .lockedOut(let time): reader.light(.started(.init(.red, on: 2, off: 2), timer: time.tenths))
    case .cleared: reader.sound(on: 1, off: 1, count: 1)
    case .heldOpen: reader.sound(on: 2, off: 8, count: 60)
    case .silence:
      reader.hasBuzzer ? [.buzzer(OSDPBuzzer(reader: reader.number, tone: 1, on: 0, off: 0, count: 0))] : []
    }
  }
}

extension StrikeAction {
  /// The command that switches the strike. Never "on for good": the device must end it by itself.
  func command(for strike: DoorConfiguration.Strike) -> OSDPCommand {
    switch self {
    case .release: .output([OSDPOutput(number: strike.output, control: .onForTimer, timer: strike.time.tenths)])
    case .relock: .output([OSDPOutput(number: strike.output, control: .off)])
    }
  }
}

extension DoorConfiguration.Reader {
  fileprivate func light(
    _ temporary: OSDPLED.Temporary = .unchanged, permanent: OSDPLED.Blink? = nil
  ) -> [OSDPCommand] {
    self.led.map {
      [.led([OSDPLED(reader: self.number, number: $0, temporary: temporary, permanent: permanent)])]
    } ?? []
  }

  fileprivate func sound(on: UInt8, off: UInt8, count: UInt8) -> [OSDPCommand] {
    self.hasBuzzer ? [.buzzer(OSDPBuzzer(reader: self.number, on: on, off: off, count: count))] : []
  }
}

extension Duration {
  /// In tenths of a second as a timer on the wire: rounded up, 1 to 65535.
  fileprivate var tenths: UInt16 {
    UInt16(min(max(self.wholeMilliseconds / 100 + (self.wholeMilliseconds % 100 > 0 ? 1 : 0), 1), 65_535))
  }
}

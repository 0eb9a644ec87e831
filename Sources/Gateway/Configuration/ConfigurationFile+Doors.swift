import LockCore
import LockDrivers

extension ConfigurationFile {
  /// Reads a door and finds its parts among the devices.
  static func door(
    _ node: ConfigurationNode, devices: [String: (line: Int, address: UInt8)], lines: [Line]
  ) throws(ConfigurationFault) -> Door {
    let members = try node.members([
      "name", "reader", "strike", "contact", "exit_button", "keypad", "lock_out", "offline_codes",
    ])
    var line: Int?
    func address(_ part: ConfigurationNode.Members) throws(ConfigurationFault) -> UInt8 {
      let name = try part.required("device", "name a device of a line")
      guard let device = devices[try name.text()] else {
        throw name.fault("no device is called '\(try name.text())'; name one of those under 'lines'")
      }
      guard line == nil || line == device.line else {
        throw name.fault("the parts of a door must be on one line; move the device or the door")
      }
      line = device.line
      return device.address
    }
    func number(_ node: ConfigurationNode?) throws(ConfigurationFault) -> UInt8 {
      UInt8(try node?.integer(in: 0...255) ?? 0)
    }
    let keypad = try members["keypad"]?.members(["terminator", "inter_digit_timeout", "code_lengths"])
    let readerPart = try members.required("reader", "add the keypad: { device: NAME }").members([
      "device", "reader", "led", "buzzer",
    ])
    var reader = DoorConfiguration.Reader(address: try address(readerPart), number: try number(readerPart["reader"]))
    reader.led = try number(readerPart["led"])
    reader.hasBuzzer = try readerPart["buzzer"]?.flag() ?? true
    reader.terminator = try keypad?["terminator"].map(Self.terminator) ?? .hash
    reader.interKeyTimeout =
      try keypad?["inter_digit_timeout"]?.duration(in: .seconds(1)...(.seconds(60))) ?? .seconds(5)
    let strikePart = try members.required("strike", "add the strike: { device: NAME, output: 0 }").members([
      "device", "output", "seconds", "ends_on_opening",
    ])
    var strike = DoorConfiguration.Strike(address: try address(strikePart), output: try number(strikePart["output"]))
    if let seconds = strikePart["seconds"] {
      guard let text = try? seconds.text(), let number = Double(text), (0.1...6553).contains(number) else {
        throw seconds.misfit("a number of seconds from 0.1 to 6553")
      }
      strike.time = .milliseconds(Int(number * 1000))
    }
    strike.endsOnOpening = try strikePart["ends_on_opening"]?.flag() ?? false
    var configuration = DoorConfiguration(reader: reader, strike: strike)
    if let part = try members["contact"]?.members(["device", "input", "open_when", "held_limit"]) {
      configuration.contact = DoorConfiguration.Contact(
        address: try address(part), input: try number(part["input"]),
        activeMeansOpen: try part["open_when"]?.choice(["active": true, "inactive": false]) ?? true,
        heldLimit: try part["held_limit"]?.duration(in: .seconds(1)...(.seconds(3600))) ?? .seconds(30))
    }
    if let part = try members["exit_button"]?.members(["device", "input", "pressed_when", "unlocks"]) {
      configuration.exitButton = DoorConfiguration.ExitButton(
        address: try address(part), input: try part["input"].map(number) ?? 1,
        activeMeansPressed: try part["pressed_when"]?.choice(["active": true, "inactive": false]) ?? true,
        unlocks: try part["unlocks"]?.flag() ?? false)
    }
    if let part = try members["lock_out"]?.members(["wrong_codes", "within", "duration"]) {
      configuration.lockout.attempts = try part["wrong_codes"]?.integer(in: 1...100) ?? 5
      configuration.lockout.window = try part["within"]?.duration(in: .seconds(1)...(.seconds(3600))) ?? .seconds(60)
      configuration.lockout.first = try part["duration"]?.duration(in: .seconds(1)...(.seconds(900))) ?? .seconds(60)
    }
    if let contact = configuration.contact, let button = configuration.exitButton,
      contact.address == button.address, contact.input == button.input
    {
      throw (members["exit_button"] ?? node).fault(
        "it shares input \(button.input) of one device with the contact; give each its own input")
    }
    var lengths = [4, 5, 6, 7, 8]
    if let list = keypad?["code_lengths"] {
      lengths = []
      for length in try list.elements() { lengths.append(try length.integer(in: 4...12)) }
      guard !lengths.isEmpty else { throw list.fault("the list is empty; write at least one length") }
    }
    let hasOpenLengths = keypad?["code_lengths"] == nil
    if case .length(let length) = reader.terminator, lengths != [length] {
      guard let keypad else { throw node.fault("a keypad without a terminator key needs one code length") }
      throw keypad.owner.fault(
        "with terminator \(length) every code has \(length) digits: set 'code_lengths: [\(length)]'")
    }
    // A keypad that ends an entry after so many digits never sends nine.
    var canTakeNine = true
    if case .length(let length) = reader.terminator { canTakeNine = length == 9 }
    if let wish = members["offline_codes"], try wish.flag(), !canTakeNine {
      throw wish.fault("offline codes have 9 digits, and the keypad's terminator ends an entry sooner; leave it out")
    }
    let takesOfflineCodes = try members["offline_codes"]?.flag() ?? canTakeNine
    return Door(
      name: try members.required("name", "add the door's name").text(), line: line.map { lines[$0].name } ?? "",
      configuration: configuration, codeLengths: lengths, hasOpenLengths: hasOpenLengths,
      takesOfflineCodes: takesOfflineCodes)
  }

  private static func terminator(_ node: ConfigurationNode) throws(ConfigurationFault) -> PINCollector.Terminator {
    switch try node.text() {
    case "#": return .hash
    case "burst": return .burst
    case let text:
      guard let length = Int(text), (4...12).contains(length) else {
        throw node.misfit("\"#\", burst, or the number of digits after which a code is complete, 4 to 12")
      }
      return .length(length)
    }
  }
}

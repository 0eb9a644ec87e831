import LockCore
import LockDrivers

extension ConfigurationFile {
  /// Reads a door and finds its parts among the devices.
  static func door(
    _ values: ConfigurationValues, devices: [String: (line: Int, address: UInt8)], lines: [Line]
  ) -> Door {
    var line: Int?
    func address(_ part: ConfigurationValues, _ key: ConfigurationKey<String>) -> UInt8 {
      // What is missing or no text is told already.
      guard let name = part.given(key) else { return 0 }
      guard let device = devices[name] else {
        let near = Spelling.nearest(to: name, among: devices.keys.sorted()).map { "did you mean '\($0)'?" }
        part.fault(key, "no device is called '\(name)'; \(near ?? "name one of those under 'lines'")")
        return 0
      }
      if let line, line != device.line {
        part.fault(key, "the parts of a door must be on one line; move the device or the door")
      }
      line = device.line
      return device.address
    }
    let (readerPart, strikePart) = (values.section(DoorKeys.reader), values.section(DoorKeys.strike))
    let keypad = values.section(DoorKeys.keypad)
    var reader = DoorConfiguration.Reader(
      address: address(readerPart, ReaderKeys.device), number: readerPart[ReaderKeys.reader])
    reader.led = readerPart[ReaderKeys.led]
    reader.hasBuzzer = readerPart[ReaderKeys.buzzer]
    reader.terminator = keypad[KeypadKeys.terminator]
    reader.interKeyTimeout = keypad[KeypadKeys.interDigitTimeout]
    var strike = DoorConfiguration.Strike(
      address: address(strikePart, StrikeKeys.device), output: strikePart[StrikeKeys.output])
    strike.time = .milliseconds(Int(strikePart[StrikeKeys.seconds] * 1000))
    strike.endsOnOpening = strikePart[StrikeKeys.endsOnOpening]
    var configuration = DoorConfiguration(reader: reader, strike: strike)
    let contact = values.section(DoorKeys.contact)
    if contact.isGiven {
      configuration.contact = DoorConfiguration.Contact(
        address: address(contact, ContactKeys.device), input: contact[ContactKeys.input],
        activeMeansOpen: contact[ContactKeys.openWhen], heldLimit: contact[ContactKeys.heldLimit])
    }
    let button = values.section(DoorKeys.exitButton)
    if button.isGiven {
      configuration.exitButton = DoorConfiguration.ExitButton(
        address: address(button, ExitButtonKeys.device), input: button[ExitButtonKeys.input],
        activeMeansPressed: button[ExitButtonKeys.pressedWhen], unlocks: button[ExitButtonKeys.unlocks])
    }
    let lockOut = values.section(DoorKeys.lockOut)
    configuration.lockout.attempts = lockOut[LockOutKeys.wrongCodes]
    configuration.lockout.window = lockOut[LockOutKeys.within]
    configuration.lockout.first = lockOut[LockOutKeys.duration]
    Self.checkInputs(contact, button)
    let lengths = keypad[KeypadKeys.codeLengths]
    let openLengths = keypad.node?[KeypadKeys.codeLengths.entry.name] == nil
    let takesOfflineCodes = Self.checkLengths(lengths, of: values, keypad, terminator: reader.terminator)
    return Door(
      name: values[DoorKeys.name], line: line.map { lines[$0].name } ?? "", configuration: configuration,
      codeLengths: lengths, hasOpenLengths: openLengths, takesOfflineCodes: takesOfflineCodes)
  }

  private static func checkInputs(_ contact: ConfigurationValues, _ button: ConfigurationValues) {
    guard let device = contact.given(ContactKeys.device), device == button.given(ExitButtonKeys.device),
      contact[ContactKeys.input] == button[ExitButtonKeys.input]
    else { return }
    button.fault(
      "it shares input \(button[ExitButtonKeys.input]) of one device with the contact; give each its own input")
  }

  /// - Returns: whether the door takes offline codes.
  private static func checkLengths(
    _ lengths: [Int], of values: ConfigurationValues, _ keypad: ConfigurationValues,
    terminator: PINCollector.Terminator
  ) -> Bool {
    // A keypad that ends an entry after so many digits never sends nine.
    guard case .length(let length) = terminator else { return values.given(DoorKeys.offlineCodes) ?? true }
    if lengths != [length] {
      keypad.fault(
        KeypadKeys.codeLengths,
        "with terminator \(length) every code has \(length) digits; set 'code_lengths: [\(length)]'")
    }
    let wish = values.given(DoorKeys.offlineCodes)
    if wish == true, length != 9 {
      values.fault(
        DoorKeys.offlineCodes,
        "offline codes have 9 digits, and the keypad's terminator ends an entry sooner; leave it out")
    }
    return wish ?? (length == 9)
  }
}

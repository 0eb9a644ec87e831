import LockDrivers

extension ConfigurationFile {
  /// The keys of a door.
  enum DoorKeys {
    static let name = ConfigurationKey.text(
      "name", .required("add the door's name"), "name of the door, unique; the API shows it as the device's name"
    ).example("Front Door")
    static let reader = ConfigurationSectionKey(
      "reader", ReaderKeys.section, .required("add the keypad: { device: NAME }"), "the keypad")
    static let strike = ConfigurationSectionKey(
      "strike", StrikeKeys.section, .required("add the strike: { device: NAME, output: 0 }"),
      "the relay that opens the door")
    static let contact = ConfigurationSectionKey(
      "contact", ContactKeys.section, .optional("no contact"), "the input that tells whether the door stands open")
    static let exitButton = ConfigurationSectionKey(
      "exit_button", ExitButtonKeys.section, .optional("no button"),
      "the input of the button inside; an opening after it is not forced")
    static let keypad = ConfigurationSectionKey(
      "keypad", KeypadKeys.section, .optional("as below"), "what the keypad takes")
    static let lockOut = ConfigurationSectionKey(
      "lock_out", LockOutKeys.section, .optional("as below"), "when wrong PINs lock the keypad")
    static let offlineCodes = ConfigurationKey.flag(
      "offline_codes", .optional("`true` where the keypad can send nine digits"),
      "take [offline access codes](offline-codes.md); a keypad with a number other than 9 as terminator takes none")

    static let section = ConfigurationSection(
      "A door is put together from parts of one line. The parts may be on different devices. A reader and a strike belong to one door each, and a contact and an exit button never share an input. Readers, lights, outputs and inputs have numbers from 0 to 255; most devices count from 0.",
      [name, reader, strike, contact, exitButton, keypad, lockOut, offlineCodes])
  }

  static func device(_ meaning: String) -> ConfigurationKey<String> {
    .text("device", .required("name a device of a line"), meaning).example("front-reader")
  }

  /// The keys of a door's reader.
  enum ReaderKeys {
    static let device = ConfigurationFile.device("the device with the keypad, by its name")
    static let reader = ConfigurationKey<UInt8>.integer(
      "reader", in: 0...255, .standard("0"), "which reader of that device")
    static let led = ConfigurationKey<UInt8>.integer("led", in: 0...255, .standard("0"), "which light of that reader")
    static let buzzer = ConfigurationKey.flag("buzzer", .standard("true"), "whether that reader can beep")
    static let section = ConfigurationSection("", [device, reader, led, buzzer])
  }

  /// The keys of a door's strike.
  enum StrikeKeys {
    static let device = ConfigurationFile.device("the device with the relay of the strike, by its name")
    static let output = ConfigurationKey<UInt8>.integer(
      "output", in: 0...255, .standard("0"), "which output of that device")
    static let seconds = ConfigurationKey<Double>(
      "seconds", .number(0.1...6553), .standard("5"),
      "how many seconds the strike stays open; the device itself ends it", placeholder: 5
    ) { $0.scalar.flatMap(PlainScalar.number) }
    static let endsOnOpening = ConfigurationKey.flag(
      "ends_on_opening", .standard("false"), "end it as soon as the door opens")
    static let section = ConfigurationSection("", [device, output, seconds, endsOnOpening])
  }

  /// The keys of a door's contact.
  enum ContactKeys {
    static let device = ConfigurationFile.device("the device with the input, by its name")
    static let input = ConfigurationKey<UInt8>.integer(
      "input", in: 0...255, .standard("0"), "which input of that device")
    static let openWhen = ConfigurationKey.choice(
      "open_when", ["active": true, "inactive": false], .standard("active"), "which state of the input means open")
    static let heldLimit = ConfigurationKey.duration(
      "held_limit", in: .seconds(1)...(.seconds(3600)), .standard("30s"), "how long the door may stand open")
    static let section = ConfigurationSection("", [device, input, openWhen, heldLimit])
  }

  /// The keys of a door's exit button.
  enum ExitButtonKeys {
    static let device = ConfigurationFile.device("the device with the input, by its name")
    static let input = ConfigurationKey<UInt8>.integer(
      "input", in: 0...255, .standard("1"), "which input of that device, never the contact's")
    static let pressedWhen = ConfigurationKey.choice(
      "pressed_when", ["active": true, "inactive": false], .standard("active"), "which state of the input means pressed"
    )
    static let unlocks = ConfigurationKey.flag(
      "unlocks", .standard("false"),
      "whether a press also opens the strike; only for convenience, never for escape")
    static let section = ConfigurationSection("", [device, input, pressedWhen, unlocks])
  }

  /// The keys of a door's keypad.
  enum KeypadKeys {
    static let terminator = ConfigurationKey<PINCollector.Terminator>(
      "terminator", .either(.choice(["#", "burst"]), .integer(4...12)), .standard("\"#\""),
      "what completes a PIN: the key `#`, in quotes; the end of what the reader sends at once; or that many digits. `*` clears",
      placeholder: .hash
    ) { node in
      switch node.scalar {
      case "#": .hash
      case "burst": .burst
      case let text: text.flatMap { Int($0) }.map { .length($0) }
      }
    }
    static let interDigitTimeout = ConfigurationKey.duration(
      "inter_digit_timeout", in: .seconds(1)...(.seconds(60)), .standard("5s"),
      "a longer pause forgets the digits typed so far")
    static let codeLengths = ConfigurationKey.integers(
      "code_lengths", in: 4...12, .standard("[4, 5, 6, 7, 8]"),
      "how long PINs at this door may be; with a number as terminator only that one. When left out, clients may report it with `/access_codes/report_device_constraints`"
    )
    static let section = ConfigurationSection("", [terminator, interDigitTimeout, codeLengths])
  }

  /// The keys about wrong PINs at a door.
  enum LockOutKeys {
    static let wrongCodes = ConfigurationKey.integer(
      "wrong_codes", in: 1...100, .standard("5"), "so many wrong PINs …")
    static let within = ConfigurationKey.duration(
      "within", in: .seconds(1)...(.seconds(3600)), .standard("1m"), "… within this time …")
    static let duration = ConfigurationKey.duration(
      "duration", in: .seconds(1)...(.seconds(900)), .standard("1m"),
      "… lock the keypad for so long; each further time twice as long, at most 15 minutes")
    static let section = ConfigurationSection("", [wrongCodes, within, duration])
  }
}

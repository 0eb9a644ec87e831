import Foundation
import LockCore
import LockDrivers
import LockTransport

extension ConfigurationFile {
  /// The keys of a line.
  enum LineKeys {
    static let name = ConfigurationKey.text(
      "name", .required("add a name for the line"), "name of the line, unique; the API shows it as a connected account"
    ).example("front")
    static let port = ConfigurationKey.text(
      "port", .either(.text, .mapping(PortKeys.section)),
      .required("add the serial device, for example { usb_serial: \"FT1234\" }"),
      "the serial device, of this line alone: a path, or a mapping that names an adapter by what does not change; `bitting ports` shows what to write. See [ports.md](ports.md)"
    ).example("{ usb_serial: \"FT1234\", interface: 0 }")
    static let baud = ConfigurationKey.integer(
      "baud", in: 300...4_000_000, .standard("9600"),
      "speed in bits a second; all devices of the line use the same")
    static let rs485 = ConfigurationKey<Bool>(
      "rs485", .either(.flag, .mapping(RS485Keys.section)), .standard("false"),
      "`true` for a port on the board whose own driver switches the direction of the line; USB adapters do that themselves. A mapping says how",
      placeholder: false
    ) { $0.scalar.map { PlainScalar.flag($0) ?? false } ?? true }
    static let wireProtocol = ConfigurationKey.choice(
      "protocol", ["osdp": "osdp"], .required("add 'protocol: osdp'"), "what is spoken on it"
    ).example("osdp")
    static let devices = ConfigurationSectionKey(
      listOf: DeviceKeys.section, "devices", .required("add the devices on the line"), "what hangs on it")
    static let section = ConfigurationSection(
      "A line is one serial port with all devices on it. The API shows it as a connected account.",
      [name, port, baud, rs485, wireProtocol, devices])
  }

  /// The keys about a port that switches the direction of its line.
  enum RS485Keys {
    static let rtsOnSend = ConfigurationKey.flag(
      "rts_on_send", .standard("true"), "whether RTS is high while the gateway sends")
    static let delayBeforeSend = ConfigurationKey.duration(
      "delay_before_send", in: .zero...(.milliseconds(100)), .standard("0ms"), "pause between switching and sending")
    static let delayAfterSend = ConfigurationKey.duration(
      "delay_after_send", in: .zero...(.milliseconds(100)), .standard("0ms"),
      "pause between sending and switching back")
    static let section = ConfigurationSection("", [rtsOnSend, delayBeforeSend, delayAfterSend])
  }

  /// The keys of a device on a line.
  enum DeviceKeys {
    enum Mode { case required, install, plain }
    static let name = ConfigurationKey.text(
      "name", .required("add a name for the device"), "the name by which doors refer to it, unique in the file"
    ).example("front-reader")
    static let address = ConfigurationKey<UInt8>.integer(
      "address", in: 0...126, .required("add its address, 0 to 126"), "its address on the line, decimal"
    ).example("5")
    static let secureChannel = ConfigurationKey<Mode>.choice(
      "secure_channel", ["required": .required, "install": .install, "plain": .plain], .standard("required"),
      "how what is said is encrypted: with the key in `key_file`; with a key that the gateway makes and puts in; not at all. See [osdp.md](osdp.md#keys)"
    )
    static let keyFile = ConfigurationKey.text(
      "key_file", .optional("required with `required`, refused otherwise"),
      "path of a file with 32 hex digits, relative to the configuration; only the daemon's user should be able to read it"
    ).example("front-reader.key")
    static let serial = ConfigurationKey.text(
      "serial", .optional("the first device that proves itself"),
      "the serial number that the device tells, 8 hex digits in quotes; to accept a replaced device. See [ports.md](ports.md#what-answers-on-the-wire)"
    ).example("\"0A0000CC\"")
    static let section = ConfigurationSection(
      "What hangs on a line.", [name, address, secureChannel, keyFile, serial],
      conditions: [
        .goesWith(
          "key_file", "secure_channel", value: "required",
          hint: "secure_channel 'required' needs the device's key; a new device gets one with 'install'")
      ])
  }

  static func line(_ values: ConfigurationValues, directory: URL) -> Line {
    var devices: [Device] = []
    for part in values.sections(LineKeys.devices) {
      let device = Self.device(part, directory: directory)
      if part.given(DeviceKeys.address) != nil, devices.contains(where: { $0.address == device.address }) {
        part.fault(
          DeviceKeys.address,
          "another device of this line has address \(device.address) too; give each its own")
      }
      devices.append(device)
    }
    let rs485 = values.section(LineKeys.rs485)
    func milliseconds(_ key: ConfigurationKey<Duration>) -> UInt32 { UInt32(rs485[key].wholeMilliseconds) }
    return Line(
      name: values[LineKeys.name], port: Self.port(values) ?? .path(""), baud: values[LineKeys.baud],
      rs485: values[LineKeys.rs485]
        ? SerialPort.RS485(
          rtsOnSend: rs485[RS485Keys.rtsOnSend], delayBeforeSend: milliseconds(RS485Keys.delayBeforeSend),
          delayAfterSend: milliseconds(RS485Keys.delayAfterSend)) : nil,
      devices: devices)
  }

  private static func device(_ values: ConfigurationValues, directory: URL) -> Device {
    let security: Device.Security =
      switch values[DeviceKeys.secureChannel] {
      case .install: .install
      case .plain: .plain
      case .required: Self.key(values, directory: directory).map(Device.Security.required) ?? .plain
      }
    return Device(
      name: values[DeviceKeys.name], address: values[DeviceKeys.address], security: security,
      keyFile: values.given(DeviceKeys.keyFile), serial: Self.serial(values))
  }

  private static func serial(_ values: ConfigurationValues) -> UInt32? {
    guard let text = values.given(DeviceKeys.serial) else { return nil }
    guard text.count == 8, let serial = UInt32(text, radix: 16) else {
      values.fault(
        DeviceKeys.serial,
        "'\(text)' will not do; write a serial number of 8 hex digits as the log and the device's errors show it, in quotes"
      )
      return nil
    }
    return serial
  }

  /// The key of a device; nil when there is none, which is told.
  private static func key(_ values: ConfigurationValues, directory: URL) -> OSDPKey? {
    let key = DeviceKeys.keyFile
    guard let path = values.given(key) else { return nil }
    // Said without the path: it is a key, and keys are never shown.
    if path.count == 32, path.allSatisfy(\.isHexDigit) {
      values.fault(key, "this is a key itself; write it into a file and name that file here")
      return nil
    }
    let url = URL(fileURLWithPath: path, relativeTo: directory)
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      values.fault(
        key, "'\(url.path)' cannot be read; put the device's key there, 32 hex digits, readable for the daemon's user")
      return nil
    }
    let digits = text.filter { !$0.isWhitespace }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    guard rest.isEmpty, bytes.count == 16 else {
      values.fault(key, "'\(url.path)' does not hold a key; write 32 hex digits and nothing else into it")
      return nil
    }
    guard let found = OSDPKey(bytes) else {
      values.fault(key, "'\(url.path)' holds a key that everybody knows; make one with 'openssl rand -hex 16'")
      return nil
    }
    if let mode = FileMode(of: url.path), mode.isOpenToOthers {
      values.warning(
        key, "others can read the key in '\(url.path)' (mode \(mode)); run: chmod \(mode.withoutOthers) \(url.path)")
    }
    return found
  }
}

/// How a configuration says which serial port it means.
public enum PortSelector: Hashable, Sendable {
  /// The device node or the link at this path.
  case path(String)
  /// The USB adapter with this serial number, and which of its interfaces where it has more than one.
  case usbSerial(String, interface: Int?)
  /// Whatever is plugged in there: udev's `ID_PATH`, with or without the interface at its end.
  case topology(String)

  /// True for a device node whose number goes by the order of plugging in, such as `/dev/ttyUSB0`.
  public var isFleeting: Bool {
    guard case .path(let path) = self else { return false }
    return ["/dev/ttyUSB", "/dev/ttyACM"].contains { prefix in
      path.hasPrefix(prefix) && !path.dropFirst(prefix.count).isEmpty
        && path.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
  }

  /// The value of `port:` that says the same, to be put into `bitting.yaml`.
  public var yaml: String {
    switch self {
    case .path(let path): path
    case .usbSerial(let serial, nil): "{ usb_serial: \(Self.quoted(serial)) }"
    case .usbSerial(let serial, let interface?):
      "{ usb_serial: \(Self.quoted(serial)), interface: \(interface) }"
    case .topology(let place): "{ usb_path: \(Self.quoted(place)) }"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }

  /// True when a device is one that is meant.
  func means(_ device: SerialDevice) -> Bool {
    switch self {
    case .path(let path): path == device.node || device.links.contains(path)
    case .usbSerial(let serial, let interface):
      device.usbSerial == serial && (interface == nil || interface == device.interface)
    case .topology(let place):
      device.topology.map { $0 == place || $0.hasPrefix("\(place):") } ?? false
    }
  }
}

extension PortSelector: CustomStringConvertible {
  /// For people.
  public var description: String {
    switch self {
    case .path(let path): path
    case .usbSerial(let serial, nil): "USB serial number \(serial)"
    case .usbSerial(let serial, let interface?): "USB serial number \(serial), interface \(interface)"
    case .topology(let place): "USB path \(place)"
    }
  }
}

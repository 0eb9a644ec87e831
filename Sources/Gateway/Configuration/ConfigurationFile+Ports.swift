import LockTransport

extension ConfigurationFile {
  /// Which serial port a line is on: a path, or a mapping that names an adapter by what does not change.
  static func port(_ node: ConfigurationNode) throws(ConfigurationFault) -> PortSelector {
    if node.isScalar { return .path(try node.text()) }
    let members = try node.members(["usb_serial", "interface", "usb_path"])
    switch (try members["usb_serial"]?.text(), try members["usb_path"]?.text()) {
    case (let serial?, nil):
      return .usbSerial(serial, interface: try members["interface"]?.integer(in: 0...255))
    case (nil, let place?):
      if let interface = members["interface"] {
        throw interface.fault("goes with 'usb_serial' only: the end of a USB path says which interface")
      }
      return .topology(place)
    default:
      throw node.misfit("either 'usb_serial' or 'usb_path' into it; 'bitting ports' shows both of each adapter")
    }
  }

  /// The serial number that a device tells on the wire, as the gateway shows it.
  static func deviceSerial(_ node: ConfigurationNode) throws(ConfigurationFault) -> UInt32 {
    let text = try node.text()
    guard text.count == 8, let serial = UInt32(text, radix: 16) else {
      throw node.misfit("a serial number of 8 hex digits as the log and the device's errors show it, in quotes")
    }
    return serial
  }
}

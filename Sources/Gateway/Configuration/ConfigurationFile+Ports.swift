import LockTransport

extension ConfigurationFile {
  /// The keys that name a serial port by what does not change.
  enum PortKeys {
    static let usbSerial = ConfigurationKey.text(
      "usb_serial", .optional("by USB path"), "the serial number of the USB adapter, in whatever socket; in quotes"
    ).example("\"FT1234\"")
    static let interface = ConfigurationKey.integer(
      "interface", in: 0...255, .optional("any"), "which interface of an adapter with several")
    static let usbPath = ConfigurationKey.text(
      "usb_path", .optional("by serial number"), "the USB socket: whatever is plugged into it"
    ).example("\"pci-0000:00:14.0-usb-0:1.2:1.0\"")
    static let section = ConfigurationSection(
      "", [usbSerial, interface, usbPath],
      conditions: [
        .eitherOr("usb_serial", "usb_path", hint: "'bitting ports' shows both of each adapter"),
        .needs("interface", "usb_serial", reason: "the end of a USB path says which interface"),
      ])
  }

  /// Which serial port a line is on; nil when it is not said, which is told.
  static func port(_ values: ConfigurationValues) -> PortSelector? {
    guard let node = values.node?[LineKeys.port.entry.name] else { return nil }
    guard LineKeys.port.entry.form.faults(of: node).isEmpty else { return nil }
    if let path = node.scalar { return .path(path) }
    let port = values.section(LineKeys.port)
    if let place = port.given(PortKeys.usbPath) { return .topology(place) }
    return .usbSerial(port[PortKeys.usbSerial], interface: port.given(PortKeys.interface))
  }
}

import LockCore

extension ConfigurationFile {
  /// Reads the section about the radio.
  static func bluetooth(_ node: ConfigurationNode) throws(ConfigurationFault) -> Bluetooth {
    let members = try node.members(["adapters", "maximum_links", "idle_visits_per_day"])
    var bluetooth = Bluetooth()
    for node in try members["adapters"]?.elements() ?? [] {
      let text = try node.text()
      guard let address = BluetoothAddress(text, kind: .public) else {
        if text.hasPrefix("hci") {
          throw node.fault(
            "'\(text)' is another adapter after the next replugging; write its address, 'bitting doctor' shows it")
        }
        throw node.misfit("an adapter's address such as 00:1A:7D:DA:71:13")
      }
      bluetooth.adapters.append(address)
    }
    bluetooth.maximumLinks = try members["maximum_links"]?.integer(in: 1...20) ?? bluetooth.maximumLinks
    bluetooth.idleVisitsPerDay =
      try members["idle_visits_per_day"]?.integer(in: 2...1440) ?? bluetooth.idleVisitsPerDay
    return bluetooth
  }
}

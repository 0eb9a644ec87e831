import LockCore

extension ConfigurationFile {
  /// The keys of the section about the radio.
  enum BluetoothKeys {
    static let adapters = ConfigurationKey.texts(
      "adapters",
      of: .pattern(
        "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}",
        words:
          "an adapter's address, such as 00:1A:7D:DA:71:13 ('bitting doctor' shows it; hci0 may be another adapter after the next replugging)"
      ), .optional("any"), "the Bluetooth adapters to use; `bitting doctor` shows their addresses"
    ).takesRestart.example("[\"00:1A:7D:DA:71:13\"]")
    static let maximumLinks = ConfigurationKey.integer(
      "maximum_links", in: 1...20, .standard("5"), "the most links that an adapter holds at once"
    ).takesRestart
    static let idleVisitsPerDay = ConfigurationKey.integer(
      "idle_visits_per_day", in: 2...1440, .standard("24"),
      "the most visits a day to a lock that nobody asked for; each costs its battery")

    static let section = ConfigurationSection(
      "Nuki locks are not listed in this file: they are paired on the command line, see [nuki.md](nuki.md). The section may be left out.",
      [adapters, maximumLinks, idleVisitsPerDay])
  }

  /// Reads the section about the radio.
  static func bluetooth(_ values: ConfigurationValues) -> Bluetooth {
    var bluetooth = Bluetooth()
    bluetooth.adapters = values[BluetoothKeys.adapters].compactMap { BluetoothAddress($0, kind: .public) }
    bluetooth.maximumLinks = values[BluetoothKeys.maximumLinks]
    bluetooth.idleVisitsPerDay = values[BluetoothKeys.idleVisitsPerDay]
    return bluetooth
  }
}

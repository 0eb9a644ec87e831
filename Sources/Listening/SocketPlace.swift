/// Where the unix socket of the API lies unless somebody says otherwise.
public enum SocketPlace {
  /// The file's name.
  public static let fileName = "bitting.sock"
  /// The directory that systemd makes for the daemon.
  public static let runtimeDirectory = "/run/bitting"

  /// Where a daemon makes it.
  /// - Parameters:
  ///   - runtimeDirectory: what the environment says in `RUNTIME_DIRECTORY`: the first of several counts.
  ///   - dataDirectory: where the daemon remembers.
  public static func made(runtimeDirectory: String?, dataDirectory: String) -> String {
    let first = runtimeDirectory?.split(separator: ":").first.map(String.init)
    return Self.path(in: first ?? dataDirectory)
  }

  /// Where a client looks for it, in this order.
  public static func looked(dataDirectory: String) -> [String] {
    [Self.path(in: Self.runtimeDirectory), Self.path(in: dataDirectory)]
  }

  private static func path(in directory: String) -> String {
    directory.hasSuffix("/") ? directory + Self.fileName : "\(directory)/\(Self.fileName)"
  }
}

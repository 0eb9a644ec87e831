/// Where the unix socket of the API lies unless somebody says otherwise.
public enum SocketPlace {
  /// The directory that systemd makes for the daemon.
  public static let runtimeDirectory = "/run/bitting"

  /// The socket's path.
  /// - Parameters:
  ///   - variable: what the environment says in `RUNTIME_DIRECTORY`: the first of several counts.
  ///   - directory: where it lies when the environment says nothing: for a daemon where it remembers, for a client
  ///     ``runtimeDirectory``.
  public static func usual(runtimeDirectory variable: String?, otherwise directory: String) -> String {
    let folder = variable?.split(separator: ":").first.map(String.init) ?? directory
    return folder.hasSuffix("/") ? "\(folder)bitting.sock" : "\(folder)/bitting.sock"
  }
}

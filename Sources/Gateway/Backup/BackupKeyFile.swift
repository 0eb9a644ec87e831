import Foundation

/// A file with the key of a device that a configuration names: part of a backup, so that no device gets another key.
struct BackupKeyFile: Codable, Equatable {
  /// The folder in the data directory where they lie after a restore.
  static let folder = "restored-keys"

  /// The largest that is taken; a key has 32 digits.
  private static let most = 4096

  /// The path, as the configuration has it.
  var path: String
  /// What it says.
  var text: String

  /// The files that a configuration names and that can be read, each once.
  static func all(of configuration: URL) -> [BackupKeyFile] {
    guard let file = try? ConfigurationFile(path: configuration.path) else { return [] }
    let directory = configuration.deletingLastPathComponent()
    return Set(file.lines.flatMap(\.devices).compactMap(\.keyFile)).sorted().compactMap { path in
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: path, relativeTo: directory)),
        data.count <= Self.most
      else { return nil }
      return BackupKeyFile(path: path, text: String(decoding: data, as: UTF8.self))
    }
  }

  /// Lays files into the folder of a data directory, in the place of those of a restore before.
  /// - Returns: the folder, or nil when there are none.
  static func put(_ files: [BackupKeyFile], into directory: URL) throws -> String? {
    let folder = directory.appendingPathComponent(Self.folder, isDirectory: true)
    try? FileManager.default.removeItem(at: folder)
    if files.isEmpty { return nil }
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    var taken: Set<String> = []
    for file in files {
      // The name alone: what comes from a backup never leads out of the folder.
      let name = file.path.split(separator: "/").last.map(String.init) ?? ""
      guard !name.isEmpty, name != ".", name != "..", !name.contains("\0") else { continue }
      var free = name
      var number = 2
      while !taken.insert(free).inserted { (free, number) = ("\(name)-\(number)", number + 1) }
      try NewFile.write([UInt8](file.text.utf8), to: folder.appendingPathComponent(free).path)
    }
    return folder.path
  }
}

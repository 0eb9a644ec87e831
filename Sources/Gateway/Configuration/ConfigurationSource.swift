package import Foundation
import Glibc

/// All that is wrong with a configuration, in the order of the lines.
package struct ConfigurationFaults: Error {
  /// At least one.
  package let faults: [ConfigurationFault]

  init(_ faults: [ConfigurationFault]) {
    self.faults = faults.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }
      .map(\.element)
  }

  /// What keeps the daemon from starting.
  package func startFault(file path: String) -> StartFault {
    let isUsage = self.faults.allSatisfy { if case .option = $0.origin { true } else { false } }
    return StartFault(isUsage ? .usage : .configuration, self.sentences(file: path).joined(separator: "\n"))
  }

  /// Where the mistakes are, without what stands there: `line 12 doors[1].strike.seconds`. Not more than 20.
  package var places: [String] { self.faults.prefix(20).map(\.place) }

  /// A line each, for people.
  package func sentences(file path: String) -> [String] { self.faults.map { $0.sentence(file: path) } }
}

extension ConfigurationFault {
  /// Where it is, in words that hold nothing of the file but names of keys that are known.
  fileprivate var place: String {
    let place =
      switch self.origin {
      case .line(let line): line > 0 ? "line \(line)" : "the file"
      case .variable(let name), .option(let name): name
      case .fallback: "a default"
      }
    let key = self.message.prefix { $0 != ":" }
    let isKey = key.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_.[]".utf8.contains($0) }
    return isKey && key.count < 80 ? "\(place) \(key)" : place
  }

  /// The line in the file; after all of them for what is said elsewhere.
  fileprivate var line: Int { if case .line(let line) = self.origin { line } else { .max } }
}

/// What was said on top of the file: by environment variables, and above them by options.
package struct ConfigurationOverlay: Sendable {
  /// Texts by the path of their key.
  private(set) var values: [String: (texts: [String], origin: ConfigurationOrigin)] = [:]
  /// What should be mended about the variables.
  package private(set) var warnings: [ConfigurationFault] = []

  /// Nothing on top.
  package init() {}

  /// Takes what variables and options say.
  /// - Parameters:
  ///   - environment: all variables; those that begin with `BITTING_` are ours.
  ///   - options: what options say by the path of their key, with the option's name.
  package init(environment: [String: String], options: [(path: String, option: String, texts: [String])] = []) {
    var known: [String: String] = [:]
    for scalar in ConfigurationFile.schema.scalars { known[Self.variable(for: scalar.path)] = scalar.path }
    for (name, text) in environment where name.hasPrefix(Self.prefix) {
      if let path = known[name] {
        self.values[path] = ([text], .variable(name))
      } else if !Self.others.contains(name) {
        let near = Spelling.nearest(to: name.lowercased(), among: (known.keys + Self.others).map { $0.lowercased() })
        let cure = near.map { "did you mean \($0.uppercased())?" } ?? "'bitting config manual' lists those that are"
        self.warnings.append(
          ConfigurationFault(origin: .variable(name), message: "there is no such variable, so it does nothing; \(cure)")
        )
      }
    }
    self.warnings.sort { $0.sentence(file: "") < $1.sentence(file: "") }
    for (path, option, texts) in options where !texts.isEmpty { self.values[path] = (texts, .option(option)) }
  }

  private static let prefix = "BITTING_"
  /// Variables that stand for no key of the file.
  package static let others = ["BITTING_API_KEY", "BITTING_CA_FILE", "BITTING_CONFIG", "BITTING_URL"]

  /// The variable that stands for a key.
  package static func variable(for path: String) -> String {
    Self.prefix + path.uppercased().replacingOccurrences(of: ".", with: "_")
  }
}

/// A configuration before it is read: the text of its file, with what was said on top of it put in.
package struct ConfigurationSource: Sendable {
  /// The whole tree.
  package let root: ConfigurationNode
  private let directory: URL

  /// Takes a file and what was said on top of it.
  package init(path: String, overlay: ConfigurationOverlay) throws(ConfigurationFaults) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      let isForbidden = unsafe access(path, R_OK) != 0 && errno == EACCES
      throw ConfigurationFaults([
        ConfigurationFault(
          origin: .line(0),
          message: isForbidden
            ? "may not be read by this user; call 'bitting' with sudo. The daemon's user must be able to read it: chown root:bitting, chmod 0640"
            : "cannot be read; check that the file is there and is UTF-8 text")
      ])
    }
    try self.init(text, directory: URL(fileURLWithPath: path).deletingLastPathComponent(), overlay: overlay)
  }

  /// Takes a file's text; paths in it are relative to `directory`.
  package init(
    _ text: String, directory: URL, overlay: ConfigurationOverlay = ConfigurationOverlay()
  ) throws(ConfigurationFaults) {
    var root: ConfigurationNode
    do {
      root = try ConfigurationNode.parse(text)
    } catch {
      throw ConfigurationFaults([error])
    }
    for (path, value) in overlay.values {
      root.set(path.split(separator: ".").map(String.init)[...], to: value.texts, origin: value.origin)
    }
    do {
      self.root = try root.movingKeys()
    } catch {
      throw ConfigurationFaults([error])
    }
    self.directory = directory
  }

  /// Reads it.
  package func file() throws(ConfigurationFaults) -> ConfigurationFile {
    try ConfigurationFile(self.root, directory: self.directory)
  }

  /// Every single value that holds, as it is written, and where it comes from, in the order of the documentation.
  package var settings: [Setting] { Self.settings(of: self.root, in: ConfigurationFile.schema, path: "") }

  /// One value that holds.
  package typealias Setting = (
    path: String, text: String, origin: ConfigurationOrigin, needsRestart: Bool
  )

  /// The paths of what holds another value than before, and takes effect with a restart only.
  package func needingRestart(since old: ConfigurationSource) -> [String] {
    func values(_ source: ConfigurationSource) -> [String: String] {
      Dictionary(
        source.settings.filter(\.needsRestart).map { ($0.path, $0.text) }, uniquingKeysWith: { $1 })
    }
    let (before, now) = (values(old), values(self))
    return Set(before.keys).union(now.keys).filter { before[$0] != now[$0] }.sorted()
  }

  private static func settings(
    of node: ConfigurationNode?, in section: ConfigurationSection, path: String
  ) -> [Setting] {
    section.entries.flatMap { entry -> [Setting] in
      let path = path.isEmpty ? entry.name : "\(path).\(entry.name)"
      let value = node?[entry.name]
      switch entry.form {
      case .mapping(let section):
        // A part that a door has not got has no settings.
        if value == nil, section.entries.contains(where: \.isRequired) { return [] }
        return Self.settings(of: value, in: section, path: path)
      case .list(.mapping(let section), _):
        return (value?.elements ?? []).enumerated().flatMap {
          Self.settings(of: $1, in: section, path: "\(path)[\($0 + 1)]")
        }
      default:
        if case .mapping = value?.content, let section = entry.form.section {
          return Self.settings(of: value, in: section, path: path)
        }
        if let value { return [(path, value.written, value.origin, entry.needsRestart)] }
        guard case .standard(let text) = entry.presence else { return [] }
        return [(path, text, .fallback, entry.needsRestart)]
      }
    }
  }
}

extension ConfigurationEntry {
  fileprivate var isRequired: Bool { if case .required = self.presence { true } else { false } }
}

extension ConfigurationNode {
  /// The value as a file would have it, on one line.
  fileprivate var written: String {
    switch self.content {
    case .scalar(let text, let isPlain): isPlain ? text : "\"\(text)\""
    case .list(let elements): "[\(elements.map(\.written).joined(separator: ", "))]"
    case .mapping(let members): "{\(members.map { "\($0.key): \($0.value.written)" }.joined(separator: ", "))}"
    }
  }
}

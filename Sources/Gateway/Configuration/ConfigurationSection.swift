/// One key of the configuration, as it is documented.
package struct ConfigurationEntry: Sendable {
  /// Whether the key must be there, and what holds when it is not.
  package enum Presence: Sendable {
    /// It must be there; what to add when it is missing, for people.
    case required(String)
    /// When it is left out this holds, as a file would say it.
    case standard(String)
    /// It may be left out; what holds then, for people.
    case optional(String)
  }

  /// How it is written in the file.
  package var name: String
  /// What its value may be.
  package var form: ConfigurationForm
  /// Whether it must be there.
  package var presence: Presence
  /// What it decides; one or two sentences, with the signs of Markdown.
  package var meaning: String
  /// A value that is not the default; nil where the type says enough.
  package var example: String?
  /// True when a running daemon does not take a change over.
  package var needsRestart: Bool
  /// True when the same value stands in the file once at most, so that a variable may set it.
  package var isScalar: Bool {
    switch self.form {
    case .mapping, .list: false
    default: true
    }
  }
}

/// A mapping of the configuration: the keys that belong together.
package struct ConfigurationSection: Sendable {
  /// What it is about, for people: a paragraph, with the signs of Markdown.
  package var introduction: String
  /// Its keys, in the order of the documentation.
  package var entries: [ConfigurationEntry]
  /// Which of the keys are there together.
  package var conditions: [Condition]

  /// What holds between two keys of a section.
  package enum Condition: Sendable {
    /// The first must be there when the other has a value, its default, and must not be when it has another.
    case goesWith(_ key: String, _ other: String, value: String, hint: String)
    /// One of the two must be there, and one alone.
    case eitherOr(_ key: String, _ other: String, hint: String)
    /// The first must not be there without the other.
    case needs(_ key: String, _ other: String, reason: String)
  }

  init(_ introduction: String, _ keys: [any DocumentedKey], conditions: [Condition] = []) {
    (self.introduction, self.entries, self.conditions) = (introduction, keys.map(\.entry), conditions)
  }

  /// The names of the keys, in the order of the documentation.
  var names: [String] { self.entries.map(\.name) }

  /// What is wrong with a mapping, and with all that is below it.
  func faults(of node: ConfigurationNode) -> [ConfigurationFault] {
    guard case .mapping(let members) = node.content else {
      return [node.misfit(ConfigurationForm.mapping(self).words)]
    }
    var faults: [ConfigurationFault] = []
    for member in members {
      if let entry = self.entries.first(where: { $0.name == member.key }) {
        faults += entry.form.faults(of: member.value)
      } else {
        faults.append(self.unknown(member, in: node))
      }
    }
    for entry in self.entries {
      guard case .required(let hint) = entry.presence, node[entry.name] == nil else { continue }
      faults.append(node.fault("'\(entry.name)' is missing; \(hint)"))
    }
    faults += self.conditions.compactMap { $0.fault(of: node) }
    return faults
  }

  private func unknown(_ member: ConfigurationNode.Member, in node: ConfigurationNode) -> ConfigurationFault {
    let place = node.path.isEmpty ? "configuration" : node.path
    let cure: String
    if let name = Spelling.nearest(to: member.key, among: self.names) {
      cure = "did you mean '\(name)'?"
    } else if let home = ConfigurationFile.schema.home(of: member.key) {
      cure = "it belongs into '\(home)'"
    } else {
      cure = "known are \(self.names.joined(separator: ", "))"
    }
    return ConfigurationFault(origin: .line(member.line), message: "\(place): unknown key '\(member.key)'; \(cure)")
  }

  /// The path of the section that has a key of this name; nil for none.
  func home(of name: String) -> String? {
    for entry in self.entries {
      guard let section = entry.form.section else { continue }
      if section.names.contains(name) { return entry.name }
      if let inner = section.home(of: name) { return "\(entry.name).\(inner)" }
    }
    return nil
  }

  /// Every single value that stands outside of lists, by its path: `site.time_zone`.
  var scalars: [(path: String, entry: ConfigurationEntry)] {
    self.entries.flatMap { entry -> [(path: String, entry: ConfigurationEntry)] in
      if case .mapping(let section) = entry.form {
        return section.scalars.map { ("\(entry.name).\($0.path)", $0.entry) }
      }
      return entry.isScalar ? [(entry.name, entry)] : []
    }
  }
}

extension ConfigurationSection.Condition {
  /// What is wrong with a mapping; nil when the condition holds.
  func fault(of node: ConfigurationNode) -> ConfigurationFault? {
    switch self {
    case .goesWith(let key, let other, let value, let hint):
      let isWanted = (node[other]?.scalar ?? value) == value
      if let extra = node[key] {
        return isWanted ? nil : extra.fault("it goes with '\(other): \(value)' only; leave it out")
      }
      return isWanted ? node.fault("'\(key)' is missing; \(hint)") : nil
    case .eitherOr(let key, let other, let hint):
      if (node[key] == nil) != (node[other] == nil) { return nil }
      return node.misfit("either '\(key)' or '\(other)' into it; \(hint)")
    case .needs(let key, let other, let reason):
      guard let extra = node[key], node[other] == nil else { return nil }
      return extra.fault("it goes with '\(other)' only; leave it out: \(reason)")
    }
  }
}

extension ConfigurationForm {
  /// The section that a value of this form may be, or is a list of; nil for none.
  var section: ConfigurationSection? {
    switch self {
    case .mapping(let section), .list(.mapping(let section), _), .either(_, .mapping(let section)): section
    default: nil
    }
  }
}

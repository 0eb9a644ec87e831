import Foundation
import LockCore
import Yams

/// What is wrong with a configuration file, where, and how to mend it.
package struct ConfigurationFault: Error {
  /// Line in the file, from 1; 0 when it concerns the whole file.
  package var line: Int
  /// What is wrong; how to mend it.
  package var message: String
}

/// One node of a configuration file, with the line it stands in and the name by which messages call it.
struct ConfigurationNode {
  let node: Node
  let name: String

  var line: Int { self.node.mark?.line ?? 0 }
  var isScalar: Bool { self.node.scalar != nil }

  func fault(_ message: String) -> ConfigurationFault {
    ConfigurationFault(line: self.line, message: "\(self.name): \(message)")
  }

  /// Reads a file's text.
  static func parse(_ text: String) throws(ConfigurationFault) -> ConfigurationNode {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw ConfigurationFault(line: 1, message: "the file is empty; begin with 'site:' and 'doors:'")
      }
      return ConfigurationNode(node: node, name: "configuration")
    } catch let fault as ConfigurationFault {
      throw fault
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _) {
      throw ConfigurationFault(
        line: mark.line, message: "this is not YAML: \(problem); check the indentation and the quotes around here")
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw ConfigurationFault(
        line: context.mark.line, message: "'\(keys.joined(separator: "', '"))' is given twice here; keep one")
    } catch {
      throw ConfigurationFault(line: 0, message: "this is not YAML; check the indentation and the quotes")
    }
  }

  /// The fault of a value that is not what it must be.
  func misfit(_ wanted: String) -> ConfigurationFault {
    let found = self.node.scalar.map { $0.string.isEmpty ? "nothing" : "'\($0.string)'" }
    return self.fault("\(found ?? "this") will not do; write \(wanted)")
  }

  // MARK: Mappings

  /// The members; refuses keys that are not known here, so that a misspelt one is found.
  func members(_ known: [String]) throws(ConfigurationFault) -> Members {
    guard let mapping = self.node.mapping else {
      throw self.misfit("a mapping with the keys \(known.joined(separator: ", "))")
    }
    var members: [String: ConfigurationNode] = [:]
    for (key, value) in mapping {
      let keyNode = ConfigurationNode(node: key, name: self.name)
      guard let name = key.string, known.contains(name) else {
        throw keyNode.fault(
          "unknown key '\(key.string ?? "?")'; known are \(known.joined(separator: ", "))")
      }
      members[name] = ConfigurationNode(node: value, name: self.name == "configuration" ? name : "\(self.name).\(name)")
    }
    return Members(owner: self, members: members)
  }

  /// The members of a mapping by key.
  struct Members {
    let owner: ConfigurationNode
    let members: [String: ConfigurationNode]

    subscript(key: String) -> ConfigurationNode? { self.members[key] }

    func required(_ key: String, _ hint: String) throws(ConfigurationFault) -> ConfigurationNode {
      guard let node = self.members[key] else { throw self.owner.fault("'\(key)' is missing; \(hint)") }
      return node
    }
  }

  /// The elements of a list.
  func elements() throws(ConfigurationFault) -> [ConfigurationNode] {
    guard let sequence = self.node.sequence else { throw self.misfit("a list, each entry beginning with '-'") }
    return sequence.enumerated().map { ConfigurationNode(node: $1, name: "\(self.name)[\($0 + 1)]") }
  }

  // MARK: Scalars

  func text() throws(ConfigurationFault) -> String {
    guard let text = self.node.scalar?.string, !text.isEmpty else { throw self.misfit("a text") }
    return text
  }

  func integer(in range: ClosedRange<Int>) throws(ConfigurationFault) -> Int {
    guard let text = self.node.scalar?.string, let number = Int(text), range.contains(number) else {
      throw self.misfit("a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func flag() throws(ConfigurationFault) -> Bool {
    switch self.node.scalar?.string {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw self.misfit("true or false")
    }
  }

  func choice<Choice>(_ choices: KeyValuePairs<String, Choice>) throws(ConfigurationFault) -> Choice {
    let text = self.node.scalar?.string
    guard let choice = choices.first(where: { $0.key == text }) else {
      throw self.misfit("one of \(choices.map(\.key).joined(separator: ", "))")
    }
    return choice.value
  }

  /// A number and a unit: `500ms`, `5s`, `2m`, `1h`.
  func duration(in range: ClosedRange<Duration>) throws(ConfigurationFault) -> Duration {
    let units: [(String, Duration)] = [
      ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
    ]
    if let text = self.node.scalar?.string {
      for (unit, length) in units where text.hasSuffix(unit) {
        if let number = Double(text.dropLast(unit.count)), number.isFinite, number >= 0, number < 1e9 {
          let duration = length * number
          if range.contains(duration) { return duration }
        }
      }
    }
    func words(_ duration: Duration) -> String {
      duration >= .seconds(1) ? "\(duration.components.seconds)s" : "\(duration.wholeMilliseconds)ms"
    }
    throw self.misfit(
      "a duration such as 500ms, 5s or 2m, from \(words(range.lowerBound)) to \(words(range.upperBound))")
  }
}

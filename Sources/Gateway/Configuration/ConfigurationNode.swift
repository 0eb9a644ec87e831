import Yams

/// What is wrong with a configuration, where, and how to mend it.
package struct ConfigurationFault: Error, Equatable {
  /// Where the faulty value stands.
  package var origin: ConfigurationOrigin
  /// What is wrong; how to mend it.
  package var message: String

  /// The fault as one line for people.
  /// - Parameter path: the file's path, as the reader of the line knows it.
  package func sentence(file path: String) -> String {
    switch self.origin {
    case .line(let line): "\(path):\(line): \(self.message)"
    case .variable(let name), .option(let name): "\(name): \(self.message)"
    case .fallback: self.message
    }
  }
}

/// Where a value of the configuration comes from.
package enum ConfigurationOrigin: Hashable, Sendable {
  /// This line of the file, from 1; 0 for the whole file.
  case line(Int)
  /// This environment variable.
  case variable(String)
  /// This option of the command line.
  case option(String)
  /// Nothing was said.
  case fallback
}

/// One node of a configuration: what the file says, or what was said on top of it.
package struct ConfigurationNode: Sendable {
  /// What a node holds.
  enum Content: Sendable {
    /// A value as it is written. YAML gives plain ones a type by their look; texts in quotes are texts.
    case scalar(String, isPlain: Bool)
    case list([ConfigurationNode])
    case mapping([Member])
  }

  /// One member of a mapping.
  struct Member: Sendable {
    var key: String
    /// Where the key stands.
    var line: Int
    var value: ConfigurationNode
  }

  var content: Content
  var origin: ConfigurationOrigin
  /// By which messages call it: `doors[1].strike.seconds`; empty for the whole file.
  var path: String

  func fault(_ message: String) -> ConfigurationFault {
    ConfigurationFault(origin: self.origin, message: "\(self.path.isEmpty ? "configuration" : self.path): \(message)")
  }

  /// The fault of a value that is not what it must be.
  func misfit(_ wanted: String) -> ConfigurationFault {
    var found = "this"
    if case .scalar(let text, _) = self.content { found = text.isEmpty ? "nothing" : "'\(text)'" }
    return self.fault("\(found) will not do; write \(wanted)")
  }

  /// The value as it is written; nil for lists and mappings.
  var scalar: String? { if case .scalar(let text, _) = self.content { text } else { nil } }

  /// The elements of a list; none for anything else.
  var elements: [ConfigurationNode] { if case .list(let elements) = self.content { elements } else { [] } }

  /// The member of a mapping; nil where there is none.
  subscript(key: String) -> ConfigurationNode? {
    guard case .mapping(let members) = self.content else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// Puts a value in place of what the file says.
  mutating func set(_ keys: ArraySlice<String>, to texts: [String], origin: ConfigurationOrigin) {
    guard let key = keys.first else {
      let values = texts.map { Self(content: .scalar($0, isPlain: true), origin: origin, path: self.path) }
      (self.content, self.origin) = (values.count == 1 ? values[0].content : .list(values), origin)
      return
    }
    var members: [Member] = []
    switch self.content {
    case .mapping(let present): members = present
    // `api:` with nothing below it is a section in which nothing is said.
    case .scalar(let text, _) where text.isEmpty: break
    // What the file says here is wrong and is told.
    case .scalar, .list: return
    }
    let path = self.path.isEmpty ? key : "\(self.path).\(key)"
    let index = members.firstIndex { $0.key == key } ?? members.endIndex
    if index == members.endIndex {
      members.append(
        Member(key: key, line: 0, value: .init(content: .mapping([]), origin: origin, path: path)))
    }
    members[index].value.set(keys.dropFirst(), to: texts, origin: origin)
    self.content = .mapping(members)
  }
}

// MARK: - From YAML

extension ConfigurationNode {
  /// Reads a file's text.
  static func parse(_ text: String) throws(ConfigurationFault) -> ConfigurationNode {
    func fault(_ line: Int, _ message: String) -> ConfigurationFault {
      ConfigurationFault(origin: .line(line), message: message)
    }
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw fault(1, "the file is empty; begin with 'site:' and 'doors:'")
      }
      return try Self.node(node, path: "")
    } catch let fault as ConfigurationFault {
      throw fault
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _) {
      throw fault(mark.line, "this is not YAML: \(problem); check the indentation and the quotes around here")
    } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
      throw fault(context.mark.line, "'\(keys.joined(separator: "', '"))' is given twice here; keep one")
    } catch {
      throw fault(0, "this is not YAML; check the indentation and the quotes")
    }
  }

  /// The default of a key.
  static func fallback(_ text: String, path: String) throws(ConfigurationFault) -> ConfigurationNode {
    var node = try Self.parse(text)
    (node.path, node.origin) = (path, .fallback)
    return node
  }

  private static func node(_ node: Yams.Node, path: String) throws(ConfigurationFault) -> ConfigurationNode {
    let line = node.mark?.line ?? 0
    let content: Content
    switch node {
    case .scalar(let scalar): content = .scalar(scalar.string, isPlain: scalar.style == .plain)
    case .sequence(let elements):
      var list: [ConfigurationNode] = []
      for element in elements { list.append(try Self.node(element, path: "\(path)[\(list.count + 1)]")) }
      content = .list(list)
    case .mapping(let mapping):
      var members: [Member] = []
      for (key, value) in mapping {
        let keyLine = key.mark?.line ?? line
        guard let name = key.scalar?.string else {
          throw ConfigurationFault(origin: .line(keyLine), message: "a key is no text; write 'key: value'")
        }
        members.append(
          Member(key: name, line: keyLine, value: try Self.node(value, path: path.isEmpty ? name : "\(path).\(name)")))
      }
      content = .mapping(members)
    case .alias:
      throw ConfigurationFault(origin: .line(line), message: "'*' refers to what is not known here; write it out")
    }
    return ConfigurationNode(content: content, origin: .line(line), path: path)
  }
}

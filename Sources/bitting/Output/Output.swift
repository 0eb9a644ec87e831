import ArgumentParser
import Foundation
import Glibc
import LockTransport
import SyncEngine

/// Where a command prints: standard output, for people or for programs.
struct Output: Sendable {
  /// True for JSON.
  let isJSON: Bool
  /// How wide a line may be, in columns; nil where nobody reads along: a file or a pipe.
  let width: Int?
  /// True when words may be coloured.
  let hasColour: Bool

  /// Looks at what standard output is.
  /// - Parameter isJSON: print JSON.
  init(isJSON: Bool) {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1
    self.isJSON = isJSON
    self.width = isTerminal ? environment["COLUMNS"].flatMap { Int($0) } ?? Self.columns(of: STDOUT_FILENO) : nil
    self.hasColour = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  /// How wide a terminal is; 80 columns where it does not tell.
  static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Prints a line.
  /// - Throws: the end of the process, when nobody reads any more.
  func line(_ text: String = "") throws { try self.write(text + "\n") }

  /// Prints a table.
  func table(_ table: Table) throws {
    for line in table.lines(width: self.width, paint: self.paint) { try self.line(line) }
  }

  /// Prints a document over several lines, members in alphabetical order.
  func json(_ value: JSONValue) throws { try self.line(value.indented) }

  /// Prints a document on one line.
  func jsonLine(_ value: JSONValue) throws { try self.line(String(decoding: value.bytes, as: UTF8.self)) }

  /// Prints what was found of this box.
  func findings(_ findings: [Finding]) throws {
    if self.isJSON {
      return try self.json([
        "findings": .array(
          findings.map {
            [
              "subject": .string($0.subject), "verdict": .string($0.verdict.rawValue), "sentence": .string($0.sentence),
            ]
          })
      ])
    }
    for finding in findings {
      let (mark, tint): (String, Tint) =
        switch finding.verdict {
        case .good: ("ok  ", .green)
        case .warning: ("warn", .yellow)
        case .bad: ("bad ", .red)
        }
      try self.line("\(self.paint(mark, tint))  \(finding.subject): \(finding.sentence)")
    }
  }

  /// The text in a colour, where that may be.
  func paint(_ text: String, _ tint: Tint?) -> String {
    guard self.hasColour, let tint else { return text }
    return "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m"
  }

  private func write(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // Whoever read along has gone, `head` for example: there is nobody to tell.
      guard count > 0 else { throw ExitCode.success }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// A colour, as the number that terminals know it by.
enum Tint: Int, Sendable {
  /// Something is wrong.
  case red = 31
  /// All is well.
  case green = 32
  /// Something should be known.
  case yellow = 33
  /// Less than the rest: titles.
  case faint = 2
}

extension JSONValue {
  /// The document over several lines, two spaces a level, members in alphabetical order.
  var indented: String { self.indented(by: "") }

  private func indented(by margin: String) -> String {
    let inner = margin + "  "
    switch self {
    case .array(let elements) where !elements.isEmpty:
      return "[\n" + elements.map { inner + $0.indented(by: inner) }.joined(separator: ",\n") + "\n\(margin)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.sorted { $0.key < $1.key }.map { key, value in
        "\(inner)\(String(decoding: JSONValue.string(key).bytes, as: UTF8.self)): \(value.indented(by: inner))"
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
    default: return String(decoding: self.bytes, as: UTF8.self)
    }
  }
}

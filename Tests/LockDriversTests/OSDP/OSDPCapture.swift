import Foundation
import LockDrivers
import Testing

/// A recorded session: every frame in order, as it was on the wire.
struct OSDPCapture {
  struct Line {
    var isReply: Bool
    /// With the mark byte, if there was one.
    var bytes: [UInt8]
    /// What the independent decoder wrote as `data=`, in clear.
    var data: [UInt8]?
    /// True when the independent decoder verified a MAC.
    var hasVerifiedMAC: Bool
  }

  var lines: [Line] = []

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "osdp-capture-\(name)", withExtension: "txt", subdirectory: "Captures"))
    for text in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
      let fields = text.split(separator: " ")
      if fields.first == "#" || fields.isEmpty { continue }
      if fields[0] == ";" {
        guard !self.lines.isEmpty else { continue }
        if let data = fields.first(where: { $0.hasPrefix("data=") }),
          self.lines[self.lines.count - 1].data == nil
        {
          self.lines[self.lines.count - 1].data = bytes(String(data.dropFirst(5)))
        }
        if text.contains("[MAC ok]") { self.lines[self.lines.count - 1].hasVerifiedMAC = true }
      } else {
        self.lines.append(
          Line(
            isReply: fields[1] == "<", bytes: bytes(fields.dropFirst(2).joined()), data: nil,
            hasVerifiedMAC: false))
      }
    }
  }

  static let names = ["plain", "secure", "install"]
}

/// Bytes written as hexadecimal, blanks ignored.
func bytes(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] << 4 | digits[$0 + 1])
  }
}

import Foundation

/// What the daemon prints once it takes requests.
struct Greeting {
  /// How the API is reached; nil while it is not over TCP.
  var url: String?
  /// The key, where it may be shown: made at this start.
  var newKey: String?
  var doors: [(name: String, nature: String)]
  /// True to tell what can be tried at simulated doors.
  var isDemo: Bool
  /// A key that was given from outside is named, not shown.
  var keyHint: String

  var text: String {
    var lines = [
      "",
      self.url.map { "  Bitting is running at \($0)" } ?? "  Bitting is running, not reached over TCP yet: see the log",
      "",
    ]
    if !self.doors.isEmpty {
      let width = self.doors.map(\.name.count).max() ?? 0
      lines.append("  Doors")
      for door in self.doors {
        lines.append("    \(door.name)\(String(repeating: " ", count: width - door.name.count))   \(door.nature)")
      }
      lines.append("")
    }
    if let key = self.newKey {
      lines += ["  API key (shown once; keep it)", "    \(key)", ""]
    } else {
      lines += ["  API key", "    \(self.keyHint)", ""]
    }
    guard self.isDemo, let url else { return lines.joined(separator: "\n") + "\n" }
    lines += [
      "  Three things to try",
      "    export SEAM_API_KEY=\(self.newKey ?? "...  # your key") SEAM_ENDPOINT=\(url)",
      "    1. See the doors:",
      "       curl -s -H \"Authorization: Bearer $SEAM_API_KEY\" $SEAM_ENDPOINT/devices/list",
      "    2. Make a code (put in a device_id from 1):",
      "       curl -s -H \"Authorization: Bearer $SEAM_API_KEY\" -H 'Content-Type: application/json' \\",
      "         -d '{\"device_id\": \"...\", \"name\": \"Ada\"}' $SEAM_ENDPOINT/access_codes/create",
      "    3. With the official SDK, and press it at the keypad (pip install seam==3.18.0, then python3):",
      "       from seam import Seam",
      "       seam = Seam()",
      "       door = seam.devices.list()[0]",
      "       code = seam.access_codes.create(device_id=door.device_id, name=\"Ada\")",
      "       print(seam.access_codes.get(access_code_id=code.access_code_id).status)  # set",
      "       seam.locks.simulate.keypad_code_entry(device_id=door.device_id, code=code.code)",
      "       print(seam.events.list(since=\"2020-01-01T00:00:00Z\", event_type=\"lock.unlocked\")[-1])",
      "",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Writes the text to standard output at once, also when that is a pipe.
  func show() { FileHandle.standardOutput.write(Data(self.text.utf8)) }
}

import Testing

@testable import Systemd

@Suite("Entries of the journal")
struct JournalEntryTests {
  @Test("an entry has its message, its priority and the program's name, then what was added")
  func fields() {
    var entry = JournalEntry("Front door: silent", priority: .error, identifier: "bittingd")
    entry.add("bitting.lock", "Front door")
    let fields = entry.fields.map { String(decoding: $0, as: UTF8.self) }
    #expect(
      fields == [
        "MESSAGE=Front door: silent", "PRIORITY=3", "SYSLOG_IDENTIFIER=bittingd", "BITTING_LOCK=Front door",
      ])
  }

  @Test("a value may have lines: it does not begin another field")
  func lines() {
    var entry = JournalEntry("one\nPRIORITY=0", priority: .info, identifier: "bittingd")
    entry.add("REASON", "a\nb")
    #expect(entry.fields.count == 4)
    #expect(entry.fields.first.map { String(decoding: $0, as: UTF8.self) } == "MESSAGE=one\nPRIORITY=0")
  }

  @Test(
    "names are made such as the journal takes",
    arguments: [
      ("lock", "LOCK"), ("link.account", "LINK_ACCOUNT"), ("_PID", "PID"), ("1st", "ST"), ("Tür", "T_R"), ("", nil),
      ("__", nil), (String(repeating: "a", count: 80), String(repeating: "A", count: 64)),
    ])
  func names(given: String, taken: String?) {
    #expect(JournalEntry.fieldName(given) == taken)
  }
}

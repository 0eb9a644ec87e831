import Foundation
import GRDB
import LockCore
import Testing

@testable import SyncEngine

@Suite struct `The chain of the audit log` {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)

  private static func store(entries count: Int) throws -> Store {
    let store = try Store()
    for index in 0..<count { try Self.append(index, to: store) }
    return store
  }

  private static func append(_ index: Int, to store: Store) throws {
    var draft = AuditDraft(
      "/access_codes/create", by: .caller(.key(id: "id", name: "Büro \"1\"/\\")), from: "192.0.2.\(index)")
    draft.subjects = ["access_code_id": ["code \(index)"], "device_id": []]
    try store.database.write { try store.append([draft], at: Self.start + .hours(index), in: $0) }
  }

  private static func records(_ store: Store) throws -> [AuditRecord] {
    try store.auditRecords(before: nil, limit: 1000).reversed()
  }

  private static func findings(
    _ records: [AuditRecord], noted: AuditChain.Head? = nil, newest: Int64? = nil
  ) -> [AuditChain.Finding] {
    var chain = AuditChain(noted: noted)
    for record in records { chain.follow(record) }
    chain.end(newest: newest)
    return chain.findings
  }

  @Test func `an untouched log fits, from the store and as an export, and its head is its last entry`() throws {
    let records = try Self.records(try Self.store(entries: 20))
    #expect(Self.findings(records, newest: 20) == [])
    let lines = records.map(\.line)
    #expect(lines.compactMap { AuditRecord(line: $0) } == records)
    #expect(lines.allSatisfy { !$0.contains("\n") && !$0.contains("device_id") })
    let last = try #require(records.last)
    var chain = AuditChain()
    for record in records { chain.follow(record) }
    #expect(chain.head?.description == "20:\(last.hash)")
    #expect(AuditChain.Head("20:\(last.hash)") == chain.head)
    #expect(Self.findings([]) == [])
  }

  @Test func `the hash is of the hash before, a line feed and the entry`() throws {
    let first = try #require(try Self.records(try Self.store(entries: 1)).first)
    #expect(first.hash == Digest(of: Array((AuditRecord.origin + "\n" + first.text).utf8)).hex)
  }

  @Test(arguments: 1...20) func `a changed entry is named, and no other`(sequence: Int) throws {
    var records = try Self.records(try Self.store(entries: 20))
    let text = records[sequence - 1].text
    records[sequence - 1].text = text.replacing("192.0.2.", with: "192.0.3.")
    #expect(Self.findings(records, newest: 20) == [.changed(Int64(sequence))])
    records[sequence - 1].text = text.replacing("\"sequence\":\(sequence)", with: "\"sequence\":99")
    #expect(Self.findings(records, newest: 20) == [.changed(Int64(sequence))])
  }

  @Test(arguments: 1...20) func `a removed entry is named, and no other`(sequence: Int) throws {
    var records = try Self.records(try Self.store(entries: 20))
    records.remove(at: sequence - 1)
    let expected: AuditChain.Finding =
      sequence == 1 ? .beginsLate(2) : .missing(Int64(sequence)...Int64(sequence))
    #expect(Self.findings(records, newest: 20) == [expected])
  }

  @Test(arguments: 1..<20) func `two entries that changed places are named`(sequence: Int) throws {
    var records = try Self.records(try Self.store(entries: 20))
    records.swapAt(sequence - 1, sequence)
    let findings = Self.findings(records, newest: 20)
    #expect(findings.contains(.outOfPlace(Int64(sequence))))
    #expect(findings.count == 2)
  }

  @Test(arguments: 1...20) func `an entry that was put in is named, and no other`(sequence: Int) throws {
    var records = try Self.records(try Self.store(entries: 20))
    var forged = records[sequence - 1]
    forged.text = forged.text.replacing("192.0.2.", with: "192.0.3.")
    records.insert(forged, at: sequence)
    #expect(Self.findings(records, newest: 20) == [.outOfPlace(Int64(sequence))])
    records.swapAt(sequence - 1, sequence)
    // In front of the first there is nothing yet that it could be compared with.
    #expect(Self.findings(records, newest: 20) == [.outOfPlace(Int64(sequence))])
  }

  @Test func `entries that were cut off the end are missed by the count of the store or by what was noted`() throws {
    let records = try Self.records(try Self.store(entries: 20))
    let noted = AuditChain.Head(sequence: 18, hash: records[17].hash)
    let cut = Array(records.prefix(15))
    #expect(Self.findings(cut) == [], "by themselves they fit")
    #expect(Self.findings(cut, newest: 20) == [.missing(16...20)])
    #expect(Self.findings(cut, noted: noted) == [.missing(16...18)])
    #expect(Self.findings(records, noted: noted) == [], "the log has grown since it was noted")
  }

  @Test func `a log that was made anew fits by itself, but not with what was noted`() throws {
    let noted = try #require(try Self.records(try Self.store(entries: 20)).dropLast(3).last)
    let other = try Store()
    for index in 0..<30 { try Self.append(index + 50, to: other) }
    let records = try Self.records(other)
    #expect(Self.findings(records) == [])
    let head = AuditChain.Head(sequence: noted.sequence, hash: noted.hash)
    #expect(Self.findings(records, noted: head) == [.differsFromNoted(noted.sequence)])
  }

  @Test func `old entries go, by age and by number, and what is left still fits`() throws {
    let store = try Self.store(entries: 20)
    let noted = try #require(try Self.records(store).first)
    try store.pruneAudit(before: Self.start + .hours(5), keeping: 1000, at: Self.start + .hours(30))
    var records = try Self.records(store)
    #expect(records.first?.sequence == 6 && records.last?.sequence == 21)
    #expect(Self.findings(records, newest: 21) == [])
    try Self.append(40, to: store)
    try store.pruneAudit(before: .distantPast, keeping: 4, at: Self.start + .hours(50))
    records = try Self.records(store)
    #expect(records.map(\.sequence) == [19, 20, 21, 22, 23])
    #expect(Self.findings(records, newest: 23) == [])
    let head = AuditChain.Head(sequence: noted.sequence, hash: noted.hash)
    #expect(Self.findings(records, noted: head) == [.notedIsGone(1)])
    // Whoever takes more away cannot make the log say that it was let go of.
    #expect(Self.findings(Array(records.dropFirst()), newest: 23) == [.beginsLate(20)])
    try store.pruneAudit(before: .distantPast, keeping: 1000, at: Self.start + .hours(60))
    #expect(try Self.records(store).count == 5, "with nothing to let go of nothing is written")
  }

  @Test func `numbers never come again: entries taken out of the store while nobody looks are missed later`() throws {
    let store = try Self.store(entries: 10)
    try store.database.write { try $0.execute(sql: "DELETE FROM audit WHERE sequence > 7") }
    try Self.append(11, to: store)
    #expect(Self.findings(try Self.records(store)) == [.missing(8...10)])
  }

  @Test(arguments: ["", "1", "0:00", "-1:\(AuditRecord.origin)", "1:\(AuditRecord.origin)0", "x:\(AuditRecord.origin)"])
  func `what is no head is refused`(text: String) { #expect(AuditChain.Head(text) == nil) }

  @Test func `the entry of a request is in the transaction of its change: both or none`() throws {
    let store = try Store()
    let request = AuditedRequest(AuditDraft("/x", by: .caller(.localUser(uid: 0))), at: Self.start)
    struct Full: Error {}
    #expect(throws: Full.self) {
      try store.database.write { database in
        try store.append(request, about: ["access_code_id": ["a"]], in: database)
        throw Full()
      }
    }
    #expect(try Self.records(store) == [] && !request.isRecorded)
    try store.database.write { try store.append(request, about: ["access_code_id": ["a"]], in: $0) }
    #expect(try Self.records(store).count == 1 && request.recorded("access_code_id") == ["a"])
  }
}

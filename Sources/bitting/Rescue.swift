import ArgumentParser
import Foundation
import Gateway
import LockCore
import SyncEngine

/// `bitting rescue`: what can still be read of a damaged store.
struct Rescue: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what can still be read of a damaged store: the codes of each door, and which tables are damaged.",
    discussion: """
      For when bittingd ends with 74 and no backup or snapshot is new enough: look up who had which code, then restore \
      what there is and make the missing codes anew. Reads the bytes of the file itself, since SQLite would refuse them, \
      and its write-ahead log; writes nothing anywhere. bittingd must be stopped.

      A code marked with '?' lies in a page to which nothing leads any more: it may be an earlier state, or be gone.

      Exit status: 0 codes or doors were found; 66 there is no such file; 74 nothing of it can be read; 75 a daemon runs \
      there.
      """)

  @Argument(
    help: ArgumentHelp("The store; that of the data directory when left out.", valueName: "file"))
  var file: String?

  @OptionGroup(title: "Which data directory") var data: DataOptions

  @Flag(help: "Show PINs. This is in no audit log, since nothing is written.")
  var reveal = false

  @Flag(help: "Print JSON, for programs.")
  var json = false

  func run() async throws {
    do {
      let path = self.file ?? self.data.url.appendingPathComponent("bitting.sqlite").path
      if self.file == nil { try self.data.checkAccess() }
      let store = DamagedStore(path, of: self.data.url)
      guard !store.isInUse else {
        throw StartFault(
          .temporaryFailure,
          "bittingd runs with \(path), so it can be used: ask the daemon with 'bitting codes', or stop it first")
      }
      let rescued = try store.rescued(keyFile: self.data.sealKeyFile)
      try self.tell(rescued, Output(isJSON: self.json))
      guard !rescued.doors.isEmpty else {
        throw StartFault(
          .ioError, "nothing of \(path) can be read; go back to an earlier state with: bitting restore --snapshot")
      }
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as Store.Fault {
      throw StartFault(fault.status, "\(fault)").reported(by: "bitting")
    }
  }

  private func tell(_ rescued: RescuedStore, _ output: Output) throws {
    if output.isJSON { return try output.json(rescued.json(reveal: self.reveal)) }
    let time = SiteTime(zone: nil)
    var columns: [Table.Column] = [
      .init(title: "Door", isElastic: true), .init(title: "Code", isElastic: true), .init(title: "From"),
      .init(title: "Until"), .init(title: "State"),
    ]
    if self.reveal { columns.append(.init(title: "PIN")) }
    var codes = Table(columns: columns + [.init(title: "ID")])
    for door in rescued.doors {
      for code in door.codes {
        var cells: [Table.Cell] = [
          .init(door.title), .init((code.name ?? "-") + (code.isCertain ? "" : " ?")),
          .init(time.text(code.start.map { .string($0.iso8601) })),
          .init(time.text(code.end.map { .string($0.iso8601) })),
          .init(code.state),
        ]
        if self.reveal { cells.append(.init(code.pin?.digits ?? "unreadable")) }
        codes.add(cells + [.init(String(code.id.prefix(8)))])
      }
    }
    try output.table(codes)
    for door in rescued.doors where door.codes.isEmpty { try output.line("\(door.title): no codes were found.") }
    try output.line()
    for table in rescued.tables where table.unreadable != 0 {
      try output.line(
        table.unreadable.map {
          "Table \(table.name) is damaged: \($0) of its pages or rows cannot be read; \(table.rows) rows were found."
        } ?? "Table \(table.name): where it begins is not known; \(table.rows) rows were found.")
    }
    let sound = rescued.tables.filter { $0.unreadable == 0 }.map(\.name)
    if !sound.isEmpty { try output.line("Whole: \(sound.joined(separator: ", ")).") }
    if rescued.opensSecrets {
      if !self.reveal { try output.line("PINs can be opened; see them with --reveal.") }
    } else {
      try output.line(
        rescued.sealKeyID.map { "PINs cannot be opened: that takes the seal key \($0); give it with --seal-key-file." }
          ?? "PINs cannot be opened: the keys in the store are gone.")
    }
  }
}

extension RescuedStore {
  fileprivate func json(reveal: Bool) -> JSONValue {
    let doors = self.doors.map { door -> JSONValue in
      let codes = door.codes.map { code -> JSONValue in
        var members: [String: JSONValue] = [
          "access_code_id": .string(code.id), "name": .optional(code.name),
          "starts_at": .optional(code.start?.iso8601), "ends_at": .optional(code.end?.iso8601),
          "state": .string(code.state), "is_managed": .bool(!code.isOfOthers), "is_certain": .bool(code.isCertain),
        ]
        if reveal { members["code"] = .optional(code.pin?.digits) }
        return .object(members)
      }
      return ["device_id": .string(door.id), "name": .optional(door.name), "access_codes": .array(codes)]
    }
    let tables = self.tables.map { table -> JSONValue in
      [
        "name": .string(table.name), "rows": .int(Int64(table.rows)),
        "unreadable": table.unreadable.map { .int(Int64($0)) } ?? .null,
      ]
    }
    return [
      "doors": .array(doors), "tables": .array(tables), "seal_key_id": .optional(self.sealKeyID),
      "opens_secrets": .bool(self.opensSecrets),
    ]
  }
}

extension RescuedStore.Door {
  /// Its name, or what stands for it.
  fileprivate var title: String { self.name ?? "lock \(self.id.prefix(8))" }
}

extension RescuedStore.Code {
  /// What was known of it, for people.
  fileprivate var state: String {
    let place =
      switch self.place {
      case .seen(let slot): "in slot \(slot), proven"
      case .written(let slot): "in slot \(slot), not proven"
      case .slot(let slot): "in slot \(slot)"
      case .none: "not on the lock"
      case .unknown: "slot unknown"
      }
    return (self.isOfOthers ? "of others, " : self.isDeleting ? "being removed, " : "") + place
  }
}

import ArgumentParser
import Foundation
import Gateway
import SyncEngine

/// Where an audit log is read from without a daemon: a store, or an export.
struct AuditSource {
  private let path: String
  private let directory: String?

  /// Takes what was asked for.
  /// - Parameters:
  ///   - file: a store or an export; nil for the store in the data directory.
  ///   - dataDirectory: where the daemon remembers.
  init(file: String?, dataDirectory: String) {
    self.directory = file == nil ? dataDirectory : nil
    self.path =
      file ?? URL(fileURLWithPath: dataDirectory, isDirectory: true).appendingPathComponent("bitting.sqlite").path
  }

  /// The chain, followed to its end.
  func chain(noted: AuditChain.Head?) throws -> AuditChain {
    var chain = AuditChain(noted: noted)
    if self.isExport {
      guard let text = try? String(contentsOfFile: self.path, encoding: .utf8) else { throw self.unreadable }
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: true).enumerated() {
        if let record = AuditRecord(line: String(line)) {
          chain.follow(record)
        } else {
          chain.foundUnreadable(line: index + 1)
        }
      }
      chain.end()
    } else {
      let newest = try self.read { chain.follow($0) }
      chain.end(newest: newest)
    }
    return chain
  }

  /// Reads a store, oldest entry first.
  /// - Returns: the number of the newest entry there ever was.
  @discardableResult
  func read(_ body: (AuditRecord) throws -> Void) throws -> Int64 {
    guard FileManager.default.fileExists(atPath: self.path) else { throw self.unreadable }
    if let directory { try DataDirectory.actAsOwner(of: directory) }
    return try Store.readAudit(at: self.path, body)
  }

  /// Does it; what goes wrong is told and ends the process with the status that belongs to it.
  func reported<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let fault as StartFault {
      throw fault.reported(by: "bitting")
    } catch let fault as Store.Fault {
      throw StartFault(.noInput, "\(fault)").reported(by: "bitting")
    }
  }

  private var isExport: Bool {
    let start = FileHandle(forReadingAtPath: self.path).flatMap { try? $0.read(upToCount: 1) }
    return start == Data("{".utf8)
  }

  private var unreadable: StartFault {
    StartFault(
      .noInput,
      "\(self.path) is not there or cannot be read; call this with sudo, or give the daemon's directory with --data-dir"
    )
  }
}

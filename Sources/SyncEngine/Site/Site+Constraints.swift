internal import LockCore

/// What clients report of locks that cannot tell it themselves (contract R26).
extension Site {
  /// Keeps reported code lengths, and follows them where the lock cannot tell its own.
  mutating func reportCodeLengths(_ lengths: [Int], of lock: LockID, at now: Timestamp) throws(RequestFault) -> [Effect]
  {
    let door = try self.door(lock)
    let lengths = Set(lengths).sorted()
    guard let capabilities = door.definition.capabilities(reporting: lengths) else {
      let range = door.definition.reportableCodeLengths ?? 4...12
      throw .invalid("The keypad of this device takes codes of \(range.lowerBound) to \(range.upperBound) digits")
    }
    do {
      try self.store.write(reportedCodeLengths: lengths, of: lock)
      return try self.commit(lock, for: .current, at: now) { door, _ throws(Never) in
        door.ledger.capabilities = capabilities
      }
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
  }
}

extension SiteDefinition.Lock {
  /// What it can do when clients reported these code lengths.
  /// - Returns: nil when its keypad takes none of them.
  func capabilities(reporting lengths: [Int]) -> LockCapabilities? {
    guard let range = self.reportableCodeLengths else { return self.capabilities }
    var capabilities = self.capabilities
    capabilities.pins.lengths = lengths.filter { range.contains($0) }
    return capabilities.pins.lengths.isEmpty ? nil : capabilities
  }

  /// What it can do, given what was reported earlier and may no longer fit it.
  func capabilities(reportedCodeLengths lengths: [Int]?) -> LockCapabilities {
    lengths.flatMap { self.capabilities(reporting: $0) } ?? self.capabilities
  }
}

import LockCore
import LockSimulator
import Testing

@testable import SyncEngine

/// Requests, and what readers of the API see.
extension VirtualSite {
  /// Makes a code; a refusal fails the test.
  @discardableResult
  func create(
    on key: String, pin: String? = nil, name: String? = nil, from start: Timestamp? = nil, to end: Timestamp? = nil,
    _ further: (inout NewAccessCode) -> Void = { _ in }
  ) throws -> AccessCodeID {
    var request = NewAccessCode(device: self.id(key))
    request.pin = pin.flatMap { PINCode($0) }
    request.name = name
    if let start, let end { request.window = TimeWindow(start: start, end: end) }
    further(&request)
    return try self.create(request)
  }

  /// Makes a code.
  func create(_ request: NewAccessCode) throws -> AccessCodeID {
    let (id, _, effects) = try self.site.create(request, at: self.date)
    self.perform(effects)
    self.settle()
    return id
  }

  /// Changes a code.
  @discardableResult
  func update(_ id: AccessCodeID, _ change: (inout AccessCodeChange) -> Void) throws -> ActionAttempt {
    var request = AccessCodeChange(id: id)
    change(&request)
    let (attempt, effects) = try self.site.update(request, at: self.date)
    self.perform(effects)
    self.settle()
    return attempt
  }

  /// Deletes a code.
  @discardableResult
  func delete(_ id: AccessCodeID) throws -> ActionAttempt {
    let (attempt, effects) = try self.site.delete(id, device: nil, at: self.date)
    self.perform(effects)
    self.settle()
    return attempt
  }

  /// Begins to open or lock a door.
  func act(_ command: LockCommand, on key: String) throws -> ActionAttempt {
    let kind = command == .unlock ? "UNLOCK_DOOR" : "LOCK_DOOR"
    let (attempt, effects) = try self.site.act(kind, command, on: self.id(key), at: self.date)
    self.perform(effects)
    self.settle()
    return attempt
  }

  /// The code as the API shows it; nil once it is gone.
  func view(_ id: AccessCodeID) -> AccessCodeView? {
    if let (door, record) = self.site.offlineCode(id) { return self.site.view(of: record, door: door, at: self.date) }
    guard let (door, code) = try? self.site.find(id) else { return nil }
    return self.site.view(of: code, door: door, at: self.date)
  }

  func status(_ id: AccessCodeID) -> AccessCodeStatus? { self.view(id)?.status }

  /// What is listed as somebody else's.
  func unmanaged(on key: String) -> [AccessCodeView] {
    guard let door = self.site.doors[self.id(key)] else { return [] }
    return door.ledger.strangers.values.sorted { $0.slot < $1.slot }.map {
      self.site.view(of: $0, door: door, at: self.date)
    }
  }

  func device(_ key: String) -> DeviceView? {
    self.site.doors[self.id(key)].map { self.site.view(of: $0, at: self.date) }
  }

  /// The attempt as it stands.
  func attempt(_ id: String) -> ActionAttempt.Status? {
    (try? self.store.attempts(ids: [id], lock: nil))?.first?.attempt.status
  }

  /// Attempts of one kind, oldest first.
  func attempts(_ kind: String) -> [ActionAttempt] {
    ((try? self.store.attempts(ids: nil, lock: nil)) ?? []).map(\.attempt).filter { $0.kind == kind }
  }

  /// Everything in the journal, oldest first, or what concerns one code.
  func events(of code: AccessCodeID? = nil) -> [JSONValue] {
    var filter = EventFilter()
    filter.limit = 1_000_000
    filter.accessCodes = code.map { [$0] }
    return ((try? self.store.events(filter)) ?? []).map(\.payload)
  }

  /// The journal's types, without the prefix of access codes, and without the adding of doors that each begins with.
  func story(of code: AccessCodeID? = nil) -> [String] {
    self.events(of: code).compactMap { $0["event_type"]?.string }.filter { $0 != "device.added" }.map {
      $0.hasPrefix("access_code.") ? String($0.dropFirst("access_code.".count)) : $0
    }
  }

  /// The PINs that the lock holds, by slot.
  func pins(in key: String) -> [Int: String] {
    self.lock(key).memory.codes.compactMapValues { $0.pin?.digits }
  }

  var allWrites: Int { self.writes.values.reduce(0, +) }
}

extension ActionAttempt.Status {
  var word: String {
    switch self {
    case .pending: "pending"
    case .success: "success"
    case .error(let type, _): type
    }
  }
}

extension VirtualLock {
  /// A lock that somebody else has used before.
  init(
    holding pins: [Int: String], named name: String? = nil, model: VirtualLockModel = VirtualLockModel(),
    temperament: VirtualLockTemperament = .native
  ) {
    var memory = Memory()
    for (slot, pin) in pins { memory.codes[slot] = .init(pin: PINCode(pin), name: name) }
    self.init(model: model, temperament: temperament, memory: memory)
  }
}

/// Codes and locks that change hands.
extension VirtualSite {
  func convert(_ id: AccessCodeID, allowsExternalModification: Bool = false) throws {
    self.perform(
      try self.site.convert(id, allowsExternalModification: allowsExternalModification, at: self.date))
    self.settle()
  }

  @discardableResult
  func evict(_ id: AccessCodeID) throws -> ActionAttempt {
    let (attempt, effects) = try self.site.evict(id, at: self.date)
    self.perform(effects)
    self.settle()
    return attempt
  }

  @discardableResult
  func handBack(_ id: AccessCodeID) throws -> ActionAttempt {
    let (attempt, effects) = try self.site.handBack(id, device: nil, at: self.date)
    self.perform(effects)
    self.settle()
    return attempt
  }

  func unmanage(_ key: String) throws {
    self.perform(try self.site.unmanage(self.id(key), at: self.date))
    self.settle()
  }

  func manage(_ key: String) throws {
    self.perform(try self.site.manage(self.id(key), at: self.date))
    self.settle()
  }
}

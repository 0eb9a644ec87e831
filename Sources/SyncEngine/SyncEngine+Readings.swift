internal import Foundation
public import LockCore
internal import Logging

/// What readers of the API see.
extension SyncEngine {
  /// The site.
  public func workspace() -> WorkspaceView {
    WorkspaceView(
      id: self.site.workspaceID, name: self.site.name,
      isSandbox: self.site.doors.values.allSatisfy { $0.definition.simulation != nil })
  }

  /// Adapters and buses, oldest first.
  public func accounts() -> [AccountView] {
    self.site.accounts.values.map { self.site.view(of: $0) }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// Locks, oldest first.
  public func devices(isManaged: Bool = true) -> [DeviceView] {
    let now = self.now()
    let doors = self.site.doors.values.filter { $0.ledger.isManaged == isManaged }
    return doors.map { self.site.view(of: $0, at: now) }.sorted {
      ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
    }
  }

  /// One lock.
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/deviceOfOtherHalf(isManaged:)``.
  public func device(_ id: LockID, isManaged: Bool = true) throws(RequestFault) -> DeviceView {
    let door = try self.site.anyDoor(id)
    guard door.ledger.isManaged == isManaged else { throw .deviceOfOtherHalf(isManaged: !isManaged) }
    return self.site.view(of: door, at: self.now())
  }

  /// True for a managed lock, false for an unmanaged one; nil for none.
  public func isManaged(_ id: LockID) -> Bool? { self.site.doors[id]?.ledger.isManaged }

  /// Whether codes of a lock can be listed: managed codes of managed locks, unmanaged codes of any.
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/deviceOfOtherHalf(isManaged:)``.
  public func requireDevice(_ id: LockID, isManaged: Bool) throws(RequestFault) {
    let door = try self.site.anyDoor(id)
    if isManaged, !door.ledger.isManaged { throw .deviceOfOtherHalf(isManaged: false) }
  }

  /// Changes what the API may change of a lock: its nickname (`.some(nil)` clears it) and free members (null and
  /// "" take one away; the others stay).
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/storeUnavailable(_:)``.
  @discardableResult
  public func updateDevice(
    _ id: LockID, nickname: String??, customMetadata: [String: JSONValue]?
  )
    throws(RequestFault) -> DeviceView
  {
    let door = try self.site.anyDoor(id)
    var metadata = door.customMetadata
    for (key, value) in customMetadata ?? [:] {
      if value == .null || value == "" { metadata.removeValue(forKey: key) } else { metadata[key] = value }
    }
    do {
      let effects = try self.site.rename(
        id, nickname: nickname ?? door.nickname, customMetadata: metadata, at: self.now())
      self.perform(effects)
    } catch {
      throw .storeUnavailable("The gateway cannot write its store (\(Store.reason(of: error))).")
    }
    return self.site.view(of: try self.site.anyDoor(id), at: self.now())
  }

  /// Access codes, oldest first; nil members do not restrict.
  public func accessCodes(isManaged: Bool, device: LockID?, ids: [AccessCodeID]?) -> [AccessCodeView] {
    let now = self.now()
    let wanted = ids.map(Set.init)
    return self.site.doors.values.filter { device == nil || $0.id == device }.flatMap { door in
      isManaged
        ? door.ledger.codes.values.filter { !$0.isInPool && wanted?.contains($0.id) ?? true }
          .map { self.site.view(of: $0, door: door, at: now) }
          + (door.offline?.codes.values.filter { wanted?.contains($0.id) ?? true } ?? [])
          .map { self.site.view(of: $0, door: door, at: now) }
        : door.ledger.strangers.values.filter { wanted?.contains($0.id) ?? true }
          .map { self.site.view(of: $0, door: door, at: now) }
    }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  /// The lock that is asked for something when this access code is changed or deleted; nil for no such code and for
  /// one that is being deleted already, of which nothing more is asked.
  public func lockToAsk(for code: AccessCodeID) -> LockID? {
    if let (door, stranger) = try? self.site.findStranger(code) { return stranger.removal == nil ? door.id : nil }
    guard let (door, code) = try? self.site.find(code), !code.isDeleting else { return nil }
    return door.id
  }

  /// The locks of the access codes that share a `common_code_key`, one for each code.
  public func locks(sharing key: String) -> [LockID] { self.site.members(of: key).map(\.door.id) }

  /// True for a request that was done already and is answered as before: nothing is asked of a lock for it.
  public func isRepeated(_ request: NewLinkedAccessCodes) -> Bool {
    request.replayKey.flatMap { self.site.reply(to: $0, at: self.now()) } != nil
  }

  /// One access code by its id.
  /// - Throws: ``RequestFault/accessCodeNotFound``.
  public func accessCode(_ id: AccessCodeID, isManaged: Bool) throws(RequestFault) -> AccessCodeView {
    if isManaged {
      if let (door, record) = self.site.offlineCode(id) {
        return self.site.view(of: record, door: door, at: self.now())
      }
      let (door, code) = try self.site.find(id)
      return self.site.view(of: code, door: door, at: self.now())
    }
    let (door, stranger) = try self.site.findStranger(id)
    return self.site.view(of: stranger, door: door, at: self.now())
  }

  /// One access code by its lock and PIN.
  /// - Throws: ``RequestFault/deviceNotFound``, ``RequestFault/accessCodeNotFound``.
  public func accessCode(device: LockID, pin: PINCode, isManaged: Bool) throws(RequestFault) -> AccessCodeView {
    let door = try self.site.anyDoor(device)
    if isManaged {
      let codes = door.ledger.codes.values.filter { $0.terms.pin == pin && !$0.isInPool }
      // A code that is being deleted may share its PIN with its successor.
      guard let code = codes.first(where: { !$0.isDeleting }) ?? codes.first else {
        guard let record = door.offline?.codes.values.first(where: { $0.terms.pin == pin }) else {
          throw .accessCodeNotFound
        }
        return self.site.view(of: record, door: door, at: self.now())
      }
      return self.site.view(of: code, door: door, at: self.now())
    }
    guard let stranger = door.ledger.strangers.values.first(where: { $0.pin == pin }) else {
      throw .accessCodeNotFound
    }
    return self.site.view(of: stranger, door: door, at: self.now())
  }

  /// One action attempt.
  /// - Throws: ``RequestFault/actionAttemptNotFound``, ``RequestFault/storeUnavailable(_:)``.
  public func actionAttempt(_ id: String) throws(RequestFault) -> ActionAttempt {
    let found: [(attempt: ActionAttempt, code: AccessCodeID?)]
    do {
      found = try self.store.attempts(ids: [id], lock: nil)
    } catch {
      throw .storeUnavailable("The gateway cannot read its store (\(Store.reason(of: error))).")
    }
    guard let attempt = found.first?.attempt else { throw .actionAttemptNotFound }
    return attempt
  }

  /// Action attempts, oldest first; nil members do not restrict.
  public nonisolated func actionAttempts(ids: [String]?, device: LockID?) async -> [ActionAttempt] {
    do {
      return try self.store.attempts(ids: ids, lock: device).map(\.attempt)
    } catch {
      self.logger.error("attempts cannot be read", metadata: ["reason": "\(Store.reason(of: error))"])
      return []
    }
  }

  /// The attempt once it is finished, at the latest after `patience`.
  /// - Throws: ``RequestFault/actionAttemptNotFound``, ``RequestFault/storeUnavailable(_:)``.
  public func finished(_ id: String, patience: Duration) async throws(RequestFault) -> ActionAttempt {
    if case .pending = try self.actionAttempt(id).status { await self.wait(for: id, patience: patience) }
    return try self.actionAttempt(id)
  }

  /// Returns when what is named has happened, when the patience is over, or when the waiting task or the engine is
  /// cancelled.

  /// Events that a filter lets through.
  public nonisolated func events(_ filter: EventFilter) async -> [EventView] {
    do {
      let events = try self.store.events(filter)
      if self.store.unreadable.takeNews() {
        self.logger.error("the journal has entries that do not open any more; they are left out, the rest goes on")
      }
      return events
    } catch {
      self.logger.error("events cannot be read", metadata: ["reason": "\(Store.reason(of: error))"])
      return []
    }
  }

  /// The newest event that fits; nil when there is none.
  public nonisolated func event(id: String?, type: String?, device: LockID?) async -> EventView? {
    var filter = EventFilter()
    filter.ids = id.map { [$0] }
    filter.types = type.map { [$0] }
    filter.devices = device.map { [$0] }
    (filter.limit, filter.newestFirst) = (1, true)
    return await self.events(filter).first
  }
}

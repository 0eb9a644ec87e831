extension ConfigurationFile {
  /// How long what is over is remembered.
  package struct Retention: Equatable {
    /// How many days events are kept.
    package var eventDays: Int
    /// How many days entries of the audit log are kept.
    package var auditDays: Int
    /// How many entries of the audit log are kept at most.
    package var auditEntries: Int
    /// How many days finished action attempts are kept.
    package var attemptDays: Int
    /// How many days it is known who held a slot of a lock.
    package var slotHolderDays: Int
    /// How many good states of the store are put by.
    package var snapshots: Int
  }

  /// The keys of what is remembered.
  enum RetentionKeys {
    // At least as long as a webhook's receiver is tried with an event.
    static let events = ConfigurationKey.integer(
      "events_days", in: 2...3650, .standard("90"),
      "for how many days [events](events.md) are kept. A webhook that does not answer for longer misses what is older; an event that one is being tried with stays"
    )
    static let audit = ConfigurationKey.integer(
      "audit_days", in: 30...3650, .standard("366"),
      "for how many days entries of the [audit log](keys.md#the-audit-log) are kept")
    static let auditEntries = ConfigurationKey.integer(
      "audit_entries", in: 1000...1_000_000, .standard("100000"),
      "how many entries of the audit log are kept at most; one takes about 500 bytes")
    static let attempts = ConfigurationKey.integer(
      "attempts_days", in: 1...3650, .standard("90"), "for how many days finished action attempts are kept")
    static let slotHolders = ConfigurationKey.integer(
      "slot_holders_days", in: 1...3650, .standard("90"),
      "for how many days it is known which access code was in a slot of a lock, so that an entry which the lock tells of later is credited to it. It stays known for longer while a lock is out of reach: its log may still name it"
    )
    static let snapshots = ConfigurationKey.integer(
      "snapshots", in: 1...30, .standard("3"),
      "how many good states of the store are [put by](backup.md#snapshots); each takes the room of the store"
    ).takesRestart

    static let section = ConfigurationSection(
      "How long what is over is remembered. What is older is forgotten once a day. May be left out.",
      [events, audit, auditEntries, attempts, slotHolders, snapshots])
  }

  /// The key about events that earlier versions had.
  enum EventKeys {
    static let keepDays = ConfigurationKey.integer(
      "keep_days", in: 2...3650, .optional("what `retention.events_days` says"),
      "the same as `retention.events_days`; give one of the two")
    static let section = ConfigurationSection("Of earlier versions; still read.", [keepDays])
  }

  /// The key about the audit log that earlier versions had.
  enum AuditKeys {
    static let keepDays = ConfigurationKey.integer(
      "keep_days", in: 30...3650, .optional("what `retention.audit_days` says"),
      "the same as `retention.audit_days`; give one of the two")
    static let section = ConfigurationSection("Of earlier versions; still read.", [keepDays])
  }

  /// Where keys of earlier versions stand now.
  static let movedKeys: KeyValuePairs<[String], [String]> = [
    ["events", "keep_days"]: ["retention", "events_days"], ["audit", "keep_days"]: ["retention", "audit_days"],
  ]

  static func retention(_ values: ConfigurationValues) -> Retention {
    Retention(
      eventDays: values[RetentionKeys.events], auditDays: values[RetentionKeys.audit],
      auditEntries: values[RetentionKeys.auditEntries], attemptDays: values[RetentionKeys.attempts],
      slotHolderDays: values[RetentionKeys.slotHolders], snapshots: values[RetentionKeys.snapshots])
  }
}

extension ConfigurationNode {
  /// The file with the keys of earlier versions where they stand now. Messages call them as the file does.
  /// - Throws: where a file says one thing in both places.
  func movingKeys() throws(ConfigurationFault) -> ConfigurationNode {
    var root = self
    for (old, new) in ConfigurationFile.movedKeys {
      guard let value = root[old[0]]?[old[1]] else { continue }
      if root[new[0]]?[new[1]] != nil {
        throw value.fault("'\(new.joined(separator: "."))' says the same; keep that one")
      }
      root.remove(old)
      root.put(value, at: new)
    }
    return root
  }

  private mutating func remove(_ path: [String]) {
    self.change(path[0]) { section in
      guard case .mapping(let members) = section.content else { return }
      section.content = .mapping(members.filter { $0.key != path[1] })
    }
  }

  private mutating func put(_ value: ConfigurationNode, at path: [String]) {
    if self[path[0]] == nil, case .mapping(let members) = self.content {
      let section = ConfigurationNode(content: .mapping([]), origin: value.origin, path: path[0])
      self.content = .mapping(members + [Member(key: path[0], line: 0, value: section)])
    }
    self.change(path[0]) { section in
      let member = Member(key: path[1], line: 0, value: value)
      switch section.content {
      case .mapping(let members): section.content = .mapping(members + [member])
      // `retention:` with nothing below it is a section in which nothing is said.
      case .scalar(let text, _) where text.isEmpty: section.content = .mapping([member])
      case .scalar, .list: break
      }
    }
  }

  private mutating func change(_ key: String, _ body: (inout ConfigurationNode) -> Void) {
    guard case .mapping(var members) = self.content, let index = members.firstIndex(where: { $0.key == key }) else {
      return
    }
    body(&members[index].value)
    self.content = .mapping(members)
  }
}

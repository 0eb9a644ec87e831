internal import LockCore
internal import Logging

/// A sentence for the log about the site, without PINs and keys.
struct Note: Hashable, ExpressibleByStringInterpolation {
  /// Who must act, and how soon.
  enum Urgency {
    /// A technician must act.
    case error
    /// Somebody will have to act soon.
    case warning
    /// For the record: nobody has to act.
    case notice
    /// Of interest to who looks closer.
    case info
  }

  var sentence: String
  var urgency = Urgency.notice
  /// What kind of thing it tells, for machines; nil for what is seldom.
  var topic: LogTopic?
  /// The lock that it is about, as people call it, and its id.
  var lock: (name: String, id: LockID)?
  /// The bus or adapter that it is about.
  var link: String?

  init(
    _ sentence: String, _ urgency: Urgency = .notice, _ topic: LogTopic? = nil, of door: Door? = nil,
    link: String? = nil
  ) {
    (self.sentence, self.urgency, self.topic, self.link) = (sentence, urgency, topic, link)
    self.lock = door.map { ($0.displayName, $0.id) }
  }

  init(stringLiteral sentence: String) { self.init(sentence) }

  static func == (left: Note, right: Note) -> Bool {
    left.sentence == right.sentence && left.urgency == right.urgency && left.topic == right.topic
      && left.link == right.link && left.lock?.id == right.lock?.id
  }

  func hash(into hasher: inout Hasher) { hasher.combine(self.sentence) }
}

extension Note {
  /// Its level in the log.
  var level: Logger.Level {
    switch self.urgency {
    case .error: .error
    case .warning: .warning
    case .notice: .notice
    case .info: .info
    }
  }

  /// What machines read beside the sentence.
  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [:]
    if let topic { metadata[LogTopic.key] = "\(topic.rawValue)" }
    if let lock { (metadata["lock"], metadata["device_id"]) = ("\(lock.name)", "\(lock.id)") }
    if let link { metadata["link"] = "\(link)" }
    return metadata
  }
}

extension DeviceIssue {
  /// Who must act while it lasts.
  var urgency: Note.Urgency {
    switch self {
    // A lock that is visited is out of reach now and then.
    case .silent, .outOfReach, .neverHeard, .hubGone: .warning
    case .removed, .unpaid, .keyRefused, .unpaired, .securityPINRefused: .error
    case .tampered, .swapped, .doorForced, .powerLost, .jammed: .error
    case .flaky, .degraded, .full, .keypadMissing, .keypadBatteryLow, .batteryLow, .doorHeld, .logOff: .warning
    case .timeZoneUnknown, .privacyMode, .lockedOut: .notice
    }
  }
}

internal import LockCore
internal import OpenMetrics

/// What the site has done since the daemon was started, counted.
struct SiteTally {
  /// A kind of job.
  enum Kind: String, CaseIterable {
    case readSlots = "read_slots"
    case readSlot = "read_slot"
    case program, clear, claim, evict
    case readLog = "read_log"
    case unlock, lock

    init(_ job: Job) {
      self =
        switch job {
        case .readSlots: .readSlots
        case .readSlot: .readSlot
        case .program: .program
        case .clear: .clear
        case .claim: .claim
        case .evict: .evict
        case .readLog: .readLog
        }
    }
  }

  /// What a job came to.
  enum Outcome: String, CaseIterable {
    case done, unreachable, busy, unconfirmed, refused

    init(_ result: Result<LockReply, LockFault>) {
      self =
        switch result {
        case .success: .done
        case .failure(.unreachable): .unreachable
        case .failure(.busy): .busy
        case .failure(.unconfirmed): .unconfirmed
        case .failure: .refused
        }
    }
  }

  /// From a moment at a line to a lock that is visited an hour later, in seconds.
  static let bounds: [Double] = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600]

  private(set) var outcomes: [Kind: [Outcome: Int]] = [:]
  private(set) var durations: [Kind: Histogram] = [:]
  private(set) var events: [EventType: Int] = [:]

  mutating func finished(_ kind: Kind, _ outcome: Outcome, after duration: Duration) {
    self.outcomes[kind, default: [:]][outcome, default: 0] += 1
    self.durations[kind, default: Histogram(bounds: Self.bounds)].add(duration)
  }

  mutating func told(_ type: EventType) { self.events[type, default: 0] += 1 }
}

/// How one part of the daemon does.
public struct ServiceHealth: Equatable, Sendable {
  /// In the API's words.
  public enum Status: String, Sendable {
    /// All is well.
    case healthy
    /// Something is amiss that somebody has to look after; the daemon does its work.
    case degraded
    /// It does not work.
    case down
  }

  /// Its name: for machines, always the same.
  public var service: String
  /// How it does.
  public var status: Status
  /// One sentence, which says what to do.
  public var description: String
  /// True when the daemon cannot do its work while this is down: a caller has to be told by the status of the answer.
  public var isVital: Bool

  /// Says how a part does.
  /// - Parameters:
  ///   - service: its name.
  ///   - status: how it does.
  ///   - description: one sentence, which says what to do.
  ///   - isVital: nothing works without it.
  public init(_ service: String, _ status: Status, _ description: String, isVital: Bool = false) {
    (self.service, self.status, self.description, self.isVital) = (service, status, description, isVital)
  }

  /// Healthy when nothing is wrong.
  /// - Parameters:
  ///   - service: its name.
  ///   - fault: what is wrong and what to do; nil when nothing is.
  ///   - status: how it does with that.
  ///   - well: the sentence when all is well.
  ///   - isVital: nothing works without it.
  public init(
    _ service: String, fault: String?, as status: Status = .degraded, else well: String, isVital: Bool = false
  ) {
    self.init(service, fault == nil ? .healthy : status, fault ?? well, isVital: isVital)
  }
}

extension [ServiceHealth] {
  /// True while nothing that is vital is down: then the daemon does its work.
  public var isUp: Bool { self.allSatisfy { !($0.isVital && $0.status == .down) } }

  /// All of them as one, without what only those learn who may read.
  public var verdict: ServiceHealth {
    guard self.isUp else {
      return ServiceHealth("gateway", .down, "The gateway cannot do its work; with a key /health says why.")
    }
    return self.allSatisfy { $0.status == .healthy }
      ? ServiceHealth("gateway", .healthy, "The gateway does its work.")
      : ServiceHealth(
        "gateway", .degraded,
        "The gateway does its work, but something wants looking after; with a key /health says what.")
  }
}

public import LockCore
import LockDrivers
public import OfflineCodes
import Seeded

/// A keypad lock that exists only as a value and speaks VKL from the lock's side of the link.
///
/// Bytes, time and people go in; bytes, deadlines and word of a changed ``memory`` come out. People's actions work
/// whether or not a link is there.
public struct VirtualLock: Sendable {
  /// What a virtual lock asks of whoever runs it.
  public enum Effect: Hashable, Sendable {
    /// Send these bytes as one message.
    case write([UInt8])
    /// Call ``VirtualLock/deadlinePassed(at:)`` once `uptime` has reached this; replaces the earlier deadline, nil
    /// takes it away.
    case setDeadline(Duration?)
    /// ``VirtualLock/memory`` is another than before: keep it, and begin with it after a restart. Comes before the
    /// write that acknowledges the change.
    case remember
  }

  /// Its make.
  public let model: VirtualLockModel
  /// How it behaves from now on.
  public var temperament: VirtualLockTemperament
  /// What it keeps through a loss of power.
  public internal(set) var memory: Memory
  /// False while nobody can reach it.
  public internal(set) var isReachable = true

  /// Verifies codes that the lock was not told of; nil without a key.
  var offline: OfflineVerifier?

  private var chance: SeededRandom
  private var isLinked = false
  private var deframer = VirtualLockDeframer()
  private var lastRequest: VirtualLockFrame?
  private var lastReply: VirtualLockReply?
  private var outbox: [(due: Duration, bytes: [UInt8])] = []
  private var deafUntil: Duration = .zero
  var wrongEntries = 0
  var lockoutEnd: Duration?
  var relockAt: Duration?
  private var announcedDeadline: Duration?

  private static let longestOutbox = 64

  /// Makes a lock.
  /// - Parameters:
  ///   - model: its make.
  ///   - temperament: how it behaves.
  ///   - memory: what it held before its last loss of power.
  ///   - seed: of the chances in its temperament; the same seed gives the same life.
  ///   - offlineKey: what it was given to verify offline codes with; nil for nothing.
  public init(
    model: VirtualLockModel = VirtualLockModel(), temperament: VirtualLockTemperament = .native,
    memory: Memory = Memory(), seed: UInt64 = 1, offlineKey: OfflineDoorKey? = nil
  ) {
    self.model = model
    self.temperament = temperament
    self.memory = memory
    self.chance = SeededRandom(seed: seed)
    self.offline = offlineKey.map { OfflineVerifier(key: $0, kept: memory.offline) }
  }

  /// True while the keypad takes no PIN after five wrong ones.
  public var isLockedOut: Bool { self.lockoutEnd != nil }

  /// What a gateway has to know of it for planning.
  public var capabilities: LockCapabilities { self.facts(at: .distantPast).capabilities }

  // MARK: The link

  /// A gateway is there.
  public mutating func linkOpened(at now: Moment) -> [Effect] {
    self.isLinked = true
    self.deframer = VirtualLockDeframer()
    (self.lastRequest, self.lastReply) = (nil, nil)
    self.outbox.removeAll()
    if self.memory.clockSetAt == nil { self.memory.clockSetAt = now.date }
    return self.withDeadline(self.elapsed(at: now))
  }

  /// The gateway is gone.
  public mutating func linkClosed(at now: Moment) -> [Effect] {
    self.isLinked = false
    self.outbox.removeAll()
    return self.withDeadline([])
  }

  /// Takes requests, in whatever pieces they come.
  public mutating func received(_ bytes: [UInt8], at now: Moment) -> [Effect] {
    var effects = self.elapsed(at: now)
    for finding in self.deframer.received(bytes, at: now.uptime) {
      guard self.hears(at: now) else { continue }
      switch finding {
      case .frame(let frame):
        guard case .request(let request) = frame.body else { continue }
        let reply: VirtualLockReply
        if frame == self.lastRequest, request != .hello, let lastReply = self.lastReply {
          // The gateway has not heard the answer: give it once more, do nothing twice.
          reply = lastReply
        } else {
          reply = self.answer(to: request, at: now, effects: &effects)
          (self.lastRequest, self.lastReply) = (frame, reply)
        }
        let isLost = self.temperament.losesRepliesTo.contains(request.kind)
        if !isLost { self.reply(reply, sequence: frame.sequence, at: now, into: &effects) }
      case .malformed(let kind, let sequence):
        guard kind < 0x40 else { continue }
        let refusal: VirtualLockRefusal = VirtualLockRequest.kinds.contains(kind) ? .badFrame : .unsupported
        self.reply(.refused(refusal), sequence: sequence, at: now, into: &effects)
      }
    }
    return self.withDeadline(effects)
  }

  /// Sends what was delayed, ends a lock-out, locks by itself.
  public mutating func deadlinePassed(at now: Moment) -> [Effect] {
    self.announcedDeadline = nil
    return self.withDeadline(self.elapsed(at: now))
  }

  // MARK: What goes out

  private mutating func hears(at now: Moment) -> Bool {
    guard self.canTalk(at: now) else { return false }
    guard self.chance.happens(percent: self.temperament.outages) else { return true }
    self.deafUntil = now.uptime + .seconds(Int.random(in: 1...20, using: &self.chance))
    return false
  }

  private func canTalk(at now: Moment) -> Bool {
    self.isLinked && self.isReachable && !self.temperament.isSilent && self.deafUntil <= now.uptime
  }

  private mutating func reply(
    _ reply: VirtualLockReply, sequence: UInt8, at now: Moment, into effects: inout [Effect]
  ) {
    var bytes = VirtualLockFrame(sequence: sequence, body: .reply(reply)).bytes
    if self.chance.happens(percent: self.temperament.lostReplies) { return }
    if self.chance.happens(percent: self.temperament.garbledReplies) {
      let bit = Int.random(in: 0..<(bytes.count * 8), using: &self.chance)
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    for _ in 0..<(self.temperament.repeatsReplies ? 2 : 1) {
      self.post(bytes, delay: self.temperament.replyDelay, at: now, into: &effects)
    }
  }

  /// Tells something unasked, to whoever is there to hear it.
  mutating func tell(_ notice: VirtualLockNotice, at now: Moment, into effects: inout [Effect]) {
    guard self.temperament.sendsNotices, self.canTalk(at: now) else { return }
    let bytes = VirtualLockFrame(sequence: 0, body: .notice(notice)).bytes
    self.post(bytes, delay: .zero, at: now, into: &effects)
  }

  /// Nothing overtakes what is still delayed.
  private mutating func post(_ bytes: [UInt8], delay: Duration, at now: Moment, into effects: inout [Effect]) {
    if delay == .zero, self.outbox.isEmpty { return effects.append(.write(bytes)) }
    guard self.outbox.count < Self.longestOutbox else { return }
    self.outbox.append((max(now.uptime + delay, self.outbox.last?.due ?? .zero), bytes))
  }

  /// What time alone has brought about.
  mutating func elapsed(at now: Moment) -> [Effect] {
    var effects: [Effect] = []
    if let end = self.lockoutEnd, end <= now.uptime {
      (self.lockoutEnd, self.wrongEntries) = (nil, 0)
      self.tellState(at: now, into: &effects)
    }
    if let time = self.relockAt, time <= now.uptime {
      self.moveBolt(home: true, by: .automatic, whose: nil, at: now, into: &effects)
    }
    while let first = self.outbox.first, first.due <= now.uptime {
      self.outbox.removeFirst()
      if self.canTalk(at: now) { effects.append(.write(first.bytes)) }
    }
    return effects
  }

  /// Adds the next deadline when it is another than the one announced last.
  mutating func withDeadline(_ effects: [Effect]) -> [Effect] {
    let deadline = [self.outbox.first?.due, self.lockoutEnd, self.relockAt].compactMap { $0 }.min()
    guard deadline != self.announcedDeadline else { return effects }
    self.announcedDeadline = deadline
    return effects + [.setDeadline(deadline)]
  }
}

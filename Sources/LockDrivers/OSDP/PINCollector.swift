public import LockCore

/// Gathers the key presses of one keypad into PINs.
///
/// Keys come one by one, many in one reply, or with a PIN cut in two; each byte is looked at on its own. A pause
/// never submits: half a PIN that was left behind must not be completed by whoever comes next.
public struct PINCollector: Sendable {
  /// What tells that a PIN is complete.
  public enum Terminator: Hashable, Sendable {
    /// The `#` key.
    case hash
    /// This many digits, 1 to 12; good only where all codes of the door have that length. `#` submits early.
    case length(Int)
    /// The end of the reply: the reader gathers the keys itself, with or without `#`.
    case burst
  }

  /// What came of some key presses.
  public enum Outcome: Hashable, Sendable {
    /// A PIN was completed.
    case entered(PINCode)
    /// More digits than any code has were completed; to be refused like a wrong PIN.
    case overflowed
    /// `*` took back digits already typed.
    case cleared
  }

  /// The most digits gathered; further ones make the entry a wrong one.
  public static let maximumDigits = 12

  /// When digits typed so far are dropped, in uptime; nil when there are none.
  public private(set) var deadline: Duration?

  private let terminator: Terminator
  private let timeout: Duration
  private var typed: [UInt8] = []
  private var hasOverflowed = false

  /// Makes an empty collector.
  /// - Parameters:
  ///   - terminator: what completes a PIN.
  ///   - timeout: the longest pause between two keys of one PIN.
  public init(terminator: Terminator, timeout: Duration = .seconds(5)) {
    self.terminator = terminator
    self.timeout = timeout
  }

  /// Keys came in one reply.
  ///
  ///     30-39      digit                          23, 0D   # (submit)
  ///     2A, 7F     * (clear)                      others   ignored
  ///
  /// - Parameters:
  ///   - keys: key bytes as in KEYPAD (53).
  ///   - uptime: when the reply came.
  /// - Returns: what came of them, in the order typed.
  public mutating func received(_ keys: some Sequence<UInt8>, at uptime: Duration) -> [Outcome] {
    self.deadlinePassed(at: uptime)
    var outcomes: [Outcome] = []
    for key in keys {
      switch key {
      case 0x30...0x39:
        self.append(key)
        self.deadline = uptime + self.timeout
        if case .length(let length) = self.terminator, self.typed.count >= min(length, Self.maximumDigits) {
          outcomes += self.submit()
        }
      case 0x23, 0x0D: outcomes += self.submit()
      case 0x2A, 0x7F:
        if !self.typed.isEmpty { outcomes.append(.cleared) }
        self.drop()
      default: continue
      }
    }
    if self.terminator == .burst { outcomes += self.submit() }
    return outcomes
  }

  /// Drops what was typed when the pause has become too long. Harmless when called early or twice.
  public mutating func deadlinePassed(at uptime: Duration) {
    if let deadline = self.deadline, deadline <= uptime { self.drop() }
  }

  /// Drops what was typed: the reader went away, its session was lost, or it was tampered with.
  public mutating func drop() {
    self.typed = []
    self.hasOverflowed = false
    self.deadline = nil
  }

  private mutating func append(_ digit: UInt8) {
    if self.typed.count < Self.maximumDigits { self.typed.append(digit) } else { self.hasOverflowed = true }
  }

  private mutating func submit() -> [Outcome] {
    defer { self.drop() }
    if self.hasOverflowed { return [.overflowed] }
    return PINCode(String(decoding: self.typed, as: UTF8.self)).map { [.entered($0)] } ?? []
  }
}

extension PINCollector: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Whether digits are waiting, and nothing of them.
  public var description: String { self.typed.isEmpty ? "no digits" : "\(self.typed.count) digits" }
  /// As ``description``.
  public var debugDescription: String { self.description }
  /// Empty: reflection must not reach the digits.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

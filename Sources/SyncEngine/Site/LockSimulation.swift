public import LockCore

/// What can be done at a simulated lock.
public struct LockSimulation: Sendable {
  /// What becomes of the connection to it.
  public enum ConnectionChange: Hashable, Sendable {
    /// It is in reach, and one of the account's.
    case connect
    /// It falls silent.
    case disconnect
    /// The hub that carries its link is there.
    case connectToHub
    /// The hub that carries its link goes away.
    case disconnectFromHub
    /// It is taken out of the account, until it is connected again.
    case remove
    /// The service that carries its link is paid for, or no longer.
    case subscription(isExpired: Bool)
  }

  /// How a simulated lock can be reached.
  public struct Connection: Hashable, Sendable, Codable {
    /// False while it is silent.
    public var isInReach = true
    /// What its carrier says.
    public var carrier = LockCarrier()

    /// A lock that can be reached.
    public init() {}

    /// True while the lock can be reached.
    public var isUp: Bool { self.isInReach && self.carrier.passesOn }

    /// Something becomes of it.
    public mutating func undergo(_ change: ConnectionChange) {
      switch change {
      case .connect: (self.isInReach, self.carrier.isEnrolled) = (true, true)
      case .disconnect: self.isInReach = false
      case .connectToHub: self.carrier.isHubConnected = true
      case .disconnectFromHub: self.carrier.isHubConnected = false
      case .remove: self.carrier.isEnrolled = false
      case .subscription(let isExpired): self.carrier.isSubscribed = !isExpired
      }
    }
  }

  /// Types these digits and ends the entry.
  public var type: @Sendable (PINCode) async -> Void
  /// Locks by hand or at the keypad; nil where the lock has no such button.
  public var lockByHand: (@Sendable () async -> Void)?
  /// Changes the connection, and returns what it is then; nil where it never changes.
  public var changeConnection: (@Sendable (ConnectionChange) async -> Connection)?
  /// Puts a code into the lock at its keypad or with the maker's app, as a gateway does not know it: PIN and name;
  /// nil where the lock keeps no codes.
  public var addCode: (@Sendable (PINCode, String) async -> CodeAddition)?

  /// What a lock says to a code that somebody puts into it.
  public enum CodeAddition: Hashable, Sendable {
    /// It has it.
    case stored
    /// It has the PIN already.
    case duplicate
    /// It takes no such code; why.
    case refused(String)
  }

  /// Makes a set of actions.
  /// - Parameters:
  ///   - type: types digits.
  ///   - lockByHand: locks by hand.
  ///   - changeConnection: changes the connection, and returns what it is then.
  ///   - addCode: puts a code into the lock.
  public init(
    type: @escaping @Sendable (PINCode) async -> Void, lockByHand: (@Sendable () async -> Void)? = nil,
    changeConnection: (@Sendable (ConnectionChange) async -> Connection)? = nil,
    addCode: (@Sendable (PINCode, String) async -> CodeAddition)? = nil
  ) {
    self.type = type
    self.lockByHand = lockByHand
    self.changeConnection = changeConnection
    self.addCode = addCode
  }
}

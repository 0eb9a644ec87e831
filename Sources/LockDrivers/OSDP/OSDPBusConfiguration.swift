public import LockCore

/// How a device is spoken to.
public enum OSDPKeyMode: Hashable, Sendable {
  /// In plain, for good: PINs pass in clear, and anybody on the wire can open the door. A deliberate setting.
  case plain
  /// With this key only; never with the factory key, never in plain.
  case secure(OSDPKey)
  /// With this key; only where the device refuses it, with the factory key to put this one in. Whoever records the
  /// wire meanwhile reads the key: for the bench, and for an opened pairing window.
  case install(OSDPKey)
}

/// Where the panel's random numbers (RND.A) come from.
public enum OSDPRandom: Hashable, Sendable {
  /// The system's generator. Sessions are only as fresh as this.
  case system
  /// This number, lowest byte first, then the next one. For tests and simulations: sessions can be forged.
  case counting(from: UInt64)

  mutating func nonce() -> OSDPNonce {
    switch self {
    case .system:
      var generator = SystemRandomNumberGenerator()
      return OSDPNonce(from: &generator)
    case .counting(let number):
      self = .counting(from: number &+ 1)
      return OSDPNonce(number: number)
    }
  }
}

extension OSDPBus {
  /// One device on the line.
  public struct Device: Hashable, Sendable {
    /// 00-7E.
    public var address: UInt8
    /// How it is spoken to.
    public var keyMode: OSDPKeyMode
    /// Who it must be: any other is asked who it is and nothing else. nil: the first one that proves itself.
    public var identity: WireIdentity?

    /// Makes a device.
    public init(address: UInt8, keyMode: OSDPKeyMode, identity: WireIdentity? = nil) {
      self.address = address & 0x7F
      self.keyMode = keyMode
      self.identity = identity
    }
  }

  /// A line and what is on it.
  public struct Configuration: Hashable, Sendable {
    /// What is on the line, addresses all different.
    public var devices: [Device]
    /// Addresses of the site's other lines: while no device of this line answers, they are asked who they are, so that
    /// swapped ports are found out.
    public var elsewhere: Set<UInt8> = []
    /// Bits per second.
    public var baud: Int
    /// How long the adapter may keep received bytes to itself.
    public var adapterLatency: Duration
    /// From one poll of a device to the next when nothing happens.
    public var pollInterval: Duration
    /// How often inputs are read even though nobody told of a change.
    public var statusInterval: Duration
    /// Age at which a session is replaced, in a quiet moment.
    public var sessionLifetime: Duration

    /// Makes a line.
    public init(
      devices: [Device], baud: Int = 9600, adapterLatency: Duration = .milliseconds(16),
      pollInterval: Duration = .milliseconds(50), statusInterval: Duration = .seconds(60),
      sessionLifetime: Duration = .seconds(86_400)
    ) {
      self.devices = devices
      self.baud = baud
      self.adapterLatency = adapterLatency
      self.pollInterval = pollInterval
      self.statusInterval = statusInterval
      self.sessionLifetime = sessionLifetime
    }

    /// How long so many bytes take on the wire: 10 bits each.
    func wireTime(bytes: Int) -> Duration {
      .nanoseconds(bytes * 10_000_000_000 / max(300, self.baud))
    }
  }
}

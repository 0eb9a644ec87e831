/// What a caller may do. Each scope but ``read`` includes ``read``.
public struct Scopes: OptionSet, Hashable, Sendable {
  /// One bit a scope, the bits of what it includes with it.
  public let rawValue: UInt8

  /// Takes bits; to name scopes use the constants.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// See everything but PINs.
  public static let read = Scopes(rawValue: 0b0001)
  /// Change access codes and devices, and move bolts.
  public static let write = Scopes(rawValue: 0b0011)
  /// See PINs.
  public static let reveal = Scopes(rawValue: 0b0101)
  /// Keys, the audit log, backups.
  public static let admin = Scopes(rawValue: 0b1001)
  /// All of them.
  public static let all: Scopes = [.read, .write, .reveal, .admin]

  /// Every scope by the name that people use, weakest first.
  public static let named: [(name: String, scope: Scopes)] = [
    ("read", .read), ("write", .write), ("reveal", .reveal), ("admin", .admin),
  ]

  /// The names of the scopes in here, weakest first.
  public var names: [String] { Self.named.filter { self.isSuperset(of: $0.scope) }.map(\.name) }

  /// The names of the scopes in `needed` that are missing here, weakest first.
  public func missing(of needed: Scopes) -> [String] {
    Self.named.filter { needed.isSuperset(of: $0.scope) && !self.isSuperset(of: $0.scope) }.map(\.name)
  }

  /// Takes names of scopes; those that there are not are left out.
  public init(names: some Sequence<String>) {
    let wanted = Set(names)
    self = Self.named.filter { wanted.contains($0.name) }.reduce(into: []) { $0.formUnion($1.scope) }
  }
}

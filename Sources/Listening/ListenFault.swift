/// Why there is no socket to listen at, and what to do about it; named as the operator named it.
public struct ListenFault: Error, Equatable {
  /// Who has to act.
  public enum Kind: Sendable {
    /// The address or path is wrong as it was written.
    case wrong
    /// Somebody else listens there, or this machine has no such address.
    case taken
    /// What is sent there could be read by others.
    case exposed
    /// The file cannot be made there.
    case cannotCreate
  }

  /// Who has to act.
  public var kind: Kind
  /// A sentence for the operator.
  public var message: String

  init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }
}

/// Why something was not sealed or opened.
public enum SealFault: Error, Hashable, Sendable {
  /// It was sealed with a data key that is not here: 1 and up.
  case noSuchKey(generation: UInt32)
  /// It was damaged, moved from another place, or sealed with another key.
  case broken
  /// The cryptographic library does not work.
  case library
}

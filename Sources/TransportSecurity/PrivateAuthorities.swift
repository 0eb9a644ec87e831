public import NIOSSL

/// Certificate authorities that are trusted beside those of the system: those of a site's own.
public struct PrivateAuthorities: Sendable {
  /// Their certificates.
  public let certificates: [NIOSSLCertificate]

  /// None.
  public init() { self.certificates = [] }

  /// Reads a file of them, PEM.
  /// - Throws: what is wrong with it, and how to mend it.
  public init(file: String) throws(CertificateFault) { self.certificates = try PEMFile.certificates(file) }
}

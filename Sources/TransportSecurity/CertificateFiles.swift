/// Where the certificate that the API shows lies, and its key.
public struct CertificateFiles: Hashable, Sendable {
  /// PEM: the certificate itself first, then those that lead to its issuer.
  public var certificate: String
  /// PEM: its private key, without a passphrase.
  public var key: String

  /// Makes a pair of paths.
  public init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
}

/// What is wrong with the files of a certificate, and how to mend it. Says nothing of what a key file holds.
public struct CertificateFault: Error, Equatable {
  /// A sentence for the operator.
  public var message: String
}

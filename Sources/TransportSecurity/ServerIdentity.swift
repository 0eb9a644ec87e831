public import LockCore
public import NIOSSL

import NIOCore

/// A certificate with its key, ready to be shown to clients.
public struct ServerIdentity: Sendable {
  /// What new connections are made with.
  public let context: NIOSSLContext
  /// When the certificate begins to hold.
  public let notBefore: Timestamp
  /// When it ends.
  public let notAfter: Timestamp

  /// Forward secrecy and authenticated encryption only, for clients that do not speak TLS 1.3.
  private static let ciphersOfTLS12 = "ECDHE+AESGCM:ECDHE+CHACHA20"

  /// Reads the files.
  /// - Throws: which file is wrong, and how to mend it.
  public init(_ files: CertificateFiles) throws(CertificateFault) {
    let chain = try PEMFile.certificates(files.certificate)
    let key = try PEMFile.key(files.key)
    guard let leaf = chain.first else { throw PEMFile.noCertificate(files.certificate) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.cipherSuites = Self.ciphersOfTLS12
    configuration.applicationProtocols = ["http/1.1"]
    // Who does not answer the farewell is not waited for.
    configuration.shutdownTimeout = .seconds(1)
    do {
      self.context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw CertificateFault(
        message:
          "the key in '\(files.key)' is not that of the certificate in '\(files.certificate)'; give the two files"
          + " that were issued together, the certificate itself before those of its issuers")
    }
    self.notBefore = Timestamp(milliseconds: Int64(leaf.notValidBefore) * 1000)
    self.notAfter = Timestamp(milliseconds: Int64(leaf.notValidAfter) * 1000)
  }
}

import Logging
import ServiceLifecycle
import TransportSecurity

/// Keeps the certificate of the API as its files are, as a service: looks at them now and then.
struct CertificateService: Service {
  let certificate: ServerCertificate

  /// Reads the files.
  init(_ files: CertificateFiles, logger: Logger) { self.certificate = ServerCertificate(files, logger: logger) }

  func run() async throws {
    await cancelWhenGracefulShutdown { await self.certificate.run() }
  }
}

import Gateway
import Logging
import ServiceLifecycle
import TransportSecurity

/// Keeps the certificate of the API as its files are, as a service: looks at them now and then.
struct CertificateService: Service {
  let certificate: ServerCertificate

  /// Reads the files.
  init(_ files: CertificateFiles, logger: Logger) throws(StartFault) {
    do throws(CertificateFault) {
      self.certificate = try ServerCertificate(files, logger: logger)
    } catch {
      throw StartFault(.configuration, "api.tls: \(error.message)")
    }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown { await self.certificate.run() }
  }
}

import Gateway
import Logging
import ServiceLifecycle
import TransportSecurity
import UnixSignals

/// Keeps the certificate of the API as its files are, as a service: looks at them now and then, and at once on SIGHUP.
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
    let hangUps = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.certificate.run() }
        group.addTask { for await _ in hangUps { self.certificate.reload() } }
      }
    }
  }
}

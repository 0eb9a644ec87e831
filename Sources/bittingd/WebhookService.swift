import Gateway
import SeamAPI
import ServiceLifecycle
import SyncEngine
import TransportSecurity

/// The sending of events as a service: ends with the daemon.
struct WebhookService: Service {
  let webhooks: Webhooks
  let authorities: PrivateAuthorities

  /// The authorities that receivers may have their certificates from, besides the system's.
  static func authorities(in file: String?) throws(StartFault) -> PrivateAuthorities {
    guard let file else { return PrivateAuthorities() }
    do throws(CertificateFault) {
      return try PrivateAuthorities(file: file)
    } catch {
      throw StartFault(.configuration, "webhooks.ca_file: \(error.message)")
    }
  }

  func run() async throws {
    let client = WebhookClient(trusting: self.authorities)
    await cancelWhenGracefulShutdown { await self.webhooks.run(client.post) }
    await client.shutDown()
  }
}

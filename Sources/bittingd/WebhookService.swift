import Gateway
import Logging
import SeamAPI
import ServiceLifecycle
import SyncEngine
import Synchronization
import TransportSecurity

/// The sending of events as a service: ends with the daemon.
///
/// A file of authorities that will not do stops nothing: receivers that need it are tried again as long as any, and it
/// is looked at until it is right.
final class WebhookService: Service {
  private struct State {
    var authorities = PrivateAuthorities()
    var fault: String?
    var tried: FileStamp?
    /// Who sends, trusting the authorities.
    var client: WebhookClient?
  }

  /// How often a wrong file is looked at.
  private static let interval = Duration.seconds(10)

  private let webhooks: Webhooks
  /// The authorities that receivers may have their certificates from, besides the system's.
  private let file: String?
  private let logger: Logger
  private let state = Mutex(State())

  init(webhooks: Webhooks, authorities file: String?, logger: Logger) {
    (self.webhooks, self.file, self.logger) = (webhooks, file, logger)
    _ = self.read()
  }

  func run() async throws {
    self.state.withLock { $0.client = WebhookClient(trusting: $0.authorities) }
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        group.addTask {
          await self.webhooks.run { request in
            await self.state.withLock(\.client)?.post(request) ?? .unanswered(reason: "the daemon ends")
          }
        }
        group.addTask { await self.watchFile() }
      }
    }
    await self.state.withLock { $0.client.take() }?.shutDown()
  }

  /// Takes a wrong file once it is right.
  private func watchFile() async {
    while self.state.withLock({ $0.fault != nil }), !Task.isCancelled {
      try? await Task.sleep(for: Self.interval, tolerance: .seconds(2))
      guard self.read() else { continue }
      let old = self.state.withLock { state in
        defer { state.client = WebhookClient(trusting: state.authorities) }
        return state.client
      }
      await old?.shutDown()
    }
  }

  /// How it does, for `/health`; nil where there is no such file.
  var health: ServiceHealth? {
    guard self.file != nil else { return nil }
    return ServiceHealth(
      "webhook_authorities",
      fault: self.state.withLock(\.fault).map { "\($0). Receivers whose certificates it vouches for get no events." },
      else: "They are known.")
  }

  /// Reads the file when it is another than was read last.
  /// - Returns: true when it is taken from now on.
  private func read() -> Bool {
    guard let file else { return false }
    let stamp = FileStamp.now([file])
    guard self.state.withLock({ $0.tried != stamp }) else { return false }
    do throws(CertificateFault) {
      let authorities = try PrivateAuthorities(file: file)
      let wasWrong = self.state.withLock { state in
        defer { (state.authorities, state.fault, state.tried) = (authorities, nil, stamp) }
        return state.fault != nil
      }
      if wasWrong { self.logger.notice("webhooks.ca_file: '\(file)' is taken") }
      return true
    } catch {
      self.state.withLock { ($0.fault, $0.tried) = ("webhooks.ca_file: \(error.message)", stamp) }
      self.logger.error(
        "webhooks.ca_file: \(error.message); it is taken as soon as it is right, and until then those of the system count alone"
      )
      return false
    }
  }
}

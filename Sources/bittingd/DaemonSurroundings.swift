import Gateway
import LockCore
import LockTransport
import OpenMetrics
import SeamAPI
import Supervision
import SyncEngine
import TransportSecurity

/// What is known of the daemon beside its engine and its API.
struct DaemonSurroundings {
  private let process: ProcessMetrics
  private let watchdog: Watchdog
  private let directory: String
  private let certificate: ServerCertificate?
  private let network: NetworkService
  private let webhooks: WebhookService
  private let backups: DaemonBackups

  init(
    directory: String, version: String, watchdog: Watchdog, certificate: ServerCertificate?, network: NetworkService,
    webhooks: WebhookService, backups: DaemonBackups
  ) {
    self.process = ProcessMetrics(directory: directory, version: version)
    (self.watchdog, self.directory, self.certificate) = (watchdog, directory, certificate)
    (self.network, self.webhooks, self.backups) = (network, webhooks, backups)
  }

  /// The same for whoever asks over the API.
  var asked: Surroundings {
    Surroundings(
      metrics: {
        self.process.families + self.watchdog.families + self.network.families + self.certificateEnd
      },
      health: {
        [self.loops, self.disk, self.network.health]
          + [self.certificateHealth, self.webhooks.health].compactMap(\.self)
      },
      backup: { key throws(BackupRefusal) in try await self.backups.make(key) })
  }

  private var loops: ServiceHealth {
    let verdict = self.watchdog.verdict
    return ServiceHealth(
      "daemon",
      fault: verdict.isAlive
        ? nil
        : "Caught in \(verdict.stuck.joined(separator: ", ")). The service manager restarts the daemon if this lasts; without one, restart it.",
      as: .down, else: "All of its \(verdict.count) loops advance.", isVital: true)
  }

  private var disk: ServiceHealth {
    let free = DiskSpace(at: self.directory)?.free
    return ServiceHealth(
      "disk",
      fault: free.flatMap { free in
        free < DiskSpace.scarce
          ? "\(free >> 20) MiB are left where the daemon remembers (\(self.directory)). Make room: without it nothing can be stored."
          : nil
      }, else: "There is room.")
  }

  private var certificateHealth: ServiceHealth? {
    guard let status = self.certificate?.status else { return nil }
    guard let notAfter = status.notAfter else {
      return ServiceHealth(
        "certificate", .degraded,
        "There is none that will do: \(status.refusal ?? "it cannot be read"). It is taken over without a restart.")
    }
    let left = notAfter - Reactor.now.date
    let fault: String? =
      if let refusal = status.refusal {
        "The certificate is not renewed: \(refusal)."
      } else if left < .zero {
        "The certificate has ended on \(notAfter.iso8601), and clients refuse it. Renew it."
      } else if left < ServerCertificate.warningTime {
        "The certificate ends on \(notAfter.iso8601). Renew it."
      } else {
        nil
      }
    return ServiceHealth("certificate", fault: fault, else: "Valid until \(notAfter.iso8601).")
  }

  private var certificateEnd: [MetricFamily] {
    guard let notAfter = self.certificate?.status.notAfter else { return [] }
    var end = MetricFamily(
      "bitting_certificate_end", .gauge, unit: "seconds", "When the certificate of the API ends, since 1970.")
    end.add(Double(notAfter.milliseconds) / 1000)
    return [end]
  }
}

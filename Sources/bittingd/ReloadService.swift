import Gateway
import Logging
import SeamAPI
import ServiceLifecycle
import SyncEngine
import Systemd
import TransportSecurity
import UnixSignals

/// Takes the configuration and the certificate in again at each SIGHUP. A wrong one of either changes nothing.
struct ReloadService: Service {
  /// Trapped from before the start was done, so that an early one does not end the daemon.
  let signals: UnixSignalsSequence
  let loader: ConfigurationLoader
  /// What holds at the start.
  let source: ConfigurationSource
  let composition: SiteComposition
  let engine: SyncEngine
  let api: SeamAPI
  /// What the API shows; nil without TLS.
  let certificate: ServerCertificate?
  let level: LogLevel
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var source = self.source
      for await _ in self.signals {
        ServiceManager.tellReloading()
        self.certificate?.reload()
        source = await self.reload(from: source)
        ServiceManager.tell(.ready)
      }
    }
  }

  /// - Returns: what holds from now on.
  private func reload(from old: ConfigurationSource) async -> ConfigurationSource {
    do {
      let (source, file) = try self.loader.load()
      let links = try await self.engine.reload(self.composition.site(of: file).site)
      self.level.value = Logger.Level(rawValue: file.logLevel) ?? .notice
      var settings = file.api.settings
      settings.version = Release.version
      self.api.update(settings)
      for warning in self.loader.warnings(about: file) { self.logger.warning("\(warning)") }
      for path in source.needingRestart(since: old) {
        self.logger.warning("\(path) has changed: restart needed; until then the daemon goes on as it was")
      }
      self.logger.notice("the configuration was read again: \(Self.sentence(about: links))")
      return source
    } catch let fault as StartFault {
      self.logger.error(
        "the configuration is wrong, so nothing was changed and the site goes on as it was; mend it and reload again: \(fault.message)"
      )
    } catch {
      self.logger.error("the configuration was not taken over: \(error); reload again once the cause is gone")
    }
    return old
  }

  private static func sentence(about links: SyncEngine.ReloadedLinks) -> String {
    func words(_ what: String, _ names: [String]) -> String? {
      names.isEmpty ? nil : "\(what) \(names.joined(separator: ", "))"
    }
    let parts = [
      words("opened", links.opened), words("opened again", links.reopened), words("closed", links.closed),
      words("undisturbed", links.kept),
    ]
    let said = parts.compactMap(\.self)
    return said.isEmpty ? "there are no links" : said.joined(separator: "; ")
  }
}

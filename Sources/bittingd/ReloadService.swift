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
      let waiting = source.needingRestart(since: old)
      for path in waiting {
        self.logger.warning("\(path) has changed: restart needed; until then the daemon goes on as it was")
      }
      await self.record("done", links.described.merging(["needs_restart": Self.list(waiting)]) { $1 })
      self.logger.notice("the configuration was read again: \(Self.sentence(about: links))")
      return source
    } catch let faults as ConfigurationFaults {
      await self.record("configuration_wrong", ["mistakes": Self.list(faults.places)])
      self.tellWrong(self.loader.startFault(faults))
    } catch let fault as StartFault {
      await self.record("configuration_wrong")
      self.tellWrong(fault)
    } catch {
      await self.record("failed")
      self.logger.error("the configuration was not taken over: \(error); reload again once the cause is gone")
    }
    return old
  }

  private func tellWrong(_ fault: StartFault) {
    self.logger.error(
      "the configuration is wrong, so nothing was changed and the site goes on as it was; mend it and reload again: \(fault.message)"
    )
  }

  /// Puts down what became of it. What stands in the file does not get into the audit log, only where it is wrong.
  private func record(_ outcome: String, _ details: [String: JSONValue] = [:]) async {
    var draft = AuditDraft("daemon.reloaded", by: .daemon, outcome: outcome)
    draft.details = details.filter { $0.value != .array([]) }
    if let refusal = self.certificate?.status.refusal, !refusal.isEmpty { draft.details["certificate"] = "refused" }
    do throws(RequestFault) {
      try await self.engine.record(draft)
    } catch {
      self.logger.error("the audit log cannot be written: this reload is not in it")
    }
  }

  private static func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

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

extension SyncEngine.ReloadedLinks {
  /// What became of the links, for the audit log.
  fileprivate var described: [String: JSONValue] {
    [("opened", self.opened), ("opened_again", self.reopened), ("closed", self.closed)].reduce(into: [:]) {
      $0[$1.0] = .array($1.1.map(JSONValue.string))
    }
  }
}

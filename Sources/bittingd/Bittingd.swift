import ArgumentParser
import Foundation
import Gateway
import LockTransport
import Logging
import SeamAPI
import Sealing
import ServiceLifecycle
import Supervision
import SyncEngine
import Systemd
import TransportSecurity
import UnixSignals

/// The daemon.
@main struct Bittingd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bittingd",
    abstract: "A gateway for keypad locks: offers the Seam access-code API and talks to the locks itself.",
    discussion: """
      Give --config FILE for real doors, --demo for simulated ones, or both; without either the daemon reads \
      \(ConfigurationFile.standardPath). SIGHUP has the configuration and the certificate read again. Sockets that \
      systemd hands over (bitting.socket) take the place of --listen and --socket.

      The first API key is taken from the environment variable BITTING_API_KEY. Without it a daemon that is started by \
      hand makes one, prints it once and stores it hashed; under systemd none is made, and \
      'sudo bitting keys create NAME --scope write' makes the first.

      Exit status: 0 after SIGTERM or SIGINT; 64 wrong option; 69 another program listens at the unix socket; 73 the data \
      directory cannot be written; 74 the store is damaged or could not be upgraded; 75 the data directory belongs to \
      another running bittingd; 78 the configuration or the seal key is wrong.
      """,
    version: Release.version)

  @Flag(help: "Run seven simulated doors: four locks, a reader behind a real pseudo-terminal, two Nuki locks.")
  var demo = false

  @Option(help: ArgumentHelp("The site: serial lines, devices and doors.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Where the daemon remembers; used by one daemon at a time.", valueName: "dir"))
  var dataDir = "bitting-data"

  @Option(
    help: ArgumentHelp(
      "The seal key, 64 hexadecimal digits; the credential bitting.seal-key, or a file in the data directory, when left out.",
      valueName: "file"))
  var sealKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "Where the API listens, once for each address; port 0 takes a free one. (default: 127.0.0.1:8471)",
      valueName: "host:port"))
  var listen: [String] = []

  @Option(
    help: ArgumentHelp(
      "The unix socket of the API, for its owner and root alone, who need no key; 'none' for no such socket. "
        + "(default: bitting.sock in $RUNTIME_DIRECTORY, else in the data directory)", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "How much to log: trace, debug, info, notice, warning, error, critical. (default: notice)", valueName: "level"))
  var logLevel: String?

  @Flag(help: "Let other machines ask without TLS: whoever is on that network can read keys and PINs.")
  var plainHTTPOffLoopback = false

  func run() async throws {
    do {
      try await self.serve()
    } catch let fault as StartFault {
      throw fault.reported(by: "bittingd")
    } catch let fault as Store.Fault {
      throw StartFault(fault.status, "\(fault)\(self.wayBack(from: fault))").reported(by: "bittingd")
    } catch let fault as LinkFault {
      throw StartFault(.software, "\(fault)").reported(by: "bittingd")
    }
  }

  private func serve() async throws {
    // Before there are other threads: it changes the environment.
    guard let handedOver = HandedOverSocket.takeAll() else {
      throw StartFault(.usage, "LISTEN_FDS and LISTEN_PID in the environment make no sense; are they left over?")
    }
    // Trapped at once: one that comes during the start is heeded after it.
    let reloads = await UnixSignalsSequence(trapping: .sighup)
    let log = DaemonLog(label: "bittingd")
    let level = LogLevel()
    let logger = Logger(label: "bittingd") { _ in LevelledLog(log, level: level) }
    // Read before anything is made, so that a mistake in it leaves nothing behind.
    let loader = try ConfigurationLoader(
      path: self.config, isDemo: self.demo, environment: ProcessInfo.processInfo.environment,
      options: [
        ("api.listen", "--listen", self.listen), ("api.socket", "--socket", [self.socket].compactMap(\.self)),
        (
          "api.plain_http_off_loopback", "--plain-http-off-loopback", self.plainHTTPOffLoopback ? ["true"] : []
        ),
        ("log.level", "--log-level", [self.logLevel].compactMap(\.self)),
      ])
    let (source, file): (ConfigurationSource, ConfigurationFile)
    do { (source, file) = try loader.load() } catch { throw loader.startFault(error) }
    level.value = Logger.Level(rawValue: file.logLevel) ?? .notice
    for warning in loader.warnings(about: file) { logger.warning("\(warning)") }
    let directory = try DataDirectory(path: self.dataDir)
    let store = try self.store(in: directory, logger: logger)
    let key = try FirstKey(
      environment: ProcessInfo.processInfo.environment, store: store, isShown: !JournalEntry.isHeard
    ) { logger.warning("\($0)") }
    let reactor = try Reactor()
    defer { reactor.shutDown() }
    let watch = WatchService(watchdog: WatchService.watchdog(), log: log, logger: logger)
    _ = watch.watchdog.watch("descriptors") { reactor.ask($0) }

    let demo = self.demo ? try await DemoSite(directory: directory, store: store, reactor: reactor) : nil
    let composition = SiteComposition(
      directory: directory, store: store, reactor: reactor, watchdog: watch.watchdog, logger: logger, demo: demo)
    let (site, described) = try await composition.site(of: file)
    let engine = try await SyncEngine(
      store: store, definition: site, reactor: reactor, watchdog: watch.watchdog, logger: logger)
    let certificate = file.api.tls.map { files in
      CertificateService(CertificateFiles(certificate: files.certificate, key: files.key), logger: logger)
    }
    let webhooks = WebhookService(webhooks: engine.webhooks, authorities: file.webhookAuthorities, logger: logger)
    let sockets = try APISockets(
      .init(
        addresses: file.api.listen, socket: file.api.socket, handedOver: handedOver, isEncrypted: certificate != nil,
        allowsPlain: file.api.allowsPlainHTTP),
      dataDirectory: directory.url.path, logger: logger)
    defer { sockets.remove() }
    let network = NetworkService(sockets, certificate: certificate?.certificate, logger: logger)
    var apiSettings = file.api.settings
    apiSettings.version = Release.version
    let surroundings = DaemonSurroundings(
      directory: directory.url.path, version: Release.version, watchdog: watch.watchdog,
      certificate: certificate?.certificate, network: network, webhooks: webhooks,
      backups: DaemonBackups(of: directory, store: store, configuration: loader.path))
    let api = SeamAPI(engine: engine, logger: logger, settings: apiSettings, surroundings: surroundings.asked)
    let server = api.server(at: sockets.local, late: network.sockets, certificate: certificate?.certificate) {
      [described] in
      await network.firstAttempt()
      Greeting(
        url: network.url, newKey: key.made,
        doors: described,
        isDemo: demo != nil,
        keyHint: key.hint
      ).show()
      watch.ready(
        network.url.map { "Serves the API at \($0)." } ?? "Serves the API on this machine alone, see the log.")
    }
    var services: [any Service] = [EngineService(engine: engine)]
    services.append(RadioService(composition: composition))
    if let demo { services.append(DemoService(site: demo)) }
    services.append(webhooks)
    if let certificate { services.append(certificate) }
    services.append(
      SnapshotService(
        store: store, snapshots: StoreSnapshots(of: directory.url, keeping: file.retention.snapshots), logger: logger))
    services.append(server)
    services.append(network)
    services.append(
      ReloadService(
        signals: reloads, loader: loader, source: source, composition: composition, engine: engine, api: api,
        certificate: certificate?.certificate, level: level, logger: logger))
    services.append(watch)
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(1)
    try await ServiceGroup(configuration: configuration).run()
  }
}

extension Bittingd {
  /// How long a step of an upgrade may take.
  private static let longestStep = Duration.seconds(1800)

  private func store(in directory: DataDirectory, logger: Logger) throws -> Store {
    let path = directory.path("bitting.sqlite")
    // States that were put by and no store: somebody has lost one, and would lose these too.
    if !FileManager.default.fileExists(atPath: path), !StoreSnapshots(of: directory.url).all.isEmpty {
      throw Store.Fault.vanished(path: path)
    }
    let ballast = Ballast(of: directory.url)
    let store = try ballast.lift {
      logger.error("the disk is full: the room that was held for this day was let go of; make room")
    } _: {
      var sealKey = try SealKey.found(for: directory.url, file: self.sealKeyFile) { logger.warning("\($0)") }
      if self.sealKeyFile == nil {
        sealKey = try SealKey.settledOnCredential(in: directory.url, from: sealKey) { logger.notice("\($0)") }
      }
      return try Store(path: path, key: sealKey) { step in
        ServiceManager.tell(.extendTimeout(Self.longestStep), .status(step))
      }
    }
    ballast.take()
    return store
  }

  /// What there is to go back to when the store is damaged.
  private func wayBack(from fault: Store.Fault) -> String {
    guard case .damaged = fault else { return "" }
    let directory = URL(fileURLWithPath: self.dataDir, isDirectory: true)
    let look = " See what can still be read with: bitting rescue --data-dir \(self.dataDir)"
    guard !StoreSnapshots(of: directory).all.isEmpty else { return look }
    return "\(look) A good state was put by; go back to it with: bitting restore --snapshot --data-dir \(self.dataDir)"
  }
}

/// The engine as a service: ends with the daemon.
private struct EngineService: Service {
  let engine: SyncEngine

  func run() async throws { await cancelWhenGracefulShutdown { await self.engine.run() } }
}

/// The radio as a service, from when there is one: ends with the daemon.
private struct RadioService: Service {
  let composition: SiteComposition

  func run() async throws { await cancelWhenGracefulShutdown { await self.composition.runRadio() } }
}

/// The simulated reader as a service: ends with the daemon.
private struct DemoService: Service {
  let site: DemoSite

  func run() async throws { await cancelWhenGracefulShutdown { await self.site.run() } }
}

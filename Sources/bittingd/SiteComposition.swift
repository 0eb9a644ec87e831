import Gateway
import LockTransport
import Logging
import Supervision
import SyncEngine

/// Puts the site together: from the configuration, the locks that were paired, and the demo. At the start, and again
/// at each reload.
actor SiteComposition {
  private let directory: DataDirectory
  private let store: Store
  private let reactor: Reactor
  private let watchdog: Watchdog
  private let logger: Logger
  private let demo: DemoSite?
  /// The radio; made once the first lock is paired.
  private var radio: BluetoothRadio?
  private let radios: AsyncStream<BluetoothRadio>
  private let tellRadio: AsyncStream<BluetoothRadio>.Continuation

  init(directory: DataDirectory, store: Store, reactor: Reactor, watchdog: Watchdog, logger: Logger, demo: DemoSite?) {
    (self.directory, self.store, self.reactor) = (directory, store, reactor)
    (self.watchdog, self.logger, self.demo) = (watchdog, logger, demo)
    (self.radios, self.tellRadio) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Everything that is there, and what is said of each door.
  func site(of file: ConfigurationFile) throws -> (site: SiteDefinition, described: [(name: String, nature: String)]) {
    let (paired, unreadable) = PairedNukiLock.all(in: self.directory.url, seal: self.store.seal)
    // Before anything is kept of what the file says: a name that clashes changes nothing.
    let simulated = self.demo?.site.locks.map(\.name) ?? []
    try file.checkNames(against: simulated, "simulated")
    try file.checkNames(against: paired.map(\.name), "paired")
    var site = try file.site(store: self.store, logger: self.logger)
    var described = file.described
    if let demo { try site.merge(demo.site, as: "simulated") }
    // One damaged file is one lock out of service, not a site.
    for fault in unreadable { self.logger.error("\(fault.message)") }
    if !paired.isEmpty {
      let nuki = NukiDoors(paired, settings: file.bluetooth, radio: self.radio(file.bluetooth))
      try site.merge(nuki.site, as: "paired")
      described += nuki.described
    }
    described += self.demo?.doors ?? []
    return (site, described)
  }

  /// Runs the radio, from when there is one until the task is cancelled.
  func runRadio() async {
    for await radio in self.radios { await radio.run() }
  }

  private func radio(_ settings: ConfigurationFile.Bluetooth) -> BluetoothRadio {
    if let radio { return radio }
    if let warning = KernelRelease.running.warning { self.logger.warning("\(warning)") }
    let radio = BluetoothRadio(
      configuration: .init(adapters: settings.adapters, maximumLinks: settings.maximumLinks),
      bonds: .kept(in: self.store) { [logger] in logger.warning("bluetooth: \($0)") }, reactor: self.reactor,
      note: { [logger] in logger.notice("bluetooth: \($0)") })
    self.radio = radio
    _ = self.watchdog.watch("radio") { radio.ask($0) }
    self.tellRadio.yield(radio)
    return radio
  }
}

extension ConfigurationFile {
  /// Refuses a door that is called like another one.
  fileprivate func checkNames(against others: [String], _ kind: String) throws(StartFault) {
    let names = Set(self.doors.map(\.name))
    if let clash = others.first(where: names.contains) { throw .clash(clash, kind) }
  }
}

extension StartFault {
  fileprivate static func clash(_ name: String, _ kind: String) -> StartFault {
    StartFault(.configuration, "a door is called '\(name)' like a \(kind) one; rename one of them")
  }
}

extension SiteDefinition {
  /// Adds another site's locks.
  fileprivate mutating func merge(_ other: SiteDefinition, as kind: String) throws(StartFault) {
    let names = Set(self.locks.map(\.name))
    if let clash = other.locks.first(where: { names.contains($0.name) }) {
      throw .clash(clash.name, kind)
    }
    self.accounts += other.accounts
    self.locks += other.locks
    self.links += other.links
  }
}

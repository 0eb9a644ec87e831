import Gateway
import LockCore
import LockDrivers
import LockTransport
import SyncEngine

/// The paired Nuki locks of this data directory, and the radio that reaches them.
struct NukiDoors {
  /// The API's connected account of the radio.
  static let account = "Bluetooth"

  /// What is said of each door at the start.
  let described: [(name: String, nature: String)]
  /// What the daemon runs.
  let site: SiteDefinition

  /// What the link to a lock depends on.
  private struct Basis: Equatable {
    var authorization: NukiAuthorization
    var needsBond: Bool
    var visitsPerDay: Int
  }

  init(_ locks: [PairedNukiLock], settings: ConfigurationFile.Bluetooth, radio: BluetoothRadio) {
    self.described = locks.map { ($0.name, "\($0.authorization.model) \($0.nukiID), over Bluetooth") }
    var site = SiteDefinition(name: "")
    var policy = NukiPolicy()
    policy.visitsPerDay = settings.idleVisitsPerDay
    policy.logInterval = .seconds(24 * 3600 / settings.idleVisitsPerDay)
    site.accounts = [.init(key: Self.account, kind: "Bluetooth radio", states: { radio.states })]
    for lock in locks {
      site.locks.append(
        .init(
          key: lock.key, name: lock.name, account: Self.account, deviceType: "nuki_lock", manufacturer: "Nuki",
          model: lock.authorization.model, capabilities: .nukiKeypad, isVisited: true))
      var link = SiteDefinition.Link(
        account: Self.account, onDemand: radio.way(to: lock.authorization.address, needsBond: lock.needsBond)
      ) { [policy] seed in
        let id = seed.lockIDs[lock.key] ?? LockID(rawValue: lock.key)
        return NukiLockDriver(
          lock: id, authorization: lock.authorization, memory: seed.memory(id),
          written: seed.written(id), policy: policy)
      }
      link.identity = lock.key
      link.basis = Basis(
        authorization: lock.authorization, needsBond: lock.needsBond, visitsPerDay: settings.idleVisitsPerDay)
      site.links.append(link)
    }
    self.site = site
  }
}

import Foundation
import Gateway
import Glibc
import LockTransport
import Sealing
import SyncEngine

extension BoxCondition {
  /// Looks; changes nothing. As root it goes on as the owner of the data directory, for good: what SQLite makes when it
  /// reads must be the daemon's.
  /// - Parameters:
  ///   - directory: the data directory.
  ///   - usesPorts: some line of the configuration is serial.
  static func look(at directory: String, usesPorts: Bool) -> Self {
    var condition = Self(data: Data(path: directory))
    let running = Self.processes(named: Set(Self.timeKeepers + Self.portProbers))
    condition.clock = Clock(
      isSynchronized: Reactor.isClockSynchronized,
      keepers: Self.timeKeepers.filter { running[$0] != nil },
      hasChip: !((try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/rtc")) ?? []).isEmpty)
    condition.probers = running.filter { Self.portProbers.contains($0.key) }
    condition.usesPorts = usesPorts
    condition.hasPortRules = ["/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"].contains {
      (try? FileManager.default.contentsOfDirectory(atPath: $0))?.contains { $0.hasSuffix("-bitting.rules") } ?? false
    }
    condition.data.look()
    return condition
  }

  /// The process ids of running programs, by the name that the kernel knows them by: at most 15 bytes.
  private static func processes(named names: Set<String>) -> [String: Int32] {
    var found: [String: Int32] = [:]
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(entry), let name = try? String(contentsOfFile: "/proc/\(entry)/comm", encoding: .utf8)
      else { continue }
      let program = name.trimmingCharacters(in: .whitespacesAndNewlines)
      if names.contains(program) { found[program] = pid }
    }
    return found
  }
}

extension BoxCondition.Data {
  private mutating func mode(of path: String) -> UInt32? {
    var about = stat()
    guard unsafe stat(path, &about) == 0 else { return nil }
    return about.st_mode & 0o777
  }

  fileprivate mutating func look() {
    guard let mode = self.mode(of: self.path) else {
      self.exists = false
      return
    }
    self.mode = mode
    self.isReadable = unsafe access(self.path, R_OK | X_OK) == 0
    self.keyMode = self.mode(of: self.path + "/seal-key")
    self.hasCredential = FileManager.default.fileExists(atPath: "/etc/credstore.encrypted/bitting.seal-key")
    self.disk = DiskSpace(at: self.path)
    var credential: String?
    // While this is still root.
    do throws(StartFault) { credential = try SealKey.installedID() } catch { self.credentialFault = error.message }
    let store = self.path + "/bitting.sqlite"
    self.hasStore = FileManager.default.fileExists(atPath: store)
    guard self.isReadable, self.hasStore else { return }
    do throws(StartFault) {
      try DataDirectory.actAsOwner(of: self.path)
      self.storeFault = Store.fault(inStoreAt: store).map { "\($0)" }
      if let credential, let wanted = (try? Store.sealKeyID(ofStoreAt: store)) ?? nil, wanted != credential,
        self.keyMode == nil
      {
        self.credentialFault =
          "the store is sealed with the seal key \(wanted), and the service manager keeps \(credential), which does not open it: put the right one back, or restore a backup with: bitting restore"
      }
    } catch {
      self.storeFault = error.message
    }
  }
}

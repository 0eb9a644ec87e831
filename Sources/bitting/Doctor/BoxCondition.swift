import Gateway
import LockTransport

/// What there is of clock, disk and other programs on this box. A value: ``findings`` judges it, and looks nothing up.
struct BoxCondition: Hashable {
  /// The clock.
  struct Clock: Hashable {
    /// The kernel takes the time for kept.
    var isSynchronized = true
    /// Programs that keep time, and run.
    var keepers: [String] = []
    /// A clock that runs on without power is there.
    var hasChip = true
  }

  /// The directory in which the daemon remembers.
  struct Data: Hashable {
    /// Where it is.
    var path: String
    /// It is there.
    var exists = true
    /// Whoever looks may read it.
    var isReadable = true
    /// The permissions of the directory, the last nine bits.
    var mode: UInt32 = 0o700
    /// The file system; nil where that is not told.
    var disk: DiskSpace?
    /// The permissions of the key of the secrets, where it lies in this directory; nil for none.
    var keyMode: UInt32?
    /// The key of the secrets is kept by the service manager.
    var hasCredential = false
    /// What is wrong with that key; nil for nothing, or where root alone could tell.
    var credentialFault: String?
    /// What is wrong with the store; nil for nothing, or while there is none.
    var storeFault: String?
    /// There is a store.
    var hasStore = true
  }

  /// The clock.
  var clock = Clock()
  /// Where the daemon remembers.
  var data: Data
  /// Programs that open serial ports unasked, with their process ids.
  var probers: [String: Int32] = [:]
  /// The rules that keep those away are installed.
  var hasPortRules = true
  /// Some line of the configuration is serial.
  var usesPorts = false

  /// Programs that keep a box's time.
  static let timeKeepers = ["systemd-timesyn", "chronyd", "ntpd", "ntpsec", "gpsd", "ptp4l", "phc2sys"]
  /// Programs that open every serial port that appears.
  static let portProbers = ["ModemManager", "brltty"]

  /// Less than this much room is worth a warning, in bytes.
  static let scarceRoom = 512 << 20
}

extension BoxCondition {
  /// What is so, what stands in the way, and its cure.
  var findings: [Finding] {
    self.data.findings + self.clock.findings + self.proberFindings
  }

  private var proberFindings: [Finding] {
    self.probers.sorted { $0.key < $1.key }.map { name, pid in
      guard self.usesPorts else {
        return .good("\(name)", "it runs (pid \(pid)), and no line of the configuration is serial")
      }
      let cure =
        name == "brltty"
        ? "sudo apt remove brltty (it is for braille displays)"
        : "sudo systemctl disable --now \(name)"
      return self.hasPortRules
        ? .good(name, "it runs (pid \(pid)), and the rules of this package keep it off the adapters they know")
        : .bad(
          name,
          "it runs (pid \(pid)) and opens every serial adapter that appears; install the package's udev rules, or: \(cure)"
        )
    }
  }
}

extension BoxCondition.Clock {
  /// How the clock is.
  var findings: [Finding] {
    var findings: [Finding] = []
    if self.isSynchronized {
      findings.append(.good("clock", "it is kept\(self.keepers.first.map { " (by \($0))" } ?? "")"))
    } else if let keeper = self.keepers.first {
      findings.append(
        .warning(
          "clock",
          "\(keeper) runs and has not set it yet: see that the box reaches a time server (timedatectl timesync-status); until then locks' clocks are not set"
        ))
    } else {
      findings.append(
        .warning(
          "clock",
          "nobody keeps it, so codes may begin and end at the wrong time; run: sudo apt install systemd-timesyncd && sudo timedatectl set-ntp true"
        ))
    }
    if self.hasChip {
      findings.append(.good("clock chip", "the time survives a power cut"))
    } else {
      findings.append(
        .warning(
          "clock chip",
          "this box has no battery-backed clock: after a power cut without network no code begins or ends until the time is set; add an RTC module, or see that a time server is reached at start"
        ))
    }
    return findings
  }
}

extension BoxCondition.Data {
  /// How the directory, its file system and the store are.
  var findings: [Finding] {
    let subject = "data directory"
    guard self.exists else {
      return [
        .warning(subject, "\(self.path) is not there: bittingd makes it at its first start; or name it with --data-dir")
      ]
    }
    var findings: [Finding] = []
    if self.mode & 0o077 != 0 {
      findings.append(
        .bad(
          subject,
          "others may look into \(self.path) (mode \(String(self.mode, radix: 8))), where PINs and keys are; run: sudo chmod 700 \(self.path)"
        ))
    } else {
      findings.append(.good(subject, "\(self.path) is for its owner alone"))
    }
    findings.append(self.diskFinding)
    if !self.isReadable {
      return findings + [.warning("store", "only its owner may look at it; call this with sudo")]
    }
    if let fault = self.storeFault {
      findings.append(.bad("store", fault))
    } else {
      findings.append(.good("store", self.hasStore ? "it passes SQLite's check" : "there is none yet"))
    }
    if let finding = self.keyFinding { findings.append(finding) }
    return findings
  }

  private var diskFinding: Finding {
    guard let disk = self.disk else {
      return .warning("disk", "how full the file system of \(self.path) is cannot be told")
    }
    if disk.isReadOnly {
      return .bad(
        "disk",
        "the file system of \(self.path) takes no writes; see 'dmesg' for why, check the disk, then: sudo mount -o remount,rw"
      )
    }
    if let freeFiles = disk.freeFiles, freeFiles < 100 {
      return .bad(
        "disk", "no more files can be made at \(self.path) (\(freeFiles) inodes free); delete what is not needed")
    }
    let room = "\(disk.free >> 20) MiB of \(disk.size >> 20) MiB are free at \(self.path)"
    if disk.free < DiskSpace.scarce {
      return .bad(
        "disk",
        "nearly full: \(room), and bittingd refuses requests when it cannot write; make room, for example: sudo journalctl --vacuum-size=100M"
      )
    }
    if disk.free < BoxCondition.scarceRoom {
      return .warning("disk", "getting full: \(room); make room before it is needed")
    }
    return .good("disk", room)
  }

  private var keyFinding: Finding? {
    if let credentialFault { return .bad("seal key", credentialFault) }
    if self.hasCredential, self.keyMode == nil {
      return .good("seal key", "the service manager keeps it, encrypted for this box")
    }
    guard let mode = self.keyMode else { return nil }
    if mode & 0o077 != 0 {
      return .bad(
        "seal key",
        "others may read \(self.path)/seal-key, which opens all PINs and lock keys; run: sudo chmod 600 \(self.path)/seal-key"
      )
    }
    return .warning(
      "seal key",
      self.hasCredential
        ? "\(self.path)/seal-key lies beside the data that it seals, though the service manager keeps a key; run: sudo systemctl restart bitting (it goes over to that one)"
        : "it lies beside the data that it seals, so a stolen disk gives away both; the installed package keeps it as a credential of the service manager"
    )
  }
}

import CBlueZ

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// The switches of rfkill that keep Bluetooth adapters off.
struct RadioSwitches {
  /// How one adapter is kept off.
  struct Block: Hashable, Sendable {
    /// The adapter's number, N of hciN.
    var index: UInt16
    /// By software.
    var isSoft: Bool
    /// By a switch or key of the box.
    var isHard: Bool
  }

  /// Where changes are read from; nil where there is no rfkill.
  private(set) var link: Link?
  private var isWritable = false
  private var adapters: [UInt32: UInt16] = [:]

  /// Opens `/dev/rfkill`, or borrows it; each message that comes in is for ``changed(_:)``.
  mutating func open(on reactor: Reactor, lender: BluetoothLender) -> Link? {
    var number = cbluez_rfkill_open(1)
    if number < 0 { number = lender.borrow(.switches) }
    self.isWritable = number >= 0
    if number < 0 { number = cbluez_rfkill_open(0) }
    if number < 0 { return nil }
    self.link = try? reactor.adopt(Descriptor(owning: number), as: .notices)
    return self.link
  }

  /// Reads a message.
  /// - Returns: nil when it is not about a Bluetooth adapter.
  mutating func changed(_ message: [UInt8]) -> Block? {
    var event = cbluez_rfkill_event()
    let rc = unsafe message.withUnsafeBufferPointer { bytes in
      unsafe cbluez_rfkill_parse(bytes.baseAddress, bytes.count, &event)
    }
    guard rc == 0, event.is_bluetooth != 0 else { return nil }
    if event.is_gone != 0 {
      return self.adapters.removeValue(forKey: event.index).map {
        Block(index: $0, isSoft: false, isHard: false)
      }
    }
    if self.adapters[event.index] == nil {
      let adapter = cbluez_rfkill_adapter(event.index)
      if adapter < 0 { return nil }
      self.adapters[event.index] = UInt16(clamping: adapter)
    }
    return self.adapters[event.index].map {
      Block(index: $0, isSoft: event.is_soft_blocked != 0, isHard: event.is_hard_blocked != 0)
    }
  }

  /// Blocks an adapter by software and unblocks it.
  /// - Returns: why that was not possible; nil when it was done.
  func reset(_ adapter: UInt16) -> String? {
    guard let found = self.adapters.first(where: { $0.value == adapter })?.key, let link = self.link else {
      return "the adapter has no switch in /dev/rfkill: unplug it and plug it in again"
    }
    if !self.isWritable { return Self.noPermission }
    let rc = link.channel.ask { number in
      let blocked = cbluez_rfkill_set(number, found, 1)
      return blocked < 0 ? blocked : cbluez_rfkill_set(number, found, 0)
    }
    switch rc {
    case 0: return nil
    case -EPERM, -EACCES: return Self.noPermission
    default: return "resetting the adapter by rfkill failed (errno \(-(rc ?? -EBADF)))"
    }
  }

  private static let noPermission =
    "no permission to write /dev/rfkill: run 'sudo rfkill unblock bluetooth', and 'sudo systemctl enable --now bitting-bluetooth.socket' so that the daemon can do it"
}

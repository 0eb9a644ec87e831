import CBlueZ
public import LockCore

/// What there is of Bluetooth on a box, for `bitting doctor`.
public struct BluetoothCondition: Hashable, Sendable {
  /// An adapter.
  public struct Adapter: Hashable, Sendable {
    /// Its own address; nil where it has none.
    public var address: BluetoothAddress?
    /// Its number of the moment, N of hciN.
    public var index: UInt16
    /// Its name, as others see it.
    public var name: String
    /// Switched on.
    public var isPowered: Bool
    /// It can do Low Energy.
    public var hasLowEnergy: Bool
    /// Kept off by software: `rfkill unblock bluetooth`.
    public var isSoftBlocked: Bool
    /// Kept off by a switch or key of the box.
    public var isHardBlocked: Bool
  }

  /// The adapters that are plugged in.
  public var adapters: [Adapter] = []
  /// Why the kernel's Bluetooth could not be asked, and what to do; nil when it could.
  public var problem: String?
  /// The process id of bluetoothd, while it runs.
  public var bluetoothd: Int32?
  /// The running kernel.
  public var kernel: KernelRelease
  /// This process may set adapters up: it has CAP_NET_ADMIN, or a lender gives it the channel for that.
  public var mayAdminister: Bool

  /// Who else uses the adapters and how to be alone; nil when nobody does.
  public var handOver: String? { self.bluetoothd.map(Radio.handOver(from:)) }

  /// Looks; takes at most some seconds. Needs no privilege and changes nothing.
  /// - Parameter reactor: serves the look.
  public static func look(on reactor: Reactor) async -> Self {
    let lender = BluetoothLender()
    let pid = unsafe cbluez_find_process("bluetoothd")
    var condition = Self(
      bluetoothd: pid > 0 ? pid : nil, kernel: .running,
      mayAdminister: cbluez_may_administer() == 1 || lender.lends(.management))
    let link: Link
    do {
      link = try Link.bluetoothManagement(on: reactor, lender: lender)
    } catch {
      condition.problem = ManagementFault(error).description
      return condition
    }
    defer { link.close() }
    link.setDeadline(Reactor.uptime + .seconds(3))
    guard case .indexList(let indexes) = await Self.ask(.readIndexList, of: ManagementCommand.noIndex, on: link)
    else {
      condition.problem = "the kernel's Bluetooth does not answer: restart the box"
      return condition
    }
    let blocks = await Self.blocks(on: reactor, lender: lender)
    for index in indexes.sorted() {
      guard case .controller(let controller) = await Self.ask(.readControllerInfo, of: index, on: link) else {
        continue
      }
      condition.adapters.append(
        Adapter(
          address: controller.address, index: index, name: controller.name,
          isPowered: controller.current.contains(.powered),
          hasLowEnergy: controller.supported.contains(.lowEnergy),
          isSoftBlocked: blocks[index]?.isSoft ?? false, isHardBlocked: blocks[index]?.isHard ?? false))
    }
    return condition
  }

  private static func ask(
    _ command: ManagementCommand, of index: UInt16, on link: Link
  ) async -> ManagementAnswer? {
    link.write(command.packet(to: index))
    for await event in link.events {
      guard case .bytes(let bytes) = event else { return nil }
      if let packet = ManagementPacket(bytes), packet.index == index,
        case .answered(command.opcode, _, let answer) = packet.event
      {
        return answer
      }
    }
    return nil
  }

  /// How the adapters are kept off; the switches that there are come in at once.
  private static func blocks(on reactor: Reactor, lender: BluetoothLender) async -> [UInt16: RadioSwitches.Block] {
    var switches = RadioSwitches()
    var blocks: [UInt16: RadioSwitches.Block] = [:]
    guard let link = switches.open(on: reactor, lender: lender) else { return blocks }
    defer { link.close() }
    // What has come in by then is told before the deadline.
    link.setDeadline(Reactor.uptime)
    for await event in link.events {
      guard case .bytes(let bytes) = event else { break }
      if let block = switches.changed(bytes) { blocks[block.index] = block }
    }
    return blocks
  }
}

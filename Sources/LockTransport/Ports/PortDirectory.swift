/// Which device is meant by which selector, given the devices that are there. A value; looks nothing up itself.
public struct PortDirectory: Hashable, Sendable {
  /// What a selector comes to.
  public enum Finding: Hashable, Sendable {
    /// This device, and no other.
    case device(SerialDevice)
    /// Nothing is said of it, but a path can be opened all the same: a pseudoterminal, a link of the operator's.
    case unlisted(path: String)
    /// No such device is there.
    case missing
    /// More than one device is meant: none of them may be opened.
    case ambiguous([SerialDevice])
  }

  /// The devices that are there, ascending by node.
  public var devices: [SerialDevice]

  /// Makes a directory of these devices.
  public init(_ devices: [SerialDevice]) { self.devices = devices }

  /// The directory of what is there now. Safe from any task; takes some milliseconds.
  public static func present() -> PortDirectory { PortDirectory(SerialDevice.present()) }

  /// Finds the device that is meant.
  public func find(_ selector: PortSelector) -> Finding {
    let meant = self.devices.filter(selector.means)
    if let device = meant.first { return meant.count == 1 ? .device(device) : .ambiguous(meant) }
    guard case .path(let path) = selector else { return .missing }
    return .unlisted(path: path)
  }

  /// Finds the path to open.
  /// - Throws: ``LinkFault/missing(path:)``, ``LinkFault/ambiguous(port:nodes:advice:)``.
  public func path(of selector: PortSelector) throws(LinkFault) -> String {
    switch self.find(selector) {
    case .device(let device):
      if case .path(let path) = selector { return path }
      return device.node
    case .unlisted(let path): return path
    case .missing: throw .missing(path: selector.description)
    case .ambiguous(let devices):
      throw .ambiguous(
        port: selector.description, nodes: devices.map(\.node),
        advice: devices.map { "\($0.node) is port: \(self.bestSelector(of: $0).yaml)" }.joined(separator: "; "))
    }
  }

  /// The selector that means this device alone, and does so longest: it follows the adapter to any socket where its
  /// serial number is one of its own, else it stays with the socket.
  public func bestSelector(of device: SerialDevice) -> PortSelector {
    var candidates: [PortSelector] = []
    if let serial = device.usbSerial, !Self.isFromTheMould(serial) {
      candidates.append(.usbSerial(serial, interface: nil))
      if let interface = device.interface { candidates.append(.usbSerial(serial, interface: interface)) }
    }
    if let topology = device.topology { candidates.append(.topology(topology)) }
    // An adapter with several ports on one interface: the link's name counts them.
    for folder in ["/dev/serial/by-path/", "/dev/serial/by-id/"] {
      candidates += device.links.filter { $0.hasPrefix(folder) }.map(PortSelector.path)
    }
    return candidates.first { self.find($0) == .device(device) } ?? .path(device.node)
  }

  /// What to write instead of a selector that may mean another device tomorrow; nil where nothing better is known.
  public func betterSelector(than selector: PortSelector) -> PortSelector? {
    guard selector.isFleeting, case .device(let device) = self.find(selector) else { return nil }
    let best = self.bestSelector(of: device)
    return best.isFleeting ? nil : best
  }

  /// What to tell about a selector that may mean another device tomorrow; nil for one that is good.
  public func advice(on selector: PortSelector) -> String? {
    guard selector.isFleeting else { return nil }
    let danger = "\(selector) may be another adapter after the next replugging or restart"
    if let better = self.betterSelector(than: selector) {
      return "\(danger); write into bitting.yaml instead: port: \(better.yaml)"
    }
    return "\(danger); 'bitting ports' shows what to write instead once the adapter is plugged in"
  }

  /// Serial numbers that makers give to every piece: CP210x as delivered, clones of the FT232R, and blanks.
  private static func isFromTheMould(_ serial: String) -> Bool {
    serial == "0001" || serial == "A50285BI" || serial == "12345678" || serial.allSatisfy { $0 == "0" }
  }
}

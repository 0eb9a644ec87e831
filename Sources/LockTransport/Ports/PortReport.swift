/// The serial ports of this box and what stands in the way of the lines on them. A value; looks nothing up itself.
public struct PortReport: Hashable, Sendable {
  /// What was seen of one path.
  public struct Sight: Hashable, Sendable {
    /// The process that has it open, where one is seen.
    public var holder: LinkFault.Holder?
    /// Whether the daemon may open it; nil where nothing is.
    public var access: PortAccess?

    /// Puts down what was seen.
    /// - Parameters:
    ///   - holder: the process that has it open.
    ///   - access: whether the daemon may open it.
    public init(holder: LinkFault.Holder? = nil, access: PortAccess? = nil) {
      self.holder = holder
      self.access = access
    }
  }

  /// What was found, lines first, each about a line or a device node.
  public let findings: [Finding]

  /// Judges the ports.
  /// - Parameters:
  ///   - directory: the devices that are there.
  ///   - lines: the configured lines by name.
  ///   - daemon: the process that may hold them.
  ///   - sight: what is seen of a path.
  public init(
    of directory: PortDirectory, lines: [(name: String, port: PortSelector)], daemon: String = "bittingd",
    sight: (String) -> Sight
  ) {
    var findings: [Finding] = []
    var used: Set<SerialDevice> = []
    for line in lines {
      let subject = "line \(line.name)"
      var usbID: String?
      if case .device(let device) = directory.find(line.port) {
        used.insert(device)
        usbID = device.usbID
      }
      do {
        let path = try directory.path(of: line.port)
        let seen = sight(path)
        if let holder = seen.holder, holder.name != daemon {
          findings.append(.bad(subject, "\(LinkFault.held(path: path, by: holder))"))
        } else if let access = seen.access, !access.isGranted {
          findings.append(.bad(subject, access.refusal(usbID: usbID)))
        } else if let advice = directory.advice(on: line.port) {
          findings.append(.warning(subject, advice))
        } else {
          findings.append(.good(subject, "\(line.port) is \(path)"))
        }
      } catch {
        findings.append(.bad(subject, "\(error)"))
      }
    }
    for device in directory.devices where device.usbID != nil && !used.contains(device) {
      let holder = sight(device.node).holder.map { ", held by \($0.name) (pid \($0.pid))" } ?? ""
      let name = [device.product, device.usbID.map { "USB \($0)" }].compactMap(\.self).joined(separator: ", ")
      findings.append(
        .good(
          device.node,
          "\(name), used by no line\(holder); to use it write port: \(directory.bestSelector(of: device).yaml)"))
    }
    self.findings = findings
  }
}

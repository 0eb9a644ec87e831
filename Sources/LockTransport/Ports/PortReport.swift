/// The serial ports of this box and what stands in the way of the lines on them. A value; looks nothing up itself.
public struct PortReport: Hashable, Sendable {
  /// What was seen of one path.
  public struct Sight: Hashable, Sendable {
    /// The process that has it open, where one is seen.
    public var holder: LinkFault.Holder?
    /// True when whoever looks may open it.
    public var mayOpen: Bool

    /// Puts down what was seen.
    public init(holder: LinkFault.Holder? = nil, mayOpen: Bool = true) {
      self.holder = holder
      self.mayOpen = mayOpen
    }
  }

  /// One thing that was looked at.
  public struct Finding: Hashable, Sendable {
    /// How it is.
    public enum Verdict: String, Hashable, Sendable { case good, warning, bad }
    /// What it is about: a line or a device node.
    public var subject: String
    /// How it is.
    public var verdict: Verdict
    /// What is so, and what to do.
    public var sentence: String
  }

  /// What was found, lines first.
  public let findings: [Finding]

  /// Judges the ports.
  /// - Parameters:
  ///   - directory: the devices that are there.
  ///   - lines: the configured lines by name.
  ///   - daemon: the process that may hold them; nil while none runs.
  ///   - sight: what is seen of a path.
  public init(
    of directory: PortDirectory, lines: [(name: String, port: PortSelector)], daemon: String = "bittingd",
    sight: (String) -> Sight
  ) {
    var findings: [Finding] = []
    var used: Set<SerialDevice> = []
    for line in lines {
      let subject = "line \(line.name)"
      if case .device(let device) = directory.find(line.port) { used.insert(device) }
      do {
        let path = try directory.path(of: line.port)
        let seen = sight(path)
        if let holder = seen.holder, holder.name != daemon {
          findings.append(.init(subject: subject, verdict: .bad, sentence: "\(LinkFault.held(path: path, by: holder))"))
        } else if !seen.mayOpen {
          findings.append(.init(subject: subject, verdict: .bad, sentence: "\(LinkFault.noPermission(path: path))"))
        } else if let advice = directory.advice(on: line.port) {
          findings.append(.init(subject: subject, verdict: .warning, sentence: advice))
        } else {
          findings.append(.init(subject: subject, verdict: .good, sentence: "\(line.port) is \(path)"))
        }
      } catch {
        findings.append(.init(subject: subject, verdict: .bad, sentence: "\(error)"))
      }
    }
    for device in directory.devices where device.usbID != nil && !used.contains(device) {
      let holder = sight(device.node).holder.map { ", held by \($0.name) (pid \($0.pid))" } ?? ""
      let name = [device.product, device.usbID.map { "USB \($0)" }].compactMap(\.self).joined(separator: ", ")
      findings.append(
        .init(
          subject: device.node, verdict: .good,
          sentence:
            "\(name), used by no line\(holder); to use it write port: \(directory.bestSelector(of: device).yaml)"))
    }
    self.findings = findings
  }
}

public import LockTransport

/// Runs virtual readers at the far end of a serial line, for example behind a pseudo-terminal.
public actor VirtualLineRunner {
  private var line: VirtualLine
  private let link: Link

  /// Puts readers on a line.
  /// - Parameters:
  ///   - line: the readers.
  ///   - link: the far end of the line.
  public init(_ line: VirtualLine, on link: Link) {
    self.line = line
    self.link = link
  }

  /// Serves the line until its link ends.
  public func run() async {
    for await event in self.link.events {
      switch event {
      case .bytes(let bytes): self.perform(self.line.received(bytes, at: Reactor.uptime))
      case .deadlinePassed: self.perform(self.line.deadlinePassed(at: Reactor.uptime))
      case .closed: return
      }
    }
  }

  /// Somebody does something at the reader of an address; nothing where there is none.
  public func act(at address: UInt8, _ deed: @Sendable (inout VirtualReader) -> Void) {
    guard var reader = self.line[address] else { return }
    deed(&reader)
    self.line[address] = reader
  }

  private func perform(_ effects: [VirtualLine.Effect]) {
    for effect in effects {
      if case .write(let bytes) = effect { self.link.write(bytes) }
    }
    self.link.setDeadline(self.line.deadline)
  }
}

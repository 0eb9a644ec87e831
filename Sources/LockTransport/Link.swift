import CTermios

/// A handle to an open byte channel: a serial line, one end of a simulated one, a wireless connection.
///
/// Safe from any task or thread; copies mean the same channel. The channel lives until ``close()``, a fault or the
/// end of its reactor, whatever becomes of its handles: who opened it closes it.
public struct Link: Sendable {
  let channel: Channel
  private let reactor: Reactor

  /// What happens on the link, in order, for one consumer. Ends after ``LinkEvent/closed(_:)`` or ``close()``.
  ///
  /// While more than 64 events wait to be fetched nothing is read, so that the far end feels the pressure. A
  /// consumer that is cancelled has read its last event; the link stays open.
  public let events: AsyncStream<LinkEvent>

  init(_ channel: Channel, on reactor: Reactor) {
    self.channel = channel
    self.reactor = reactor
    self.events = AsyncStream(
      unfolding: { await channel.nextEvent() }, onCancel: { channel.stopReading() })
  }

  /// Sends one message, as one write to the kernel; never waits. What the kernel has no room for is queued, message
  /// by message, up to 256 messages or 1 MiB; beyond that the link closes as ``LinkFault/stalled``. Does nothing
  /// once the link is closed, or for no bytes.
  /// - Parameter bytes: the message; at most 65,536 bytes where messages are kept whole.
  public func write(_ bytes: [UInt8]) { self.channel.write(bytes) }

  /// Asks for one ``LinkEvent/deadlinePassed`` once the uptime reaches this; replaces the deadline set before. Bytes
  /// that have come in by then are told first.
  /// - Parameter uptime: a point of ``Reactor/uptime``; nil takes the deadline away.
  public func setDeadline(_ uptime: Duration?) { self.reactor.setDeadline(uptime, for: self.channel.token) }

  /// Closes the link at once. What waits to be read or has not left yet is dropped, and ``events`` ends. Harmless
  /// when the link is closed already.
  public func close() { self.channel.close() }

  /// Takes in one of those that wait at a listening socket; nil when none does.
  func accept() throws(LinkFault) -> Descriptor? { try self.channel.accept() }

  /// Opens two ends of a channel inside this process that keeps message boundaries: what one writes, the other
  /// receives. When one is closed the other hangs up.
  /// - Parameter reactor: serves both ends.
  /// - Throws: ``LinkFault/ioError(errno:during:)`` when the process has no descriptors left,
  ///   ``LinkFault/shutDown``.
  public static func pair(on reactor: Reactor) throws(LinkFault) -> (Link, Link) {
    var numbers: [Int32] = [-1, -1]
    let rc = unsafe numbers.withUnsafeMutableBufferPointer { unsafe cchannel_make_pair($0.baseAddress) }
    if rc < 0 { throw .ioError(errno: -rc, during: "socketpair") }
    let far = Descriptor(owning: numbers[1])
    let near = try reactor.adopt(Descriptor(owning: numbers[0]), as: .messages)
    do {
      return (near, try reactor.adopt(far, as: .messages))
    } catch {
      near.close()
      throw error
    }
  }
}

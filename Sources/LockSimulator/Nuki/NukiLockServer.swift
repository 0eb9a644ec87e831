public import LockTransport

/// Puts a simulated Nuki lock behind unix-domain sockets that keep packets whole (SOCK_SEQPACKET), for other processes:
///
/// - `PATH`: each connection is a link to the lock, each packet an ATT PDU. Either side may close it.
/// - `PATH.air`: each packet is what the lock says on the air: at once, after each change, and now and then the same
///   again. See ``NukiLock/Effect/advertise(_:)`` for the bytes.
/// - `PATH.control`: each packet is what somebody does at the lock, in a form of the owner's choice, and gets a packet
///   in return.
public struct NukiLockServer: Sendable {
  private let runner: NukiLockRunner
  private let links: UnixListener
  private let air: UnixListener
  private let controls: UnixListener

  /// Listens at the three sockets from now on.
  /// - Parameters:
  ///   - runner: the lock.
  ///   - path: of the socket for links, at most 99 bytes.
  ///   - reactor: serves the sockets.
  /// - Throws: as ``UnixSocket/listen(on:)``.
  public init(_ runner: NukiLockRunner, path: String, on reactor: Reactor) throws(LinkFault) {
    self.runner = runner
    var listeners: [UnixListener] = []
    do {
      for suffix in ["", ".air", ".control"] {
        listeners.append(try UnixSocket(path: path + suffix).listen(on: reactor))
      }
    } catch {
      for listener in listeners { listener.close() }
      throw error
    }
    (self.links, self.air, self.controls) = (listeners[0], listeners[1], listeners[2])
  }

  /// Serves whoever connects, until the task is cancelled, the server closed or the reactor shut down.
  /// - Parameter control: does what a packet says and gives the answer.
  public func run(
    control: @escaping @Sendable (_ packet: [UInt8], _ runner: NukiLockRunner) async -> [UInt8]
  ) async {
    let runner = self.runner
    await withTaskCancellationHandler {
      async let spoken: Void = Self.serve(self.links) { await runner.serve($0) }
      async let told: Void = Self.serve(self.air) { await Self.broadcast(runner, to: $0) }
      async let done: Void = Self.serve(self.controls) { link in
        for await event in link.events {
          if case .bytes(let packet) = event { link.write(await control(packet, runner)) }
        }
        link.close()
      }
      _ = await (spoken, told, done)
    } onCancel: {
      self.close()
    }
  }

  /// Stops to listen and removes the sockets; links that are open stay so.
  public func close() {
    for listener in [self.links, self.air, self.controls] { listener.close() }
  }

  /// Until the listener goes away.
  private static func broadcast(_ runner: NukiLockRunner, to link: Link) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await data in await runner.broadcasts() { link.write(data) } }
      group.addTask { for await _ in link.events {} }
      await group.next()
      group.cancelAll()
    }
    link.close()
  }

  private static func serve(
    _ listener: UnixListener, _ body: @escaping @Sendable (Link) async -> Void
  ) async {
    await withDiscardingTaskGroup { group in
      for await link in listener.links { group.addTask { await body(link) } }
    }
  }
}

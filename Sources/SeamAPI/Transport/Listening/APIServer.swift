public import ServiceLifecycle

import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Listening
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import Synchronization

/// Sockets that come to listen while the server runs already.
public struct LateSockets: Sendable {
  let stream: AsyncStream<ListeningSocket>
  private let continuation: AsyncStream<ListeningSocket>.Continuation

  /// None so far.
  public init() {
    // Bounded by the addresses of the configuration.
    (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
  }

  /// Has requests taken there too.
  public func add(_ socket: ListeningSocket) { self.continuation.yield(socket) }

  /// There are no more.
  func finish() { self.continuation.finish() }
}

/// The HTTP server at any number of sockets that listen already, and at those that come later.
public struct APIServer: Service {
  private typealias Accepted = NIOAsyncChannel<APIConnection, Never>

  /// One socket that is accepted from.
  private struct Door {
    let channel: Accepted
    let quiescing: ServerQuiescingHelper
  }

  /// What is told to end when the server is.
  private final class Quiescing: Sendable {
    private struct State {
      var helpers: [ServerQuiescingHelper] = []
      var hasBegun = false
    }
    private let state = Mutex(State())

    func add(_ helper: ServerQuiescingHelper) {
      let isLate = self.state.withLock { state in
        state.helpers.append(helper)
        return state.hasBegun
      }
      if isLate { helper.initiateShutdown(promise: nil) }
    }

    func begin() {
      let helpers = self.state.withLock { state in
        state.hasBegun = true
        return state.helpers
      }
      for helper in helpers { helper.initiateShutdown(promise: nil) }
    }
  }

  let sockets: [ListeningSocket]
  let late: LateSockets
  let setup: ConnectionSetup
  let onRunning: @Sendable () async -> Void

  /// Takes requests until it is told to stop, then lets those under way end.
  /// - Throws: when a socket cannot be accepted from any more: who started the daemon starts it again.
  public func run() async throws {
    let quiescing = Quiescing()
    try await withGracefulShutdownHandler {
      try await withThrowingDiscardingTaskGroup { group in
        for socket in self.sockets {
          let door = try await self.open(socket)
          quiescing.add(door.quiescing)
          group.addTask { try await self.accept(at: door) }
        }
        group.addTask { await self.onRunning() }
        for await socket in self.late.stream {
          let door = try await self.open(socket)
          quiescing.add(door.quiescing)
          group.addTask { try await self.accept(at: door) }
        }
      }
    } onGracefulShutdown: {
      self.late.finish()
      quiescing.begin()
    }
  }

  private func open(_ socket: ListeningSocket) async throws -> Door {
    let group = MultiThreadedEventLoopGroup.singleton
    let quiescing = ServerQuiescingHelper(group: group)
    let most = socket.isUnix ? Connections.mostLocal : Connections.most
    let bootstrap = ServerBootstrap(group: group)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AvailableConnectionsChannelHandler(delegate: MaximumAvailableConnections(most + 64)))
          try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
        }
      }
    let channel = try await bootstrap.bind(socket.descriptor) { channel in
      self.setup.connection(on: channel, of: socket)
    }
    return Door(channel: channel, quiescing: quiescing)
  }

  private func accept(at door: Door) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      do {
        try await door.channel.executeThenClose { connections in
          for try await connection in connections {
            group.addTask { await connection.http.handle(value: connection.channel, logger: self.setup.logger) }
          }
        }
        if !Task.isShuttingDownGracefully, !Task.isCancelled { throw ChannelError.alreadyClosed }
      } catch {
        self.setup.logger.error("no longer accepting connections, so the daemon starts anew: \(error)")
        // Whoever waits for more of them is to hear of this.
        self.late.finish()
        throw error
      }
    }
  }
}

/// One connection: its protocol and its channel.
struct APIConnection: Sendable {
  let http: HTTP1Channel
  let channel: HTTP1Channel.Value
}

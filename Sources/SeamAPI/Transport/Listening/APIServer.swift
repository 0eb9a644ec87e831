public import ServiceLifecycle

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Listening
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix

/// The HTTP server at any number of sockets that listen already.
public struct APIServer: Service {
  private typealias Accepted = NIOAsyncChannel<APIConnection, Never>

  /// One socket that is accepted from.
  private struct Door {
    let channel: Accepted
    let quiescing: ServerQuiescingHelper
  }

  let sockets: [ListeningSocket]
  let setup: ConnectionSetup
  let onRunning: @Sendable () async -> Void

  /// Takes requests until it is told to stop, then lets those under way end.
  public func run() async throws {
    var doors: [Door] = []
    do {
      for socket in self.sockets { doors.append(try await self.open(socket)) }
    } catch {
      for door in doors { try? await door.channel.executeThenClose { _ in } }
      throw error
    }
    await withGracefulShutdownHandler {
      await self.onRunning()
      await withDiscardingTaskGroup { group in
        for door in doors { group.addTask { await self.accept(at: door) } }
      }
    } onGracefulShutdown: { [doors] in
      for door in doors { door.quiescing.initiateShutdown(promise: nil) }
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

  private func accept(at door: Door) async {
    await withDiscardingTaskGroup { group in
      do {
        try await door.channel.executeThenClose { connections in
          for try await connection in connections {
            group.addTask { await connection.http.handle(value: connection.channel, logger: self.setup.logger) }
          }
        }
      } catch {
        self.setup.logger.error("no longer accepting connections: \(error); restart bittingd")
      }
    }
  }
}

/// One connection: its protocol and its channel.
struct APIConnection: Sendable {
  let http: HTTP1Channel
  let channel: HTTP1Channel.Value
}

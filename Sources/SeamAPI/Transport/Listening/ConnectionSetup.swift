import CListen
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Listening
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import TransportSecurity

/// Makes of an accepted connection one that speaks HTTP and knows who is at the other end.
struct ConnectionSetup: Sendable {
  let responder: SeamResponder
  let limits: RequestArrival.Limits
  /// Shown to clients over the network; nil for plain HTTP.
  let certificate: ServerCertificate?
  let logger: Logger
  /// Those over the network and those over the unix socket apart: who crowds the one does not close the other.
  private let network = Connections(most: Connections.most, mostOfPeer: Connections.mostOfPeer)
  private let local = Connections(most: Connections.mostLocal, mostOfPeer: Connections.mostLocal)
  private let date = HTTPDate()

  init(
    responder: SeamResponder, limits: RequestArrival.Limits, certificate: ServerCertificate?, logger: Logger
  ) {
    (self.responder, self.limits, self.certificate, self.logger) = (responder, limits, certificate, logger)
  }

  /// Sets a connection up, on its event loop.
  func connection(on channel: any Channel, of socket: ListeningSocket) -> EventLoopFuture<APIConnection> {
    self.peer(of: channel, at: socket).flatMap { peer in
      do {
        if !socket.isUnix, let certificate = self.certificate {
          guard let context = certificate.context else { throw ChannelError.operationUnsupported }
          let doorman = TLSDoorman(limits: self.limits)
          try channel.pipeline.syncOperations.addHandlers([
            doorman, NIOSSLServerHandler(context: context), TLSDoorman.Witness(doorman),
          ])
        }
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
      let http = self.http(for: peer, isUnix: socket.isUnix)
      return http.setup(channel: channel, logger: self.logger).map { APIConnection(http: http, channel: $0) }
    }
  }

  private func peer(of channel: any Channel, at socket: ListeningSocket) -> EventLoopFuture<Peer> {
    guard socket.isUnix else {
      return channel.eventLoop.makeSucceededFuture(.network(address: channel.remoteAddress?.ipAddress ?? ""))
    }
    guard let options = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    let credentials: EventLoopFuture<clisten_peer> = options.unsafeGetSocketOption(
      level: .socket, name: .init(rawValue: CLISTEN_PEER))
    return credentials.map { .local(uid: $0.uid) }
  }

  private func http(for peer: Peer, isUnix: Bool) -> HTTP1Channel {
    let (connections, limits) = (isUnix ? self.local : self.network, self.limits)
    let context = ConnectionContext(peer: peer, isEncrypted: !isUnix && self.certificate != nil, logger: self.logger)
    return HTTP1Channel(
      responder: { request, writer, _ in
        let response = try await self.answer(to: request, in: context)
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: .init(
        additionalChannelHandlers: [BadRequestBody(), ConnectionGuard(connections: connections, limits: limits)],
        idleTimeout: .seconds(90)))
  }

  private func answer(to request: Request, in context: ConnectionContext) async throws -> Response {
    var response: Response
    do {
      response = try await self.responder.respond(to: request, context: context)
    } catch let error as HTTPParserError {
      throw error
    } catch {
      self.logger.debug("a request ended: \(type(of: error))")
      response = Response(status: .internalServerError, body: .init())
    }
    response.headers[.date] = self.date.now
    response.headers[.server] = "bitting"
    return response
  }
}

extension ListeningSocket {
  /// True for a file: its mode decides who may ask.
  var isUnix: Bool {
    switch self.place {
    case .unix: true
    case .tcp: false
    }
  }
}

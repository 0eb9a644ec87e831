import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SyncEngine

/// Performs on one connection what ``RequestArrival`` says: gives up clients that do not go on, and ends a connection
/// in such a way that the last answer arrives though the client is still sending.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let connections: Connections
  private let farewell: Duration
  private var arrival: RequestArrival
  private var alarm: Scheduled<Void>?
  private var sawPart = false
  private var endsAfterAnswer = false
  private var isLeaving = false

  init(connections: Connections, limits: RequestArrival.Limits) {
    self.connections = connections
    self.arrival = RequestArrival(limits: limits)
    self.farewell = limits.farewell
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { self.connections.opened(context.channel) }
  }

  func channelActive(context: ChannelHandlerContext) {
    self.connections.opened(context.channel)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.alarm?.cancel()
    self.connections.closed(context.channel)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Nobody will read it: it is taken from the line only so that the last answer is not lost.
    if self.isLeaving { return }
    self.sawPart = true
    switch self.unwrapInboundIn(data) {
    case .head: self.arrival.receivedHead(at: .now)
    case .body: break
    case .end:
      self.arrival.receivedEnd()
      self.connections.began(context.channel)
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !self.sawPart { self.arrival.receivedBytes(at: .now) }
    self.sawPart = false
    self.setAlarm(context)
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if self.isLeaving, let event = event as? ChannelEvent, event == .inputClosed {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch self.unwrapOutboundIn(data) {
    case .head(let head):
      self.arrival.answerBegan(at: .now)
      self.endsAfterAnswer = head.headerFields[.connection]?.lowercased() == "close"
    case .body:
      let written = promise ?? context.eventLoop.makePromise()
      written.futureResult.assumeIsolated().whenSuccess { _ in self.arrival.answerAdvanced(at: .now) }
      context.write(data, promise: written)
      self.setAlarm(context)
      return
    case .end:
      let written = promise ?? context.eventLoop.makePromise()
      written.futureResult.assumeIsolated().whenComplete { _ in self.answerEnded(context) }
      context.write(data, promise: written)
      self.setAlarm(context)
      return
    }
    context.write(data, promise: promise)
  }

  private func answerEnded(_ context: ChannelHandlerContext) {
    self.arrival.answerEnded(at: .now)
    if self.endsAfterAnswer { return self.leave(context) }
    if !self.arrival.isAnswering { self.connections.rests(context.channel) }
    self.setAlarm(context)
  }

  private func setAlarm(_ context: ChannelHandlerContext) {
    guard self.alarm == nil, !self.isLeaving, let deadline = self.arrival.deadline else { return }
    self.alarm = context.eventLoop.assumeIsolated().scheduleTask(
      in: TimeAmount(ContinuousClock.now.duration(to: deadline))
    ) {
      self.alarm = nil
      guard let deadline = self.arrival.deadline, deadline <= .now else { return self.setAlarm(context) }
      self.giveUp(context)
    }
  }

  private func giveUp(_ context: ChannelHandlerContext) {
    // Half an answer is out, or a whole one that is not taken: nothing can be said any more.
    guard !self.isLeaving, !self.arrival.isAnswerGoingOut else { return context.close(promise: nil) }
    let body = APIFault.requestTimeout.body.bytes
    let head = HTTPResponse(
      status: .requestTimeout,
      headerFields: [
        .contentType: "application/json", .contentLength: String(body.count), .connection: "close",
        .seamRequestID: freshRequestID(),
      ])
    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
    context.write(self.wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    self.leave(context)
  }

  /// Ends the sending half, and the rest as soon as the client has ended its own. To close at once with bytes unread
  /// would make the system tell the client of an error in place of the answer.
  private func leave(_ context: ChannelHandlerContext) {
    guard !self.isLeaving else { return }
    self.isLeaving = true
    self.alarm?.cancel()
    context.close(mode: .output, promise: nil)
    self.alarm = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.farewell)) {
      context.close(promise: nil)
    }
  }
}

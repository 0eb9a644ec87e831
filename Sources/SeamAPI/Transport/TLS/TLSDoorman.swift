import NIOCore
import NIOTLS
import SyncEngine

/// Stands before TLS on a connection: gives up a client that does not finish its handshake, and answers one that sends
/// plain HTTP in words that it understands.
final class TLSDoorman: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Tells the doorman that the handshake is done; stands behind TLS, where that is heard of.
  final class Witness: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let doorman: TLSDoorman

    init(_ doorman: TLSDoorman) { self.doorman = doorman }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .handshakeCompleted = event as? TLSUserEvent { self.doorman.handshakeCompleted() }
      context.fireUserInboundEventTriggered(event)
    }
  }

  private enum Stage {
    case waiting
    case handshake
    case done
    case leaving
  }

  private let limits: RequestArrival.Limits
  private var stage = Stage.waiting
  private var alarm: Scheduled<Void>?

  init(limits: RequestArrival.Limits) { self.limits = limits }

  func handlerAdded(context: ChannelHandlerContext) { self.setAlarm(context, in: self.limits.head) }

  func handlerRemoved(context: ChannelHandlerContext) { self.alarm?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    self.alarm?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if self.stage == .leaving { return }
    if self.stage == .waiting, let first = self.unwrapInboundIn(data).readableBytesView.first {
      // Every handshake begins with 0x16; a letter is the verb of a request.
      if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) { return self.answerPlainly(context) }
      self.stage = .handshake
    }
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if self.stage == .leaving, let event = event as? ChannelEvent, event == .inputClosed {
      context.close(promise: nil)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  private func handshakeCompleted() {
    self.stage = .done
    self.alarm?.cancel()
  }

  private func answerPlainly(_ context: ChannelHandlerContext) {
    self.stage = .leaving
    self.alarm?.cancel()
    let body = APIFault.tlsRequired.body.bytes
    let head = [
      "HTTP/1.1 400 Bad Request", "content-type: application/json", "content-length: \(body.count)",
      "connection: close", "seam-request-id: \(freshRequestID())", "server: bitting", "", "",
    ]
    var answer = context.channel.allocator.buffer(string: head.joined(separator: "\r\n"))
    answer.writeBytes(body)
    context.writeAndFlush(self.wrapOutboundOut(answer), promise: nil)
    context.close(mode: .output, promise: nil)
    self.setAlarm(context, in: self.limits.farewell)
  }

  private func setAlarm(_ context: ChannelHandlerContext, in time: Duration) {
    self.alarm = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
      if self.stage != .done { context.close(promise: nil) }
    }
  }
}

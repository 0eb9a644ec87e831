import HTTPTypes
import NIOCore
import NIOHTTPTypes
import SyncEngine

/// Gives the server's own answers to what is no HTTP the body and the headers that every refusal has.
final class BadRequestBody: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .head(var head) = self.unwrapOutboundIn(data), head.status.code >= 400,
      head.headerFields[.seamRequestID] == nil
    else {
      context.write(data, promise: promise)
      return
    }
    let fault = APIFault(status: head.status.code, type: "bad_request", message: "The request is not valid HTTP")
    let body = (head.status.code < 500 ? fault : .internalServerError).body.bytes
    head.headerFields[.contentType] = "application/json"
    head.headerFields[.contentLength] = String(body.count)
    head.headerFields[.seamRequestID] = freshRequestID()
    context.write(self.wrapOutboundOut(.head(head)), promise: promise)
    context.write(self.wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
  }
}

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import SyncEngine

extension Response {
  /// A response with a JSON body.
  /// - Parameters:
  ///   - status: HTTP status.
  ///   - json: the body.
  init(status: Int, json: JSONValue) {
    self.init(
      status: HTTPResponse.Status(code: status), headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
  }
}

extension Response {
  /// A response with a body that is no JSON.
  init(text: PlainText) {
    self.init(
      status: .ok, headers: [.contentType: text.contentType],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
  }
}

/// A reply that is no JSON and is sent as it is made: no more of it is in memory than the client is about to take.
struct StreamedReply: Sendable {
  /// Its headers.
  var headers: HTTPFields
  /// Its body, piece by piece.
  var bytes: AsyncThrowingStream<[UInt8], any Error>
  /// What the audit log says of it beside the request.
  var details: [String: JSONValue]
}

extension Response {
  /// A response whose body is sent as it is made. One that cannot be gone on with ends with its connection, never as if
  /// it were whole.
  init(stream reply: StreamedReply) {
    self.init(
      status: .ok, headers: reply.headers,
      body: ResponseBody(asyncSequence: reply.bytes.map { ByteBuffer(bytes: $0) }))
  }
}

extension HTTPField.Name {
  /// Names one request, in responses and in the log.
  static var seamRequestID: HTTPField.Name {
    // The name is well formed; the fallback is never taken.
    HTTPField.Name("seam-request-id") ?? .eTag
  }
}

extension HTTPFields {
  /// What a browser wants to be told of a request from one of these origins, for example `https://panel.example`;
  /// nothing for others.
  static func crossOrigin(_ request: HTTPFields, allowed origins: Set<String>) -> HTTPFields {
    if origins.isEmpty { return [:] }
    guard let origin = request[.origin], origins.contains(origin.lowercased()) else { return [.vary: "origin"] }
    return [
      .accessControlAllowOrigin: origin,
      .accessControlAllowCredentials: "true",
      .accessControlAllowMethods: "GET, POST, PUT, PATCH, DELETE, OPTIONS",
      .accessControlAllowHeaders:
        "authorization, content-type, seam-workspace, seam-sdk-name, seam-sdk-version, seam-lts-version, "
        + "seam-client-session-token, seam-publishable-key",
      .accessControlExposeHeaders: "seam-request-id, retry-after",
      .vary: "origin",
    ]
  }
}

/// A fresh id for a request, a lower-case UUID.
func freshRequestID() -> String { UUID().uuidString.lowercased() }

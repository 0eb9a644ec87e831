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

extension HTTPField.Name {
  /// Names one request, in responses and in the log.
  static var seamRequestID: HTTPField.Name {
    // The name is well formed; the fallback is never taken.
    HTTPField.Name("seam-request-id") ?? .eTag
  }
}

extension HTTPFields {
  /// What a browser wants to be told; nothing for clients that are none.
  static func crossOrigin(_ request: HTTPFields) -> HTTPFields {
    guard let origin = request[.origin] else { return [:] }
    return [
      .accessControlAllowOrigin: origin,
      .accessControlAllowCredentials: "true",
      .accessControlAllowMethods: "GET, POST, PUT, PATCH, DELETE, OPTIONS",
      .accessControlAllowHeaders:
        "authorization, content-type, seam-workspace, seam-sdk-name, seam-sdk-version, seam-lts-version, "
        + "seam-client-session-token, seam-publishable-key",
      .vary: "origin",
    ]
  }
}

/// A fresh id for a request, a lower-case UUID.
func freshRequestID() -> String { UUID().uuidString.lowercased() }

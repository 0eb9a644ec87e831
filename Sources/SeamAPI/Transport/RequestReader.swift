import Hummingbird
import NIOCore
import SyncEngine

/// Makes the input of a route from the query string and the body of a request.
struct RequestReader {
  /// The largest body that is read, in bytes.
  static let bodyLimit = 1 << 20

  /// The body's bytes; errors of the connection pass through.
  /// - Throws: ``APIFault/tooLarge``, whatever the connection throws.
  static func body(of request: Request) async throws -> [UInt8] {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > self.bodyLimit {
      throw APIFault.tooLarge
    }
    var bytes: [UInt8] = []
    for try await part in request.body {
      guard bytes.count + part.readableBytes <= self.bodyLimit else { throw APIFault.tooLarge }
      bytes += part.readableBytesView
    }
    return bytes
  }

  /// The document that `route` validates: the body, and for routes that read or delete what the query string says
  /// and the body does not.
  static func document(of request: Request, body: [UInt8], for route: Route) throws(APIFault) -> JSONValue {
    let isEmpty = body.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
    if !isEmpty, request.method == .post || request.method == .patch {
      let type = request.headers[.contentType]?.lowercased() ?? ""
      guard type.prefix(while: { $0 != ";" && $0 != " " }) == "application/json" else {
        throw APIFault(
          status: 400, type: "invalid_content_type", message: "Send the body as content-type application/json")
      }
    }
    let sent = isEmpty ? .object([:]) : try self.json(body)
    guard route.kind.readsQuery, let query = request.uri.query, let members = sent.object else { return sent }
    let asked = try QueryString(query).members(for: route.schema.parameters)
    return .object(asked.merging(members) { _, body in body })
  }

  private static func json(_ body: [UInt8]) throws(APIFault) -> JSONValue {
    do throws(JSONFault) {
      return try JSONReader.read(body)
    } catch {
      throw .invalidInput("The request body is not valid JSON: \(error.explanation)")
    }
  }
}

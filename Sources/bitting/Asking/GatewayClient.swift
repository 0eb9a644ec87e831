import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SyncEngine
import TransportSecurity

/// Asks the daemon, as any client of its API does.
struct GatewayClient: Sendable {
  /// Where it is asked.
  let address: GatewayAddress
  private let client: HTTPClient
  private let root: String

  /// The most that an answer may have, in bytes: some hundred thousand events.
  private static let longestAnswer = 256 * 1024 * 1024
  /// How long the daemon may say nothing: to copy and check a large store takes a while.
  private static let longestSilence = Duration.seconds(600)

  /// Makes a client; nothing is opened before the first question. ``close()`` must be called at the end.
  /// - Parameters:
  ///   - address: where the daemon is asked.
  ///   - authorities: trusted with https beside those of the system.
  init(_ address: GatewayAddress, trusting authorities: PrivateAuthorities = PrivateAuthorities()) {
    self.address = address
    switch address {
    case .socket(let path): self.root = URL(httpURLWithSocketPath: path)?.absoluteString ?? "http+unix://"
    case .url(let url, _): self.root = url
    }
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: TimeAmount(Self.longestSilence)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    if !authorities.certificates.isEmpty {
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.additionalTrustRoots = [.certificates(authorities.certificates)]
      configuration.tlsConfiguration = tls
    }
    self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Closes every connection.
  func close() async { try? await self.client.shutdown() }

  /// Asks one thing.
  /// - Parameters:
  ///   - path: the path of the API, with a slash in front.
  ///   - members: what goes in.
  ///   - limit: how long the answer may take; the daemon holds some requests open for 20 s.
  /// - Returns: the whole answer, an object.
  /// - Throws: why there is none.
  func ask(
    _ path: String, _ members: [String: JSONValue] = [:], within limit: Duration = .seconds(40)
  ) async throws(GatewayFault) -> JSONValue {
    let status: Int
    let body: [UInt8]
    do {
      let response = try await self.client.execute(self.request(path, members), timeout: TimeAmount(limit))
      status = Int(response.status.code)
      body = Array(buffer: try await response.body.collect(upTo: Self.longestAnswer))
    } catch {
      throw self.fault(error, limit: limit)
    }
    return try self.answer(body, status: status)
  }

  /// Asks for what is no JSON and may be long.
  /// - Parameters:
  ///   - path: the path of the API, with a slash in front.
  ///   - members: what goes in.
  ///   - take: is given one piece after the other; what it throws is thrown on.
  /// - Returns: the headers of the answer, the names in lower case. The last piece was given before.
  /// - Throws: why there is no answer, or no whole one.
  func download(
    _ path: String, _ members: [String: JSONValue], take: ([UInt8]) throws -> Void
  ) async throws -> [String: String] {
    var refusal: (any Error)?
    do {
      let response = try await self.client.execute(self.request(path, members), deadline: .distantFuture)
      guard response.status == .ok, response.headers["content-type"] == ["application/octet-stream"] else {
        let body = Array(buffer: try await response.body.collect(upTo: Self.longestAnswer))
        _ = try self.answer(body, status: Int(response.status.code))
        throw GatewayFault.stranger(place: "\(self.address)")
      }
      for try await piece in response.body {
        do {
          try take(Array(buffer: piece))
        } catch {
          refusal = error
          throw error
        }
      }
      return Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    } catch let fault as GatewayFault {
      throw fault
    } catch {
      throw refusal ?? self.fault(error, limit: Self.longestSilence)
    }
  }

  private func request(_ path: String, _ members: [String: JSONValue]) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: self.root + (self.root.hasSuffix("/") ? String(path.dropFirst()) : path))
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    switch self.address {
    case .socket: request.headers.add(name: "host", value: "localhost")
    case .url(_, let key): request.headers.add(name: "authorization", value: "Bearer \(key)")
    }
    request.body = .bytes(ByteBuffer(bytes: JSONValue.object(members).bytes))
    return request
  }

  /// What is in an answer of JSON.
  private func answer(_ body: [UInt8], status: Int) throws(GatewayFault) -> JSONValue {
    guard let answer = try? JSONReader.read(body), let ok = answer["ok"]?.bool else {
      throw .stranger(place: "\(self.address)")
    }
    if ok { return answer }
    let error = answer["error"] ?? [:]
    throw .refused(
      .init(
        status: status, type: error["type"]?.string ?? "unknown", message: error["message"]?.string ?? "refused",
        members: error))
  }

  private func fault(_ error: any Error, limit: Duration) -> GatewayFault {
    let place = "\(self.address)"
    if let error = error as? IOError {
      guard case .socket(let path) = self.address else {
        return .unreachable(place: place, reason: Self.words(for: error.errnoCode))
      }
      switch error.errnoCode {
      case ENOENT, ENOTDIR: return .noSocket(path: path)
      case ECONNREFUSED: return .unattended(path: path)
      case EACCES, EPERM: return .forbidden(path: path)
      case let code: return .unreachable(place: place, reason: Self.words(for: code))
      }
    }
    if let error = error as? SocketAddressError, error == .unixDomainSocketPathTooLong {
      return .pathTooLong(path: place)
    }
    if let error = error as? NIOConnectionError {
      let reasons = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
      if error.dnsAError != nil || error.dnsAAAAError != nil {
        return .unreachable(place: place, reason: "the name of the host is not known")
      }
      return .unreachable(place: place, reason: reasons.first.map(Self.words) ?? "no connection")
    }
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
      return .unreachable(place: place, reason: "its certificate is not for this host name")
    }
    if error is NIOSSLError {
      return .unreachable(
        place: place, reason: "its certificate is not trusted; name the site's own authority with --ca-file")
    }
    guard let error = error as? HTTPClientError else {
      return .unreachable(place: place, reason: "\(type(of: error))")
    }
    switch error {
    case .connectTimeout: return .unreachable(place: place, reason: "no answer within 5 s")
    case .deadlineExceeded, .readTimeout: return .silent(place: place, seconds: Int(limit.components.seconds))
    default: return .unreachable(place: place, reason: error.shortDescription)
    }
  }

  private static func words(for errno: Int32) -> String {
    guard let words = unsafe strerror(errno) else { return "errno \(errno)" }
    return unsafe String(cString: words).lowercased()
  }
}

import AsyncHTTPClient
public import SyncEngine
public import TransportSecurity

import NIOCore
import NIOHTTP1
import NIOSSL

/// Sends events to their receivers over HTTP and TLS. A receiver that is never reached costs nothing but its try.
public struct WebhookClient: Sendable {
  private let client: HTTPClient

  /// What is read of an answer before the connection is closed on it, in bytes: only the status counts.
  private static let mostOfAnswer = 16 * 1024

  /// Makes a client; ``shutDown()`` must be called when it is no longer used.
  /// - Parameter authorities: trusted beside those of the system.
  public init(trusting authorities: PrivateAuthorities = PrivateAuthorities()) {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5), read: .seconds(15)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = .seconds(30)
    // The schedule is the webhook's; a connection that cannot be made is that try's end.
    configuration.connectionPool.retryConnectionEstablishment = false
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.additionalTrustRoots = [.certificates(authorities.certificates)]
    configuration.tlsConfiguration = tls
    self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Sends one request.
  public func post(_ request: WebhookRequest) async -> WebhookOutcome {
    var message = HTTPClientRequest(url: request.url)
    message.method = .POST
    for (name, value) in request.headers { message.headers.add(name: name, value: value) }
    message.body = .bytes(ByteBuffer(bytes: request.body))
    let limit = TimeAmount(WebhookRequest.timeout)
    do {
      let response = try await self.client.execute(message, timeout: limit)
      await Self.finish(response)
      return .answered(status: Int(response.status.code))
    } catch let error as HTTPClientError {
      return .unanswered(reason: error.shortDescription)
    } catch let error as NIOSSLExtraError where error == .failedToValidateHostname {
      return .unanswered(reason: "its certificate is not for this host name")
    } catch NIOSSLError.handshakeFailed(let error) {
      return .unanswered(reason: Self.reason(of: error))
    } catch {
      return .unanswered(reason: "it cannot be reached (\(type(of: error)))")
    }
  }

  private static func reason(of failure: BoringSSLError) -> String {
    "\(failure)".contains("CERTIFICATE_VERIFY_FAILED")
      ? "its certificate is not trusted: it has ended, or its authority is not known here (webhooks.ca_file)"
      : "TLS could not be agreed on with it"
  }

  /// Reads a short answer to its end, so that the connection serves the next event too.
  private static func finish(_ response: HTTPClientResponse) async {
    guard let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length <= self.mostOfAnswer
    else { return }
    await withTaskGroup { group in
      group.addTask { _ = try? await response.body.collect(upTo: self.mostOfAnswer) }
      group.addTask { _ = try? await Task.sleep(for: .seconds(2)) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Closes every connection.
  public func shutDown() async { try? await self.client.shutdown() }
}

import Foundation
import Listening
import LockCore
import Logging
import OpenMetrics
import SeamAPI
import ServiceLifecycle
import SyncEngine
import Synchronization
import Systemd
import TransportSecurity

/// Has the API take requests over TCP, as a service: at an address that cannot be had, or without a certificate that
/// will do, it tries again until it can. Doors and unix socket never wait for that.
final class NetworkService: Service {
  private struct State {
    var attempts: ListenAttempts
    /// What systemd listens at and nobody accepts from yet.
    var handedOver: [ListeningSocket]
    /// Where it takes requests by now.
    var open: [ListeningSocket] = []
    var waitsForCertificate = false
    /// True once it was tried for the first time.
    var wasTried = false
    /// What was told last.
    var told: [String] = []

    var isComplete: Bool { self.attempts.isComplete && self.handedOver.isEmpty }
  }

  /// How often it is tried.
  private static let interval = Duration.seconds(2)
  /// How long a start waits for the resolver.
  private static let patience = Duration.seconds(5)

  private let scheme: String
  private let certificate: ServerCertificate?
  private let logger: Logger
  private let state: Mutex<State>
  /// Where the server takes sockets from.
  let sockets = LateSockets()
  /// Ends once everything was tried.
  private let tried: AsyncStream<Void>
  private let tellTried: AsyncStream<Void>.Continuation

  /// - Parameter certificate: without which there are no requests; nil for plain HTTP.
  init(_ sockets: APISockets, certificate: ServerCertificate?, logger: Logger) {
    (self.scheme, self.certificate, self.logger) = (sockets.scheme, certificate, logger)
    self.state = Mutex(State(attempts: sockets.attempts, handedOver: sockets.network))
    (self.tried, self.tellTried) = AsyncStream.makeStream()
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        if !self.state.withLock(\.isComplete) { await self.attempt() }
        self.state.withLock { $0.wasTried = true }
        self.tellTried.finish()
        try? await Task.sleep(for: Self.interval, tolerance: .seconds(1))
      }
    }
  }

  /// Returns once it was tried for the first time, or the resolver takes its time.
  func firstAttempt() async {
    await withTaskGroup { group in
      group.addTask { for await _ in self.tried {} }
      group.addTask { try? await Task.sleep(for: Self.patience) }
      await group.next()
      group.cancelAll()
    }
  }

  /// How a client on this machine reaches the API, for people; nil while none does.
  var url: String? {
    self.state.withLock { state in
      for address in state.attempts.addresses {
        guard let port = state.attempts.port(at: address) else { continue }
        return "\(self.scheme)://\(ListenAddress(host: address.host, port: UInt16(clamping: port)))"
      }
      return state.open.lazy.compactMap(\.address).first.map { "\(self.scheme)://\($0)" }
    }
  }

  private func attempt() async {
    guard self.certificate.map({ $0.context != nil }) ?? true else {
      // What is wrong with it is told by itself.
      return self.state.withLock { $0.waitsForCertificate = true }
    }
    let attempts = self.state.withLock(\.attempts)
    // On a thread of its own: the resolver waits for the network.
    let (results, tell) = AsyncStream<(ListenAttempts, [ListeningSocket])>.makeStream()
    Thread.detachNewThread {
      var attempts = attempts
      let opened = attempts.attempt()
      tell.yield((attempts, opened))
      tell.finish()
    }
    for await (attempts, opened) in results {
      let (fresh, reasons, isComplete) = self.state.withLock { state in
        let fresh = state.handedOver + opened
        let reasons = attempts.reasons.filter { !state.told.contains($0) }
        (state.attempts, state.handedOver, state.waitsForCertificate) = (attempts, [], false)
        state.told = attempts.reasons
        state.open += fresh
        return (fresh, reasons, state.isComplete)
      }
      for socket in fresh { self.open(socket) }
      for reason in reasons {
        self.logger.error("\(reason). It is tried again all the while; doors and unix socket go on")
      }
      if !fresh.isEmpty, let url = self.url {
        ServiceManager.tell(
          .status(isComplete ? "Serves the API at \(url)." : "Serves the API at \(url), not yet at every address."))
      }
    }
  }

  private func open(_ socket: ListeningSocket) {
    guard let address = socket.address else { return }
    // What is there at the start is told in one sentence with the rest.
    if self.state.withLock(\.wasTried) {
      self.logger.notice("the API takes requests at \(self.scheme)://\(address)")
    }
    if self.certificate == nil, !socket.isLocal {
      self.logger.warning(
        "the API is offered without TLS at \(address), as allowed: others on that network can read keys and PINs")
    }
    self.sockets.add(socket)
  }
}

// MARK: How it stands

extension NetworkService {
  /// How it does, for `/health`.
  var health: ServiceHealth {
    let (reasons, waits, places) = self.state.withLock { state in
      (state.attempts.reasons, state.waitsForCertificate, state.open.compactMap(\.address))
    }
    let fault: String? =
      if waits {
        "Over TCP nobody is answered until there is a certificate that will do."
      } else if reasons.isEmpty {
        nil
      } else {
        "\(reasons.joined(separator: "; ")). It is tried again all the while."
      }
    return ServiceHealth("api", fault: fault, else: "Requests are taken at \(places.joined(separator: ", ")).")
  }

  /// At which addresses it takes requests.
  var families: [MetricFamily] {
    var listening = MetricFamily(
      "bitting_api_listening", .gauge, "1 while the API takes requests at this configured address.")
    self.state.withLock { state in
      for address in state.attempts.addresses {
        listening.add(state.attempts.isComplete(address) ? 1 : 0, labels: ["address": "\(address)"])
      }
      for socket in state.handedOver { listening.add(0, labels: ["address": socket.address ?? ""]) }
      if state.attempts.addresses.isEmpty {
        for socket in state.open { listening.add(1, labels: ["address": socket.address ?? ""]) }
      }
    }
    return [listening]
  }
}

extension ListeningSocket {
  /// The address of a TCP socket, with the port that it got.
  fileprivate var address: String? {
    guard case .tcp(let address, let port) = self.place else { return nil }
    return "\(ListenAddress(host: address, port: UInt16(clamping: port)))"
  }
}

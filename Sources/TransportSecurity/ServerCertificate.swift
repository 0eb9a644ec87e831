public import LockCore
public import Logging
public import NIOSSL

import Glibc
import Synchronization

/// The certificate that the API shows, exchanged while it runs when its files are renewed. Safe from any task.
///
/// Connections keep the certificate that they began with. A renewed pair that will not do is refused, and the one in
/// use stays. Where there is none yet, the first pair that will do is taken as soon as it is there.
public final class ServerCertificate: Sendable {
  /// What is in use, and what is wrong with what should be.
  public struct Status: Equatable, Sendable {
    /// When the certificate in use ends; nil while there is none.
    public var notAfter: Timestamp?
    /// Why the files are not in use; nil when they are.
    public var refusal: String?
  }

  private struct State {
    var identity: ServerIdentity?
    var watch: CertificateWatch
    var refusal: String?
  }

  /// How often the files are looked at.
  public static let interval = Duration.seconds(10)

  /// How long before its end an operator is told.
  public static let warningTime = CertificateWatch.early

  private let files: CertificateFiles
  private let logger: Logger
  private let state: Mutex<State>

  /// Reads the files. Wrong ones are no reason not to start, since the doors need the daemon more than clients need the
  /// certificate: they are told, and looked at until they are right.
  /// - Parameters:
  ///   - files: where they lie.
  ///   - logger: told of renewals, of files that are refused, and of the certificate's end.
  public init(_ files: CertificateFiles, logger: Logger) {
    (self.files, self.logger) = (files, logger)
    var state = State(watch: CertificateWatch(tried: Self.stamp(of: files)))
    do throws(CertificateFault) {
      state.identity = try ServerIdentity(files)
    } catch {
      state.refusal = error.message
      logger.error(
        "api.tls: \(error.message); until the files are right the API is not offered over TCP, which needs no restart then"
      )
    }
    self.state = Mutex(state)
    var entry = stat()
    if unsafe stat(files.key, &entry) == 0, entry.st_mode & 0o004 != 0 {
      logger.warning("everybody on this machine can read the key '\(files.key)': 'chmod o= \(files.key)'")
    }
  }

  /// What a new connection is made with; nil while there is no certificate. Once there is one there always is.
  public var context: NIOSSLContext? { self.state.withLock { $0.identity?.context } }

  /// How it stands.
  public var status: Status {
    self.state.withLock { Status(notAfter: $0.identity?.notAfter, refusal: $0.refusal) }
  }

  /// Looks at the files every ``interval`` until the task is cancelled.
  public func run() async {
    while !Task.isCancelled {
      self.look(at: Self.now)
      try? await Task.sleep(for: Self.interval, tolerance: .seconds(2))
    }
  }

  /// Reads the files when they have been renewed, and tells of a certificate that ends.
  public func look(at now: Timestamp) {
    let stamp = Self.stamp(of: self.files)
    if self.state.withLock({ $0.watch.looked(stamp) }) { self.read(at: now) }
    let told = self.state.withLock { state -> (notice: CertificateWatch.Notice?, notAfter: Timestamp)? in
      guard let identity = state.identity else { return nil }
      return (
        state.watch.notice(notBefore: identity.notBefore, notAfter: identity.notAfter, at: now), identity.notAfter
      )
    }
    guard let (notice, notAfter) = told else { return }
    let file = self.files.certificate
    switch notice {
    case .endsIn(let left):
      let days = left.wholeMilliseconds / 86_400_000
      self.logger.warning(
        "the certificate '\(file)' ends on \(notAfter.iso8601), in \(days) days; renew it: it is taken over without a restart"
      )
    case .hasEnded:
      self.logger.error(
        "the certificate '\(file)' has ended on \(notAfter.iso8601), and clients refuse it; renew it: it is taken over without a restart"
      )
    case .notYetValid:
      self.logger.error("the certificate '\(file)' does not hold yet; is the clock of this machine right?")
    case nil: break
    }
  }

  /// Reads the files now, for somebody who has just renewed them.
  public func reload() {
    let stamp = Self.stamp(of: self.files)
    self.state.withLock { $0.watch.reads(stamp) }
    self.read(at: Self.now)
  }

  private func read(at now: Timestamp) {
    do throws(CertificateFault) {
      let renewed = try ServerIdentity(self.files)
      let notAfter = renewed.notAfter
      try self.state.withLock { state throws(CertificateFault) in
        guard notAfter >= now || state.identity.map({ $0.notAfter < now }) ?? true else {
          throw CertificateFault(
            message: "the certificate in '\(self.files.certificate)' has ended on \(notAfter.iso8601) already")
        }
        state.identity = renewed
        state.refusal = nil
        state.watch.replaced()
      }
      self.logger.notice(
        "the API shows the certificate in '\(self.files.certificate)', valid until \(notAfter.iso8601)")
    } catch {
      let hasOne = self.state.withLock { state in
        state.refusal = error.message
        return state.identity != nil
      }
      self.logger.error(
        hasOne
          ? "the certificate is not renewed, the one before stays in use: \(error.message)"
          : "api.tls: \(error.message); the API is still not offered over TCP")
    }
  }

  private static func stamp(of files: CertificateFiles) -> FileStamp { FileStamp.now([files.certificate, files.key]) }

  private static var now: Timestamp { Timestamp(milliseconds: Int64(time(nil)) * 1000) }
}

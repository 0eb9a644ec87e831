import Glibc
import LockCore
import LockTransport
import TransportSecurity

/// The certificate that the API shows. A value: ``findings(at:)`` judges it, and looks nothing up.
struct CertificateCondition: Hashable {
  /// Its file.
  var file: String
  /// When it holds; nil where the files cannot be used.
  var validity: ClosedRange<Timestamp>?
  /// Why the files cannot be used; nil where they can.
  var fault: String?
  /// The file of the key is for everybody to read.
  var isKeyOpen = false
  /// The file of the key.
  var key = ""

  /// So long before its end it is told.
  static let notice = Duration.hours(24 * 21)

  /// Reads the files.
  static func look(at files: CertificateFiles) -> Self {
    var condition = Self(file: files.certificate, key: files.key)
    var about = stat()
    if unsafe stat(files.key, &about) == 0 { condition.isKeyOpen = about.st_mode & 0o004 != 0 }
    do throws(CertificateFault) {
      let identity = try ServerIdentity(files)
      condition.validity = identity.notBefore...max(identity.notBefore, identity.notAfter)
    } catch {
      condition.fault = error.message
    }
    return condition
  }

  /// What is so, what stands in the way, and its cure.
  func findings(at now: Timestamp) -> [Finding] {
    var findings: [Finding] = []
    if let fault { findings.append(.bad("certificate", fault)) }
    if let validity {
      let end = "\(validity.upperBound.iso8601.prefix(10))"
      let left = validity.upperBound - now
      if now < validity.lowerBound {
        findings.append(.bad("certificate", "\(self.file) does not hold yet; is the clock of this box right?"))
      } else if left <= .zero {
        findings.append(
          .bad("certificate", "\(self.file) has ended on \(end), and clients refuse it; renew it: no restart is needed")
        )
      } else if left < Self.notice {
        findings.append(
          .warning("certificate", "\(self.file) ends on \(end), in \(left.words); renew it: no restart is needed"))
      } else {
        findings.append(.good("certificate", "\(self.file) holds until \(end)"))
      }
    }
    if self.isKeyOpen {
      findings.append(
        .bad("certificate key", "everybody on this box can read \(self.key); run: sudo chmod o= \(self.key)"))
    }
    return findings
  }
}

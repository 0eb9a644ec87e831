import Foundation
import Glibc
import LockCore
import LockTransport
import TransportSecurity

/// The certificates and keys that a configuration names, looked at as the daemon does at its start.
struct CertificateInspection {
  private(set) var errors: [ConfigurationFault] = []
  private(set) var warnings: [ConfigurationFault] = []
  private let directory: URL
  private let now: Timestamp
  private let user: PortAccess.User

  /// Looks at all of them.
  /// - Parameters:
  ///   - root: the configuration; where its form is wrong, nothing is looked at.
  ///   - directory: what its paths are relative to.
  ///   - user: who is to read the files.
  init(of root: ConfigurationNode, in directory: URL, at now: Timestamp, as user: PortAccess.User) {
    (self.directory, self.now, self.user) = (directory, now, user)
    let values = ConfigurationValues(node: root, findings: .init())
    let tls = values.section(ConfigurationFile.RootKeys.api).section(ConfigurationFile.APIKeys.tls)
    if let node = tls.node, let files = ConfigurationFile.tls(tls, directory: directory) { self.look(at: files, node) }
    let webhooks = values.section(ConfigurationFile.RootKeys.webhooks)
    if let node = webhooks.node?[ConfigurationFile.WebhookKeys.authorities.entry.name],
      let name = webhooks.given(ConfigurationFile.WebhookKeys.authorities)
    {
      self.look(atAuthorities: ConfigurationFile.place(of: name, from: directory), node)
    }
  }

  private mutating func look(at files: ConfigurationFile.TLS, _ node: ConfigurationNode) {
    let certificate = node[ConfigurationFile.TLSKeys.certificate.entry.name] ?? node
    let key = node[ConfigurationFile.TLSKeys.key.entry.name] ?? node
    let isThere = [(files.certificate, certificate), (files.key, key)].map { self.canBeLookedAt($0, $1) }
    guard isThere.allSatisfy(\.self) else { return }
    let identity: ServerIdentity
    do throws(CertificateFault) {
      identity = try ServerIdentity(CertificateFiles(certificate: files.certificate, key: files.key))
    } catch {
      // Where the certificate by itself is good, it is the key that does not fit.
      let isOfKey = (try? PrivateAuthorities(file: files.certificate)) != nil
      self.errors.append((isOfKey ? key : certificate).fault(error.message))
      return
    }
    self.warnOfUnreadable(files.certificate, certificate)
    self.warnOfUnreadable(files.key, key)
    self.judge(identity.notBefore, identity.notAfter, of: files.certificate, certificate)
    if let mode = FileMode(of: files.key), mode.isOpenToOthers {
      self.warnings.append(
        key.fault("everybody on this machine can read '\(files.key)' (mode \(mode)); run: chmod o= \(files.key)"))
    }
  }

  private mutating func look(atAuthorities path: String, _ node: ConfigurationNode) {
    guard self.canBeLookedAt(path, node) else { return }
    do throws(CertificateFault) {
      _ = try PrivateAuthorities(file: path)
      self.warnOfUnreadable(path, node)
    } catch {
      self.errors.append(node.fault(error.message))
    }
  }

  /// A credential is there only while the unit runs, and then for root and the daemon alone.
  private mutating func canBeLookedAt(_ path: String, _ node: ConfigurationNode) -> Bool {
    guard node.scalar?.hasPrefix("credential:") == true, !FileManager.default.isReadableFile(atPath: path) else {
      return true
    }
    self.warnings.append(
      node.fault(
        "this credential of systemd cannot be looked at from here; while bitting.service runs root can: sudo bitting config check"
      ))
    return false
  }

  /// What this user can read the daemon may not be able to.
  private mutating func warnOfUnreadable(_ path: String, _ node: ConfigurationNode) {
    var about = stat()
    guard node.scalar?.hasPrefix("credential:") != true, self.user.id != 0, self.user.id != geteuid(),
      unsafe stat(path, &about) == 0
    else { return }
    let shift: UInt32 = about.st_uid == self.user.id ? 6 : self.user.groups.contains(about.st_gid) ? 3 : 0
    guard about.st_mode >> shift & 0o4 == 0 else { return }
    // A warning: an access control list may give what the mode does not.
    self.warnings.append(
      node.fault(
        "the daemon's user \(self.user.name) may not read '\(path)'; run: chown root:\(self.user.group) \(path) && chmod 0640 \(path)"
      ))
  }

  private mutating func judge(
    _ notBefore: Timestamp, _ notAfter: Timestamp, of file: String, _ node: ConfigurationNode
  ) {
    if self.now < notBefore {
      self.warnings.append(
        node.fault("the certificate '\(file)' does not hold yet; is the clock of this machine right?"))
    } else if self.now > notAfter {
      self.warnings.append(
        node.fault("the certificate '\(file)' has ended on \(notAfter.iso8601), and clients refuse it; renew it"))
    } else if notAfter - self.now <= ServerCertificate.warningTime {
      self.warnings.append(node.fault("the certificate '\(file)' ends on \(notAfter.iso8601); renew it"))
    }
  }
}

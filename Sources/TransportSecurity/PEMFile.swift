import Foundation
import NIOSSL

/// Reads files of certificates and keys, and says what is wrong with one in words that an installer can act on.
enum PEMFile {
  /// The largest file that is read, in bytes.
  private static let mostBytes = 1 << 20

  /// The certificates of a file, one at least.
  static func certificates(_ path: String) throws(CertificateFault) -> [NIOSSLCertificate] {
    let bytes = try Self.read(path, what: "certificate")
    guard Self.has("-----BEGIN CERTIFICATE-----", bytes) else { throw Self.noCertificate(path, bytes) }
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
      throw CertificateFault(
        message: "a certificate in '\(path)' is damaged; 'openssl x509 -in \(path) -noout -text' tells more")
    }
    return chain
  }

  /// Says why a file has no certificate.
  static func noCertificate(_ path: String, _ bytes: [UInt8] = []) -> CertificateFault {
    if Self.has("PRIVATE KEY-----", bytes) {
      return CertificateFault(
        message: "'\(path)' holds a key and no certificate; are certificate and key exchanged?")
    }
    // DER begins with a sequence.
    if bytes.first == 0x30 {
      return CertificateFault(
        message: "'\(path)' is not PEM but DER; convert it with 'openssl x509 -inform der -in \(path) -out cert.pem'")
    }
    return CertificateFault(
      message: "'\(path)' is no certificate in PEM form: it has no line '-----BEGIN CERTIFICATE-----'")
  }

  /// The private key of a file.
  static func key(_ path: String) throws(CertificateFault) -> NIOSSLPrivateKey {
    let bytes = try Self.read(path, what: "key")
    if Self.has("-----BEGIN ENCRYPTED PRIVATE KEY-----", bytes) || Self.has("Proc-Type: 4,ENCRYPTED", bytes) {
      throw CertificateFault(
        message: "the key in '\(path)' has a passphrase, and nobody is there to type it; take it off with"
          + " 'openssl pkey -in \(path) -out key.pem', and keep that file readable for the daemon alone")
    }
    guard Self.has("PRIVATE KEY-----", bytes) else {
      if Self.has("-----BEGIN CERTIFICATE-----", bytes) {
        throw CertificateFault(
          message: "'\(path)' holds a certificate and no key; are certificate and key exchanged?")
      }
      throw CertificateFault(
        message: bytes.first == 0x30
          ? "'\(path)' is not PEM but DER; convert it with 'openssl pkey -inform der -in \(path) -out key.pem'"
          : "'\(path)' is no private key in PEM form: it has no line that begins with '-----BEGIN' and ends with 'PRIVATE KEY-----'"
      )
    }
    guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
      throw CertificateFault(
        message: "the key in '\(path)' is damaged or of a kind that is not known; EC and RSA keys are")
    }
    return key
  }

  private static func has(_ words: String, _ bytes: [UInt8]) -> Bool {
    bytes.firstRange(of: Array(words.utf8)) != nil
  }

  private static func read(_ path: String, what: String) throws(CertificateFault) -> [UInt8] {
    let reason: String
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      guard let data = try handle.read(upToCount: Self.mostBytes), !data.isEmpty else {
        throw CertificateFault(message: "the \(what) file '\(path)' is empty")
      }
      return Array(data)
    } catch let fault as CertificateFault {
      throw fault
    } catch CocoaError.fileReadNoSuchFile {
      reason = "there is no such file"
    } catch CocoaError.fileReadNoPermission {
      reason = "this user may not read it; make it readable for the daemon's user, for example 'chown bitting \(path)'"
    } catch {
      reason = "it cannot be read; is it a file?"
    }
    throw CertificateFault(message: "the \(what) '\(path)': \(reason)")
  }
}

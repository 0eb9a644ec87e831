import Foundation
import LockCore
import LockTransport

/// What `bitting config check` finds: every mistake of a file, and what of this machine does not fit it.
package struct ConfigurationInspection {
  /// One finding.
  package struct Finding: Encodable {
    /// How bad it is.
    package enum Severity: String, Encodable {
      /// The daemon does not start with it.
      case error
      /// The daemon starts, and something should be mended.
      case warning
    }
    /// How bad it is.
    package var severity: Severity
    /// The line in the file, from 1; nil when it does not concern the file.
    package var line: Int?
    /// The whole sentence: `FILE:LINE: what is wrong; how to mend it`.
    package var sentence: String

    init(_ severity: Severity, _ fault: ConfigurationFault, file: String) {
      (self.severity, self.sentence) = (severity, fault.sentence(file: file))
      if case .line(let line) = fault.origin, line > 0 { self.line = line }
    }
  }

  /// What was found, the lines in order.
  package private(set) var findings: [Finding] = []

  /// Looks a file through.
  package init(path: String, overlay: ConfigurationOverlay) {
    var warnings = overlay.warnings
    do {
      let source = try ConfigurationSource(path: path, overlay: overlay)
      warnings += Self.missingPorts(in: source.root)
      if let mode = FileMode(of: path), mode.isWritableByOthers {
        warnings.append(
          ConfigurationFault(
            origin: .line(0),
            message: "everybody can change this file (mode \(mode)); run: chmod o-w \(path)"))
      }
      let certificates = CertificateInspection(
        of: source.root, in: URL(fileURLWithPath: path).deletingLastPathComponent(), at: Reactor.now.date,
        as: .daemon(of: DataDirectory.usual))
      self.findings += certificates.errors.map { Finding(.error, $0, file: path) }
      warnings += certificates.warnings
      let file = try source.file()
      warnings += file.warnings
    } catch {
      self.findings += error.faults.map { Finding(.error, $0, file: path) }
    }
    self.findings += warnings.map { Finding(.warning, $0, file: path) }
    self.findings = self.findings.enumerated().sorted {
      ($0.element.line ?? .max, $0.offset) < ($1.element.line ?? .max, $1.offset)
    }.map(\.element)
  }

  /// Ports that are not there now, which the daemon waits for, and those that may be another adapter tomorrow.
  private static func missingPorts(in root: ConfigurationNode) -> [ConfigurationFault] {
    let directory = PortDirectory.present()
    let values = ConfigurationValues(node: root, findings: .init())
    return values.sections(ConfigurationFile.RootKeys.lines).compactMap { line -> ConfigurationFault? in
      guard let port = ConfigurationFile.port(line), let node = line.node?["port"] else { return nil }
      let cure = "plug the adapter in, or see what is there with: bitting ports"
      do throws(LinkFault) {
        let path = try directory.path(of: port)
        if !FileManager.default.fileExists(atPath: path) { return node.fault("'\(path)' is not there now; \(cure)") }
        return directory.advice(on: port).map { node.fault($0) }
      } catch {
        return node.fault(error.isMissing ? "\(port) is not there now; \(cure)" : "\(error)")
      }
    }
  }
}

extension LinkFault {
  fileprivate var isMissing: Bool { if case .missing = self { true } else { false } }
}

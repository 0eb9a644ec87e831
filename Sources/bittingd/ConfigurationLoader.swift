import Foundation
import Gateway

/// Where the daemon's configuration is read from, at the start and again later.
struct ConfigurationLoader {
  /// The file; nil for a demo without one.
  let path: String?
  private let overlay: ConfigurationOverlay

  /// Looks for the file.
  /// - Parameters:
  ///   - path: the file that an option names.
  ///   - isDemo: true when simulated doors are enough.
  ///   - options: what options say on top of the file, by the path of their key.
  init(
    path: String?, isDemo: Bool, environment: [String: String],
    options: [(path: String, option: String, texts: [String])]
  ) throws(StartFault) {
    let place = ConfigurationPlace(option: path, environment: environment)
    self.path = place.isNamed || (place.isThere && !isDemo) ? place.path : nil
    self.overlay = ConfigurationOverlay(environment: environment, options: options)
    guard isDemo || self.path != nil else {
      throw StartFault(
        .usage,
        "nothing to run: there is no \(ConfigurationFile.standardPath); give --config FILE for real doors, or --demo for simulated ones"
      )
    }
  }

  /// Reads all that is said.
  func load() throws(ConfigurationFaults) -> (source: ConfigurationSource, file: ConfigurationFile) {
    let source =
      if let path = self.path {
        try ConfigurationSource(path: path, overlay: self.overlay)
      } else {
        try ConfigurationSource(Self.demo, directory: URL(fileURLWithPath: "."), overlay: self.overlay)
      }
    return (source, try source.file())
  }

  /// What is wrong, as a reason not to start.
  func startFault(_ faults: ConfigurationFaults) -> StartFault { faults.startFault(file: self.path ?? "demo") }

  /// What should be mended, a sentence each.
  func warnings(about file: ConfigurationFile) -> [String] {
    (self.overlay.warnings + file.warnings).map { $0.sentence(file: self.path ?? "demo") }
  }

  // The demo is for trying things out: without a configuration nobody is held back.
  private static let demo = """
    site: { name: Demo site, time_zone: Europe/Berlin }
    api: { rate_limits: "off" }
    """
}

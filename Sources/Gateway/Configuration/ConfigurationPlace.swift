import Foundation
import Glibc

/// Which file the configuration is in: the one that an option names, else the one in `BITTING_CONFIG`, else that of an
/// installed gateway.
package struct ConfigurationPlace: Hashable {
  /// Where it lies.
  package let path: String
  /// Somebody named it.
  package let isNamed: Bool
  /// It is there, as far as this user can tell.
  package let isThere: Bool
  /// This user may not read it.
  package let isForbidden: Bool

  /// Looks.
  /// - Parameters:
  ///   - option: what an option says; nil for nothing.
  ///   - environment: all variables.
  ///   - standard: where an installed gateway has it.
  package init(
    option: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    standard: String = ConfigurationFile.standardPath
  ) {
    let named = option ?? environment["BITTING_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    self.path = named ?? standard
    self.isNamed = named != nil
    let code = unsafe access(self.path, R_OK) == 0 ? 0 : errno
    self.isForbidden = code == EACCES
    self.isThere = code != ENOENT && code != ENOTDIR
  }

  /// Reads the file; nil where nobody names one and an installed gateway has none.
  /// - Throws: what is wrong with it, or that this user may not read it.
  package func file() throws(StartFault) -> ConfigurationFile? {
    if self.isForbidden {
      throw StartFault(.refused, "this user may not read \(self.path); call this with sudo")
    }
    return self.isNamed || self.isThere ? try ConfigurationFile(path: self.path) : nil
  }
}

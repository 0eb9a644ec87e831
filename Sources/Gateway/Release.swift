/// The release that this source is.
package enum Release {
  /// Both programs print it at `--version`, and the Debian package bears it: MAJOR.MINOR.PATCH.
  package static let version = "0.1.0"
}

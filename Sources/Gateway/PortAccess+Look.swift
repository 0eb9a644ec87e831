import Foundation
import Glibc
package import LockTransport

extension PortAccess.User {
  /// The user that the installed daemon runs as.
  private static let installed = "bitting"

  /// The user that the daemon runs as: the owner of its data directory; where there is none yet the one that the package
  /// makes; else whoever calls.
  /// - Parameter path: the data directory.
  package static func daemon(of path: String) -> PortAccess.User {
    var about = stat()
    if unsafe stat(path, &about) == 0 { return Self.user(about.st_uid) }
    let entry = unsafe getpwnam(Self.installed)
    return Self.user(unsafe entry?.pointee.pw_uid ?? geteuid())
  }

  private static func user(_ id: uid_t) -> PortAccess.User {
    guard let entry = unsafe getpwuid(id) else {
      return PortAccess.User(name: "\(id)", group: "\(id)", id: id, groups: [])
    }
    let (name, first) = unsafe (String(cString: entry.pointee.pw_name), entry.pointee.pw_gid)
    var groups = [gid_t](repeating: 0, count: 1024)
    var count = Int32(groups.count)
    let isWhole = unsafe getgrouplist(name, first, &groups, &count) >= 0
    return PortAccess.User(
      name: name, group: PortAccess.Node.nameOfGroup(first), id: id,
      groups: isWhole ? Set(groups.prefix(Int(count))) : [first])
  }
}

extension PortAccess.Node {
  /// Looks a device up, through links; nil where there is none.
  init?(at path: String) {
    var about = stat()
    guard unsafe stat(path, &about) == 0 else { return nil }
    self.init(
      path: URL(fileURLWithPath: path).resolvingSymlinksInPath().path, owner: about.st_uid, group: about.st_gid,
      groupName: Self.nameOfGroup(about.st_gid), mode: about.st_mode & 0o777)
  }

  fileprivate static func nameOfGroup(_ id: gid_t) -> String {
    guard let entry = unsafe getgrgid(id) else { return "\(id)" }
    return unsafe String(cString: entry.pointee.gr_name)
  }
}

extension PortReport {
  /// Looks at the serial ports of this box. Safe from any task; opens no port.
  /// - Parameters:
  ///   - lines: the configured lines by name.
  ///   - user: the user that the daemon runs as.
  package static func ofThisBox(lines: [ConfigurationFile.Line], user: PortAccess.User) -> PortReport {
    PortReport(of: .present(), lines: lines.map { ($0.name, $0.port) }) { path in
      Sight(
        holder: SerialPort(path: path, baud: 9600).holder(),
        access: PortAccess.Node(at: path).map { PortAccess(of: user, to: $0) })
    }
  }
}

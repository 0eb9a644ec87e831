import CTermios

/// Sees from the moment it is made what happens at a path in `/dev`, and at what the path leads to where it is a link:
/// an entry that comes, or gets other permissions. Directories on the way may be missing, such as `/dev/serial` without
/// any adapter. A last entry `*` stands for any.
struct DeviceWatch: Sendable {
  /// One entry that matters, and the number of the watched directory that it is in.
  fileprivate struct Sight {
    var directory: String
    var entry: String
    var number: Int32
  }

  let notices: Link
  private let sights: [Sight]

  /// Starts to watch.
  /// - Returns: nil where the kernel gives no watch: the user has too many, or no directory can be watched.
  init?(path: String, on reactor: Reactor) {
    guard let descriptor = try? Descriptor(cchannel_open_watch(), doing: "inotify_init1"),
      let notices = try? reactor.adopt(descriptor, as: .notices)
    else { return nil }
    self.notices = notices
    self.sights = Self.chain(from: path).compactMap { Self.sight(of: $0, on: notices) }
    if self.sights.isEmpty {
      notices.close()
      return nil
    }
  }

  func close() { self.notices.close() }

  /// From now on it also matters that a program that had the device open lets go of it.
  func heedClosings() {
    for sight in self.sights { _ = Self.watch(sight.directory, closings: true, on: self.notices) }
  }

  /// Waits until something happened since the watch was made, or since the last that was waited for.
  /// - Returns: false at the deadline, and when the task is cancelled, after which nothing more is seen.
  func happens(until deadline: Duration) async -> Bool {
    self.notices.setDeadline(deadline)
    for await event in self.notices.events {
      switch event {
      case .bytes(let bytes): if self.sights.contains(where: { $0.isNamed(in: bytes) }) { return true }
      case .deadlinePassed, .closed: return false
      }
    }
    return false
  }

  /// A path, and what it leads to link by link.
  private static func chain(from path: String) -> [String] {
    var paths = [path]
    var target = [CChar](repeating: 0, count: 4096)
    while paths.count < 8, let link = paths.last {
      let rc = unsafe target.withUnsafeMutableBufferPointer { target in
        unsafe cchannel_read_link(link, target.baseAddress, target.count)
      }
      if rc < 0 { break }
      let next = String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let directory = link[..<(link.lastIndex(of: "/").map { link.index(after: $0) } ?? link.startIndex)]
      paths.append(next.hasPrefix("/") ? next : directory + next)
    }
    return paths
  }

  /// Watches the deepest directory on the way that exists, for the entry in it that leads on.
  private static func sight(of path: String, on notices: Link) -> Sight? {
    let parts = path.split(separator: "/")
    let root = path.hasPrefix("/") ? "/" : "./"
    for index in parts.indices.reversed() {
      let directory = root + parts[..<index].joined(separator: "/")
      if let number = Self.watch(directory, closings: false, on: notices) {
        return Sight(directory: directory, entry: String(parts[index]), number: number)
      }
    }
    return nil
  }

  private static func watch(_ directory: String, closings: Bool, on notices: Link) -> Int32? {
    let number = notices.channel.ask { unsafe cchannel_watch_directory($0, directory, closings ? 1 : 0) }
    return number.flatMap { $0 < 0 ? nil : $0 }
  }
}

extension DeviceWatch.Sight {
  fileprivate func isNamed(in notices: [UInt8]) -> Bool {
    if self.entry == "*" { return true }
    return unsafe notices.withUnsafeBufferPointer { notices in
      unsafe cchannel_notices_name(notices.baseAddress, notices.count, self.number, self.entry) == 1
    }
  }
}

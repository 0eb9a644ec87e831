import CTermios

/// Waits for something to happen at a path in `/dev`: an entry that comes, gets other permissions, or is let go by
/// a program that had it open. Directories on the way may be missing, such as `/dev/serial` without any adapter. A
/// last entry `*` stands for any.
struct DeviceWatch {
  /// The directories on the way, deepest first, each with the entry in it that leads on.
  private let steps: [(directory: String, entry: String)]
  private let path: String

  init(path: String) {
    let parts = path.split(separator: "/")
    let root = path.hasPrefix("/") ? "/" : "./"
    self.path = path
    self.steps = parts.indices.reversed().map { index in
      (root + parts[..<index].joined(separator: "/"), String(parts[index]))
    }
  }

  /// Returns once something happened at the path, at the deadline, or when the task is cancelled.
  /// - Parameter mark: what was at the path before the opening that failed; nil where nobody looked.
  func wait(
    until deadline: Duration, after fault: LinkFault, since mark: DeviceMark? = nil, on reactor: Reactor
  ) async {
    while !Task.isCancelled, Reactor.uptime < deadline {
      guard let (watch, depth) = self.open(on: reactor) else {
        // Without a watch there is still the clock.
        try? await Task.sleep(for: deadline - Reactor.uptime)
        return
      }
      defer { watch.close() }
      // It may have come between the failed opening and the watch.
      if mark?.isOld == true { return }
      if case .missing = fault, unsafe cchannel_path_exists(self.path) == 1 { return }
      watch.setDeadline(deadline)
      guard await self.happens(on: watch, at: depth) else { return }
      // A directory on the way came: look from there.
      if depth == 0 { return }
    }
  }

  /// Watches the deepest directory that exists.
  private func open(on reactor: Reactor) -> (watch: Link, depth: Int)? {
    for (depth, step) in self.steps.enumerated() {
      let number = unsafe cchannel_watch_directory(step.directory)
      if number < 0 { continue }
      guard let watch = try? reactor.adopt(Descriptor(owning: number), as: .notices) else { return nil }
      return (watch, depth)
    }
    return nil
  }

  private func happens(on watch: Link, at depth: Int) async -> Bool {
    for await event in watch.events {
      switch event {
      case .bytes(let notices):
        if self.steps[depth].entry == "*" { return true }
        let concerned = unsafe notices.withUnsafeBufferPointer { notices in
          unsafe cchannel_notices_name(notices.baseAddress, notices.count, self.steps[depth].entry)
        }
        if concerned == 1 { return true }
      case .deadlinePassed, .closed:
        return false
      }
    }
    return false
  }
}

import CUdev

/// Waits until another opening of a serial port is worth it: udev tells of a tty, or something happens at a path.
/// Where there is no udevd, or no way to hear it, the directory of the device is watched alone.
struct PortWatch {
  let selector: PortSelector

  /// Returns once something happened that may concern the port, at the deadline, or when the task is cancelled.
  /// - Parameter mark: what was there before the opening that failed; nil where nobody looked.
  func wait(until deadline: Duration, after fault: LinkFault, since mark: DeviceMark?, on reactor: Reactor) async {
    // Watched before looked at: what happens in between is not missed.
    let monitor = try? reactor.adopt(try Descriptor(cudev_open_monitor(), doing: "udev_monitor"), as: .notices)
    defer { monitor?.close() }
    if !self.isPath, self.selector.mark != mark { return }
    await withTaskGroup { group in
      group.addTask {
        await DeviceWatch(path: self.watched).wait(
          until: deadline, after: fault, since: self.isPath ? mark : nil, on: reactor)
        return true
      }
      if let monitor {
        group.addTask {
          for await event in monitor.events {
            if case .bytes = event { return true }
          }
          return false
        }
      }
      while let happened = await group.next(), !happened {}
      group.cancelAll()
    }
  }

  private var isPath: Bool {
    if case .path = self.selector { return true }
    return false
  }

  /// A selector that is no path has no entry of its own to wait for: any that comes or goes in `/dev` may be it.
  private var watched: String {
    if case .path(let path) = self.selector { return path }
    return "/dev/*"
  }
}

import CUdev

/// Sees from the moment it is made whether another opening of a serial port or a socket is worth it: something happens
/// at its path, or udev tells of a tty. Made before the port is opened, it misses nothing that comes meanwhile. Where
/// there is no udevd, or no way to hear it, `/dev` is watched alone; where nothing can be watched, it is looked at
/// every two seconds. Holds up to two descriptors until ``close()``.
public struct PortWatch: Sendable {
  /// What is to be opened.
  enum Subject: Sendable {
    case path(String)
    case selected(PortSelector)
    /// Nothing that could be looked at, such as a simulated device.
    case nothing
  }

  /// What is missing is looked for so often, whatever was told.
  private static let look = Duration.seconds(2)
  /// A port that somebody else holds is tried so often: he may have let go of it before that was watched for.
  private static let longestHold = Duration.seconds(5)

  private let subject: Subject
  private let reactor: Reactor
  /// What was there when the watch was made.
  private let mark: DeviceMark?
  let directory: DeviceWatch?
  let monitor: Link?

  init(_ subject: Subject, on reactor: Reactor) {
    self.subject = subject
    self.reactor = reactor
    self.directory = Self.directory(of: subject, on: reactor)
    if case .selected = subject {
      self.monitor = try? reactor.adopt(try Descriptor(cudev_open_monitor(), doing: "udev_monitor"), as: .notices)
    } else {
      self.monitor = nil
    }
    self.mark = subject.isPath || self.directory == nil ? subject.mark : nil
  }

  /// Lets go of the descriptors. Harmless when called again.
  public func close() {
    self.directory?.close()
    self.monitor?.close()
  }

  /// Waits until another opening is worth it: for the delay, or until something happened since the watch was made.
  /// Returns at once when the task is cancelled. To be called once.
  /// - Parameters:
  ///   - delay: the longest wait, as ``Backoff`` gives it.
  ///   - fault: why the link is gone or was not opened.
  public func wait(atMost delay: Duration, after fault: LinkFault) async {
    if case .nothing = self.subject {
      // Asking costs a simulated device nothing, and who plays with it does not want to wait.
      try? await Task.sleep(for: min(delay, Self.look))
      return
    }
    var deadline = Reactor.uptime + delay
    var directory = self.directory
    defer { directory?.close() }
    if case .held = fault {
      deadline = min(deadline, Reactor.uptime + Self.longestHold)
      directory?.heedClosings()
    }
    let looks = self.subject.isPath || directory == nil
    while !Task.isCancelled, Reactor.uptime < deadline {
      if looks, self.subject.mark != self.mark { return }
      let pause = looks ? min(deadline, Reactor.uptime + Self.look) : deadline
      guard await self.happens(at: directory, until: pause) else { continue }
      guard let path = self.subject.path, self.mark == nil, self.subject.mark == nil else { return }
      // A directory on the way may have come: watched from there.
      directory?.close()
      directory = DeviceWatch(path: path, on: self.reactor)
    }
  }

  private func happens(at directory: DeviceWatch?, until deadline: Duration) async -> Bool {
    let happened = await withTaskGroup { group in
      if let directory { group.addTask { await directory.happens(until: deadline) } }
      if let monitor { group.addTask { await Self.tells(monitor, until: deadline) } }
      while let happened = await group.next() {
        guard happened else { continue }
        group.cancelAll()
        return true
      }
      return false
    }
    // What could not be watched for is waited for.
    if !happened { try? await Task.sleep(for: max(.zero, deadline - Reactor.uptime)) }
    return happened
  }

  private static func tells(_ monitor: Link, until deadline: Duration) async -> Bool {
    monitor.setDeadline(deadline)
    for await event in monitor.events {
      switch event {
      case .bytes: return true
      case .deadlinePassed, .closed: return false
      }
    }
    return false
  }

  /// A selector that is no path has no entry of its own to wait for: any that comes or goes in `/dev` may be it.
  private static func directory(of subject: Subject, on reactor: Reactor) -> DeviceWatch? {
    if case .nothing = subject { return nil }
    return DeviceWatch(path: subject.path ?? "/dev/*", on: reactor)
  }
}

extension PortWatch.Subject {
  fileprivate var isPath: Bool { self.path != nil }

  /// What is there now; looking at a path costs next to nothing, finding a device some milliseconds.
  fileprivate var mark: DeviceMark? {
    switch self {
    case .path(let path), .selected(.path(let path)): DeviceMark(of: path)
    case .selected(let selector): (try? PortDirectory.present().path(of: selector)).flatMap(DeviceMark.init(of:))
    case .nothing: nil
    }
  }

  fileprivate var path: String? {
    switch self {
    case .path(let path), .selected(.path(let path)): path
    case .selected, .nothing: nil
    }
  }
}

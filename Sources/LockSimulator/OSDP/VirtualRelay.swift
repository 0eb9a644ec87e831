import LockDrivers

/// One relay of a virtual reader, with its timer.
struct VirtualRelay: Sendable {
  /// True while it is on.
  private(set) var isOn = false
  /// When the running timer ends, in uptime.
  private(set) var deadline: Duration?

  private let number: UInt8
  private var afterwards = false

  init(number: UInt8) { self.number = number }

  /// It was told something by OUT.
  mutating func told(_ order: OSDPOutput, at uptime: Duration) -> [VirtualReader.Effect] {
    switch order.control {
    case .unchanged: return []
    case .off, .on:
      self.deadline = nil
      return self.turn(order.control == .on)
    case .offAfterTimer, .onAfterTimer:
      self.afterwards = order.control == .onAfterTimer
      return self.deadline == nil ? self.turn(self.afterwards) : []
    case .onForTimer, .offForTimer:
      if self.deadline == nil { self.afterwards = self.isOn }
      self.deadline = uptime + .milliseconds(100 * Int(order.timer))
      return self.turn(order.control == .onForTimer)
    }
  }

  /// Ends the timer when its time has come.
  mutating func deadlinePassed(at uptime: Duration) -> [VirtualReader.Effect] {
    guard let deadline = self.deadline, deadline <= uptime else { return [] }
    self.deadline = nil
    return self.turn(self.afterwards)
  }

  /// The device lost its power for a moment.
  mutating func restarted() -> [VirtualReader.Effect] {
    self.deadline = nil
    return self.turn(false)
  }

  private mutating func turn(_ isOn: Bool) -> [VirtualReader.Effect] {
    guard isOn != self.isOn else { return [] }
    self.isOn = isOn
    return [.happened(.relay(self.number, isOn: isOn))]
  }
}

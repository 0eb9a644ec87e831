import LockCore
import LockDrivers

/// The bolt, the door, and the people who move them.
extension NukiLock {
  /// The motor is turning.
  struct Motion: Sendable {
    /// Who wanted it.
    enum Origin: Sendable {
      case link(LinkID, authorization: UInt32, name: String)
      case keypad(source: UInt8, code: UInt16?)
      case button
      case lock
    }

    var action: NukiAction
    var trigger: NukiTrigger
    var origin: Origin
    /// When the bolt gets to the next of ``ahead``.
    var due: Duration
    var ahead: [NukiBoltState]
    /// Whoever asked was told that it is done.
    var isTold = false
  }

  private static let startTime: Duration = .milliseconds(100)

  /// A lock action of a client: accepted, states, complete; complete at once when there is nothing to do.
  mutating func act(_ action: NukiAction, suffix: String?, _ request: Request) throws(Refusal) {
    guard action.opens != nil else { throw Refusal(.badParameter) }
    if self.motion != nil { throw Refusal(.busy) }
    if var user = self.memory.authorizations[request.authorization.id] {
      user.uses &+= 1
      user.lastActive = self.clock
      self.memory.authorizations[user.id] = user
    }
    self.remember()
    let name = [request.authorization.name, suffix].compactMap { $0 }.joined(separator: " ")
    if self.isThere(already: action) { return self.complete(request) }
    if !self.temperament.completesAtOnce { self.say(.status, [1], on: request.link) }
    self.startMotion(
      action, trigger: .system, origin: .link(request.link, authorization: request.authorization.id, name: name))
  }

  private func isThere(already action: NukiAction) -> Bool {
    switch action {
    case .unlock: self.boltState == .unlocked
    case .lock, .fullLock: self.boltState == .locked
    default: false
    }
  }

  mutating func startMotion(_ action: NukiAction, trigger: NukiTrigger, origin: Motion.Origin) {
    var motion = Motion(
      action: action, trigger: trigger, origin: origin, due: self.now.uptime + Self.startTime,
      ahead: Self.way(of: action))
    if self.motion != nil { return self.finish(motion, .busy) }
    // A code that is typed at an open door is taken, and the bolt stays where it is.
    if self.isThere(already: action) { return self.finish(motion, .success) }
    self.relockAt = nil
    if self.temperament.isMotorBlocked { motion.ahead = [motion.ahead[0], .motorBlocked] }
    self.motion = motion
    if self.temperament.completesAtOnce {
      while self.motion != nil { self.moveOn() }
    }
  }

  private static func way(of action: NukiAction) -> [NukiBoltState] {
    switch action {
    case .lock, .fullLock: [.locking, .locked]
    case .unlatch: [.unlatching, .unlatched, .unlocked]
    case .lockNGo: [.unlocking, .unlockedLockNGo]
    case .lockNGoUnlatch: [.unlatching, .unlatched, .unlockedLockNGo]
    default: [.unlocking, .unlocked]
    }
  }

  /// The bolt gets to the next place of its way.
  mutating func moveOn() {
    guard var motion = self.motion, let state = motion.ahead.first else { return self.motion = nil }
    motion.ahead.removeFirst()
    self.memory.boltState = state.rawValue
    self.memory.lastAction = motion.action.rawValue
    self.memory.lastTrigger = motion.trigger.rawValue
    motion.due += state == .unlatched ? self.model.unlatchTime : self.model.motorTime
    self.motion = motion.ahead.isEmpty ? nil : motion
    self.remember()
    let isMoving = state == .locking || state == .unlocking || state == .unlatching
    if case .link(let id, let authorization, _) = motion.origin {
      self.links[id]?.authorization = authorization
      self.say(.keyturnerStates, self.states, on: id)
      self.tellStates(except: id)
    } else {
      self.tellStates()
    }
    guard !isMoving, !motion.isTold else { return }
    self.motion?.isTold = true
    self.finish(motion, state == .motorBlocked ? .motorBlocked : .success)
    if state == .unlockedLockNGo || (state == .unlatched && motion.action == .lockNGoUnlatch) {
      self.relockAt = (self.now.uptime + self.model.lockNGoTime, .automatic)
    } else if motion.action.opens == true, state != .motorBlocked, let time = self.model.autoLockTime {
      self.relockAt = (self.now.uptime + time, .autoLock)
    }
  }

  /// What came of it goes into the log and to whoever asked.
  private mutating func finish(_ motion: Motion, _ completion: NukiCompletion) {
    self.memory.lastCompletion = completion.rawValue
    let data = [motion.action.rawValue, motion.trigger.rawValue, 0, completion.rawValue]
    switch motion.origin {
    case .keypad(let source, let code): self.logKeypad(motion.action, source: source, completion, code: code)
    case .button, .lock: self.record(type: 2, data)
    case .link(let id, let authorization, let name):
      self.record(type: 2, data, authorization: authorization, name: name)
      self.links[id]?.authorization = authorization
      if completion == .success {
        self.say(.status, [0], on: id)
      } else {
        self.refuse(NukiCommand.lockAction.rawValue, .motorBlocked, on: id)
      }
    }
    self.tellNews()
  }
}

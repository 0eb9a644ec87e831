import LockCore
import LockDrivers
import LockSimulator
import Testing

/// A driver and a line of virtual readers in virtual time, joined by a cable of 9600 baud.
struct LineRig {
  /// What was seen, in order.
  struct Sight<Value> {
    var at: Duration
    var value: Value
  }

  static let front = LockID(rawValue: "front")
  static let back = LockID(rawValue: "back")
  static let guest = AccessCodeID(rawValue: "guest")
  static let start = Moment(uptime: .seconds(1000), date: Timestamp(milliseconds: 1_800_000_000_000))

  var driver: OSDPDoorDriver
  var line: VirtualLine
  private(set) var now = Self.start
  private(set) var reports: [Sight<(lock: LockID, report: LockReport)>] = []
  /// What was told of the line rather than of a lock, in order.
  private(set) var lineReports: [LockReport] = []
  private(set) var finished: [CommandID: Result<LockReply, LockFault>] = [:]
  private(set) var happened: [Sight<(address: UInt8, what: VirtualReader.Happening)>] = []
  /// Every frame the panel sent.
  private(set) var sent: [OSDPFrame] = []
  /// Cuts each answer in two on its way.
  var cutsAnswers = false

  private var deadline: Duration?
  private var toDevices: [(at: Duration, bytes: [UInt8])] = []
  private var toPanel: [(at: Duration, bytes: [UInt8])] = []
  private var lastCommand: UInt64 = 0

  static func key(_ number: UInt8) throws -> OSDPKey { try #require(OSDPKey(Array(repeating: number, count: 16))) }

  static func code(_ digits: String, _ id: AccessCodeID = guest, _ window: TimeWindow? = nil) throws -> Credential {
    Credential(id: id, pin: try #require(PINCode(digits)), window: window)
  }

  /// One door, keypad and strike on device 5.
  init(_ mode: OSDPKeyMode, _ security: VirtualReader.Security, seed: UInt64 = 1) {
    self.init(
      devices: [.init(address: 5, keyMode: mode)], [VirtualReader(address: 5, security: security, seed: seed)],
      doors: [
        (
          Self.front,
          DoorConfiguration(
            reader: .init(address: 5), strike: .init(address: 5, time: .seconds(3)), contact: .init(address: 5))
        )
      ], seed: seed)
  }

  init(
    devices: [OSDPBus.Device], _ readers: [VirtualReader], doors: [(lock: LockID, configuration: DoorConfiguration)],
    elsewhere: Set<UInt8> = [], pollInterval: Duration = .milliseconds(50), seed: UInt64 = 1
  ) {
    var bus = OSDPBus.Configuration(devices: devices, baud: 9600, pollInterval: pollInterval)
    bus.elsewhere = elsewhere
    self.driver = OSDPDoorDriver(bus: bus, doors: doors, random: .counting(from: seed))
    self.line = VirtualLine(readers)
  }

  mutating func open() { self.perform(self.driver.linkOpened(at: self.now)) }

  mutating func close() {
    (self.toDevices, self.toPanel) = ([], [])
    self.perform(self.driver.linkClosed(at: self.now))
  }

  mutating func submit(_ command: LockCommand, to lock: LockID = front) -> CommandID {
    self.lastCommand += 1
    let id = CommandID(rawValue: self.lastCommand)
    self.perform(self.driver.submit(command, to: lock, id: id, at: self.now))
    return id
  }

  /// Something is done to the device at an address.
  mutating func device(_ address: UInt8 = 5, _ change: (inout VirtualReader) -> Void) {
    guard var reader = self.line[address] else { return }
    change(&reader)
    self.line[address] = reader
  }

  mutating func restart(_ address: UInt8) { self.perform(self.line.restarted(address)) }

  /// Lets time pass, one thing after the other.
  mutating func run(_ duration: Duration) {
    let end = self.now.uptime + duration
    var idle = 0
    while let next = self.nextEvent, next <= end {
      idle = next <= self.now.uptime ? idle + 1 : 0
      guard idle < 1000 else {
        Issue.record("time stands still")
        return
      }
      self.advance(to: max(next, self.now.uptime))
      if let deadline = self.deadline, deadline <= self.now.uptime {
        self.deadline = nil
        self.perform(self.driver.deadlinePassed(at: self.now))
      }
      if let deadline = self.line.deadline, deadline <= self.now.uptime {
        self.perform(self.line.deadlinePassed(at: self.now.uptime))
      }
      if let first = self.toDevices.first, first.at <= self.now.uptime {
        self.toDevices.removeFirst()
        self.perform(self.line.received(first.bytes, at: self.now.uptime))
      }
      if let first = self.toPanel.first, first.at <= self.now.uptime {
        self.toPanel.removeFirst()
        self.perform(self.driver.received(first.bytes, at: self.now))
      }
    }
    self.advance(to: end)
  }

  /// What was reported of a lock since `since`, oldest first.
  func told(_ lock: LockID = front, since: Duration = .zero) -> [LockReport] {
    self.reports.filter { $0.value.lock == lock && $0.at >= since }.map(\.value.report)
  }

  /// What happened at a device since `since`, oldest first.
  func seen(at address: UInt8 = 5, since: Duration = .zero) -> [VirtualReader.Happening] {
    self.happened.filter { $0.value.address == address && $0.at >= since }.map(\.value.what)
  }

  /// The records told of a lock since `since`, oldest first.
  func records(_ lock: LockID = front, since: Duration = .zero) -> [LockRecord.Happening] {
    self.told(lock, since: since).compactMap { if case .happened(let record) = $0 { record.happening } else { nil } }
  }

  private var nextEvent: Duration? {
    [self.deadline, self.line.deadline, self.toDevices.first?.at, self.toPanel.first?.at].compactMap(\.self).min()
  }

  private mutating func advance(to uptime: Duration) { self.now = self.now + (uptime - self.now.uptime) }

  private mutating func perform(_ effects: [DriverEffect]) {
    for effect in effects {
      switch effect {
      case .write(let bytes):
        var reader = OSDPFrameReader()
        reader.append(bytes)
        if let frame = reader.next() { self.sent.append(frame) }
        self.toDevices.append((self.now.uptime + Self.time(bytes.count), bytes))
      case .setDeadline(let deadline): self.deadline = deadline
      case .finish(let id, let result):
        #expect(self.finished[id] == nil, "finished twice")
        self.finished[id] = result
      case .report(_, let report) where report.isOfTheLine: self.lineReports.append(report)
      case .report(let lock, let report): self.reports.append(Sight(at: self.now.uptime, value: (lock, report)))
      case .closeLink: Issue.record("the driver gave the line up")
      case .openLink, .remember: Issue.record("asked for by a driver whose link is always there")
      }
    }
  }

  private mutating func perform(_ effects: [VirtualLine.Effect]) {
    for effect in effects {
      switch effect {
      case .happened(let address, let what): self.happened.append(Sight(at: self.now.uptime, value: (address, what)))
      case .write(let bytes):
        let first = self.now.uptime + .milliseconds(3)
        let cut = self.cutsAnswers ? bytes.count / 2 : 0
        if cut > 0 { self.toPanel.append((first + Self.time(cut), Array(bytes.prefix(cut)))) }
        self.toPanel.append((first + Self.time(bytes.count), Array(bytes.dropFirst(cut))))
      }
    }
  }

  private static func time(_ bytes: Int) -> Duration { .microseconds(1042 * bytes) }
}

extension LockReport {
  fileprivate var isOfTheLine: Bool {
    switch self {
    case .deviceProven, .deviceSilent, .strangerAnswered: true
    default: false
    }
  }
}

import LockCore
import Testing

@testable import LockTransport

/// A radio in virtual time, with a kernel and an air that do what the test says.
struct RadioBench {
  /// An adapter as the kernel has it.
  struct Adapter {
    var address: BluetoothAddress
    var isPowered = false
    var isDiscovering = false
    var isForbidden = false
    var isBusy = false
    /// Commands stay unanswered.
    var isSilent = false
    /// Switching it on is answered so.
    var powerStatus = ManagementStatus.success
  }

  /// What a peer does when somebody connects.
  enum Peer: Equatable {
    /// Answers after 100 ms.
    case there
    /// The connection fails with this error after 100 ms.
    case fails(Int32)
    /// Connected, but the encryption ends with this error; 0 succeeds.
    case secures(Int32)
  }

  private enum Happening {
    case connected(RadioAttemptID)
    case secured(RadioAttemptID)
    case failed(RadioAttemptID, Int32)
    case packet(ManagementPacket)
  }

  var radio: Radio
  var now: Duration = .seconds(1000)
  var adapters: [UInt16: Adapter] = [:]
  var peers: [BluetoothAddress: Peer] = [:]
  private(set) var effects: [RadioEffect] = []
  private(set) var times: [Duration] = []
  private(set) var state: String?
  private var deadline: Duration?
  private var coming: [(at: Duration, Happening)] = []

  init(_ configuration: Radio.Configuration = .init(), bonds: [BluetoothBond] = []) {
    self.radio = Radio(configuration: configuration, bonds: bonds)
  }

  /// An adapter number 0 that is on and listens.
  static func listening(
    _ configuration: Radio.Configuration = .init(), bonds: [BluetoothBond] = []
  ) -> Self {
    var bench = Self(configuration, bonds: bonds)
    bench.adapters[0] = Adapter(address: .adapter(0))
    bench.tell { $0.channelOpened(at: $1) }
    bench.run(.seconds(3))
    return bench
  }

  /// What was asked for since the count of effects was this.
  func asked(since count: Int) -> [RadioEffect] {
    self.effects[count...].filter { effect in
      switch effect {
      case .setDeadline, .heard, .state: false
      default: true
      }
    }
  }

  /// The commands to an adapter.
  func commands(to index: UInt16, since count: Int = 0) -> [ManagementCommand] {
    self.effects[count...].compactMap { effect in
      if case .send(let command, index) = effect { command } else { nil }
    }
  }

  func notes(since count: Int = 0) -> [String] {
    self.effects[count...].compactMap { if case .note(let sentence) = $0 { sentence } else { nil } }
  }

  /// When an effect was asked for first.
  func time(of effect: RadioEffect) -> Duration? {
    self.effects.firstIndex(of: effect).map { self.times[$0] }
  }

  mutating func tell(_ what: (inout Radio, Duration) -> [RadioEffect]) {
    self.perform(what(&self.radio, self.now))
  }

  mutating func tell(_ event: ManagementEvent, to index: UInt16 = 0) {
    self.tell { $0.received(ManagementPacket(index: index, event), at: $1) }
  }

  mutating func wish(
    _ id: RadioWishID, _ peer: BluetoothAddress, before: Duration = .zero, needsBond: Bool = false
  ) {
    let wish = RadioWish(id: id, peer: peer, before: self.now + before, needsBond: needsBond)
    self.tell { $0.wished(wish, at: $1) }
  }

  mutating func hear(_ peer: BluetoothAddress, rssi: Int8 = -60, data: [UInt8] = [1], on index: UInt16 = 0) {
    self.tell(.deviceFound(Advertisement(address: peer, data: data, rssi: rssi)), to: index)
  }

  mutating func plug(_ index: UInt16, _ address: BluetoothAddress) {
    self.adapters[index] = Adapter(address: address)
    self.tell(.indexAdded, to: index)
  }

  mutating func unplug(_ index: UInt16) {
    self.adapters[index] = nil
    self.tell(.indexRemoved, to: index)
  }

  /// Lets time pass.
  mutating func run(_ duration: Duration) {
    let end = self.now + duration
    while true {
      let happening = self.coming.map(\.at).min()
      guard let next = [happening, self.deadline].compactMap({ $0 }).min(), next <= end else { break }
      self.now = max(self.now, next)
      if let deadline = self.deadline, deadline <= self.now {
        self.deadline = nil
        self.tell { $0.deadlinePassed(at: $1) }
      }
      let due = self.coming.filter { $0.at <= self.now }
      self.coming.removeAll { $0.at <= self.now }
      for item in due { self.happen(item.1) }
    }
    self.now = end
  }

  private mutating func happen(_ happening: Happening) {
    switch happening {
    case .connected(let id): self.tell { $0.connected(id, at: $1) }
    case .secured(let id): self.tell { $0.secured(id, at: $1) }
    case .failed(let id, let errno): self.tell { $0.failed(id, errno: errno, at: $1) }
    case .packet(let packet): self.tell { $0.received(packet, at: $1) }
    }
  }

  private mutating func perform(_ effects: [RadioEffect]) {
    self.effects += effects
    self.times += effects.map { _ in self.now }
    for effect in effects {
      switch effect {
      case .send(let command, let index): self.answer(command, index)
      case .connect(let id, let peer, _):
        switch self.peers[peer] {
        case .there, .secures: self.coming.append((self.now + .milliseconds(100), .connected(id)))
        case .fails(let errno): self.coming.append((self.now + .milliseconds(100), .failed(id, errno)))
        case nil: break
        }
      case .secure(let id):
        guard let peer = self.radio.adapters.values.compactMap(\.attempt).first(where: { $0.id == id })?.wish.peer,
          case .secures(let errno) = self.peers[peer]
        else { break }
        self.coming.append(
          (self.now + .milliseconds(50), errno == 0 ? .secured(id) : .failed(id, errno)))
      case .close(let id):
        self.coming.removeAll { item in
          switch item.1 {
          case .connected(id), .secured(id), .failed(id, _): true
          default: false
          }
        }
      case .setDeadline(let uptime): self.deadline = uptime
      case .state(let state): self.state = state
      default: break
      }
    }
  }

  private mutating func come(_ event: ManagementEvent, _ index: UInt16) {
    self.coming.append((self.now + .milliseconds(1), .packet(ManagementPacket(index: index, event))))
  }

  private mutating func answer(_ command: ManagementCommand, _ index: UInt16) {
    func answered(_ status: ManagementStatus, _ answer: ManagementAnswer = .nothing) -> ManagementEvent {
      .answered(opcode: command.opcode, status, answer)
    }
    if command == .readIndexList {
      return self.come(answered(.success, .indexList(self.adapters.keys.sorted())), index)
    }
    guard let adapter = self.adapters[index] else { return self.come(answered(.invalidIndex), index) }
    if adapter.isSilent { return }
    if adapter.isForbidden, command != .readControllerInfo {
      return self.come(answered(.permissionDenied), index)
    }
    var settings: ManagementSettings = .lowEnergy
    if adapter.isPowered { settings.insert(.powered) }
    switch command {
    case .readControllerInfo:
      self.come(
        answered(.success, .controller(ManagementController(address: adapter.address, current: settings))), index)
    case .setPowered(let isOn):
      if isOn, adapter.powerStatus != .success { return self.come(answered(adapter.powerStatus), index) }
      self.adapters[index]?.isPowered = isOn
      if !isOn { self.adapters[index]?.isDiscovering = false }
      self.come(answered(.success, .settings(isOn ? [.lowEnergy, .powered] : .lowEnergy)), index)
    case .startDiscovery:
      if adapter.isBusy || adapter.isDiscovering { return self.come(answered(.busy), index) }
      self.adapters[index]?.isDiscovering = true
      self.come(answered(.success), index)
      self.come(.discovering(true), index)
    case .stopDiscovery:
      if !adapter.isDiscovering { return self.come(answered(.rejected), index) }
      self.adapters[index]?.isDiscovering = false
      self.come(.discovering(false), index)
      self.come(answered(.success), index)
    default: self.come(answered(.success), index)
    }
  }
}

extension BluetoothAddress {
  /// An adapter of tests.
  static func adapter(_ number: UInt8) -> Self { Self(number, .public) }
  /// A lock of tests.
  static func lock(_ number: UInt8) -> Self { Self(number, .random) }

  private init(_ number: UInt8, _ kind: Kind) {
    self = Self(octets: [0xC0, 0, 0, 0, 0, number], kind: kind) ?? Self.any
  }

  private static var any: Self { self.lock(0) }
}

extension RadioAttemptID {
  /// The first try of a wish.
  static func first(_ wish: RadioWishID) -> Self { Self(wish: wish, number: 1) }
}

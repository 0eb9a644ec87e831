/// Speaks ATT and GATT to one server, over links that come and go. A value: one packet in, packets out.
///
/// One request is outstanding at a time; further ones wait in order, whole procedures too. On each link the client
/// first agrees on an MTU and looks whether the database it knows is still the server's, all by itself; requests
/// submitted meanwhile wait. A server that does not answer within 30 s makes the link useless: it is to be closed.
/// No answer of a server makes the client loop, grow or fail otherwise than with a ``GATTFault``.
/// (Core specification, volume 3, parts F and G.)
public struct GATTClient: Sendable {
  /// What can be asked of a server.
  public enum Request: Hashable, Sendable {
    /// Services, their characteristics, and how to subscribe to them; only services of these kinds, or all. Answered
    /// from memory when that holds all of them.
    case discover(services: [BluetoothUUID]?)
    /// A value, also a long one.
    case read(handle: UInt16)
    /// Writes a value of 0...512 octets and waits for the server to say so. One that does not fit into a packet
    /// goes in pieces.
    case write(handle: UInt16, [UInt8])
    /// Writes a value that fits into one packet, ``GATTClient/mtu`` - 3 octets; nobody says whether it came in.
    case writeCommand(handle: UInt16, [UInt8])
    /// Sets how the value with this handle is told: for this link only. Needs its characteristic in
    /// ``GATTClient/database``.
    case subscribe(handle: UInt16, Subscription)
  }

  /// How a value is told. The raw value is the Client Characteristic Configuration's.
  public enum Subscription: UInt8, Hashable, Sendable {
    /// Not at all.
    case none = 0
    /// Without confirmation: some may be lost.
    case notifications = 1
    /// Each is confirmed before the next one comes.
    case indications = 2
  }

  /// What came of a request.
  public enum Response: Hashable, Sendable {
    /// What the server offers.
    case discovered(GATTDatabase)
    /// The whole value.
    case value([UInt8])
    /// The server has written it; or, without a response, it is on its way.
    case written
  }

  /// What the caller is to do, in this order.
  public enum Effect: Hashable, Sendable {
    /// Send one packet.
    case write([UInt8])
    /// Call ``GATTClient/deadlinePassed(at:)`` at this uptime; nil takes the deadline away.
    case setDeadline(Duration?)
    /// A request has ended. The number is the caller's.
    case finished(id: Int, Result<Response, GATTFault>)
    /// The server told a value. An indication is confirmed already.
    case told(handle: UInt16, value: [UInt8])
    /// Keep this for the next links.
    case discovered(GATTDatabase)
    /// What was kept is void, and handles with it: discover anew.
    case databaseChanged
    /// The link is of no use any more.
    case closeLink
  }

  /// From a request to its answer.
  public static let transactionTime: Duration = .seconds(30)
  /// So many requests may wait; further ones end as ``GATTFault/busy``.
  public static let mostWaiting = 64

  /// The server's database, as far as it is known.
  public private(set) var database: GATTDatabase?
  /// The longest packet on this link, in octets, as agreed on.
  public private(set) var mtu = Int(ATTPDU.shortestMTU)

  private let preferredMTU: UInt16
  private var phase = Phase.closed
  private var chores: [Chore] = []
  private var waiting: [(id: Int, request: Request)] = []
  private var active: Active?
  private var deadline: Duration?
  private var serviceChangedHandle: UInt16?
  private var isWatched = false

  private enum Phase: Sendable { case closed, open, useless }

  /// What the client asks by itself.
  private enum Chore: Sendable { case agreeOnMTU, checkDatabase, watchDatabase }

  private enum Purpose: Sendable {
    case chore(Chore)
    case request(id: Int)
  }

  /// What is under way.
  private struct Active: Sendable {
    var purpose: Purpose
    /// nil while the MTU is agreed on.
    var procedure: GATTProcedure?
    /// The opcode of the packet that waits for its answer.
    var opcode: UInt8
    /// Handles changed while they were listed.
    var isStale = false
    var restarts = 0
  }

  /// Makes a client without a link.
  /// - Parameters:
  ///   - cache: what ``Effect/discovered(_:)`` told on an earlier link.
  ///   - preferredMTU: the longest packet wanted, in octets; taken to the nearest of 23...517.
  public init(cache: GATTDatabase? = nil, preferredMTU: UInt16 = 247) {
    self.database = cache
    self.preferredMTU = min(max(preferredMTU, ATTPDU.shortestMTU), ATTPDU.longestMTU)
  }

  // MARK: what happens

  /// A link to the server is open. Nothing of an earlier one lives on but the database.
  public mutating func linkOpened(at uptime: Duration) -> [Effect] {
    var effects = self.linkClosed()
    self.phase = .open
    self.isWatched = false
    self.serviceChangedHandle = self.database?.serviceChanged?.handle
    if self.preferredMTU > ATTPDU.shortestMTU { self.chores.append(.agreeOnMTU) }
    if self.database != nil { self.chores.append(.checkDatabase) }
    self.proceed(at: uptime, &effects)
    return effects
  }

  /// The link is gone; what was asked and not answered ends.
  public mutating func linkClosed() -> [Effect] {
    var effects: [Effect] = []
    self.end(with: .linkClosed, &effects)
    self.phase = .closed
    self.mtu = Int(ATTPDU.shortestMTU)
    return effects
  }

  /// Something is asked of the server.
  /// - Parameters:
  ///   - request: what.
  ///   - id: names it in ``Effect/finished(id:_:)``.
  ///   - uptime: now.
  public mutating func submit(_ request: Request, id: Int, at uptime: Duration) -> [Effect] {
    guard self.phase == .open else { return [.finished(id: id, .failure(.linkClosed))] }
    guard self.waiting.count < Self.mostWaiting else { return [.finished(id: id, .failure(.busy))] }
    if case .write(_, let value) = request, value.count > ATTPDU.longestValue {
      return [.finished(id: id, .failure(.tooLong(limit: ATTPDU.longestValue)))]
    }
    self.waiting.append((id, request))
    var effects: [Effect] = []
    self.proceed(at: uptime, &effects)
    return effects
  }

  /// The deadline set last has passed.
  public mutating func deadlinePassed(at uptime: Duration) -> [Effect] {
    guard self.phase == .open, let deadline = self.deadline, uptime >= deadline else { return [] }
    var effects: [Effect] = []
    self.phase = .useless
    self.end(with: .timedOut, &effects)
    effects.append(.closeLink)
    return effects
  }

  /// One packet has come in. Any bytes, of any length.
  public mutating func received(_ pdu: [UInt8], at uptime: Duration) -> [Effect] {
    guard self.phase == .open else { return [] }
    var effects: [Effect] = []
    // A peer that sends more than it was told we take is not understood, whatever it says.
    let packet = pdu.count <= Int(self.preferredMTU) ? ATTPDU.FromServer(pdu) : nil
    switch packet {
    case .request(_, let mtu): self.refuse(pdu[0], mtu: mtu, &effects)
    case .notification(let handle, let value): effects.append(.told(handle: handle, value: value))
    case .notifications(let values):
      effects += values.map { .told(handle: $0.handle, value: $0.content) }
    case .indication(let handle, let value):
      effects.append(.write(ATTPDU.FromClient.confirmation.bytes))
      if handle == self.serviceChangedHandle {
        self.databaseChanged(&effects)
      } else {
        effects.append(.told(handle: handle, value: value))
      }
    case .error(let request, _, let error) where request == self.active?.opcode:
      if error == .databaseOutOfSync { self.databaseChanged(&effects) }
      self.answered(packet, at: uptime, &effects)
    case .error: break
    default:
      // An answer to something else, or a second one, says nothing. One to our request that cannot be read ends it.
      guard let active = self.active, let opcode = pdu.first, opcode == active.opcode + 1 || opcode == 0x01 else {
        break
      }
      self.answered(packet, at: uptime, &effects)
    }
    return effects
  }

  // MARK: one after the other

  /// Begins what is next, unless an answer is waited for.
  private mutating func proceed(at uptime: Duration, _ effects: inout [Effect]) {
    while self.active == nil, self.phase == .open {
      if !self.chores.isEmpty {
        self.begin(self.chores.removeFirst(), at: uptime, &effects)
      } else if !self.waiting.isEmpty {
        let (id, request) = self.waiting.removeFirst()
        self.begin(request, id: id, at: uptime, &effects)
      } else {
        break
      }
    }
    if self.active == nil, self.deadline != nil {
      self.deadline = nil
      effects.append(.setDeadline(nil))
    }
  }

  private mutating func begin(_ chore: Chore, at uptime: Duration, _ effects: inout [Effect]) {
    switch chore {
    case .agreeOnMTU:
      self.ask(.exchangeMTU(self.preferredMTU), for: .chore(chore), at: uptime, &effects)
    case .checkDatabase:
      guard let database = self.database else { return }
      self.start(.check(GATTCheck(database)), for: .chore(chore), at: uptime, &effects)
    case .watchDatabase:
      guard !self.isWatched, let handle = self.database?.serviceChanged?.configuration else { return }
      self.isWatched = true
      self.start(
        .write(GATTWrite(handle: handle, value: Subscription.indications.octets)), for: .chore(chore), at: uptime,
        &effects)
    }
  }

  private mutating func begin(_ request: Request, id: Int, at uptime: Duration, _ effects: inout [Effect]) {
    var procedure: GATTProcedure?
    var result: Result<Response, GATTFault> = .failure(.notFound)
    switch request {
    case .discover(let services):
      if let database = self.database, database.covers(services.map { Set($0) }) {
        result = .success(.discovered(database))
      } else {
        procedure = .discovery(GATTDiscovery(services: services))
      }
    case .read(let handle): procedure = .read(GATTRead(handle: handle))
    case .write(let handle, let value): procedure = .write(GATTWrite(handle: handle, value: value))
    case .writeCommand(let handle, let value):
      let limit = min(self.mtu - 3, ATTPDU.longestValue)
      if value.count <= limit {
        effects.append(.write(ATTPDU.FromClient.writeCommand(handle: handle, value).bytes))
        result = .success(.written)
      } else {
        result = .failure(.tooLong(limit: limit))
      }
    case .subscribe(let handle, let subscription):
      if let found = self.database?.characteristic(handle: handle), let configuration = found.configuration,
        found.properties.isSuperset(of: subscription.needs)
      {
        procedure = .write(GATTWrite(handle: configuration, value: subscription.octets))
      }
    }
    if let procedure {
      self.start(procedure, for: .request(id: id), at: uptime, &effects)
    } else {
      effects.append(.finished(id: id, result))
    }
  }

  private mutating func start(
    _ procedure: GATTProcedure, for purpose: Purpose, at uptime: Duration, _ effects: inout [Effect]
  ) {
    var procedure = procedure
    let packet = procedure.begin(mtu: self.mtu)
    self.ask(packet, for: purpose, by: procedure, at: uptime, &effects)
  }

  private mutating func ask(
    _ packet: ATTPDU.FromClient, for purpose: Purpose, by procedure: GATTProcedure? = nil, at uptime: Duration,
    _ effects: inout [Effect]
  ) {
    self.active = Active(purpose: purpose, procedure: procedure, opcode: packet.opcode)
    self.send(packet, at: uptime, &effects)
  }

  private mutating func send(_ packet: ATTPDU.FromClient, at uptime: Duration, _ effects: inout [Effect]) {
    self.deadline = uptime + Self.transactionTime
    effects += [.write(packet.bytes), .setDeadline(self.deadline)]
  }

  // MARK: answers

  /// The answer to what was asked last; nil when it cannot be read.
  private mutating func answered(_ answer: ATTPDU.FromServer?, at uptime: Duration, _ effects: inout [Effect]) {
    guard var active = self.active else { return }
    guard active.procedure != nil else {
      // A server that refuses keeps the shortest.
      if case .mtu(let theirs) = answer { self.agree(on: theirs) }
      self.active = nil
      return self.proceed(at: uptime, &effects)
    }
    var step = GATTProcedure.Step.failed(.malformed)
    if active.isStale, active.restarts < 3 {
      active.isStale = false
      active.restarts += 1
      if let packet = active.procedure?.restart() { step = .send(packet) }
    } else if let answer, !active.isStale, let next = active.procedure?.answered(answer, mtu: self.mtu) {
      step = next
    }
    switch step {
    case .send(let packet):
      active.opcode = packet.opcode
      self.active = active
      self.send(packet, at: uptime, &effects)
      return
    case .done(let response): self.finish(active.purpose, .success(response), &effects)
    case .failed(let fault): self.finish(active.purpose, .failure(fault), &effects)
    }
    self.active = nil
    self.proceed(at: uptime, &effects)
  }

  private mutating func finish(
    _ purpose: Purpose, _ result: Result<Response, GATTFault>, _ effects: inout [Effect]
  ) {
    switch purpose {
    case .chore(.checkDatabase):
      if case .success = result {
        self.chores.append(.watchDatabase)
      } else if self.database != nil {
        self.databaseChanged(&effects)
      }
    case .chore: break
    case .request(let id):
      if case .success(.discovered(let database)) = result {
        self.database = database
        self.serviceChangedHandle = database.serviceChanged?.handle
        self.chores.append(.watchDatabase)
        effects.append(.discovered(database))
      }
      effects.append(.finished(id: id, result))
    }
  }

  private mutating func agree(on theirs: UInt16) {
    self.mtu = Int(max(ATTPDU.shortestMTU, min(theirs, self.preferredMTU)))
  }

  /// The server, as a client, asks something; there is nothing here to be found.
  private mutating func refuse(_ request: UInt8, mtu theirs: UInt16?, _ effects: inout [Effect]) {
    guard let theirs else {
      let refusal = ATTPDU.FromClient.error(request: request, handle: 0, .requestNotSupported)
      effects.append(.write(refusal.bytes))
      return
    }
    effects.append(.write(ATTPDU.FromClient.mtu(self.preferredMTU).bytes))
    // What was agreed on holds for pieces that are under way, too.
    if self.mtu == Int(ATTPDU.shortestMTU) { self.agree(on: theirs) }
  }

  /// Handles mean nothing any more, and what waits may rest on them.
  private mutating func databaseChanged(_ effects: inout [Effect]) {
    self.database = nil
    self.isWatched = false
    effects.append(.databaseChanged)
    if case .discovery = self.active?.procedure { self.active?.isStale = true }
    let waiting = self.waiting
    self.waiting = waiting.filter { if case .discover = $0.request { true } else { false } }
    for (id, request) in waiting {
      if case .discover = request { continue }
      effects.append(.finished(id: id, .failure(.notFound)))
    }
  }

  /// Ends all that was asked.
  private mutating func end(with fault: GATTFault, _ effects: inout [Effect]) {
    if case .request(let id) = self.active?.purpose { effects.append(.finished(id: id, .failure(fault))) }
    effects += self.waiting.map { .finished(id: $0.id, .failure(fault)) }
    self.active = nil
    self.waiting = []
    self.chores = []
    if self.deadline != nil { effects.append(.setDeadline(nil)) }
    self.deadline = nil
  }
}

extension GATTClient.Subscription {
  /// The value of the configuration.
  fileprivate var octets: [UInt8] { [self.rawValue, 0] }

  /// What the characteristic must be able to do.
  fileprivate var needs: GATTCharacteristic.Properties {
    switch self {
    case .none: []
    case .notifications: .notify
    case .indications: .indicate
    }
  }
}

extension GATTDatabase {
  fileprivate var serviceChanged: GATTCharacteristic? {
    self.characteristic(.serviceChanged, in: .genericAttribute)
  }
}

/// Finds out what a server offers: all services, and of those that are wanted the characteristics, the handles
/// with which these are subscribed to, and the Database Hash. Bounded, whatever the server answers.
struct GATTDiscovery: Sendable {
  /// A server with more than this is no server of ours.
  static let mostServices = 256
  /// A server with more than this is no server of ours.
  static let mostCharacteristics = 512
  /// No discovery needs more packets.
  static let mostRequests = 2048

  /// What an answer meant for the list that is being read.
  enum Progress: Sendable {
    case more(ATTPDU.FromClient)
    case complete
    case failed(GATTFault)
  }

  private enum Stage: Sendable { case services, characteristics, configurations, hash }

  /// A characteristic whose configuration is looked for, and the handles between it and the next one.
  private struct Gap: Sendable {
    var service: Int
    var characteristic: Int
    var handles: ClosedRange<UInt16>
  }

  /// nil is all.
  private let wanted: Set<BluetoothUUID>?
  /// What was found up to now.
  private(set) var services: [GATTService] = []
  private var stage = Stage.services
  /// Everything before this handle was listed.
  private var next: UInt16 = 1
  /// The services whose characteristics are still to be listed, the last one first.
  private var unlisted: [Int] = []
  /// The declarations in the service that is being listed.
  private var declarations: [UInt16] = []
  private var gaps: [Gap] = []
  private var characteristicCount = 0
  private var requestCount = 0

  /// - Parameter services: those to be looked at; nil for all.
  init(services: [BluetoothUUID]?) {
    self.wanted = services.map { Set($0).union([.genericAttribute]) }
  }

  func begin() -> ATTPDU.FromClient { .readByGroupType(ATTPDU.allHandles, .primaryService) }

  /// Forgets what was found; the bound on packets stays.
  mutating func restart() -> ATTPDU.FromClient {
    self.services = []
    self.stage = .services
    self.next = 1
    self.unlisted = []
    self.gaps = []
    self.characteristicCount = 0
    return self.begin()
  }

  mutating func answered(_ answer: ATTPDU.FromServer) -> GATTProcedure.Step {
    self.requestCount += 1
    if self.requestCount > Self.mostRequests { return .failed(.malformed) }
    switch self.stage {
    case .services:
      switch self.listed(answer) {
      case .more(let request): return .send(request)
      case .failed(let fault): return .failed(fault)
      case .complete:
        self.unlisted = self.services.indices.reversed().filter { index in
          self.wanted?.contains(self.services[index].uuid) ?? true
        }
        self.stage = .characteristics
        return self.nextService()
      }
    case .characteristics: return self.characteristics(answer)
    case .configurations: return self.configurations(answer)
    case .hash:
      var hash: [UInt8]?
      if case .attributes(let found) = answer, let value = found.first?.content, value.count == 16 { hash = value }
      return self.finished(hash: hash)
    }
  }

  private func finished(hash: [UInt8]?) -> GATTProcedure.Step {
    .done(.discovered(GATTDatabase(services: self.services, hash: hash)))
  }

  // MARK: services

  /// One answer of the list of services.
  mutating func listed(_ answer: ATTPDU.FromServer) -> Progress {
    switch answer {
    case .error(_, _, .attributeNotFound): return .complete
    case .error(_, let handle, let error): return .failed(.att(error, handle: handle))
    case .groups(let groups):
      for group in groups {
        guard group.handles.lowerBound >= self.next, self.next > 0, let uuid = BluetoothUUID(service: group.value),
          self.services.count < Self.mostServices
        else { return .failed(.malformed) }
        self.services.append(GATTService(uuid: uuid, handles: group.handles))
        // 0 behind the last handle that there can be.
        self.next = group.handles.upperBound &+ 1
      }
      return self.next == 0 ? .complete : .more(.readByGroupType(self.next...0xFFFF, .primaryService))
    default: return .failed(.malformed)
    }
  }

  // MARK: characteristics

  private mutating func nextService() -> GATTProcedure.Step {
    guard let service = self.unlisted.last else {
      self.stage = .configurations
      self.gaps.reverse()
      return self.nextGap()
    }
    self.services[service].characteristics = []
    self.declarations = []
    let handles = self.services[service].handles
    self.next = handles.lowerBound
    return .send(.readByType(handles, .characteristic))
  }

  private mutating func characteristics(_ answer: ATTPDU.FromServer) -> GATTProcedure.Step {
    guard let service = self.unlisted.last else { return .failed(.malformed) }
    let last = self.services[service].handles.upperBound
    switch answer {
    case .error(_, _, .attributeNotFound): return self.listedCharacteristics(of: service)
    case .error(_, let handle, let error): return .failed(.att(error, handle: handle))
    case .attributes(let found):
      for declaration in found {
        guard self.next > 0, declaration.handle >= self.next, self.characteristicCount < Self.mostCharacteristics,
          let characteristic = GATTCharacteristic(declaration: declaration.content),
          characteristic.handle > declaration.handle, characteristic.handle <= last
        else { return .failed(.malformed) }
        self.characteristicCount += 1
        self.declarations.append(declaration.handle)
        self.services[service].characteristics?.append(characteristic)
        self.next = characteristic.handle &+ 1
      }
      if self.next == 0 || self.next > last { return self.listedCharacteristics(of: service) }
      return .send(.readByType(self.next...last, .characteristic))
    default: return .failed(.malformed)
    }
  }

  private mutating func listedCharacteristics(of service: Int) -> GATTProcedure.Step {
    let last = self.services[service].handles.upperBound
    for (index, characteristic) in (self.services[service].characteristics ?? []).enumerated() {
      let end = index + 1 < self.declarations.count ? self.declarations[index + 1] - 1 : last
      if characteristic.canBeTold, characteristic.handle < end {
        self.gaps.append(Gap(service: service, characteristic: index, handles: characteristic.handle + 1...end))
      }
    }
    self.unlisted.removeLast()
    return self.nextService()
  }

  // MARK: configurations

  private mutating func nextGap() -> GATTProcedure.Step {
    if let gap = self.gaps.last { return .send(.findInformation(gap.handles)) }
    let tellsHash = self.services.contains { service in
      service.uuid == .genericAttribute && service.characteristics?.contains { $0.uuid == .databaseHash } == true
    }
    guard tellsHash else { return self.finished(hash: nil) }
    self.stage = .hash
    return .send(.readByType(ATTPDU.allHandles, .databaseHash))
  }

  private mutating func configurations(_ answer: ATTPDU.FromServer) -> GATTProcedure.Step {
    guard let gap = self.gaps.popLast() else { return .failed(.malformed) }
    switch answer {
    case .error(_, _, .attributeNotFound): return self.nextGap()
    case .error(_, let handle, let error): return .failed(.att(error, handle: handle))
    case .information(let attributes):
      var next = gap.handles.lowerBound
      for attribute in attributes {
        guard next > 0, attribute.handle >= next, attribute.handle <= gap.handles.upperBound else {
          return .failed(.malformed)
        }
        next = attribute.handle &+ 1
        if attribute.content == .clientConfiguration {
          self.services[gap.service].characteristics?[gap.characteristic].configuration = attribute.handle
          return self.nextGap()
        }
      }
      if next > 0, next <= gap.handles.upperBound {
        var rest = gap
        rest.handles = next...gap.handles.upperBound
        self.gaps.append(rest)
      }
      return self.nextGap()
    default: return .failed(.malformed)
    }
  }
}

extension BluetoothUUID {
  /// Takes the value of a service declaration: 2 or 16 octets.
  fileprivate init?(service value: [UInt8]) {
    if value.count == 4 { return nil }
    self.init(wire: value)
  }
}

extension GATTCharacteristic {
  /// Takes the value of a characteristic declaration: `properties u8, handle u16, UUID of 2 or 16 octets`.
  fileprivate init?(declaration value: [UInt8]) {
    guard value.count == 5 || value.count == 19, let uuid = BluetoothUUID(wire: value[3...]) else { return nil }
    self.init(
      uuid: uuid, properties: Properties(rawValue: value[0]), handle: UInt16(value[1]) | UInt16(value[2]) << 8)
  }

  fileprivate var canBeTold: Bool { !self.properties.isDisjoint(with: [.notify, .indicate]) }
}

/// What a GATT server offers, as far as it was looked at. To be kept between links: discovery costs a battery lock
/// more than anything else on a visit.
public struct GATTDatabase: Hashable, Sendable, Codable {
  /// Every primary service, ascending by handle.
  public var services: [GATTService]
  /// The server's Database Hash, 16 octets; nil when it has none.
  public var hash: [UInt8]?

  /// Makes a database.
  /// - Parameters:
  ///   - services: ascending by handle.
  ///   - hash: the Database Hash.
  public init(services: [GATTService], hash: [UInt8]? = nil) {
    self.services = services
    self.hash = hash
  }

  /// Finds a service; the first one when there are several of the same kind.
  public func service(_ uuid: BluetoothUUID) -> GATTService? { self.services.first { $0.uuid == uuid } }

  /// Finds a characteristic; the first one when there are several of the same kind.
  /// - Parameters:
  ///   - uuid: its kind.
  ///   - service: looks only in services of this kind; nil looks in all.
  public func characteristic(_ uuid: BluetoothUUID, in service: BluetoothUUID? = nil) -> GATTCharacteristic? {
    for candidate in self.services where service == nil || candidate.uuid == service {
      if let found = candidate.characteristics?.first(where: { $0.uuid == uuid }) { return found }
    }
    return nil
  }

  /// Finds the characteristic whose value has this handle.
  public func characteristic(handle: UInt16) -> GATTCharacteristic? {
    for service in self.services {
      if let found = service.characteristics?.first(where: { $0.handle == handle }) { return found }
    }
    return nil
  }

  /// All there is to know of these services is known. A service that the server did not have is not known: it may
  /// have come since.
  func covers(_ wanted: Set<BluetoothUUID>?) -> Bool {
    guard let wanted else { return self.services.allSatisfy { $0.characteristics != nil } }
    let known = self.services.filter { $0.characteristics != nil }.map(\.uuid)
    return wanted.isSubset(of: known)
  }

  /// The same services at the same handles.
  func hasOutline(of other: [GATTService]) -> Bool {
    self.services.map(\.uuid) == other.map(\.uuid) && self.services.map(\.handles) == other.map(\.handles)
  }
}

/// A primary service.
public struct GATTService: Hashable, Sendable, Codable {
  /// What kind of service it is.
  public var uuid: BluetoothUUID
  /// The handles of all its attributes.
  public var handles: ClosedRange<UInt16>
  /// Its characteristics, ascending by handle; nil while they were not looked at.
  public var characteristics: [GATTCharacteristic]?

  /// Makes a service.
  /// - Parameters:
  ///   - uuid: what kind of service it is.
  ///   - handles: the handles of all its attributes.
  ///   - characteristics: ascending by handle; nil while they were not looked at.
  public init(uuid: BluetoothUUID, handles: ClosedRange<UInt16>, characteristics: [GATTCharacteristic]? = nil) {
    self.uuid = uuid
    self.handles = handles
    self.characteristics = characteristics
  }
}

/// A characteristic: a value that can be read, written or told.
public struct GATTCharacteristic: Hashable, Sendable, Codable {
  /// What can be done with the value (Core specification, volume 3 part G, section 3.3.1.1).
  public struct Properties: OptionSet, Hashable, Sendable, Codable {
    /// One bit a property.
    public let rawValue: UInt8

    /// Takes the octet of the declaration.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It can be read.
    public static let read = Properties(rawValue: 0x02)
    /// It can be written without a response.
    public static let writeCommand = Properties(rawValue: 0x04)
    /// It can be written.
    public static let write = Properties(rawValue: 0x08)
    /// It is told without a confirmation.
    public static let notify = Properties(rawValue: 0x10)
    /// It is told, and the client confirms.
    public static let indicate = Properties(rawValue: 0x20)
  }

  /// What kind of value it is.
  public var uuid: BluetoothUUID
  /// What can be done with it.
  public var properties: Properties
  /// The handle of the value.
  public var handle: UInt16
  /// The handle of its Client Characteristic Configuration; nil when it cannot be subscribed to.
  public var configuration: UInt16?

  /// Makes a characteristic.
  /// - Parameters:
  ///   - uuid: what kind of value it is.
  ///   - properties: what can be done with it.
  ///   - handle: the handle of the value.
  ///   - configuration: the handle of its Client Characteristic Configuration.
  public init(uuid: BluetoothUUID, properties: Properties, handle: UInt16, configuration: UInt16? = nil) {
    self.uuid = uuid
    self.properties = properties
    self.handle = handle
    self.configuration = configuration
  }
}

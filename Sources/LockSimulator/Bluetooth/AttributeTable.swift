/// What a device has to be read and written over Bluetooth LE: services, their characteristics and descriptors, in the
/// order of their handles (Core specification, volume 3 part G, section 3).
public struct AttributeTable: Sendable {
  /// What a client may do with a characteristic. Raw values are those on the wire.
  public struct Properties: OptionSet, Hashable, Sendable {
    /// The bits as a characteristic declaration has them.
    public var rawValue: UInt8

    /// Takes the bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its value can be read.
    public static let read = Properties(rawValue: 0x02)
    /// Its value can be written without an answer.
    public static let writeWithoutResponse = Properties(rawValue: 0x04)
    /// Its value can be written.
    public static let write = Properties(rawValue: 0x08)
    /// It tells values by indication.
    public static let indicate = Properties(rawValue: 0x20)
  }

  /// A characteristic of a service.
  public struct Characteristic: Sendable {
    /// Names it.
    public var uuid: AttributeUUID
    /// What a client may do with it.
    public var properties: Properties
    /// What a read gives.
    public var value: [UInt8]
    /// The longest value that can be written, at most 512 bytes.
    public var longestValue: Int

    /// Describes a characteristic.
    /// - Parameters:
    ///   - uuid: its name.
    ///   - properties: what a client may do.
    ///   - value: what a read gives.
    ///   - longestValue: the longest value that can be written.
    public init(
      _ uuid: AttributeUUID, _ properties: Properties, value: [UInt8] = [], longestValue: Int = 512
    ) {
      self.uuid = uuid
      self.properties = properties
      self.value = value
      self.longestValue = longestValue
    }
  }

  /// A primary service.
  public struct Service: Sendable {
    /// Names it.
    public var uuid: AttributeUUID
    /// Its characteristics.
    public var characteristics: [Characteristic]

    /// Describes a service.
    /// - Parameters:
    ///   - uuid: its name.
    ///   - characteristics: what it has.
    public init(_ uuid: AttributeUUID, _ characteristics: [Characteristic]) {
      self.uuid = uuid
      self.characteristics = characteristics
    }
  }

  /// One row. Its handle is its place in ``rows`` plus 1.
  struct Row: Sendable {
    enum Access: Sendable, Equatable {
      /// Read by everybody, written by nobody.
      case declaration
      case value(Properties, longest: Int)
      /// The descriptor that turns the indications of the row with this handle on and off.
      case configuration(of: UInt16)
    }

    var type: AttributeUUID
    var value: [UInt8]
    var access: Access
    /// The last handle of the group that a service or characteristic declaration begins; else its own.
    var groupEnd: UInt16
  }

  private(set) var rows: [Row] = []

  /// Numbers the attributes of these services from handle 1 on.
  public init(_ services: [Service]) {
    for service in services {
      let start = self.rows.count
      self.add(.primaryService, service.uuid.bytes, .declaration)
      for characteristic in service.characteristics { self.add(characteristic) }
      self.rows[start].groupEnd = UInt16(clamping: self.rows.count)
    }
  }

  /// The handle of a characteristic's value; nil when there is no such characteristic.
  public func handle(of characteristic: AttributeUUID) -> UInt16? {
    let index = self.rows.firstIndex { row in
      if case .value = row.access { row.type == characteristic } else { false }
    }
    return index.map { UInt16(clamping: $0 + 1) }
  }

  subscript(handle: UInt16) -> Row? {
    let index = Int(handle) - 1
    return self.rows.indices.contains(index) ? self.rows[index] : nil
  }

  private mutating func add(_ characteristic: Characteristic) {
    let start = self.rows.count
    let handle = UInt16(clamping: start + 2)
    self.add(
      .characteristic,
      [characteristic.properties.rawValue, UInt8(truncatingIfNeeded: handle), UInt8(handle >> 8)]
        + characteristic.uuid.bytes,
      .declaration)
    self.add(
      characteristic.uuid, characteristic.value,
      .value(characteristic.properties, longest: min(512, characteristic.longestValue)))
    if characteristic.properties.contains(.indicate) {
      self.add(.clientConfiguration, [0, 0], .configuration(of: handle))
    }
    self.rows[start].groupEnd = UInt16(clamping: self.rows.count)
  }

  private mutating func add(_ type: AttributeUUID, _ value: [UInt8], _ access: Row.Access) {
    self.rows.append(
      Row(type: type, value: value, access: access, groupEnd: UInt16(clamping: self.rows.count + 1)))
  }
}

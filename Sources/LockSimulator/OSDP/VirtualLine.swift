import LockDrivers

/// Several virtual readers on one RS-485 line: each hears every byte, one answers.
public struct VirtualLine: Sendable {
  /// What the line does.
  public enum Effect: Hashable, Sendable {
    /// A device sends bytes to the panel.
    case write([UInt8])
    /// Something happened at the device of this address.
    case happened(address: UInt8, VirtualReader.Happening)
  }

  /// The devices, in any order.
  public private(set) var readers: [VirtualReader]

  /// Puts devices on a line.
  public init(_ readers: [VirtualReader]) { self.readers = readers }

  /// The panel's bytes are on the line.
  public mutating func received(_ bytes: [UInt8], at uptime: Duration) -> [Effect] {
    self.readers.indices.flatMap { index in
      self.told(by: index, self.readers[index].received(bytes, at: uptime))
    }
  }

  /// When ``deadlinePassed(at:)`` is due, in uptime; nil when nothing runs.
  public var deadline: Duration? { self.readers.compactMap(\.deadline).min() }

  /// The deadline has passed. Harmless when called early or twice.
  public mutating func deadlinePassed(at uptime: Duration) -> [Effect] {
    self.readers.indices.flatMap { index in
      self.told(by: index, self.readers[index].deadlinePassed(at: uptime))
    }
  }

  /// The device at an address; nil when there is none. Setting it replaces the device, or adds it.
  public subscript(address: UInt8) -> VirtualReader? {
    get { self.readers.first { $0.address == address } }
    set {
      let index = self.readers.firstIndex { $0.address == address }
      if let index { self.readers.remove(at: index) }
      if let newValue { self.readers.insert(newValue, at: index ?? self.readers.count) }
    }
  }

  /// The device at an address was switched off and on.
  public mutating func restarted(_ address: UInt8) -> [Effect] {
    guard let index = self.readers.firstIndex(where: { $0.address == address }) else { return [] }
    return self.told(by: index, self.readers[index].restarted())
  }

  private func told(by index: Int, _ effects: [VirtualReader.Effect]) -> [Effect] {
    effects.map { effect in
      switch effect {
      case .write(let bytes): .write(bytes)
      case .happened(let happening): .happened(address: self.readers[index].address, happening)
      }
    }
  }
}

/// What a device said of itself on the air, once.
public struct Advertisement: Hashable, Sendable {
  /// Who said it.
  public var address: BluetoothAddress
  /// Its AD structures one after the other, those of a scan response behind them: length, type, value
  /// (Core specification, volume 3 part C, section 11). Comes from the air: anything may be in it.
  public var data: [UInt8]
  /// How strong it came in, in dBm; nil when the adapter does not tell.
  public var rssi: Int8?

  /// Makes an advertisement.
  /// - Parameters:
  ///   - address: who said it.
  ///   - data: its AD structures.
  ///   - rssi: how strong it came in, in dBm.
  public init(address: BluetoothAddress, data: [UInt8], rssi: Int8? = nil) {
    self.address = address
    self.data = data
    self.rssi = rssi
  }
}

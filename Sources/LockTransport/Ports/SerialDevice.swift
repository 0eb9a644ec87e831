import CUdev

/// A serial device of this box, as the kernel and udev describe it.
public struct SerialDevice: Hashable, Sendable {
  /// The device node, such as `/dev/ttyUSB0`: another one after the next replugging.
  public var node: String
  /// Links that lead to it, as far as udev means it to have them: twins both claim theirs.
  public var links: [String]
  /// The serial number of the USB adapter; nil where it has none.
  public var usbSerial: String?
  /// Which interface of the USB adapter; nil off USB.
  public var interface: Int?
  /// Where it is plugged in (udev's `ID_PATH`); nil where udev does not say.
  public var topology: String?
  /// Maker's and product's USB ids, such as `0403:6001`; nil off USB.
  public var usbID: String?
  /// What the adapter calls itself, for people.
  public var product: String?

  /// Describes a device.
  /// - Parameters:
  ///   - node: the device node.
  ///   - links: links that lead to it.
  ///   - usbSerial: serial number of the USB adapter.
  ///   - interface: interface of the USB adapter.
  ///   - topology: where it is plugged in.
  ///   - usbID: maker's and product's USB ids.
  ///   - product: what the adapter calls itself.
  public init(
    node: String, links: [String] = [], usbSerial: String? = nil, interface: Int? = nil, topology: String? = nil,
    usbID: String? = nil, product: String? = nil
  ) {
    self.node = node
    self.links = links
    self.usbSerial = usbSerial
    self.interface = interface
    self.topology = topology
    self.usbID = usbID
    self.product = product
  }

  /// Reads what is said of one device; nil without a node.
  init?(_ properties: [String: String]) {
    guard let node = properties["DEVNAME"] else { return nil }
    let isOnUSB = properties["usb.idVendor"] != nil || properties["ID_BUS"] == "usb"
    let ids = [
      properties["usb.idVendor"] ?? properties["ID_VENDOR_ID"],
      properties["usb.idProduct"] ?? properties["ID_MODEL_ID"],
    ]
    self.init(
      node: node, links: (properties["DEVLINKS"] ?? "").split(separator: " ").map(String.init).sorted(),
      // What udev made fit for file names comes second: the adapter's own words are what is printed on it.
      usbSerial: isOnUSB ? properties["usb.serial"] ?? properties["ID_SERIAL_SHORT"] : nil,
      interface: (properties["usb.bInterfaceNumber"] ?? properties["ID_USB_INTERFACE_NUM"]).flatMap {
        Int($0, radix: 16)
      },
      topology: properties["ID_PATH"], usbID: isOnUSB ? ids.compactMap(\.self).joined(separator: ":") : nil,
      product: properties["usb.product"] ?? properties["ID_MODEL"])
  }

  /// Every serial device that is there now, ascending by node. Safe from any task; takes some milliseconds.
  /// - Returns: nothing where the kernel lists no devices.
  public static func present() -> [SerialDevice] {
    var records = [CChar](repeating: 0, count: 16384)
    while true {
      let size = unsafe records.withUnsafeMutableBufferPointer { buffer in
        unsafe cudev_list_ttys(buffer.baseAddress, buffer.count)
      }
      if size <= records.count {
        return Self.parse(records.prefix(max(0, size)).map(UInt8.init(bitPattern:))).sorted { $0.node < $1.node }
      }
      // Plugging goes on meanwhile.
      records = [CChar](repeating: 0, count: size * 2)
    }
  }

  /// Reads records of terminated `NAME=value` strings, each ended by an empty one.
  static func parse(_ records: [UInt8]) -> [SerialDevice] {
    var devices: [SerialDevice] = []
    var properties: [String: String] = [:]
    for line in records.split(separator: 0, omittingEmptySubsequences: false) {
      if line.isEmpty {
        if let device = SerialDevice(properties) { devices.append(device) }
        properties.removeAll()
      } else if let sign = line.firstIndex(of: UInt8(ascii: "=")) {
        let value = String(decoding: line[(sign + 1)...], as: UTF8.self)
        properties[String(decoding: line[..<sign], as: UTF8.self)] = String(value.drop { $0 == " " })
      }
    }
    return devices
  }
}

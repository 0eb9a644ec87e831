import Foundation
import Testing

@testable import LockTransport

@Suite("Which port is meant") struct PortDirectoryTests {
  /// An FTDI stick with a serial number of its own.
  static let ftdi = SerialDevice(
    node: "/dev/ttyUSB0", links: ["/dev/serial/by-id/usb-FTDI_FT1234-if00-port0"], usbSerial: "FT1234", interface: 0,
    topology: "pci-0000:00:14.0-usb-0:1.2:1.0", usbID: "0403:6001", product: "FT232R USB UART")
  /// Two sticks of a kind that has no serial numbers: both claim one link.
  static let twins = ["3", "4"].map { socket in
    SerialDevice(
      node: "/dev/ttyUSB\(socket)", links: ["/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"], interface: 0,
      topology: "pci-0000:00:14.0-usb-0:\(socket):1.0", usbID: "1a86:7523")
  }
  /// Two that the maker gave the same number.
  static let clones = ["5", "6"].map { socket in
    SerialDevice(
      node: "/dev/ttyUSB\(socket)", usbSerial: "0001", interface: 0, topology: "pci-0000:00:14.0-usb-0:\(socket):1.0",
      usbID: "10c4:ea60")
  }
  /// One adapter with two interfaces.
  static let double = [0, 1].map { interface in
    SerialDevice(
      node: "/dev/ttyUSB\(7 + interface)", usbSerial: "CP2105-9", interface: interface,
      topology: "pci-0000:00:14.0-usb-0:7:1.\(interface)", usbID: "10c4:ea70")
  }
  static let board = SerialDevice(node: "/dev/ttyS0", topology: "platform-serial8250")
  static let all = PortDirectory([Self.ftdi] + Self.twins + Self.clones + Self.double + [Self.board])

  @Test(
    "P18 a selector means one device or none: twins are refused",
    arguments: [
      (.usbSerial("FT1234", interface: nil), .device(Self.ftdi)),
      (.usbSerial("FT1234", interface: 0), .device(Self.ftdi)),
      (.usbSerial("FT1234", interface: 1), .missing),
      (.usbSerial("FT9999", interface: nil), .missing),
      (.usbSerial("0001", interface: nil), .ambiguous(Self.clones)),
      (.usbSerial("CP2105-9", interface: nil), .ambiguous(Self.double)),
      (.usbSerial("CP2105-9", interface: 1), .device(Self.double[1])),
      (.topology("pci-0000:00:14.0-usb-0:1.2:1.0"), .device(Self.ftdi)),
      (.topology("pci-0000:00:14.0-usb-0:1.2"), .device(Self.ftdi)),
      (.topology("pci-0000:00:14.0-usb-0:1"), .missing),
      (.topology("pci-0000:00:14.0-usb-0:7"), .ambiguous(Self.double)),
      (.path("/dev/serial/by-id/usb-FTDI_FT1234-if00-port0"), .device(Self.ftdi)),
      (.path("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"), .ambiguous(Self.twins)),
      (.path("/dev/ttyUSB3"), .device(Self.twins[0])),
      (.path("/dev/pts/7"), .unlisted(path: "/dev/pts/7")),
    ] as [(PortSelector, PortDirectory.Finding)])
  func selectorMeansOneDevice(selector: PortSelector, finding: PortDirectory.Finding) {
    #expect(Self.all.find(selector) == finding)
  }

  @Test(
    "P18 the best selector follows the adapter where its serial number is its own, else it stays with the socket",
    arguments: [
      (Self.ftdi, #"{ usb_serial: "FT1234" }"#),
      (Self.twins[0], #"{ usb_path: "pci-0000:00:14.0-usb-0:3:1.0" }"#),
      (Self.clones[1], #"{ usb_path: "pci-0000:00:14.0-usb-0:6:1.0" }"#),
      (Self.double[1], #"{ usb_serial: "CP2105-9", interface: 1 }"#),
      (Self.board, #"{ usb_path: "platform-serial8250" }"#),
    ])
  func bestSelector(device: SerialDevice, yaml: String) {
    let best = Self.all.bestSelector(of: device)
    #expect(best.yaml == yaml)
    #expect(Self.all.find(best) == .device(device))
  }

  @Test(
    "P18 a bare path is warned about, with what to write instead",
    arguments: [
      ("/dev/ttyUSB0", #"port: { usb_serial: "FT1234" }"#), ("/dev/ttyUSB3", #"port: { usb_path: "#),
      ("/dev/ttyUSB99", "'bitting ports' shows"), ("/dev/ttyS0", nil), ("/dev/ttyUSB", nil),
      ("/dev/serial/by-id/usb-FTDI_FT1234-if00-port0", nil), ("/dev/pts/7", nil),
    ] as [(String, String?)])
  func barePathIsWarnedAbout(path: String, expected: String?) {
    let advice = Self.all.advice(on: .path(path))
    #expect((advice == nil) == (expected == nil))
    if let expected { #expect(advice?.contains(expected) == true, "\(advice ?? "")") }
  }

  @Test("P18 twins are named, and how to tell them apart") func twinsAreNamed() throws {
    let link = PortSelector.path("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
    let fault = #expect(throws: LinkFault.self) { try Self.all.path(of: link) }
    let words = try #require(fault).description
    for part in ["/dev/ttyUSB3", "/dev/ttyUSB4", "usb-0:3:1.0", "usb-0:4:1.0", "bitting.yaml"] {
      #expect(words.contains(part), "\(words)")
    }
  }

  @Test("Each cause and its cure is found: missing, twins, held, no permission, bare path") func report() {
    let lines: [(name: String, port: PortSelector)] = [
      ("good", .usbSerial("FT1234", interface: nil)), ("gone", .usbSerial("FT9", interface: nil)),
      ("twin", .usbSerial("0001", interface: nil)), ("bare", .path("/dev/ttyUSB3")),
      ("held", .topology("pci-0000:00:14.0-usb-0:4:1.0")), ("closed", .usbSerial("CP2105-9", interface: 0)),
    ]
    let report = PortReport(of: Self.all, lines: lines) { path in
      switch path {
      case "/dev/ttyUSB0": .init(holder: .init(pid: 1, name: "bittingd"))
      case "/dev/ttyUSB4": .init(holder: .init(pid: 77, name: "ModemManager"))
      default:
        .init(access: PortAccess(of: Self.daemon, to: Self.node(path, mode: path == "/dev/ttyUSB7" ? 0o660 : 0o666)))
      }
    }
    let expected: [(String, Finding.Verdict, String)] = [
      ("line good", .good, "/dev/ttyUSB0"), ("line gone", .bad, "nothing at USB serial number FT9"),
      ("line twin", .bad, "/dev/ttyUSB5 and /dev/ttyUSB6"), ("line bare", .warning, "usb_path"),
      ("line held", .bad, "ModemManager (pid 77)"), ("line closed", .bad, "group dialout"),
      ("/dev/ttyUSB5", .good, "used by no line"), ("/dev/ttyUSB6", .good, "usb-0:6:1.0"),
      ("/dev/ttyUSB8", .good, "interface: 1"),
    ]
    #expect(report.findings.map(\.subject) == expected.map(\.0))
    #expect(report.findings.map(\.verdict) == expected.map(\.1))
    for (finding, (_, _, words)) in zip(report.findings, expected) {
      #expect(finding.sentence.contains(words), "\(finding.sentence)")
    }
  }

  private static let daemon = PortAccess.User(name: "bitting", group: "bitting", id: 990, groups: [990])

  private static func node(_ path: String, mode: UInt32) -> PortAccess.Node {
    .init(path: path, owner: 0, group: 20, groupName: "dialout", mode: mode)
  }

  @Test(
    "The daemon's user may open what its own, its group's or everybody's bits let it read and write; root may all",
    arguments: [
      (990, 1, 0o600, true), (990, 990, 0o060, false), (0, 990, 0o660, true), (0, 990, 0o640, false),
      (0, 990, 0o606, false), (0, 20, 0o660, false), (0, 20, 0o666, true), (0, 20, 0o664, false),
    ] as [(UInt32, UInt32, UInt32, Bool)])
  func access(owner: UInt32, group: UInt32, mode: UInt32, isGranted: Bool) {
    let node = PortAccess.Node(path: "/dev/ttyS0", owner: owner, group: group, groupName: "g", mode: mode)
    #expect(PortAccess(of: Self.daemon, to: node).isGranted == isGranted)
    #expect(PortAccess(of: .init(name: "root", group: "root", id: 0, groups: []), to: node).isGranted)
  }

  @Test(
    "Who may not open a port is told its group and the rule that gives the port away",
    arguments: [
      (nil, #"KERNEL=="ttyAMA0", GROUP="bitting", MODE="0660""#),
      (
        "1a86:7523",
        #"SUBSYSTEM=="tty", ATTRS{idVendor}=="1a86", ATTRS{idProduct}=="7523", GROUP="bitting", MODE="0660""#
      ),
    ] as [(String?, String)])
  func rule(usbID: String?, rule: String) {
    let words = PortAccess(of: Self.daemon, to: Self.node("/dev/ttyAMA0", mode: 0o660)).refusal(usbID: usbID)
    for part in ["/dev/ttyAMA0 belongs to the group dialout", "bitting does not belong", rule] {
      #expect(words.contains(part), "\(words)")
    }
  }

  @Test("What is listed is what the kernel has a device for, ascending, with or without udevd")
  func presentDevices() throws {
    let folder = "/sys/class/tty"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let nodes = names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/device") }.map { "/dev/\($0)" }
    let present = PortDirectory.present()
    #expect(present.devices.map(\.node) == nodes.sorted())
    for device in present.devices { #expect(present.find(.path(device.node)) == .device(device)) }
  }
}

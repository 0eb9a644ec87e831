import Foundation
import LockTransport
import Testing

@testable import Gateway

@Suite struct PortConfigurationTests {
  private func port(_ value: String) throws(ConfigurationFaults) -> PortSelector? {
    let text = """
      site: { name: Harbour, time_zone: Europe/Berlin }
      lines:
        - name: front
          port: \(value)
          protocol: osdp
          devices: []
      """
    return try ConfigurationFileTests.read(text).lines.first?.port
  }

  @Test(
    "A port is a path, a USB serial number or a USB path",
    arguments: [
      ("/dev/ttyUSB0", .path("/dev/ttyUSB0")),
      ("{ usb_serial: \"00001234\" }", .usbSerial("00001234", interface: nil)),
      ("{ usb_serial: \"FT1234\", interface: 1 }", .usbSerial("FT1234", interface: 1)),
      ("{ usb_path: \"pci-0000:00:14.0-usb-0:1.2:1.0\" }", .topology("pci-0000:00:14.0-usb-0:1.2:1.0")),
    ] as [(String, PortSelector)])
  func portIsRead(value: String, expected: PortSelector) throws {
    #expect(try self.port(value) == expected)
    // What is printed as a better selector can be pasted.
    #expect(try self.port(expected.yaml) == expected)
  }

  @Test(
    "A port that names nothing, or two things, is refused with what to write",
    arguments: [
      ("{ interface: 1 }", "usb_serial"), ("{ usb_serial: A, usb_path: B }", "usb_path"),
      ("{ usb_path: B, interface: 0 }", "goes with 'usb_serial' only"),
      ("{ usb_serial: 00001234 }", "quotes"), ("{ serial: A }", "unknown key 'serial'"),
      ("[]", "mapping"), ("{ usb_serial: A, interface: two }", "whole number"),
    ])
  func wrongPortIsRefused(value: String, words: String) {
    let faults = #expect(throws: ConfigurationFaults.self) { try self.port(value) }
    let sentence = faults?.sentences(file: "f").first
    #expect(sentence?.contains(words) == true && sentence?.hasPrefix("f:4: ") == true, "\(sentence ?? "")")
  }
}

import Foundation
import Gateway
import Testing

@Suite struct ConfigurationFileTests {
  private func read(_ text: String) throws(ConfigurationFault) -> ConfigurationFile {
    try ConfigurationFile(text, directory: URL(fileURLWithPath: "/nonexistent"))
  }

  @Test func aSiteNeedsANameAndAZoneAlone() throws {
    let file = try self.read("site: { name: Harbour, time_zone: Europe/Berlin }")
    #expect(file.siteName == "Harbour")
    #expect(file.timeZone == "Europe/Berlin")
    #expect(file.doors.isEmpty)
    #expect(file.keepDays == 90)
  }

  @Test func aMistakeIsToldWithItsLine() {
    let fault = #expect(throws: ConfigurationFault.self) {
      try self.read("site:\n  name: Harbour\n  time_zone: Europe/Bergen\n")
    }
    #expect(fault?.line == 3)
  }
}

import Foundation
import SyncEngine
import Testing

@Suite struct StoreTests {
  @Test func `an acknowledged change is synced: the writing connection runs with synchronous FULL`() throws {
    let path = "\(NSTemporaryDirectory())bitting-\(UUID().uuidString).sqlite"
    let store = try Store(path: path)
    #expect(try store.synchronousLevel() == 2)
  }
}

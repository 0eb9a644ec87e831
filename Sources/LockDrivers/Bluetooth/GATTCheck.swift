/// Asks whether a database that was kept since an earlier link is still the server's: by its hash where it has one,
/// else by the services and their handles.
struct GATTCheck: Sendable {
  private let database: GATTDatabase
  private var discovery = GATTDiscovery(services: [])

  init(_ database: GATTDatabase) { self.database = database }

  func begin() -> ATTPDU.FromClient {
    self.database.hash == nil
      ? .readByGroupType(ATTPDU.allHandles, .primaryService) : .readByType(ATTPDU.allHandles, .databaseHash)
  }

  /// Done with the database when it is the same; ``GATTFault/notFound`` when it is another.
  mutating func answered(_ answer: ATTPDU.FromServer) -> GATTProcedure.Step {
    if let hash = self.database.hash {
      guard case .attributes(let found) = answer, found.first?.content == hash else { return .failed(.notFound) }
      return .done(.discovered(self.database))
    }
    switch self.discovery.listed(answer) {
    case .more(let request): return .send(request)
    case .complete:
      let isSame = self.database.hasOutline(of: self.discovery.services)
      return isSame ? .done(.discovered(self.database)) : .failed(.notFound)
    case .failed: return .failed(.notFound)
    }
  }
}

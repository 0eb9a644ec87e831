import LockDrivers
import Testing

/// What the client asks, and what it makes of the answers.
@Suite struct GATTClientTests {
  static func uuid(_ number: UInt8) -> BluetoothUUID {
    BluetoothUUID(wire: TableServer.uuid(number)) ?? BluetoothUUID(0)
  }

  // MARK: MTU

  @Test(arguments: [(247, 247, 247), (247, 185, 185), (185, 247, 185), (517, 517, 517), (600, 517, 517), (247, 23, 23)])
  func `both keep to the shorter MTU`(ours: UInt16, theirs: UInt16, agreed: Int) {
    var server = TableServer.lock()
    server.ownMTU = theirs
    let bench = GATTBench.open(server, mtu: ours)
    #expect(bench.client.mtu == agreed)
    #expect(bench.deadline == nil)
  }

  @Test func `a server that does not know MTUs keeps the shortest`() {
    var server = TableServer.lock()
    server.ownMTU = 0
    var bench = GATTBench.open(server)
    #expect(bench.client.mtu == 23)
    #expect(bench.ask(.read(handle: 18)) == .success(.value(Array("first".utf8))))
  }

  @Test func `a server that names less than the shortest MTU gets the shortest`() {
    var bench = GATTBench()
    bench.wire = { request, answer in request[0] == 0x02 ? [[0x03, 5, 0]] : answer.map { [$0] } ?? [] }
    bench.openLink()
    #expect(bench.client.mtu == 23)
  }

  @Test func `a client that wants the shortest MTU does not ask`() {
    let bench = GATTBench.open(mtu: 23)
    #expect(bench.sent.isEmpty)
  }

  // MARK: discovery

  private static let everything = GATTDatabase(
    services: [
      GATTService(
        uuid: BluetoothUUID(0x1801), handles: 1...6,
        characteristics: [
          GATTCharacteristic(uuid: BluetoothUUID(0x2A05), properties: .indicate, handle: 3, configuration: 4)
        ]),
      GATTService(
        uuid: uuid(0), handles: 16...24,
        characteristics: [
          GATTCharacteristic(
            uuid: uuid(1), properties: [.read, .write, .indicate], handle: 18, configuration: 20),
          GATTCharacteristic(
            uuid: uuid(2), properties: [.read, .writeCommand, .notify], handle: 22, configuration: 23),
        ]),
      GATTService(
        uuid: BluetoothUUID(0x180A), handles: 32...0xFFFF,
        characteristics: [GATTCharacteristic(uuid: BluetoothUUID(0x2A26), properties: .read, handle: 34)]),
    ])

  @Test(arguments: [23, 24, 30, 47, 100, 247, 517] as [UInt16])
  func `everything is found whatever the MTU`(mtu: UInt16) {
    var server = TableServer.lock()
    server.ownMTU = mtu
    var bench = GATTBench.open(server, mtu: mtu)
    #expect(bench.ask(.discover(services: nil)) == .success(.discovered(Self.everything)))
    #expect(bench.discovered == [Self.everything])
    #expect(bench.client.database == Self.everything)
    #expect(bench.server.attributes[4]?.value == [2, 0], "Service Changed is to be told")
  }

  @Test func `services that are not wanted are not looked into`() throws {
    var bench = GATTBench.open()
    bench.ask(.discover(services: [Self.uuid(0)]))
    let database = try #require(bench.client.database)
    #expect(database.services.map(\.uuid) == Self.everything.services.map(\.uuid))
    #expect(database.service(BluetoothUUID(0x180A))?.characteristics == nil)
    #expect(database.characteristic(Self.uuid(2), in: Self.uuid(0))?.configuration == 23)
    #expect(bench.sent.allSatisfy { $0[0] != 0x08 || $0[1] < 32 })
  }

  @Test func `a service that is not there is no fault`() throws {
    var bench = GATTBench.open()
    let missing = BluetoothUUID(0x1234)
    let result = bench.ask(.discover(services: [missing]))
    #expect(result == .success(.discovered(try #require(bench.client.database))))
    #expect(bench.client.database?.service(missing) == nil)
  }

  @Test func `what is known is not asked again, on the next link neither`() throws {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    let count = bench.sent.count
    #expect(bench.ask(.discover(services: [Self.uuid(0)])) == .success(.discovered(Self.everything)))
    #expect(bench.sent.count == count)

    var next = GATTBench.open(cache: bench.discovered.first)
    #expect(next.ask(.discover(services: nil)) == .success(.discovered(Self.everything)))
    #expect(next.sent.map { $0[0] } == [0x02, 0x10, 0x10, 0x10, 0x12], "MTU, short and long services, Service Changed")
    #expect(next.changes == 0 && next.discovered.isEmpty)
  }

  @Test func `a server with a hash is asked for nothing else`() throws {
    let hash = (0..<16).map { UInt8($0) }
    var bench = GATTBench.open(.lock(hash: hash))
    bench.ask(.discover(services: [Self.uuid(0)]))
    let cache = try #require(bench.discovered.first)
    #expect(cache.hash == hash)
    let next = GATTBench.open(.lock(hash: hash), cache: cache)
    #expect(next.sent.map { $0[0] } == [0x02, 0x08, 0x12])
    #expect(next.changes == 0)
  }

  @Test(arguments: [false, true])
  func `a database that is another one is forgotten and found anew`(withHash: Bool) throws {
    let hash: [UInt8]? = withHash ? Array(repeating: 1, count: 16) : nil
    var bench = GATTBench.open(.lock(hash: hash))
    bench.ask(.discover(services: nil))
    var server = TableServer.lock(hash: withHash ? Array(repeating: 2, count: 16) : nil)
    if !withHash { server.groupEnds[16] = 25 }
    var next = GATTBench.open(server, cache: bench.discovered.first)
    #expect(next.changes == 1)
    #expect(next.client.database == nil)
    #expect(next.ask(.read(handle: 18)) == .success(.value(Array("first".utf8))))
    #expect(next.ask(.subscribe(handle: 18, .indications)) == .failure(.notFound))
    next.ask(.discover(services: nil))
    #expect(next.discovered.count == 1 && next.client.database == next.discovered.first)
    #expect(next.ask(.subscribe(handle: 18, .indications)) == .success(.written))
  }

  @Test func `a server says that its handles have changed`() {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    bench.receive([0x1D, 3, 0, 1, 0, 0xFF, 0xFF])
    #expect(bench.sent.last == [0x1E])
    #expect(bench.changes == 1 && bench.told.isEmpty && bench.client.database == nil)
    #expect(bench.ask(.discover(services: nil)) == .success(.discovered(Self.everything)))
  }

  @Test func `handles that change while they are listed are listed again`() {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    bench.receive([0x1D, 3, 0, 1, 0, 0xFF, 0xFF])
    var changes = 2
    bench.wire = { request, answer in
      guard request[0] == 0x04, changes > 0, let answer else { return answer.map { [$0] } ?? [] }
      changes -= 1
      return [[0x1D, 3, 0, 1, 0, 0xFF, 0xFF], answer]
    }
    #expect(bench.ask(.discover(services: nil)) == .success(.discovered(Self.everything)))
    #expect(bench.changes == 3)
    bench.receive([0x1D, 3, 0, 1, 0, 0xFF, 0xFF])
    changes = .max
    #expect(bench.ask(.discover(services: nil)) == .failure(.malformed), "a server that never stops changing")
  }

  @Test func `a server that is out of step makes the database void`() {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    bench.server.attributes[18]?.refusal = 0x12
    #expect(bench.ask(.read(handle: 18)) == .failure(.att(.databaseOutOfSync, handle: 18)))
    #expect(bench.changes == 1 && bench.client.database == nil)
  }

  @Test func `a server that is out of step on a new link says so once`() {
    var bench = GATTBench.open(.lock(hash: Array(repeating: 1, count: 16)))
    bench.ask(.discover(services: nil))
    var next = GATTBench(bench.server, cache: bench.client.database)
    next.wire = { request, answer in
      request[0] == 0x08 ? [[0x01, 0x08, 1, 0, 0x12]] : answer.map { [$0] } ?? []
    }
    next.openLink()
    #expect(next.changes == 1 && next.client.database == nil && next.deadline == nil)
  }

  @Test func `what rests on handles ends when they change, what asks for them goes on`() {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    bench.wire = { _, _ in [] }
    bench.ask(.read(handle: 18))
    bench.ask(.write(handle: 18, [1]))
    bench.ask(.discover(services: nil))
    bench.receive([0x1D, 3, 0, 1, 0, 0xFF, 0xFF])
    #expect(bench.results[2] == nil, "it is on its way already")
    #expect(bench.results[3] == .failure(.notFound))
    bench.wire = { _, answer in answer.map { [$0] } ?? [] }
    bench.receive([0x0B, 7])
    #expect(bench.results[2] == .success(.value([7])))
    #expect(bench.results[4] == .success(.discovered(Self.everything)))
  }

  // MARK: reading and writing

  @Test(arguments: [23, 185, 247, 517] as [UInt16])
  func `values of every length are read and written whole`(mtu: UInt16) {
    var bench = GATTBench.open(mtu: mtu)
    bench.server.ownMTU = mtu
    bench.openLink()
    #expect(bench.client.mtu == Int(mtu))
    for length in [0, 1, 19, 20, 21, 22, 23, 44, 137, 182, 184, 244, 245, 246, 247, 492, 511, 512] {
      let value = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(bench.ask(.write(handle: 18, value)) == .success(.written))
      #expect(bench.server.attributes[18]?.value == value)
      #expect(bench.ask(.read(handle: 18)) == .success(.value(value)))
    }
    #expect(bench.sent.allSatisfy { $0.count <= Int(mtu) })
    #expect(
      bench.ask(.write(handle: 18, Array(repeating: 0, count: 513))) == .failure(.tooLong(limit: 512)))
  }

  @Test func `a server may say that a value is not long instead of sending nothing`() {
    var bench = GATTBench.open(mtu: 23)
    let value = Array(repeating: 7 as UInt8, count: 22)
    bench.server.attributes[18]?.value = value
    bench.wire = { request, answer in
      request[0] == 0x0C ? [[0x01, 0x0C, 18, 0, 0x0B]] : answer.map { [$0] } ?? []
    }
    #expect(bench.ask(.read(handle: 18)) == .success(.value(value)))
  }

  @Test func `a value that never ends is a fault`() {
    for packet in [[0x0D] + Array(repeating: 9 as UInt8, count: 22), [0x0D] + Array(repeating: 9, count: 20)] {
      var bench = GATTBench.open(mtu: 23)
      bench.wire = { request, _ in
        request[0] == 0x0A ? [[0x0B] + packet.dropFirst()] : request[0] == 0x0C ? [packet] : []
      }
      bench.wire =
        packet.count == 23 ? bench.wire : { request, _ in [[request[0] + 1] + Array(repeating: 9, count: 22)] }
      #expect(bench.ask(.read(handle: 18)) == .failure(.malformed))
      #expect(bench.sent.count < 30)
    }
  }

  @Test func `a long value whose pieces come back changed is not written`() {
    var bench = GATTBench.open(mtu: 23)
    bench.server.garblesPieces = true
    let before = bench.server.attributes[18]?.value
    #expect(bench.ask(.write(handle: 18, Array(repeating: 1, count: 60))) == .failure(.malformed))
    #expect(bench.sent.last == [0x18, 0])
    #expect(bench.server.prepared.isEmpty && bench.server.attributes[18]?.value == before)
  }

  @Test func `pieces that a server cannot keep are dropped`() {
    var bench = GATTBench.open(mtu: 23)
    bench.server.mostPrepared = 2
    #expect(
      bench.ask(.write(handle: 18, Array(repeating: 1, count: 60))) == .failure(.att(.prepareQueueFull, handle: 18)))
    #expect(bench.server.prepared.isEmpty)
    bench.server.attributes[18]?.refusal = 0x0F
    let count = bench.sent.count
    let result = bench.ask(.write(handle: 18, Array(repeating: 1, count: 60)))
    #expect(result == .failure(.att(.insufficientEncryption, handle: 18)))
    #expect(bench.sent.count == count + 1, "nothing was kept, so there is nothing to drop")
  }

  @Test func `a write without response is not waited for and fits into one packet`() {
    var bench = GATTBench.open()
    #expect(bench.ask(.writeCommand(handle: 22, Array(repeating: 3, count: 244))) == .success(.written))
    #expect(bench.server.attributes[22]?.value.count == 244)
    #expect(
      bench.ask(.writeCommand(handle: 22, Array(repeating: 3, count: 245))) == .failure(.tooLong(limit: 244)))
    #expect(bench.deadline == nil)
    bench.server.ownMTU = 517
    bench.client = GATTClient(preferredMTU: 517)
    bench.openLink()
    #expect(bench.ask(.writeCommand(handle: 22, Array(repeating: 3, count: 512))) == .success(.written))
    #expect(
      bench.ask(.writeCommand(handle: 22, Array(repeating: 3, count: 513))) == .failure(.tooLong(limit: 512)))
  }

  @Test func `a refusal tells why, and the next request goes out`() {
    var bench = GATTBench.open()
    bench.server.attributes[18]?.refusal = 0x05
    #expect(bench.ask(.read(handle: 18)) == .failure(.att(.insufficientAuthentication, handle: 18)))
    #expect(bench.ask(.write(handle: 99, [1])) == .failure(.att(.invalidHandle, handle: 99)))
    #expect(bench.ask(.read(handle: 34)) == .success(.value(Array("3.1".utf8))))
  }

  // MARK: being told

  @Test func `subscriptions write the configuration, on each link anew`() {
    var bench = GATTBench.open()
    bench.ask(.discover(services: nil))
    for _ in 0..<2 {
      #expect(bench.ask(.subscribe(handle: 18, .indications)) == .success(.written))
      #expect(bench.server.attributes[20]?.value == [2, 0])
      #expect(bench.ask(.subscribe(handle: 22, .notifications)) == .success(.written))
      #expect(bench.server.attributes[23]?.value == [1, 0])
      #expect(bench.ask(.subscribe(handle: 22, .none)) == .success(.written))
      #expect(bench.server.attributes[23]?.value == [0, 0])
      for impossible in [(18, .notifications), (22, .indications), (34, .indications), (99, .none)]
        as [(UInt16, GATTClient.Subscription)]
      {
        #expect(bench.ask(.subscribe(handle: impossible.0, impossible.1)) == .failure(.notFound))
      }
      bench.closeLink()
      bench.openLink()
    }
  }

  @Test func `what is told is passed on, and indications are confirmed once each`() {
    var bench = GATTBench.open()
    let count = bench.sent.count
    bench.receive([0x1B, 22, 0, 1, 2])
    bench.receive([0x1D, 18, 0])
    bench.receive([0x1D, 18, 0] + Array(repeating: 5, count: 244))
    bench.receive([0x23, 22, 0, 1, 0, 7, 18, 0, 0, 0])
    #expect(bench.told.map(\.handle) == [22, 18, 18, 22, 18])
    #expect(bench.told.map(\.value) == [[1, 2], [], Array(repeating: 5, count: 244), [7], []])
    #expect(bench.sent.dropFirst(count) == [[0x1E], [0x1E]])
    bench.receive([0x1D, 18, 0] + Array(repeating: 5, count: 245))
    bench.receive([0x1D, 18])
    #expect(bench.told.count == 5)
  }
}

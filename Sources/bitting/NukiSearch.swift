import Gateway
import LockCore
import LockDrivers
import LockTransport

/// Looks for the Nuki lock whose button is held.
struct NukiSearch {
  /// The only lock that will do, by its address; nil for any.
  var address: String?
  /// How long to look.
  var timeout: Duration

  /// A lock that takes a new owner now.
  struct Found {
    var address: BluetoothAddress
    var nukiID: UInt32
  }

  /// After the first find, as long for a second one: which of two is meant must be said.
  private static let secondLook = Duration.seconds(2)

  /// What was heard so far.
  private enum Sight: Sendable {
    case advertisement(Advertisement)
    case radio(String?)
    case timeUp
  }

  /// Looks.
  /// - Throws: what was found instead, and what to do.
  func run(on radio: BluetoothRadio) async throws(StartFault) -> Found {
    let (sights, see) = AsyncStream<Sight>.makeStream(bufferingPolicy: .bufferingNewest(256))
    var tasks = [
      Task { for await advertisement in radio.scan() { see.yield(.advertisement(advertisement)) } },
      Task { for await state in radio.states { see.yield(.radio(state)) } },
      Task {
        try? await Task.sleep(for: self.timeout)
        see.yield(.timeUp)
      },
    ]
    defer { for task in tasks { task.cancel() } }
    var (pairing, ready): ([BluetoothAddress: UInt32], [BluetoothAddress: UInt32]) = ([:], [:])
    var radioFault: String?
    var isOver = false
    for await sight in sights {
      switch sight {
      case .radio(let fault): radioFault = fault
      case .advertisement(let advertisement):
        guard self.address.map({ $0.uppercased() == "\(advertisement.address)" }) ?? true,
          let lock = NukiAdvertisement(advertisement)
        else { break }
        if case .pairing = lock.mode {
          if pairing.isEmpty {
            tasks.append(
              Task {
                try? await Task.sleep(for: Self.secondLook)
                see.yield(.timeUp)
              })
          }
          pairing[advertisement.address] = lock.nukiID
        } else {
          ready[advertisement.address] = lock.nukiID
        }
      case .timeUp: isOver = true
      }
      if isOver || (self.address != nil && !pairing.isEmpty) { break }
    }
    guard let (address, nukiID) = pairing.first else { throw self.nothing(ready: ready, radioFault: radioFault) }
    guard pairing.count == 1 else {
      let list = pairing.map { "\(PairedNukiLock.text(of: $0.value)) at \($0.key)" }.sorted().joined(separator: ", ")
      throw StartFault(.usage, "several locks are in pairing mode (\(list)); name one with --address")
    }
    return Found(address: address, nukiID: nukiID)
  }

  private func nothing(ready: [BluetoothAddress: UInt32], radioFault: String?) -> StartFault {
    if let radioFault { return StartFault(.unavailable, radioFault) }
    guard ready.isEmpty else {
      let list = ready.values.map(PairedNukiLock.text).sorted().joined(separator: ", ")
      return StartFault(
        .unavailable,
        "no lock is in pairing mode, but \(list) is in reach: hold its button for five seconds until the ring lights up, then try again. Pairing may be switched off in the maker's app under Bluetooth pairing."
      )
    }
    return StartFault(
      .unavailable,
      "no lock was heard: go nearer, hold the lock's button for five seconds until its ring lights up, then try again")
  }
}

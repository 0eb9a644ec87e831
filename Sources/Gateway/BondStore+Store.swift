import Foundation
package import LockTransport
package import SyncEngine

extension BluetoothRadio.BondStore {
  /// Keeps bonds in the site's store. One that cannot be kept is noted; it lasts until the adapter or the daemon goes.
  package static func kept(in store: Store, note: @escaping @Sendable (String) -> Void) -> Self {
    Self(
      load: {
        let bonds = (try? store.bonds()) ?? []
        return bonds.compactMap { try? JSONDecoder().decode(BluetoothBond.self, from: Data($0)) }
      },
      keep: { bond in
        do {
          let bytes = [UInt8](try JSONEncoder().encode(bond))
          try store.keep(bond: bytes, ofAdapter: "\(bond.adapter)", withPeer: "\(bond.peer)")
        } catch {
          note("the bond with \(bond.peer) cannot be kept; it is made anew after a restart")
        }
      },
      forget: { adapter, peer in
        try? store.keep(bond: nil, ofAdapter: "\(adapter)", withPeer: "\(peer)")
      })
  }
}

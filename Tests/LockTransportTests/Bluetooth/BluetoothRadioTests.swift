import LockCore
import Testing

@testable import LockTransport

/// The radio as it is run. Nothing here touches an adapter of the box: it ends before it would open one.
@Suite struct BluetoothRadioTests {
  private enum Step: Hashable {
    case bondsLoaded
    case answered(LinkRefusal?)
  }

  @Test func `a link that is wanted before the radio runs waits for it`() async throws {
    try await withReactor { reactor in
      let (steps, took) = AsyncStream<Step>.makeStream()
      let (loading, load) = AsyncStream<Void>.makeStream()
      let (loaded, finishLoading) = AsyncStream<Void>.makeStream()
      let store = BluetoothRadio.BondStore(
        load: {
          load.finish()
          for await _ in loaded {}
          return []
        }, keep: { _ in }, forget: { _, _ in })
      let radio = BluetoothRadio(bonds: store, reactor: reactor) { _ in }
      let running = Task { await radio.run() }
      for await _ in loading {}
      let way = radio.way(to: .lock(1))
      let opening = Task {
        var refusal: LinkRefusal?
        if case .failure(let fault) = await way.open(.zero, reactor) { refusal = fault }
        took.yield(.answered(refusal))
      }
      for _ in 0..<1000 { await Task.yield() }
      took.yield(.bondsLoaded)
      // It ends as soon as it runs.
      running.cancel()
      finishLoading.finish()
      await opening.value
      took.finish()
      await running.value
      var order: [Step] = []
      for await step in steps { order.append(step) }
      #expect(order == [.bondsLoaded, .answered(.noRadio)])
      guard case .failure(.noRadio) = await way.open(.zero, reactor) else {
        Issue.record("a radio that has ended gives links")
        return
      }
    }
  }
}

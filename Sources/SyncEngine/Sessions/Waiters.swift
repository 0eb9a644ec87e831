internal import Foundation

/// Tasks that wait for something by its name; each is resumed exactly once.
struct Waiters {
  private var waiting: [String: [UUID: CheckedContinuation<Void, Never>]] = [:]

  /// True while nobody waits.
  var isEmpty: Bool { self.waiting.isEmpty }

  /// Somebody waits.
  mutating func add(_ continuation: CheckedContinuation<Void, Never>, as waiter: UUID, for name: String) {
    self.waiting[name, default: [:]][waiter] = continuation
  }

  /// What these wait for has happened.
  mutating func resume(for name: String) {
    for continuation in (self.waiting.removeValue(forKey: name) ?? [:]).values { continuation.resume() }
  }

  /// One waits no longer. Harmless when it was resumed already.
  mutating func giveUp(_ waiter: UUID, for name: String) {
    self.waiting[name]?.removeValue(forKey: waiter)?.resume()
    if self.waiting[name]?.isEmpty == true { self.waiting[name] = nil }
  }

  /// Nothing will happen any more.
  mutating func resumeAll() {
    for name in Array(self.waiting.keys) { self.resume(for: name) }
  }
}

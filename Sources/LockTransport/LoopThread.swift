#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// A system thread that runs one body and is joined by its owner.
struct LoopThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Starts a thread that runs `body`.
  init(_ body: @escaping @Sendable () -> Void) throws(LinkFault) {
    let context = unsafe Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let rc = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if rc != 0 {
      unsafe context.release()
      throw .ioError(errno: rc, during: "pthread_create")
    }
    self.thread = thread
  }

  /// Waits for the end of the thread; once.
  func join() { pthread_join(self.thread, nil) }
}

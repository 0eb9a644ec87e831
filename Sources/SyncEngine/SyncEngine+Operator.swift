public import LockCore
internal import LockTransport

/// What operators ask.
extension SyncEngine {
  /// How the site does.
  public func status() -> StatusView {
    let now = self.clock.now()
    return self.site.status(
      uptime: Reactor.uptime - self.began, clock: (now.isDateTrusted, self.clock.isHeld), at: now.date)
  }

  /// Why an access code, managed or not, is in its state, and what happens next.
  /// - Throws: ``RequestFault/accessCodeNotFound``.
  public func explanation(of code: AccessCodeID) throws(RequestFault) -> ExplanationView {
    let now = self.now()
    return try self.site.explanation(of: code, isClockHeld: self.clock.isHeld, at: now)
  }

  /// The PINs that locks would go on to take if the gateway died now, those that nobody wants first.
  /// - Parameter device: of this lock alone; nil for all.
  /// - Throws: ``RequestFault/deviceNotFound``.
  public func exposures(device: LockID?) throws(RequestFault) -> [ExposureView] {
    if let device { _ = try self.site.anyDoor(device) }
    return self.site.exposures(lock: device, at: self.now())
  }
}

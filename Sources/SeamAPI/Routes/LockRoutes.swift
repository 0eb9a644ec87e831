import LockCore
import SyncEngine

extension Route {
  /// Locks: reading them, moving the bolt, and playing at a simulated keypad.
  static let locks: [Route] = [
    Route("/locks/list", .read, needs: .read, Schema(deviceFilters)) { call in
      let workspace = await call.engine.workspace().id
      let locks = JSONValue.array(await call.matchingDevices().map { $0.json(workspace: workspace) })
      return ["locks": locks, "devices": locks]
    },
    Route("/locks/get", .read, needs: .read, deviceLocator) { call in
      let lock = try await call.locatedDevice()
      return ["lock": lock, "device": lock]
    },
    Route("/locks/lock_door", .act, needs: .write, oneDevice) { call in
      let lock = try call.input.requiredLock()
      try call.admit(.locking, on: lock)
      let attempt = try await call.engine.lockDoor(lock)
      return ["action_attempt": try await call.finished(attempt).json]
    },
    Route("/locks/unlock_door", .act, needs: .write, oneDevice) { call in
      let lock = try call.input.requiredLock()
      try call.admit(.unlocking, on: lock)
      let attempt = try await call.engine.unlockDoor(lock)
      return ["action_attempt": try await call.finished(attempt).json]
    },
    Route(
      "/locks/simulate/keypad_code_entry", .act, needs: .write,
      Schema([.required("device_id", .id), .required("code", .digits(count: 1...20))])
    ) { call in
      let digits = try call.input.required("code", Input.pin)
      let attempt = try await call.engine.simulateKeypadEntry(try call.input.requiredLock(), digits: digits)
      return ["action_attempt": try await call.finished(attempt).json]
    },
    Route("/locks/simulate/manual_lock_via_keypad", .act, needs: .write, oneDevice) { call in
      let attempt = try await call.engine.simulateManualLock(try call.input.requiredLock())
      return ["action_attempt": try await call.finished(attempt).json]
    },
  ]

  private static let oneDevice = Schema([.required("device_id", .id), .optional("sync", .flag)])
}

extension Input {
  /// `device_id`, where the schema requires it.
  func requiredLock() throws(APIFault) -> LockID { try self.required("device_id", Input.lock) }
}

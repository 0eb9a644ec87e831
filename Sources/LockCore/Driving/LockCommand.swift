/// What can be asked of a lock.
public enum LockCommand: Hashable, Sendable {
  /// Tell what every slot holds.
  case readSlots
  /// Tell what one slot holds.
  case readSlot(Int)
  /// Store a code in a slot, in place of what is there, and read the slot back.
  case program(slot: Int, SlotEntry)
  /// Empty one slot and read it back.
  case clear(slot: Int)
  /// The code that others put into this slot is ours from now on, if the slot still holds this PIN; tell what it
  /// holds. Nothing is written to the lock.
  case claim(slot: Int, PINCode)
  /// Empty a slot that holds a code of others, if it still holds this PIN (nil where the lock tells none), and read
  /// it back.
  case evict(slot: Int, PINCode?)
  /// Tell the log records after this index, oldest first.
  case readLog(after: UInt32)
  /// Drive the bolt home.
  case lock
  /// Open the door; a door that locks itself stays open for its own strike time.
  case unlock
  /// From now on these codes open a door whose codes the gateway holds; replaces the earlier set.
  case hold([Credential])
}

/// What a lock answered.
public enum LockReply: Hashable, Sendable {
  /// What every slot holds, ascending; slots not named are empty. `changes` counts changes to any slot.
  case slots([SlotReading], changes: UInt32?)
  /// What one slot holds after the command. `changes` counts changes to any slot of this lock.
  case slot(SlotReading, changes: UInt32?)
  /// Log records, oldest first; `newest` is the index of the newest one the lock holds.
  case log([LockRecord], newest: UInt32)
  /// Done. `confirmed` when the lock itself said that it happened.
  case done(confirmed: Bool)
}

import LockTransport

extension BluetoothCondition {
  /// What is so, what stands in the way, and its cure.
  /// - Parameter needsRadio: some lock of the site is reached over Bluetooth.
  func findings(needsRadio: Bool) -> [Finding] {
    let missing = needsRadio ? Finding.Verdict.bad : .warning
    var findings: [Finding] = [
      self.kernel.warning.map { .warning("kernel", $0) }
        ?? .good("kernel", "\(self.kernel) is not known to be in the way")
    ]
    if let problem = self.problem {
      findings.append(Finding(subject: "bluetooth", verdict: missing, sentence: problem))
    } else if self.adapters.isEmpty {
      findings.append(
        Finding(
          subject: "bluetooth", verdict: missing,
          sentence: "no adapter is plugged in; plug one in, or see the kernel's log for why it is not taken"))
    }
    findings += self.adapters.map(\.finding)
    findings.append(
      self.mayAdminister
        ? .good("permission", "this user may set adapters up")
        : Finding(
          subject: "permission", verdict: missing,
          sentence:
            "this user may not set adapters up; run: sudo systemctl enable --now bitting-bluetooth.socket (or call this with sudo)"
        ))
    if let handOver = self.handOver { findings.append(.warning("bluetoothd", handOver)) }
    return findings
  }
}

extension BluetoothCondition.Adapter {
  fileprivate var finding: Finding {
    let subject = "adapter \(self.address.map { "\($0)" } ?? "hci\(self.index)")"
    if !self.hasLowEnergy { return .warning(subject, "it cannot do Low Energy; locks need another adapter") }
    if self.isHardBlocked { return .bad(subject, "a switch or key of this box keeps it off; turn that on") }
    if self.isSoftBlocked { return .bad(subject, "it is soft-blocked; run: sudo rfkill unblock bluetooth") }
    return .good(
      subject,
      self.isPowered
        ? "'\(self.name)' is powered (hci\(self.index) now)"
        : "it is not powered; bittingd powers it when it starts (hci\(self.index) now)")
  }
}

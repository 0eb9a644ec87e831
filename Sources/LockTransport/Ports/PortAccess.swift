/// Whether the daemon's user may open a device. A value; looks nothing up itself.
public struct PortAccess: Hashable, Sendable {
  /// A user, as far as permissions go.
  public struct User: Hashable, Sendable {
    /// The name; the number where there is none.
    public var name: String
    /// The name of the first group, which rules can give a device to.
    public var group: String
    /// The number; 0 may everything.
    public var id: UInt32
    /// The numbers of all groups.
    public var groups: Set<UInt32>

    /// Describes a user.
    /// - Parameters:
    ///   - name: the name.
    ///   - group: the name of the first group.
    ///   - id: the number.
    ///   - groups: the numbers of all groups.
    public init(name: String, group: String, id: UInt32, groups: Set<UInt32>) {
      (self.name, self.group, self.id, self.groups) = (name, group, id, groups)
    }
  }

  /// Whose a device node is.
  public struct Node: Hashable, Sendable {
    /// Where it is, without links.
    public var path: String
    /// The number of its owner.
    public var owner: UInt32
    /// The number of its group.
    public var group: UInt32
    /// The name of its group; the number where there is none.
    public var groupName: String
    /// The permission bits.
    public var mode: UInt32

    /// Describes a node.
    /// - Parameters:
    ///   - path: where it is.
    ///   - owner: the number of its owner.
    ///   - group: the number of its group.
    ///   - groupName: the name of its group.
    ///   - mode: the permission bits.
    public init(path: String, owner: UInt32, group: UInt32, groupName: String, mode: UInt32) {
      (self.path, self.owner, self.group, self.groupName, self.mode) = (path, owner, group, groupName, mode)
    }
  }

  /// Whoever is to open it.
  public var user: User
  /// What is to be opened.
  public var node: Node

  /// Puts the two together.
  public init(of user: User, to node: Node) { (self.user, self.node) = (user, node) }

  /// True when it can be read and written.
  public var isGranted: Bool {
    if self.user.id == 0 { return true }
    // The first of the three that fits decides, also against the others.
    let shift: UInt32 = self.user.id == self.node.owner ? 6 : self.user.groups.contains(self.node.group) ? 3 : 0
    return self.node.mode >> shift & 0o6 == 0o6
  }

  /// What stands in the way, and the rule that gives the device to the user's group.
  /// - Parameter usbID: maker's and product's ids of the USB adapter, `0403:6001`; nil off USB.
  func refusal(usbID: String?) -> String {
    let name = self.node.path.hasPrefix("/dev/") ? String(self.node.path.dropFirst(5)) : self.node.path
    var match = "KERNEL==\"\(name)\""
    if let ids = usbID?.split(separator: ":"), ids.count == 2 {
      match = "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"\(ids[0])\", ATTRS{idProduct}==\"\(ids[1])\""
    }
    return """
      \(self.node.path) belongs to the group \(self.node.groupName), to which the daemon's user \(self.user.name) does \
      not belong; give it the port with this line in /etc/udev/rules.d/99-local.rules: \
      \(match), GROUP="\(self.user.group)", MODE="0660" and then: \
      sudo udevadm control --reload && sudo udevadm trigger --sysname-match=\(name)
      """
  }
}

import CListen
import Glibc

/// What the system says of an error number.
func reason(_ code: Int32) -> String {
  guard let words = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: words)
}

/// Calls what writes a text that ends with a zero.
func withText(_ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> (result: Int32, text: String) {
  let capacity = 1024
  return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { room in
    unsafe room.initialize(repeating: 0)
    guard let base = room.baseAddress else { return (-ENOMEM, "") }
    let result = unsafe body(base, capacity)
    return (result, unsafe String(cString: base))
  }
}

/// What a descriptor listens at: a kind or -errno, the port, the numeric address or the path.
func describe(_ descriptor: Int32) -> (result: Int32, port: Int, text: String) {
  var port: UInt16 = 0
  let (result, text) = unsafe withText { unsafe clisten_describe(descriptor, &port, $0, $1) }
  return (result, Int(port), text)
}

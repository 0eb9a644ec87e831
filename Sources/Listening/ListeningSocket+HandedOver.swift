import CListen
import Glibc

extension ListeningSocket {
  /// Takes over a socket that a parent listens at, for example a socket unit of systemd.
  /// - Parameters:
  ///   - descriptor: the descriptor.
  ///   - name: what the parent calls it, for messages.
  ///   - isLoopbackOnly: true to refuse one that other machines reach.
  /// - Throws: when it is no listening stream socket, or others than it is meant for reach it.
  public static func handedOver(
    _ descriptor: Int32, name: String, isLoopbackOnly: Bool
  ) throws(ListenFault) -> ListeningSocket {
    let (kind, port, text) = describe(descriptor)
    guard kind > 0, clisten_adopt(descriptor) == 0 else {
      throw ListenFault(
        .wrong,
        "systemd handed over '\(name)', which is no socket that listens for streams; a socket unit for bittingd has ListenStream= and Accept=no"
      )
    }
    let isUnix = kind == Int32(bitPattern: CLISTEN_UNIX.rawValue)
    let place = isUnix ? Place.unix(path: text) : .tcp(address: text, port: port)
    let socket = ListeningSocket(descriptor: descriptor, place: place)
    if !isUnix, isLoopbackOnly, !socket.isLocal {
      throw .offLoopback("\(ListenAddress.text(host: text, port: port)) ('\(name)' of systemd)")
    }
    var entry = stat()
    if isUnix, unsafe stat(text, &entry) == 0, entry.st_mode & 0o002 != 0 {
      throw ListenFault(
        .exposed,
        "everybody on this machine may open the unix socket \(text) that systemd handed over, and whoever opens it needs no key; write SocketMode=0600 into the socket unit"
      )
    }
    return socket
  }
}

extension ListenFault {
  /// An address that other machines reach, without TLS.
  static func offLoopback(_ address: String) -> ListenFault {
    ListenFault(
      .exposed,
      """
      the API would be offered without TLS at \(address), where others can read keys and PINs on their way. \
      Three ways out: give a certificate (api.tls.certificate and api.tls.key in bitting.yaml); or listen on loopback \
      alone, with a proxy before it that speaks TLS (--listen 127.0.0.1:8471); or, where the network is trusted, \
      allow it plainly (api.plain_http_off_loopback: true, or --plain-http-off-loopback)
      """)
  }
}

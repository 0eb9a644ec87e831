// Sockets that listen: made here or handed over by a parent.
//
// Ownership: descriptors given out are the caller's to close; all are non-blocking and closed on exec.
// Units: ports in the host's byte order; lengths in bytes. Threads: any.
// Errors: 0 or a value, or -errno, unless said otherwise. No function waits for the network but `clisten_resolve`.
#ifndef CLISTEN_H
#define CLISTEN_H

#include <stddef.h>
#include <stdint.h>

/// What a descriptor is.
enum clisten_family {
  CLISTEN_IP = 1,
  CLISTEN_UNIX = 2,
};

/// Who connected to a unix socket: what the socket option CLISTEN_PEER of the level SOL_SOCKET gives (SO_PEERCRED).
struct clisten_peer {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};
static const int CLISTEN_PEER = 17;

/// The numeric addresses that a host name or address stands for, each once, with a space between; `text` ends with a
/// zero. Gives their number, or the negative EAI_ code: see `clisten_resolve_error`.
int clisten_resolve(const char *host, char *text, size_t capacity);

/// What a negative EAI_ code of `clisten_resolve` says; never null, not the caller's to free.
const char *clisten_resolve_error(int code);

/// A stream socket that listens at a numeric address and a port; port 0 for a free one. An IPv6 socket takes IPv4 too
/// (only the wildcard address makes a difference) unless `ipv6_only`.
int clisten_tcp(const char *address, uint16_t port, int ipv6_only);

/// A stream socket that listens at `path`, which only its owner may open (mode 0600) from the first moment on.
/// -EADDRINUSE when something is there, -ENAMETOOLONG beyond 107 bytes.
int clisten_unix(const char *path);

/// 1 when a socket at `path` has somebody who listens, 0 when there is nobody any more, -ENOENT when nothing is there,
/// -ENOTSOCK when something else is.
int clisten_is_answered(const char *path);

/// Removes the entry `path`.
int clisten_remove(const char *path);

/// Which file `path` is: device and inode, so that one made later by somebody else can be told from it.
int clisten_identify(const char *path, uint64_t *device, uint64_t *inode);

/// What an inherited descriptor is, a `clisten_family`, with its port and numeric address or its path (empty for one
/// without a name). -ENOTSOCK when it is no socket, -EINVAL when it does not listen for streams.
int clisten_describe(int fd, uint16_t *port, char *text, size_t capacity);

/// Makes an inherited descriptor non-blocking and closed on exec.
int clisten_adopt(int fd);

#endif

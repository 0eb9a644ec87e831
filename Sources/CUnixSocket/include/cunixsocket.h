// Unix-domain sockets at a path.
//
// Ownership: descriptors given out are the caller's to close; all are non-blocking and closed on exec.
// Threads: any. Errors: -errno; -ENOENT for an empty path, -ENAMETOOLONG beyond 107 bytes.
#ifndef CUNIXSOCKET_H
#define CUNIXSOCKET_H

/// A socket of this type (SOCK_STREAM, SOCK_SEQPACKET) that is connected to the one at `path`.
int cunixsocket_connect(const char *path, int type);

/// A socket of this type that listens at `path`, which only its owner may open (mode 0600) from the first moment on.
/// -EADDRINUSE when something is there.
int cunixsocket_listen(const char *path, int type, int backlog);

#endif

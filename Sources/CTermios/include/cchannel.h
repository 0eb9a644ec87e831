// Moving bytes through descriptors that do not block, and the kinds of descriptor that are no terminal.
//
// Ownership: descriptors given out are the caller's to close; all are non-blocking and closed on exec.
// Units: bytes. Threads: any; nobody closes a descriptor that another thread is in a call with.
// Errors: 0 or a value, or -errno. Interrupted calls are repeated.
#ifndef CCHANNEL_H
#define CCHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Two connected sockets that keep message boundaries (AF_UNIX, SOCK_SEQPACKET).
int cchannel_make_pair(int fds[2]);

/// One read: what is there, or one whole message. 0 at the end; -EAGAIN when nothing is there.
ssize_t cchannel_read(int fd, uint8_t *bytes, size_t capacity);

/// One write to a device. Gives how many bytes were taken; -EAGAIN when there is no room.
ssize_t cchannel_write(int fd, const uint8_t *bytes, size_t count);

/// One whole message to a socket; -EPIPE instead of a signal when the other end is closed.
ssize_t cchannel_send(int fd, const uint8_t *bytes, size_t count);

/// A socket connected to the one that listens at `path` (AF_UNIX, SOCK_SEQPACKET). -ENAMETOOLONG beyond 107 bytes,
/// -EAGAIN when too many wait there already.
int cchannel_connect(const char *path);

/// A socket that listens at `path`, which only its owner may open (mode 0600). -EADDRINUSE when something is there.
int cchannel_listen(const char *path);

/// One connection of those that wait; -EAGAIN when none does.
int cchannel_accept(int fd);

/// 1 when `path` itself, no link followed, is a socket.
int cchannel_is_socket(const char *path);

/// Removes an entry that is no directory.
int cchannel_remove(const char *path);

/// What an operation in progress on a socket has come to (SO_ERROR): 0 when it succeeded, else -errno; tells each error
/// once.
int cchannel_pending_error(int fd);

/// Closes a descriptor; it is gone whatever this gives.
int cchannel_close(int fd);

/// What a path leads to, so that it can be told whether that is still the same.
typedef struct {
  uint64_t device;   // of a device node; else 0
  uint64_t inode;
  int64_t changed;   // ns since 1970: made, or given other permissions
} cchannel_mark;

/// Looks what is at `path`, symbolic links followed.
int cchannel_mark_path(const char *path, cchannel_mark *mark);

/// What one symbolic link says, as it says it. -EINVAL when something else is at `path`.
int cchannel_read_link(const char *path, char *target, size_t size);

/// A descriptor to watch directories with; readable when something happened, as `struct inotify_event`s. -EMFILE when
/// the user has too many of them.
int cchannel_open_watch(void);

/// Watches one more directory for entries that come or change their permissions, and with `closings` for those that
/// are closed after writing. Gives a number by which its notices are known; the same one for the same directory.
int cchannel_watch_directory(int fd, const char *path, int closings);

/// 1 when one of the `struct inotify_event`s read from such a descriptor names `entry` of the directory known by the
/// number `watch`, or says that notices were lost or a directory is gone.
int cchannel_notices_name(const uint8_t *notices, size_t count, int watch, const char *entry);

#endif

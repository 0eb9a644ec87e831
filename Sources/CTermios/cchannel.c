#define _GNU_SOURCE
#include "cchannel.h"

#include <cunixsocket.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int cchannel_make_pair(int fds[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
}

int cchannel_connect(const char *path) { return cunixsocket_connect(path, SOCK_SEQPACKET); }

int cchannel_listen(const char *path) { return cunixsocket_listen(path, SOCK_SEQPACKET, 64); }

int cchannel_accept(int fd) {
  int connection;
  do {
    connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
  return connection < 0 ? -errno : connection;
}

int cchannel_is_socket(const char *path) {
  struct stat entry;
  return lstat(path, &entry) == 0 && S_ISSOCK(entry.st_mode);
}

int cchannel_remove(const char *path) { return unlink(path) < 0 ? -errno : 0; }

_Static_assert(sizeof(struct inotify_event) == 16 && offsetof(struct inotify_event, len) == 12, "inotify(7)");

ssize_t cchannel_read(int fd, uint8_t *bytes, size_t capacity) {
  ssize_t count;
  do {
    count = read(fd, bytes, capacity);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

ssize_t cchannel_write(int fd, const uint8_t *bytes, size_t count) {
  ssize_t taken;
  do {
    taken = write(fd, bytes, count);
  } while (taken < 0 && errno == EINTR);
  return taken < 0 ? -errno : taken;
}

ssize_t cchannel_send(int fd, const uint8_t *bytes, size_t count) {
  ssize_t taken;
  do {
    taken = send(fd, bytes, count, MSG_NOSIGNAL);
  } while (taken < 0 && errno == EINTR);
  return taken < 0 ? -errno : taken;
}

int cchannel_pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
  return -error;
}

int cchannel_close(int fd) { return close(fd) < 0 ? -errno : 0; }

int cchannel_open_watch(void) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int cchannel_watch_directory(int fd, const char *path, int closings) {
  uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR;
  if (closings) mask |= IN_CLOSE_WRITE;
  int watch = inotify_add_watch(fd, path, mask);
  return watch < 0 ? -errno : watch;
}

int cchannel_notices_name(const uint8_t *notices, size_t count, int watch, const char *entry) {
  struct inotify_event notice;
  size_t wanted = strlen(entry);
  while (count >= sizeof notice) {
    memcpy(&notice, notices, sizeof notice);
    notices += sizeof notice;
    count -= sizeof notice;
    if (notice.mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_IGNORED)) return 1;
    if (notice.len > count) return 0;
    // The name is padded with zeros.
    if (notice.wd == watch && strnlen((const char *)notices, notice.len) == wanted &&
        memcmp(notices, entry, wanted) == 0)
      return 1;
    notices += notice.len;
    count -= notice.len;
  }
  return 0;
}

int cchannel_read_link(const char *path, char *target, size_t size) {
  if (size == 0) return -EINVAL;
  ssize_t length = readlink(path, target, size);
  if (length < 0) return -errno;
  if ((size_t)length >= size) return -ENAMETOOLONG;
  target[length] = 0;
  return 0;
}

int cchannel_mark_path(const char *path, cchannel_mark *mark) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  mark->device = S_ISCHR(status.st_mode) ? status.st_rdev : 0;
  mark->inode = status.st_ino;
  mark->changed = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
  return 0;
}

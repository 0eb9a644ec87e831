#define _GNU_SOURCE
#include "cunixsocket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/// Makes the address of `path` and a socket for it.
static int make(struct sockaddr_un *address, const char *path, int type) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  size_t length = strlen(path);
  // An empty name would be an abstract address.
  if (length == 0) return -ENOENT;
  if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, path, length);
  int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

static int fails_closing(int fd) {
  int error = errno;
  close(fd);
  return -error;
}

int cunixsocket_connect(const char *path, int type) {
  struct sockaddr_un address;
  int fd = make(&address, path, type);
  if (fd < 0) return fd;
  return connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? fails_closing(fd) : fd;
}

int cunixsocket_listen(const char *path, int type, int backlog) {
  struct sockaddr_un address;
  int fd = make(&address, path, type);
  if (fd < 0) return fd;
  // The entry gets the socket's own mode, so it is never open to others, not even for a moment.
  if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
      listen(fd, backlog) < 0)
    return fails_closing(fd);
  return fd;
}

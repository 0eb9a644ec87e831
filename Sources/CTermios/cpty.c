#define _GNU_SOURCE
#include "cpty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int cpty_open(char *path, size_t size) {
  int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -errno;
  int rc = 0;
  if (grantpt(fd) < 0 || unlockpt(fd) < 0) rc = -errno;
  if (rc == 0) rc = -ptsname_r(fd, path, size);
  if (rc == 0) return fd;
  close(fd);
  return rc;
}

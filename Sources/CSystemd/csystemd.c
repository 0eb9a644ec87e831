#include "csystemd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CSYSTEMD_FIRST_DESCRIPTOR == SD_LISTEN_FDS_START, "sd_listen_fds(3)");

enum { most_fields = 64 };

int csystemd_notify(const char *lines) {
  int rc = sd_notify(0, lines);
  return rc > 0 ? 1 : rc;
}

int csystemd_watchdog(uint64_t *usec) {
  int rc = sd_watchdog_enabled(0, usec);
  return rc > 0 ? 1 : rc;
}

uint64_t csystemd_monotonic_usec(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int csystemd_take_descriptors(char *names, size_t capacity) {
  if (capacity == 0) return -ENOBUFS;
  names[0] = 0;
  char **list = NULL;
  int count = sd_listen_fds_with_names(1, &list);
  if (count <= 0) return count;
  size_t length = 0;
  int rc = count;
  for (int i = 0; i < count; i++) {
    size_t size = strlen(list[i]);
    // The name, and a ':' or the zero at the end.
    if (rc > 0 && length + size + 1 > capacity) {
      names[0] = 0;
      rc = -ENOBUFS;
    }
    if (rc > 0) {
      memcpy(names + length, list[i], size);
      length += size;
      names[length++] = i + 1 < count ? ':' : 0;
    }
    free(list[i]);
  }
  free(list);
  return rc;
}

int csystemd_stderr_is_journal(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  uintmax_t device, inode;
  struct stat entry;
  // A shell in between may have sent standard error elsewhere.
  return stream != NULL && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
         fstat(STDERR_FILENO, &entry) == 0 && entry.st_dev == device && entry.st_ino == inode;
}

int csystemd_journal_send(const uint8_t *bytes, const size_t *lengths, size_t count) {
  struct iovec fields[most_fields];
  if (count > most_fields) return -E2BIG;
  for (size_t i = 0; i < count; i++) {
    fields[i].iov_base = (void *)(uintptr_t)bytes;
    fields[i].iov_len = lengths[i];
    bytes += lengths[i];
  }
  int rc = sd_journal_sendv(fields, (int)count);
  return rc < 0 ? rc : 0;
}

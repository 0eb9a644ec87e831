#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctermios.h"

enum { target_size = 256 };

// Where an open file of a process points to; false when it cannot be read.
static int read_target(int directory, const char *entry, char target[target_size]) {
  ssize_t length = readlinkat(directory, entry, target, target_size - 1);
  if (length <= 0) return 0;
  target[length] = 0;
  return 1;
}

// How many descriptors of a process lead to the device; 0 for the owner of a pseudoterminal's master end unless
// owners count.
static int count_open(int pid, dev_t device, int owners_count) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *files = opendir(path);
  if (files == NULL) return 0;
  int count = 0;
  struct dirent *file;
  while ((file = readdir(files)) != NULL) {
    char target[target_size];
    if (!read_target(dirfd(files), file->d_name, target)) continue;
    // Only device nodes are asked for more: a stat elsewhere may hang on a dead network share.
    if (strncmp(target, "/dev/", 5) != 0) continue;
    if (!owners_count && (strcmp(target, "/dev/ptmx") == 0 || strcmp(target, "/dev/pts/ptmx") == 0)) {
      count = 0;
      break;
    }
    struct stat status;
    if (fstatat(dirfd(files), file->d_name, &status, 0) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device)
      count++;
  }
  closedir(files);
  return count;
}

static int get_device(const char *path, dev_t *device) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  if (!S_ISCHR(status.st_mode)) return -ENOTTY;
  *device = status.st_rdev;
  return 0;
}

static void read_name(int pid, char *name, size_t size) {
  if (size == 0) return;
  name[0] = 0;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t length = read(fd, name, size - 1);
  close(fd);
  if (length < 0) length = 0;
  name[length] = 0;
  name[strcspn(name, "\n")] = 0;
}

int ctermios_find_holder(const char *path, char *name, size_t size) {
  dev_t device;
  int rc = get_device(path, &device);
  if (rc < 0) return rc;
  DIR *processes = opendir("/proc");
  if (processes == NULL) return -errno;
  int holder = 0;
  struct dirent *process;
  while (holder == 0 && (process = readdir(processes)) != NULL) {
    char *end;
    long pid = strtol(process->d_name, &end, 10);
    if (*end != 0 || pid <= 0 || pid == getpid()) continue;
    if (count_open((int)pid, device, 0) > 0) holder = (int)pid;
  }
  closedir(processes);
  if (holder > 0) read_name(holder, name, size);
  return holder;
}

int ctermios_count_own(const char *path) {
  dev_t device;
  int rc = get_device(path, &device);
  return rc < 0 ? rc : count_open(getpid(), device, 1);
}

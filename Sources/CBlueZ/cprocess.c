#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cbluez.h"

int cbluez_kernel_release(char *release, size_t size) {
  struct utsname names;
  if (uname(&names) < 0) return -errno;
  size_t length = strlen(names.release);
  if (length >= size) return -ERANGE;
  memcpy(release, names.release, length + 1);
  return 0;
}

// The name of a process, as `ps` shows it; false when it is gone.
static int read_name(long pid, char name[32]) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%ld/comm", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, name, 31);
  close(fd);
  if (length <= 0) return 0;
  name[length] = 0;
  name[strcspn(name, "\n")] = 0;
  return 1;
}

int cbluez_find_process(const char *name) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return -errno;
  int found = 0;
  struct dirent *process;
  while (found == 0 && (process = readdir(processes)) != NULL) {
    char *end;
    long pid = strtol(process->d_name, &end, 10);
    if (*end != 0 || pid <= 0 || pid == getpid()) continue;
    char seen[32];
    if (read_name(pid, seen) && strncmp(seen, name, 15) == 0) found = (int)pid;
  }
  closedir(processes);
  return found;
}

int cbluez_may_administer(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  memset(data, 0, sizeof data);
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  return (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0;
}

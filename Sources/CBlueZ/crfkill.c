#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/rfkill.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cbluez.h"

_Static_assert(sizeof(struct rfkill_event) == 8, "linux/rfkill.h");
_Static_assert(offsetof(struct rfkill_event, soft) == 6, "linux/rfkill.h");

int cbluez_rfkill_open(int writable) {
  int fd = open("/dev/rfkill", (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int cbluez_rfkill_parse(const uint8_t *bytes, size_t count, cbluez_rfkill_event *event) {
  struct rfkill_event raw;
  // Newer kernels append fields.
  if (count < sizeof raw) return -EINVAL;
  memcpy(&raw, bytes, sizeof raw);
  event->index = raw.idx;
  event->is_bluetooth = raw.type == RFKILL_TYPE_BLUETOOTH;
  event->is_gone = raw.op == RFKILL_OP_DEL;
  event->is_soft_blocked = raw.soft != 0;
  event->is_hard_blocked = raw.hard != 0;
  return 0;
}

int cbluez_rfkill_set(int fd, uint32_t index, int blocked) {
  struct rfkill_event event;
  memset(&event, 0, sizeof event);
  event.idx = index;
  event.type = RFKILL_TYPE_BLUETOOTH;
  event.op = RFKILL_OP_CHANGE;
  event.soft = blocked ? 1 : 0;
  ssize_t count;
  do {
    count = write(fd, &event, sizeof event);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : 0;
}

int cbluez_rfkill_adapter(uint32_t index) {
  char path[64];
  snprintf(path, sizeof path, "/sys/class/rfkill/rfkill%u/name", index);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  char name[32];
  ssize_t length = read(fd, name, sizeof name - 1);
  close(fd);
  if (length < 0) length = 0;
  name[length] = 0;
  if (strncmp(name, "hci", 3) != 0) return -ENODEV;
  char *end;
  unsigned long number = strtoul(name + 3, &end, 10);
  return end == name + 3 || (*end != 0 && *end != '\n') || number > 0xFFFE ? -ENODEV : (int)number;
}

#define _GNU_SOURCE
#include "cudev.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <string.h>

struct sink {
  char *bytes;
  size_t capacity, size;
};

static void put(struct sink *sink, const char *text, size_t length) {
  if (length <= sink->capacity && sink->size <= sink->capacity - length)
    memcpy(sink->bytes + sink->size, text, length);
  sink->size += length;
}

static void put_pair(struct sink *sink, const char *name, const char *value) {
  if (value == NULL) return;
  put(sink, name, strlen(name));
  put(sink, "=", 1);
  put(sink, value, strlen(value) + 1);
}

static void put_attribute(struct sink *sink, struct udev_device *device, const char *name, const char *attribute) {
  if (device != NULL) put_pair(sink, name, udev_device_get_sysattr_value(device, attribute));
}

static void put_device(struct sink *sink, struct udev_device *device) {
  // Consoles and the like hang on nothing. Parents belong to their child.
  if (udev_device_get_devnode(device) == NULL || udev_device_get_parent(device) == NULL) return;
  struct udev_list_entry *property;
  udev_list_entry_foreach(property, udev_device_get_properties_list_entry(device))
      put_pair(sink, udev_list_entry_get_name(property), udev_list_entry_get_value(property));
  struct udev_device *usb = udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");
  put_attribute(sink, usb, "usb.serial", "serial");
  put_attribute(sink, usb, "usb.idVendor", "idVendor");
  put_attribute(sink, usb, "usb.idProduct", "idProduct");
  put_attribute(sink, usb, "usb.product", "product");
  put_attribute(sink, udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_interface"),
                "usb.bInterfaceNumber", "bInterfaceNumber");
  put(sink, "", 1);
}

static int put_ttys(struct sink *sink, struct udev *udev) {
  struct udev_enumerate *ttys = udev_enumerate_new(udev);
  if (ttys == NULL) return -ENOMEM;
  int rc = udev_enumerate_add_match_subsystem(ttys, "tty");
  if (rc >= 0) rc = udev_enumerate_scan_devices(ttys);
  struct udev_list_entry *entry;
  udev_list_entry_foreach(entry, rc < 0 ? NULL : udev_enumerate_get_list_entry(ttys)) {
    struct udev_device *device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
    if (device == NULL) continue;
    put_device(sink, device);
    udev_device_unref(device);
  }
  udev_enumerate_unref(ttys);
  return rc < 0 ? rc : 0;
}

ssize_t cudev_list_ttys(char *records, size_t capacity) {
  struct udev *udev = udev_new();
  if (udev == NULL) return -ENOMEM;
  struct sink sink = {.bytes = records, .capacity = capacity, .size = 0};
  int rc = put_ttys(&sink, udev);
  udev_unref(udev);
  return rc < 0 ? rc : (ssize_t)sink.size;
}

static int monitor_descriptor(struct udev_monitor *monitor) {
  int rc = udev_monitor_filter_add_match_subsystem_devtype(monitor, "tty", NULL);
  if (rc >= 0) rc = udev_monitor_enable_receiving(monitor);
  if (rc < 0) return rc;
  // The socket, with its filter and its group, lives on in the copy.
  int fd = fcntl(udev_monitor_get_fd(monitor), F_DUPFD_CLOEXEC, 3);
  return fd < 0 ? -errno : fd;
}

int cudev_open_monitor(void) {
  struct udev *udev = udev_new();
  if (udev == NULL) return -ENOMEM;
  errno = 0;
  struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, "udev");
  int fd = monitor == NULL ? (errno > 0 ? -errno : -ENOMEM) : monitor_descriptor(monitor);
  if (monitor != NULL) udev_monitor_unref(monitor);
  udev_unref(udev);
  return fd;
}

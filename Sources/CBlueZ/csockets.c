#define _GNU_SOURCE
#include <bluetooth/bluetooth.h>
// bluetooth.h comes first: the others need its types.
#include <bluetooth/hci.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cbluez.h"

_Static_assert(sizeof(struct sockaddr_l2) == 14, "l2cap.h");
_Static_assert(offsetof(struct sockaddr_l2, l2_bdaddr) == 4, "l2cap.h");
_Static_assert(offsetof(struct sockaddr_l2, l2_cid) == 10, "l2cap.h");
_Static_assert(offsetof(struct sockaddr_l2, l2_bdaddr_type) == 12, "l2cap.h");
_Static_assert(sizeof(struct sockaddr_hci) == 6, "hci.h");
_Static_assert(sizeof(struct bt_security) == 2, "bluetooth.h");
_Static_assert(sizeof(bdaddr_t) == 6, "bluetooth.h");
_Static_assert(BDADDR_LE_PUBLIC == 1 && BDADDR_LE_RANDOM == 2, "bluetooth.h");
_Static_assert(CBLUEZ_SECURITY_LOW == BT_SECURITY_LOW, "bluetooth.h");
_Static_assert(CBLUEZ_SECURITY_MEDIUM == BT_SECURITY_MEDIUM, "bluetooth.h");
_Static_assert(CBLUEZ_SECURITY_HIGH == BT_SECURITY_HIGH, "bluetooth.h");

enum { att_channel = 4 };

static int value_or_errno(int rc) { return rc < 0 ? -errno : rc; }

int cbluez_att_open(void) {
  return value_or_errno(
      socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_L2CAP));
}

static struct sockaddr_l2 att_address(const uint8_t octets[6], uint8_t type) {
  struct sockaddr_l2 address;
  memset(&address, 0, sizeof address);
  address.l2_family = AF_BLUETOOTH;
  address.l2_cid = htobs(att_channel);
  address.l2_bdaddr_type = type;
  if (octets != NULL) memcpy(&address.l2_bdaddr, octets, sizeof address.l2_bdaddr);
  return address;
}

int cbluez_att_bind(int fd, const uint8_t adapter[6]) {
  struct sockaddr_l2 address = att_address(adapter, BDADDR_LE_PUBLIC);
  return value_or_errno(bind(fd, (struct sockaddr *)&address, sizeof address));
}

int cbluez_att_connect(int fd, const uint8_t peer[6], uint8_t type) {
  struct sockaddr_l2 address = att_address(peer, type);
  int rc;
  do {
    rc = connect(fd, (struct sockaddr *)&address, sizeof address);
  } while (rc < 0 && errno == EINTR);
  return value_or_errno(rc);
}

int cbluez_set_security(int fd, uint8_t level) {
  struct bt_security security;
  memset(&security, 0, sizeof security);
  security.level = level;
  return value_or_errno(setsockopt(fd, SOL_BLUETOOTH, BT_SECURITY, &security, sizeof security));
}

int cbluez_get_security(int fd, uint8_t *level, uint8_t *key_size) {
  struct bt_security security;
  memset(&security, 0, sizeof security);
  socklen_t size = sizeof security;
  if (getsockopt(fd, SOL_BLUETOOTH, BT_SECURITY, &security, &size) < 0) return -errno;
  *level = security.level;
  *key_size = security.key_size;
  return 0;
}

int cbluez_att_local(int fd, uint8_t adapter[6]) {
  struct sockaddr_l2 address;
  memset(&address, 0, sizeof address);
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) < 0) return -errno;
  memcpy(adapter, &address.l2_bdaddr, sizeof address.l2_bdaddr);
  return 0;
}

int cbluez_att_peer(int fd, uint8_t peer[6], uint8_t *type) {
  struct sockaddr_l2 address;
  memset(&address, 0, sizeof address);
  socklen_t size = sizeof address;
  if (getpeername(fd, (struct sockaddr *)&address, &size) < 0) return -errno;
  memcpy(peer, &address.l2_bdaddr, sizeof address.l2_bdaddr);
  *type = address.l2_bdaddr_type;
  return 0;
}

int cbluez_management_open(void) {
  int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_HCI);
  if (fd < 0) return -errno;
  struct sockaddr_hci address;
  memset(&address, 0, sizeof address);
  address.hci_family = AF_BLUETOOTH;
  address.hci_dev = HCI_DEV_NONE;
  address.hci_channel = HCI_CHANNEL_CONTROL;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

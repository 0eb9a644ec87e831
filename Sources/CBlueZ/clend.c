#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cbluez.h"

// One packet on a SOCK_SEQPACKET connection, lender to borrower, both on the same machine:
//   0  int32  0, or -errno: why there is no management channel
//   4  int32  0, or -errno: why there is no rfkill
// With SCM_RIGHTS: one descriptor for each 0, in this order.
enum { kinds = CBLUEZ_LENT_KINDS };
_Static_assert(kinds == 2 && sizeof(int) == 4, "one int32 a kind");

union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kinds)];
};

int cbluez_lend(int connection, const int lent[CBLUEZ_LENT_KINDS]) {
  int outcomes[kinds];
  int descriptors[kinds];
  size_t count = 0;
  for (int kind = 0; kind < kinds; kind++) {
    outcomes[kind] = lent[kind] < 0 ? lent[kind] : 0;
    if (lent[kind] >= 0) descriptors[count++] = lent[kind];
  }
  union control control;
  memset(&control, 0, sizeof control);
  struct iovec packet = {.iov_base = outcomes, .iov_len = sizeof outcomes};
  struct msghdr message = {.msg_iov = &packet, .msg_iovlen = 1};
  if (count > 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * count);
  }
  ssize_t sent;
  do {
    sent = sendmsg(connection, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

// Takes the descriptors that came with a packet; those that nothing is known of are closed.
static int take_rights(struct msghdr *message, int descriptors[CBLUEZ_LENT_KINDS]) {
  int count = 0;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t carried = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < carried; index++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(part) + index * sizeof descriptor, sizeof descriptor);
      if (count < kinds) {
        descriptors[count++] = descriptor;
      } else {
        close(descriptor);
      }
    }
  }
  return count;
}

static int receive(int connection, int lent[CBLUEZ_LENT_KINDS]) {
  int outcomes[kinds];
  union control control;
  struct iovec packet = {.iov_base = outcomes, .iov_len = sizeof outcomes};
  struct msghdr message = {
      .msg_iov = &packet, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t received;
  do {
    received = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
  int descriptors[kinds];
  int count = take_rights(&message, descriptors);
  int promised = 0;
  if (received == (ssize_t)sizeof outcomes) {
    for (int kind = 0; kind < kinds; kind++) promised += outcomes[kind] == 0;
  }
  if (received != (ssize_t)sizeof outcomes || promised != count) {
    for (int index = 0; index < count; index++) close(descriptors[index]);
    return received == 0 ? -ECONNRESET : -EPROTO;
  }
  int next = 0;
  for (int kind = 0; kind < kinds; kind++) {
    lent[kind] = outcomes[kind] == 0 ? descriptors[next++] : (outcomes[kind] < 0 ? outcomes[kind] : -EPROTO);
  }
  return 0;
}

int cbluez_borrow(const char *path, int milliseconds, int lent[CBLUEZ_LENT_KINDS]) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (connection < 0) return -errno;
  struct timeval patience = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  int rc = 0;
  // SO_SNDTIMEO bounds connect: it waits while the listener's queue is full.
  if (setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
      setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
      connect(connection, (const struct sockaddr *)&address, sizeof address) < 0) {
    rc = -errno;
  }
  if (rc == 0) rc = receive(connection, lent);
  close(connection);
  return rc;
}

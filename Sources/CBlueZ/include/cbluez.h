// Bluetooth of Linux, one system call each: ATT sockets, the management channel, rfkill switches, and what the
// process and its kernel are. Only structures of libbluetooth's headers are used; nothing of it is linked.
//
// Ownership: descriptors given out are the caller's to close; all are non-blocking and closed on exec.
// Units: addresses are 6 octets, the least significant first, as on the air; address types 1 public, 2 random.
// Threads: any; nobody closes a descriptor that another thread is in a call with.
// Errors: 0 or a value, or -errno. Interrupted calls are repeated.
#ifndef CBLUEZ_H
#define CBLUEZ_H

#include <stddef.h>
#include <stdint.h>

/// No encryption asked for; encrypted with any key; encrypted with a key that was checked against a man in the
/// middle. The levels of BT_SECURITY.
#define CBLUEZ_SECURITY_LOW 1
#define CBLUEZ_SECURITY_MEDIUM 2
#define CBLUEZ_SECURITY_HIGH 3

/// Opens a socket for ATT over LE (L2CAP, SOCK_SEQPACKET). -EAFNOSUPPORT where the kernel has no Bluetooth.
int cbluez_att_open(void);

/// Binds an ATT socket to the fixed channel 4 of the adapter with this public address, or of any adapter where
/// `adapter` is NULL. -EHOSTUNREACH or -EADDRNOTAVAIL when there is none.
int cbluez_att_bind(int fd, const uint8_t adapter[6]);

/// Begins to connect. -EINPROGRESS is the normal outcome: the socket becomes writable when it is decided, and
/// SO_ERROR tells how (`cchannel_pending_error`).
int cbluez_att_connect(int fd, const uint8_t peer[6], uint8_t type);

/// Asks for a level of security (BT_SECURITY). On a connected socket encryption begins, after a pairing where there
/// is no key: the socket becomes writable when it is done. -EINVAL where the level is reached already.
int cbluez_set_security(int fd, uint8_t level);

/// The level of security that a socket has, and the octets of its key; 0 octets until it is encrypted.
int cbluez_get_security(int fd, uint8_t *level, uint8_t *key_size);

/// The address that an ATT socket is bound to: all zeros until it is connected through an adapter.
int cbluez_att_local(int fd, uint8_t adapter[6]);
/// The address at the other end of a connected ATT socket.
int cbluez_att_peer(int fd, uint8_t peer[6], uint8_t *type);

/// Opens the channel that the kernel's Bluetooth management is spoken on. Needs no capability to open;
/// -EAFNOSUPPORT or -EPROTONOSUPPORT where the kernel has no Bluetooth.
int cbluez_management_open(void);

/// Opens /dev/rfkill; `writable` 0 to look only. Each read gives one event of `cbluez_rfkill_parse`, first one for
/// each switch that there is.
int cbluez_rfkill_open(int writable);

/// One event of an rfkill switch.
typedef struct {
  uint32_t index;
  uint8_t is_bluetooth;
  uint8_t is_gone;
  uint8_t is_soft_blocked;  // by software: `rfkill block`
  uint8_t is_hard_blocked;  // by a switch on the box
} cbluez_rfkill_event;

/// Reads an event; -EINVAL when there are too few bytes.
int cbluez_rfkill_parse(const uint8_t *bytes, size_t count, cbluez_rfkill_event *event);

/// Blocks (1) or unblocks (0) one switch by software.
int cbluez_rfkill_set(int fd, uint32_t index, int blocked);

/// The number N of the adapter hciN that an rfkill switch belongs to; -ENODEV when it is no adapter's.
int cbluez_rfkill_adapter(uint32_t index);

/// What `cbluez_lend` and `cbluez_borrow` pass on, by index: 0 a management channel, 1 /dev/rfkill, opened to write.
#define CBLUEZ_LENT_KINDS 2

/// Passes descriptors on to another process, over a connected SOCK_SEQPACKET socket of AF_UNIX. Each of `lent` is a
/// descriptor or the -errno that says why there is none; the descriptors stay the caller's to close.
int cbluez_lend(int connection, const int lent[CBLUEZ_LENT_KINDS]);

/// Connects to a lender that listens at `path` and takes what it passes on. Each of `lent` is then a descriptor, the
/// caller's to close and closed on exec, or the lender's -errno. Waits at most `milliseconds` twice: for the connection
/// and for the packet. -ENOENT or -ECONNREFUSED without a lender, -EACCES where this user may not ask, -ETIMEDOUT,
/// -EPROTO when what came is no such packet. Unlike the other descriptors here, these block unless the lender made them
/// non-blocking, which `cbluez_management_open` and `cbluez_rfkill_open` do.
int cbluez_borrow(const char *path, int milliseconds, int lent[CBLUEZ_LENT_KINDS]);

/// The release of the running kernel, as `uname -r` prints it, terminated; -ERANGE when `size` is too small.
int cbluez_kernel_release(char *release, size_t size);

/// The process id of a program by its name in /proc (at most 15 octets are kept there), other than this process; 0
/// when none is seen.
int cbluez_find_process(const char *name);

/// 1 when this process may administer the network (CAP_NET_ADMIN, effective), else 0.
int cbluez_may_administer(void);

#endif

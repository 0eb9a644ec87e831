// A serial line of Linux, one system call each.
//
// Ownership: `ctermios_open` gives a descriptor to the caller; nothing else here opens or closes one that stays.
// Units: baud in symbols per second; delays in milliseconds.
// Threads: any, but one call at a time for one descriptor that is being closed.
// Errors: 0 or a value, or -errno.
#ifndef CTERMIOS_H
#define CTERMIOS_H

#include <stddef.h>
#include <stdint.h>

/// Opens a device for reading and writing: no controlling terminal, non-blocking, closed on exec.
/// Does not wait for a carrier. Gives the descriptor.
int ctermios_open(const char *path);

/// Takes the advisory lock (flock) of the open file. -EWOULDBLOCK when another open file has it.
int ctermios_lock(int fd);

/// From now on the kernel refuses further opens with EBUSY (TIOCEXCL), except to CAP_SYS_ADMIN.
int ctermios_set_exclusive(int fd);

/// Gives up the lock and lets others open the terminal again, also while a child that is just being spawned has a
/// copy of the descriptor; throws away what was written and has not left, so that a close does not wait for it.
int ctermios_release(int fd);

/// Raw mode, 8 data bits, no parity, 1 stop bit, no flow control, modem lines ignored, lines left as they are on
/// close. A read gives what is there, at least 1 byte; with O_NONBLOCK 0 bytes means hang-up.
/// Any `baud` above 0; -EINVAL for 0, -ENOTTY when this is no terminal.
int ctermios_set_raw(int fd, uint32_t baud);

/// The speed that the device really runs at, as far as its kernel driver tells.
int ctermios_get_baud(int fd, uint32_t *baud);

/// Throws away what was received and not read yet.
int ctermios_flush_input(int fd);

/// The UART drives RTS around each transmission (TIOCSRS485). -ENOTTY or -EINVAL where it cannot.
/// `rts_on_send` not 0: RTS is high while sending.
int ctermios_set_rs485(int fd, int rts_on_send, uint32_t delay_before_send, uint32_t delay_after_send);

/// Hands received bytes on at once (ASYNC_LOW_LATENCY). -ENOTTY or -EINVAL where there is nothing to set.
int ctermios_set_low_latency(int fd);

/// 1 when the other side has hung up: adapter pulled out, or no open slave behind a pseudoterminal's master.
int ctermios_is_hung_up(int fd);

/// Looks in /proc for another process that has the terminal at `path` open; the owner of a pseudoterminal's master
/// end does not count. Gives its pid and its name (terminated, cut to `size`), or 0 when none is seen: processes of
/// other users cannot be seen without CAP_SYS_PTRACE.
int ctermios_find_holder(const char *path, char *name, size_t size);

/// How many descriptors of this process lead to the terminal at `path`.
int ctermios_count_own(const char *path);

#endif

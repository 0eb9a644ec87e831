// Readiness, wake-ups and one alarm clock for an event loop, and the clocks it goes by.
//
// Ownership: descriptors given out are the caller's to close; all are closed on exec.
// Units: uptime in nanoseconds of CLOCK_BOOTTIME, which counts suspension and never steps.
// Threads: any; `cepoll_wait` for one descriptor is called from one thread.
// Errors: 0 or a value, or -errno.
#ifndef CEPOLL_H
#define CEPOLL_H

#include <stdint.h>

/// There is something to read.
#define CEPOLL_READABLE 0x001u
/// There is room to write.
#define CEPOLL_WRITABLE 0x004u
/// The far end is gone, or the descriptor has failed; told even when not asked for.
#define CEPOLL_HANGUP 0x018u
/// Tell each change once instead of for as long as it lasts.
#define CEPOLL_EDGE 0x80000000u

/// One descriptor that is ready.
typedef struct {
  uint64_t token;   // as given to cepoll_add
  uint32_t events;  // CEPOLL_ bits
} cepoll_event;

/// Makes an empty set of watched descriptors.
int cepoll_create(void);
/// Watches `fd` for `events`; reports carry `token`.
int cepoll_add(int epoll, int fd, uint32_t events, uint64_t token);
/// Changes what `fd` is watched for; what is ready already is reported again.
int cepoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
/// Watches `fd` no more.
int cepoll_remove(int epoll, int fd);
/// Waits without end for something to be ready. Gives the number of `events` filled, at most `capacity` and 64;
/// 0 when a signal came in.
int cepoll_wait(int epoll, cepoll_event *events, int capacity);

/// Makes a wake-up: readable from `cepoll_wake` on until `cepoll_drain`.
int cepoll_make_wakeup(void);
/// Makes the wake-up readable.
int cepoll_wake(int fd);
/// Makes a wake-up or an alarm unreadable.
int cepoll_drain(int fd);

/// Makes an alarm, not set.
int cepoll_make_alarm(void);
/// The alarm becomes readable once the uptime reaches `uptime`; replaces the earlier setting.
int cepoll_set_alarm(int fd, int64_t uptime);

/// Names the calling thread for who looks at the process from outside; at most 15 bytes are kept.
void cepoll_name_thread(const char *name);

/// Nanoseconds since the box was started.
int64_t cepoll_uptime(void);
/// Milliseconds since 1970-01-01T00:00:00Z by the wall clock.
int64_t cepoll_wall_clock(void);
/// 1 when the kernel holds the wall clock for synchronized (a time daemon keeps it), else 0.
int cepoll_clock_is_synchronized(void);

#endif

// What the service manager gives and is told, and the journal, over Debian's libsystemd.
//
// Ownership: every buffer is the caller's; a descriptor that was handed over is the caller's to close and is closed
// on exec. Units: microseconds where the name says so, else bytes and counts.
// Threads: any, as long as no thread changes the environment; `csystemd_take_descriptors` changes it, so it is called
// before there are other threads.
// Errors: 0 or a value, or -errno.
#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>

/// The number of the first descriptor that was handed over; the others follow it.
#define CSYSTEMD_FIRST_DESCRIPTOR 3

/// Tells the service manager something, as lines of `NAME=value`. 1 when it was sent, 0 when there is none to tell.
int csystemd_notify(const char *lines);

/// How often the service manager wants to hear `WATCHDOG=1` at least, in `usec`. 1 when it does, 0 when it does not.
int csystemd_watchdog(uint64_t *usec);

/// CLOCK_MONOTONIC in microseconds, as `RELOADING=1` has to carry it.
uint64_t csystemd_monotonic_usec(void);

/// Takes the descriptors that were handed over, once: later calls give 0. Gives their number and writes their names
/// into `names`, joined by ':', ended by zero. -ENOBUFS when they do not fit; the descriptors are taken all the same.
int csystemd_take_descriptors(char *names, size_t capacity);

/// 1 when standard error is read by the journal, as JOURNAL_STREAM says.
int csystemd_stderr_is_journal(void);

/// Sends one entry to the journal: `count` fields, each `NAME=value`, one after another in `bytes`, their lengths in
/// `lengths`. The value may have any bytes. 0 also when there is no journal. -E2BIG beyond 64 fields.
int csystemd_journal_send(const uint8_t *bytes, const size_t *lengths, size_t count);

#endif

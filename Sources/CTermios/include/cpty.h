// Pseudoterminals, for simulated serial devices.
//
// Ownership: the caller gets the master descriptor and closes it; no slave descriptor is kept.
// Threads: any. Errors: a descriptor, or -errno.
#ifndef CPTY_H
#define CPTY_H

#include <stddef.h>

/// Opens a master end (non-blocking, closed on exec) and unlocks its slave. `path` gets the slave's path,
/// terminated; -ERANGE when `size` is too small.
int cpty_open(char *path, size_t size);

#endif

// Serial devices as the kernel and udev describe them, and news of them.
//
// Ownership: the descriptor given out is the caller's to close; it is non-blocking and closed on exec. Nothing else
// outlives a call.
// Units: bytes. Threads: any.
// Errors: a value, or -errno. Without udevd, as in most containers, devices are still listed, with less said of each;
// without AF_NETLINK there is no monitor (-EAFNOSUPPORT).
#ifndef CUDEV_H
#define CUDEV_H

#include <stddef.h>
#include <sys/types.h>

/// Lists every tty that hangs on hardware; no consoles, no pseudoterminals. Each device is a record of terminated
/// strings `NAME=value` that an empty string ends: its udev properties, and where it hangs on USB the attributes
/// `usb.serial`, `usb.idVendor`, `usb.idProduct`, `usb.product` of the device and `usb.bInterfaceNumber` of the interface.
/// Gives how many bytes that takes; beyond `capacity` nothing is written, and the caller asks again with more room.
ssize_t cudev_list_ttys(char *records, size_t capacity);

/// A descriptor that becomes readable when a tty came, went or was changed, once udev is done with it: each read is one
/// message, whose content nobody needs to believe: list the ttys anew. Without udevd it stays silent.
int cudev_open_monitor(void);

#endif

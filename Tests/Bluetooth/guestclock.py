"""What a time daemon says to the kernel. Linux on x86_64 only, as the guest is."""

import ctypes
import os
import struct

ADJ_MAXERROR, ADJ_ESTERROR, ADJ_STATUS = 0x0004, 0x0008, 0x0010
STA_UNSYNC = 0x0040


def declare(synchronized: bool):
    """Says that the guest's clock is kept by somebody, or by nobody: the daemon sets clocks of locks only then."""
    # struct timex, 208 octets: modes u32 at 0, maxerror i64 at 24, esterror i64 at 32, status i32 at 40
    request = ctypes.create_string_buffer(208)
    struct.pack_into("<I", request, 0, ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS)
    struct.pack_into("<i", request, 40, 0 if synchronized else STA_UNSYNC)
    if ctypes.CDLL(None, use_errno=True).adjtimex(request) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

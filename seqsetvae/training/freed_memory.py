"""Keeping freed memory, so that a training step on a CPU need not fetch it from the kernel page by page.

By default glibc hands large freed blocks back to the kernel. A training step frees and allocates hundreds of tensors of
several megabytes, so most of its elementwise work becomes page faults: on virtual machines, where a fault costs
microseconds, half of the step. Kept memory is reused instead; the process holds its peak until it ends.
"""

from __future__ import annotations

import ctypes
import platform

#: Parameters of mallopt(3): bytes above which the heap's free end is given back, and how many blocks may be mapped
#: on their own (such blocks always go back to the kernel when they are freed).
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
#: The largest int: never.
NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Make the C library keep freed memory for this process; return whether it does (glibc only)."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, NEVER))

"""Failures of a disk as one sentence: the file, the reason, and what to do about it."""

from __future__ import annotations

import errno
import os

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message

_OTHER = Message("choose another place")
_ROOM = Message("free some space, or choose another place")
_PERMISSION = Message("change its permissions, or choose another place")
_DISK = Message("check the disk, or choose another place")

#: What to do, by the number of the error.
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: Message("raise the limit on the size of files (ulimit -f), or choose another place"),
    errno.EROFS: Message("choose a place that can be written to"),
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.EIO: _DISK,
    errno.ESTALE: _DISK,
    errno.ENODEV: _DISK,
    errno.ENXIO: _DISK,
    errno.ENOTCONN: _DISK,
}


def is_about_a_disk(error: OSError) -> bool:
    """Return whether a disk, and no mistake in the program, is the cause."""
    return error.errno in _REMEDIES or (error.errno is not None and error.filename is not None)


def reason_of(error: OSError) -> str:
    """Return the system's own words; libraries put theirs around them."""
    return str(error) if error.errno is None else os.strerror(error.errno)


def disk_error(error: OSError, path: os.PathLike[str] | str | Message | None = None) -> InputError:
    """Return the sentence, about `path` or else the file that the error names."""
    return InputError(
        "{path}: {reason}; {remedy}",
        path=path or error.filename or Message("the output"),
        reason=reason_of(error),
        remedy=_REMEDIES.get(error.errno or 0, _OTHER),
    )

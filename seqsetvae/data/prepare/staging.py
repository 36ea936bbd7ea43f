"""The output directory of a conversion: built aside, moved into place when it is whole.

An interrupted conversion leaves what was there before untouched. A directory that holds something else than an earlier
conversion is not written to.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqsetvae.data import layout
from seqsetvae.disk_errors import disk_error, is_about_a_disk
from seqsetvae.errors import InputError

#: The packed store of the previous files; training builds it again from the new ones.
PACKED = ".seqsetvae"

#: Moved in this order: the report, by which an earlier output is recognised, comes first, so that a conversion that was
#: killed between two moves can simply be run again.
PARTS = (layout.REPORT, layout.LABELS, layout.STATS, layout.PATIENTS)


@contextmanager
def staged_output(out_dir: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a directory to write to, and move its parts to `out_dir` when the block ends without an exception.

    Args:
        out_dir: Created where missing; an earlier conversion in it is replaced.
        force: Write into a directory that holds other things too, replacing files of the same names.

    Raises:
        InputError: `out_dir` holds something else, or cannot be written.
    """
    _refuse_foreign(out_dir, force=force)
    is_here = out_dir.exists()
    stage = out_dir / f".partial-{os.getpid()}"
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
        for split in layout.SPLITS:
            layout.split_directory(stage, split).mkdir(parents=True)
        yield stage
        _move_into_place(stage, out_dir)
    except OSError as error:
        if not is_about_a_disk(error):
            raise
        is_source = error.filename is not None and not Path(error.filename).is_relative_to(out_dir)
        raise disk_error(error, None if is_source else out_dir) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not is_here:
            with suppress(OSError):  # it holds the result
                out_dir.rmdir()


def _refuse_foreign(out_dir: Path, *, force: bool) -> None:
    if not out_dir.exists():
        return
    if not out_dir.is_dir():
        raise InputError("{path} is a file; name a directory to write to.", path=out_dir)
    found = [entry.name for entry in out_dir.iterdir() if not entry.name.startswith(".partial-")]
    if found and layout.REPORT not in found and not force:
        raise InputError(
            "{path} is not empty and no earlier output of seqsetvae-prepare (it holds {name}); name "
            "another directory, or add --force to write into it.",
            path=out_dir, name=sorted(found)[0],
        )  # fmt: skip


def _move_into_place(stage: Path, out_dir: Path) -> None:
    shutil.rmtree(out_dir / PACKED, ignore_errors=True)
    for part in PARTS:
        target = out_dir / part
        if target.is_dir():
            old = stage / f"old-{part}"
            target.rename(old)
        try:
            (stage / part).rename(target)
        except OSError:
            if (old := stage / f"old-{part}").exists():
                old.rename(target)
            raise

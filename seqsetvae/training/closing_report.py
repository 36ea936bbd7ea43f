"""The last lines of a run: how it ended, what was best, the test, where the models are, how to go on."""

from __future__ import annotations

import math
import re
import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from seqsetvae.i18n.language import translated
from seqsetvae.i18n.message import Message
from seqsetvae.stream.values import printable
from seqsetvae.training.callbacks.checkpoint_saving import LAST
from seqsetvae.training.callbacks.run_events import AUROC, EARLY_STOPPING, RunEvents
from seqsetvae.training.rank_end import failure_text
from seqsetvae.training.run import TEST_FILE, Run
from seqsetvae.training.run_length import RunLength
from seqsetvae.training.saved_models import from_here

_STEP = re.compile(r"-step(\d+)")


class ClosingReport:
    """Says how a run ended.

    Args:
        run: The run.

    Attributes:
        begun: Whether training has begun; before that there is nothing to report.
        test: The result of the test; None where none was made.
    """

    def __init__(self, run: Run) -> None:
        self.begun = False
        self.test: Mapping[str, float] | None = None
        self._run = run
        (self._events,) = (callback for callback in run.trainer.callbacks if isinstance(callback, RunEvents))  # type: ignore[attr-defined]

    @property
    def best(self) -> Path | None:
        """The best checkpoint, or None."""
        return self._run.best.kept

    @property
    def _last(self) -> Path:
        return self._run.saver.directory / LAST

    def untested(self) -> Message:
        """Return why there is no checkpoint to test."""
        if self._events.validations:
            return Message("not tested: no validation had an AUROC, so no checkpoint is the best")
        config, trainer = self._run.config, self._run.trainer
        return Message(
            "not tested: no validation was made, so no checkpoint is the best; the run ended at step {step:,}, and the "
            "first is due after {due:,} (--val_check_interval)",
            step=trainer.global_step,
            due=math.ceil(int(trainer.val_check_interval or 1) / config.gradient_accumulation_steps),
        )

    def lines(self, error: BaseException | None) -> list[str]:
        """Return what is to be said.

        Args:
            error: What ended the run; None where it ended as planned.
        """
        found = [Message("run {run}: {end}", run=self._run.logger.name, end=self._end(error))]
        if (best := self.best) is not None:
            score, step = self._run.best.best_k_models.get(str(best)), _STEP.search(best.name)
            value = math.nan if score is None else float(score)
            found.append(
                Message("best: {metric} {value} at step {step}, {path}", metric=AUROC, value=f"{value:.4f}",
                        step=int(step[1]) if step else "?", path=from_here(best))
            )  # fmt: skip
        found += self._test_lines(error)
        if (kept := self._run.saver.closing or self._last).exists():
            found.append(Message("saved: {path}", path=from_here(kept)))
        found += self._next_lines(error)
        return [printable(translated(line)) for line in found]

    def _end(self, error: BaseException | None) -> Message:
        total = RunLength.of(self._run.config, patients=len(self._run.data.cohort.train)).total
        where = Message("step {step:,} of {total:,}", step=self._run.trainer.global_step, total=total)
        if error is not None:
            return Message("{what} at {where}", what=_what(error), where=where)
        if not self._events.trained:
            return Message("nothing was left to train, since it had ended before, at {where}", where=where)
        if self._events.cause == EARLY_STOPPING:
            return Message("ended by early stopping at {where}", where=where)
        if self._events.cause == "stopped":
            return Message("stopped by --on_collapse at {where}", where=where)
        return Message("finished at {where}", where=where)

    def _test_lines(self, error: BaseException | None) -> list[Message]:
        config = self._run.config
        if self.test is not None:
            auroc, auprc = (f"{self.test.get(f'test/{name}', math.nan):.4f}" for name in ("auroc", "auprc"))
            path = Path(self._run.logger.log_dir) / TEST_FILE
            return [
                Message("test: AUROC {auroc}, AUPRC {auprc}, {path}", auroc=auroc, auprc=auprc, path=from_here(path))
            ]
        if error is not None:
            return []
        if not config.test_after_training:
            return [Message("not tested: --test_after_training is false")]
        return [] if self.best is not None else [self.untested()]

    def _next_lines(self, error: BaseException | None) -> list[Message]:
        config, trainer = self._run.config, self._run.trainer
        closing = self._run.saver.closing
        # An interruption leaves the newest step; after an error, that may be half of one.
        place = closing if isinstance(error, KeyboardInterrupt | SystemExit) and closing is not None else self._last
        if not place.exists():
            return []
        command = f"seqsetvae-train --resume_from_checkpoint {shlex.quote(str(from_here(place)))}"
        if error is not None:
            return [Message("to resume: {command}", command=command)]
        if self._events.cause in (EARLY_STOPPING, "stopped"):
            return []
        if config.max_epochs == -1 or 0 < config.max_steps <= trainer.global_step:
            longer = f"--max_steps {2 * config.max_steps}"
        else:
            longer = f"--max_epochs {2 * config.max_epochs}"
        return [Message("to train for longer: {command}", command=f"{command} {longer}")]


@contextmanager
def closing_report(run: Run, console: Console) -> Iterator[ClosingReport]:
    """Print how a run ended when the block ends, whatever ends it."""
    report = ClosingReport(run)
    error: BaseException | None = None
    try:
        yield report
    except BaseException as ending:
        error = ending
        raise
    finally:
        if report.begun and run.trainer.is_global_zero:
            for line in report.lines(error):
                console.print(line, markup=False, highlight=False, soft_wrap=True)


def _what(error: BaseException) -> Message:
    if isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
        return Message("interrupted by {signal}", signal=signal.Signals(error.code - 128).name)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return Message("interrupted")
    return Message("failed with {error}", error=failure_text(error).split("\n", 1)[0])

"""The watch over a posterior, for anybody's Lightning trainer in one line.

    Trainer(callbacks=[PosteriorWatch()])

It finds the posterior, logs its statistics, has them judged, and acts on verdicts. `seqsetvae-train` uses it too.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint
from rich.console import Console

from seqsetvae.collapse.advice import TERMS
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.original_values import given_thresholds
from seqsetvae.collapse.response import Action, ActionKind, ResponsePlan
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.i18n.language import translated
from seqsetvae.posterior.history import History
from seqsetvae.posterior.posterior_finder import Extractor
from seqsetvae.posterior.prior import PriorLike
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.found_posterior import FoundPosterior, Reconstruct
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.posterior_source import PosteriorSource
from seqsetvae.training.callbacks.run_log import jsonl_loggers
from seqsetvae.training.callbacks.run_progress import RunProgress
from seqsetvae.training.callbacks.system_monitor import SystemMonitor
from seqsetvae.training.schedules import CheckSchedule
from seqsetvae.training.watch_parts import FIRST_WATCH, WatchParts, WatchSettings, watch_parts

#: Optimizer steps between two checks of a training whose length is not known: a small model's epoch has some hundred.
DEFAULT_CHECK_FREQUENCY = 50
#: The name of the first part in checkpoints of before.
FIRST_PART = "PosteriorMonitor"


class PosteriorWatch(pl.Callback):
    """Watches the posterior of any LightningModule, and says when it collapses.

    The verdicts are events of the run's log, which `seqsetvae-watch LOG_DIR` shows; the trainer's `JsonlLogger` is
    used, or else one is added.

    Args:
        posterior: Where μ and log σ² are: a key of what `training_step` returns, an attribute, a layer, or a function
            (module, outputs, batch) that returns (μ, log σ²), a `torch.distributions.Normal`, or a list of levels.
            None looks for it, and says what was found.
        prior: N(0, 1) where None; else a distribution, samples of it `[draws, latent]`, an attribute's name, or a
            function (module, outputs, batch).
        reconstruct: Function (module, batch, z) that returns the reconstruction loss with a given z; it tells whether
            the decoder uses z at all.
        beta: The weight of KL: a number, the path of an attribute, or a function of the step. None looks for it.
        max_beta: What β rises to, where it is warmed up: before half of it, nothing is called a collapse.
        free_bits: Nats a dimension that cost nothing.
        mask: For posteriors `[batch, time, latent]`: the key of a mask `[batch, time]`, or a function as above.
        check_frequency: Optimizer steps between two checks.
        on_collapse: Any of warn, save, lower_beta, stop and command:CMD, as `--on_collapse` of seqsetvae-train.
        early_stop_patience: Checks at red, one after the other, after which `stop` stops.
        auto_save_on_collapse: Keep a checkpoint from before a collapse and one of its red.
        plot_frequency: Optimizer steps between two pictures; 0 = none.
        log_dir: Directory of all runs, for a trainer without a `JsonlLogger`.
        run_name: Name of the run there; the time by default.
        checkpoint_dir: Where checkpoints go; by default beside those of the trainer.
        name: What the names of metrics begin with. A second watch of a trainer needs another than the first.
        verbose: Print warnings, what was found, and the summary at the end.
        thresholds: `kl_threshold`, `var_threshold`, `active_units_threshold`, `window_size` and the other settings of
            the detector, `detector="original"` among them.

    Raises:
        InputError: a setting is out of its range.
    """

    def __init__(
        self,
        posterior: str | Extractor | None = None,
        *,
        prior: PriorLike | str | Extractor = None,
        reconstruct: Reconstruct | None = None,
        beta: float | str | Callable[[int], float] | None = None,
        max_beta: float | None = None,
        free_bits: float = 0.0,
        mask: str | Extractor | None = None,
        check_frequency: int = DEFAULT_CHECK_FREQUENCY,
        on_collapse: str | Sequence[str] = ("warn",),
        early_stop_patience: int = 5,
        auto_save_on_collapse: bool = True,
        plot_frequency: int = 1000,
        log_dir: str | Path | None = None,
        run_name: str | None = None,
        checkpoint_dir: str | Path | None = None,
        name: str = FIRST_WATCH,
        verbose: bool = True,
        **thresholds: Any,
    ) -> None:
        super().__init__()
        chosen, self._notices = given_thresholds("PosteriorWatch", free_bits=free_bits, **thresholds)
        plan = ResponsePlan.parse([on_collapse] if isinstance(on_collapse, str) else on_collapse)
        if auto_save_on_collapse:
            plan = plan.including(Action(level=Level.RED, kind=ActionKind.SAVE))
        self._settings = WatchSettings(
            thresholds=chosen,
            schedule=CheckSchedule(every=check_frequency),
            plan=plan,
            patience=early_stop_patience,
            plot_frequency=plot_frequency,
            healthy_minutes=5.0,
            name=name,
            words=TERMS,
        )
        self._verbose = verbose
        self._log_dir = log_dir
        self._checkpoint_dir = checkpoint_dir
        self._init_parts(
            FoundPosterior(
                posterior=posterior,
                prior=prior,
                mask=mask,
                reconstruct=reconstruct,
                beta=beta,
                max_beta=max_beta,
                tell=self._print,
            ),
            run_name=run_name,
        )

    @classmethod
    def of_parts(cls, settings: WatchSettings, parts: WatchParts) -> Self:
        """Return the watch of a trainer that has made its log and its parts itself."""
        watch = cls.__new__(cls)
        pl.Callback.__init__(watch)
        watch._settings, watch._notices = settings, ()
        watch._init_parts(parts.monitor.source)
        parts.monitor.listeners.append(watch)
        watch._parts, watch._own_parts = parts, False
        return watch

    def _init_parts(self, source: PosteriorSource, *, run_name: str | None = None) -> None:
        self._source = source
        self._run_name = run_name
        self._own_log: tuple[pl.Callback, ...] = ()
        self._parts: WatchParts | None = None
        self._own_parts = True
        self._trainer: weakref.ReferenceType[pl.Trainer] | None = None
        self._restored: Mapping[str, Any] | None = None
        self._recent: deque[Observation] = deque(maxlen=self._settings.thresholds.window_size)
        #: Step of the first red verdict, None before.
        self.collapse_step: int | None = None
        #: Runs at the end, after the callbacks that write checkpoints; a trainer that lists it runs it there.
        self.reporting = WatchReporting(self)

    @property
    def parts(self) -> WatchParts:
        """The parts.

        Raises:
            RuntimeError: training has not started.
        """
        if self._parts is None:
            raise RuntimeError("a PosteriorWatch has its parts once training has started")
        return self._parts

    @property
    def latest(self) -> Verdict | None:
        """The last verdict, None before the first check."""
        return None if self._parts is None else self._parts.monitor.latest

    @property
    def history(self) -> History:
        """All checks of the run."""
        return self.parts.report.history

    @property
    def collapse_detected(self) -> bool:
        """Whether a verdict was red."""
        return self.collapse_step is not None

    @property
    def steps_history(self) -> list[int]:
        """Steps of the last `window_size` checks."""
        return [seen.step for seen in self._recent]

    @property
    def kl_history(self) -> list[float]:
        """KL of the last `window_size` checks, nats a set."""
        return [seen.kl for seen in self._recent]

    @property
    def var_history(self) -> list[float | None]:
        """Mean σ² of the last `window_size` checks."""
        return [seen.variance for seen in self._recent]

    @property
    def active_units_history(self) -> list[float | None]:
        """Share of active units in the last `window_size` checks."""
        return [seen.active_units for seen in self._recent]

    @property
    def recon_loss_history(self) -> list[float | None]:
        """Reconstruction loss in the last `window_size` checks, None where it is not known."""
        return [seen.recon for seen in self._recent]

    @property
    def state_key(self) -> str:
        """Its name in checkpoints, which differs between the watches of a trainer."""
        return f"{type(self).__qualname__}[{self._settings.name}]"

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Note a check for the histories."""
        self._recent.append(observation)
        if verdict.level is Level.RED and self.collapse_step is None:
            self.collapse_step = verdict.step

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Begin again where another trainer than the one so far starts to train."""
        if stage == "fit" and self._trainer is not None and self._trainer() is not trainer and self._own_parts:
            self._parts = self._restored = self.collapse_step = None
            self._own_log = ()
            self._recent.clear()
        if stage == "fit":
            self._trainer = weakref.ref(trainer)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Join the run's log or begin one, and make the parts."""
        if self._parts is None:
            for notice in self._notices:
                self._print(notice)
            log = self._log(trainer)
            checkpoints = self._checkpoints(trainer, log)
            place = self._own_place(Path(trainer.strategy.broadcast(log.log_dir)))
            if trainer.is_global_zero:
                place.mkdir(parents=True, exist_ok=True)
            parts = watch_parts(
                self._settings,
                self._source,
                run=log.name,
                log_dir=place,
                checkpoints=checkpoints,
                console=self._console,
                listeners=[self],
            )
            self._use(parts)
        for part in self._own_log:
            part.setup(trainer, pl_module, "fit")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the parts."""
        for part in self._present(trainer):
            part.on_train_start(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure, judge and act."""
        for part in self._present(trainer):
            part.on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Finish, and leave the module as it was."""
        for part in self._present(trainer):
            part.on_train_end(trainer, pl_module)
        self._leave(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write what is known."""
        for part in self._present(trainer):
            part.on_exception(trainer, pl_module, exception)
        self._leave(trainer)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """End the heartbeat of the watch's own log."""
        for part in self._own_log:
            part.teardown(trainer, pl_module, stage)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of all parts."""
        if self._parts is None:
            return dict(self._restored or {})
        # The monitor comes first: it waits for checks that are under way, which change the others.
        states = {type(part).__name__: part.state_dict() for part in (*self._parts.deciding, *self._parts.reporting)}
        return {"parts": states, "run": self._run_name, "collapse_step": self.collapse_step}

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Gather the state of the parts from a checkpoint of before, where each had its own."""
        states = checkpoint.get("callbacks", {})
        if self.state_key not in states and FIRST_PART in states:
            states[self.state_key] = {"parts": states, "run": None, "collapse_step": None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._restored = state_dict
        self.collapse_step = state_dict["collapse_step"]
        if self._parts is not None:
            self._restore(self._parts)

    def _use(self, parts: WatchParts) -> None:
        self._parts = parts
        if self._restored is not None:
            self._restore(parts)

    def _restore(self, parts: WatchParts) -> None:
        assert self._restored is not None  # asked for before
        states = self._restored["parts"]
        for part in (*parts.deciding, *parts.reporting):
            if state := states.get(type(part).__name__):
                part.load_state_dict(state)

    def _present(self, trainer: pl.Trainer) -> list[pl.Callback]:
        """Return the parts that the trainer does not run itself."""
        if self._parts is None:
            return []
        listed = self.reporting in trainer.callbacks  # type: ignore[attr-defined]
        return [*self._own_log, *self._parts.deciding, *([] if listed else self._parts.reporting)]

    def _leave(self, trainer: pl.Trainer) -> None:
        if isinstance(self._source, FoundPosterior):
            self._source.stop()
            if self._parts is not None and trainer.is_global_zero and self.history.checks:
                self._console.print(self._parts.report.summary())

    def _log(self, trainer: pl.Trainer) -> JsonlLogger:
        """Return the trainer's log, or add one to its loggers, with what makes it whole."""
        known = jsonl_loggers(trainer)
        if known:
            return known[0]
        resumed = None if self._restored is None else self._restored["run"]
        root = Path(trainer.default_root_dir) / "logs" if self._log_dir is None else Path(self._log_dir)
        log = JsonlLogger(root, resumed or self._run_name, resume=resumed is not None and (root / resumed).is_dir())
        self._run_name = log.name
        trainer.loggers = [*trainer.loggers, log]
        self._own_log = (RunProgress(), SystemMonitor())
        return log

    def _checkpoints(self, trainer: pl.Trainer, log: JsonlLogger) -> Path:
        if self._checkpoint_dir is not None:
            return self._own_place(Path(self._checkpoint_dir))
        kept: Checkpoint | None = trainer.checkpoint_callback
        directory = getattr(kept, "dirpath", None) or Path(log.log_dir) / "checkpoints"
        return self._own_place(Path(trainer.strategy.broadcast(str(directory))))

    def _own_place(self, directory: Path) -> Path:
        """Return a directory of its own for a watch with a name of its own."""
        return directory if self._settings.name == FIRST_WATCH else directory / self._settings.name

    @property
    def _console(self) -> Console:
        """Made where it is needed: a console cannot be sent to the processes of `ddp_spawn`."""
        return Console(stderr=True, quiet=not self._verbose)

    def _print(self, text: str) -> None:
        self._console.print(f"PosteriorWatch: {translated(text)}", markup=False, highlight=False, soft_wrap=True)


class WatchReporting(pl.Callback):
    """What a watch does last: commands, pictures, the report."""

    def __init__(self, watch: PosteriorWatch) -> None:
        self._watch = watch

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report commands that failed."""
        for part in self._watch.parts.reporting:
            part.on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Wait for commands and pictures, and write the report."""
        for part in self._watch.parts.reporting:
            part.on_train_end(trainer, pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Wait for commands and pictures, and write the report."""
        for part in self._watch.parts.reporting:
            part.on_exception(trainer, pl_module, exception)

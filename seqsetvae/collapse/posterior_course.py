"""What a detector remembers of a run, in optimizer steps: how often the posterior is checked must not matter.

Mutual information is a noisy estimate; its mean over the last `HORIZON` steps is judged. A posterior that starts at the
prior may still wake up, and what shows it comes before the information: dimensions come alive, KL rises again, the
decoder begins to use z. As long as one of these makes progress, the posterior is given time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from seqsetvae.collapse.observation import Observation

#: Steps over which mutual information and KL are averaged.
HORIZON, KL_HORIZON = 100, 50
#: Steps that the first check covers at most.
FIRST_SPAN = 200
#: Nats of information with which a posterior is awake.
AWAKE = 0.1
#: Steps that a posterior is given to wake up in; fewer where its KL is below so many nats.
WAKING_STEPS, SHORT_WAKING_STEPS, NO_KL = 250, 150, 0.01
#: Progress is a rise by these factors over what was best (KL: over its lowest, and while it is low) above these values,
#: or of the share of active units by so much; it buys so many steps, or that share of the steps so far.
INFORMATION_RISE, INFORMATION_FLOOR = 1.2, 0.02
KL_RISE, KL_FLOOR, KL_CEILING = 1.25, 0.02, 1.0
USE_RISE, USE_FLOOR = 1.3, 0.002
ACTIVE_RISE = 0.1
PROGRESS_STEPS, PROGRESS_SHARE = 100, 0.25
#: Steps whose checks say what information is now, and how far it is above its lowest of the last steps when a posterior
#: recovers.
NOW_STEPS, LOWEST_STEPS, RECOVERY = 30, 100, 0.03
#: Information fades below this share of its best, or where it falls below the second while KL is below the third.
FADED, FADING_INFORMATION, FADING_KL = 0.5, 0.84, 0.72
#: A loss of reconstruction that is this much above its best has risen.
RISEN = 1.5


@dataclass(slots=True, kw_only=True)
class PosteriorCourse:
    """The course of a run up to a check, that check included; plain numbers, None where there was none.

    Attributes:
        checks: Checks so far.
        start, step, span: First step that is covered, that of the last check, and the steps that it covers.
        awake: Whether the posterior ever told sets apart.
        information, kl: Their running means, nats.
        best_information, best_step, best_beta, best_kl: The highest of them, and step and β where the information was.
        low_kl, high_use, high_active, high_information: What progress is measured from.
        progress: Step of the last progress.
        recent: Steps and information of the checks of the last `NOW_STEPS`.
        lately: Steps and `information_now` of the last `LOWEST_STEPS`, and of the check before.
        recon: Running mean of the reconstruction loss.
        best_recon: The lowest of it.
        recon_window: Reconstruction losses of the last checks.
    """

    checks: int = 0
    start: int = 0
    step: int | None = None
    span: int = 0
    awake: bool = False
    information: float | None = None
    kl: float | None = None
    best_information: float | None = None
    best_step: int = 0
    best_beta: float | None = None
    best_kl: float = 0.0
    low_kl: float = math.inf
    high_use: float = 0.0
    high_active: float = 0.0
    high_information: float = 0.0
    progress: int | None = None
    recent: tuple[tuple[int, float], ...] = ()
    lately: tuple[tuple[int, float], ...] = ()
    recon: float | None = None
    best_recon: float = math.inf
    recon_window: tuple[float, ...] = ()

    @property
    def age(self) -> int:
        """Steps that the checks cover."""
        return 0 if self.step is None else self.step - self.start

    @property
    def information_share(self) -> float | None:
        """Information as a share of its best, None where it is not known or never was above `AWAKE`."""
        if self.information is None or self.best_information is None or self.best_information < AWAKE:
            return None
        return max(0.0, self.information) / self.best_information

    @property
    def may_wake(self) -> bool:
        """Whether the posterior never told sets apart, and it is too early to say that it will not."""
        if self.awake or self.step is None:
            return False
        given = SHORT_WAKING_STEPS if self.kl is not None and self.kl < NO_KL else WAKING_STEPS
        if self.age < given:
            return True
        patience = max(PROGRESS_STEPS, PROGRESS_SHARE * self.age)
        return self.progress is not None and self.step - self.progress < patience

    @property
    def never_woke(self) -> bool:
        """Whether the posterior had time to wake up and still tells next to nothing."""
        now = self.information_now
        return not self.awake and not self.may_wake and now is not None and now < AWAKE

    @property
    def information_now(self) -> float | None:
        """Information of the last `NOW_STEPS`, nats."""
        return _mean_of(self.recent) if self.recent else None

    @property
    def rise(self) -> float:
        """Nats by which information is above its running mean; 0 where it is not known."""
        now = self.information_now
        return 0.0 if now is None or self.information is None else now - self.information

    @property
    def recovering(self) -> bool:
        """Whether mutual information has risen beyond its noise."""
        now = self.information_now
        return now is not None and bool(self.lately) and now - min(value for _, value in self.lately) > RECOVERY

    @property
    def fading(self) -> bool:
        """Whether a posterior that told sets apart tells them apart less and less."""
        share = self.information_share
        if share is None or not self.awake or self.kl is None:
            return False
        falling = self.rise < 0.0
        shrinking = share < FADING_INFORMATION and self.kl < FADING_KL * self.best_kl
        return falling and (share < FADED or shrinking)

    @property
    def recon_risen(self) -> bool:
        """Whether the loss of reconstruction is far above its best."""
        return self.recon is not None and self.best_recon > 0.0 and self.recon > RISEN * self.best_recon

    def begin(self, seen: Observation) -> None:
        """Count a check, finite or not."""
        self.checks += 1
        if self.step is None:
            self.span = max(1, min(seen.step, FIRST_SPAN))
            self.start = seen.step - self.span
        else:
            self.span = max(1, seen.step - self.step)
        self.step = seen.step

    def add(self, seen: Observation, *, active: float | None, little: float | None, window: int) -> None:
        """Add a finite check that `begin` has counted.

        Args:
            seen: The check.
            active: Share of active dimensions, None where unknown.
            little: Information below which it is little, nats; None where unknown.
            window: Checks of reconstruction to keep.
        """
        self.kl = self._mean(self.kl, seen.kl, KL_HORIZON)
        if seen.mutual_information is not None:
            self.information = self._mean(self.information, seen.mutual_information, HORIZON)
            known = (*self.recent, (seen.step, seen.mutual_information))
            self.recent = tuple(point for point in known if seen.step - point[0] < NOW_STEPS)
            kept = tuple(point for point in self.lately if seen.step - point[0] < LOWEST_STEPS)
            self.lately = (*(kept or self.lately[-1:]), (seen.step, _mean_of(self.recent)))
        if seen.recon is not None:
            self.recon = self._mean(self.recon, seen.recon, KL_HORIZON)
            self.best_recon = min(self.best_recon, self.recon)
            self.recon_window = (*self.recon_window, seen.recon)[-window:]
        self._note_progress(seen, active)
        self._note_best(seen)
        informed = self.information is None or self.information >= (AWAKE if little is None else little)
        self.awake = self.awake or (informed and (active is None or active > 0.0) and self.kl >= AWAKE)

    def _note_best(self, seen: Observation) -> None:
        assert self.kl is not None  # of this check
        if self.awake:
            self.best_kl = max(self.best_kl, self.kl)
        if self.information is not None and self.information > (self.best_information or 0.0):
            self.best_information, self.best_step, self.best_beta = self.information, seen.step, seen.beta

    def _note_progress(self, seen: Observation, active: float | None) -> None:
        assert self.kl is not None  # of this check
        steps = [
            KL_CEILING > self.kl > max(KL_FLOOR, KL_RISE * self.low_kl),
            active is not None and active > self.high_active + ACTIVE_RISE,
            seen.z_ablation is not None and seen.z_ablation > max(USE_FLOOR, USE_RISE * self.high_use),
            self.information is not None
            and self.information > max(INFORMATION_FLOOR, INFORMATION_RISE * self.high_information),
        ]
        if any(steps):
            self.progress = seen.step
        self.low_kl = self.kl if steps[0] else min(self.low_kl, self.kl)
        self.high_active = active if steps[1] and active is not None else self.high_active
        self.high_use = seen.z_ablation if steps[2] and seen.z_ablation is not None else self.high_use
        self.high_information = self.information if steps[3] and self.information is not None else self.high_information

    def _mean(self, before: float | None, value: float, horizon: int) -> float:
        """Return a running mean: of all steps at first, later of the last `horizon`, the newest counting most."""
        if before is None:
            return value
        weight = max(self.span / max(1, self.age), 1.0 - math.exp(-self.span / horizon))
        return before + min(1.0, weight) * (value - before)

    def state_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value not in (math.inf, None)}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """Return the course that `state_dict` made the values of."""
        known = {field.name: state[field.name] for field in fields(cls) if field.name in state}
        known["recent"] = tuple((int(step), float(value)) for step, value in known.get("recent", ()))
        known["lately"] = tuple((int(step), float(value)) for step, value in known.get("lately", ()))
        known["recon_window"] = tuple(known.get("recon_window", ()))
        return cls(**known)


def _mean_of(points: Sequence[tuple[int, float]]) -> float:
    return sum(value for _, value in points) / len(points)

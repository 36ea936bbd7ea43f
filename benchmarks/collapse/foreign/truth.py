"""Whether z lives, judged on held-out examples by what a user would test, not by what the detector measures.

Of 400 held-out examples, the same all through a run, in the state in which the model is trained, are computed

* *cost*: what the likelihood (or the reconstruction) of an example loses with the z of another one, in the unit of the
  loss and relative to it;
* *probe*: the share of variance of held-out data that a ridge regression from samples of z predicts;
* *information*: the mutual information of examples and z, of all examples together, in double precision.

Where the model is told a label beside z, the other example has the same label, the probe predicts what the label does
not, and information is that within labels. The posterior is *dead* where all three say nothing, *alive* where all three
say something, *weak* between. A run's fate is that of its end; see `Course`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from benchmarks.collapse.foreign.foreign_data import Examples
from benchmarks.collapse.foreign.vaes import ForeignVae
from seqsetvae.model.gaussian import GaussianPosterior

#: Below these, z says nothing: nats, relative loss (or nats of loss), share of variance.
NO_INFORMATION, NO_COST, NO_COST_NATS, NO_PROBE = 0.1, 0.005, 0.1, 0.02
#: Above these, it says something.
INFORMATION, COST, COST_NATS = 0.35, 0.01, 0.35
#: Draws of z for each example.
DRAWS = 1
#: Nats with which a posterior is awake, if not alive.
AWAKE = 0.2
#: Judgements running that find the posterior dead before it counts.
SUSTAINED = 4

State = Literal["alive", "weak", "dead", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueState:
    """What held-out examples say at one step.

    Attributes:
        step: Optimizer step.
        loss, data_loss: Held-out objective with β = 1, and its reconstruction.
        cost, cost_share: What another example's z costs: in the unit of the loss, and relative to it.
        probe: Share of the data's variance predicted from z.
        information: Nats.
        nats: Whether the loss is in nats.
    """

    step: int
    loss: float
    data_loss: float
    cost: float
    cost_share: float
    probe: float
    information: float
    nats: bool = True

    @property
    def state(self) -> State:
        """Alive, weak, dead, or other where numbers are not finite."""
        if not all(map(math.isfinite, (self.loss, self.cost, self.probe, self.information))):
            return "other"
        unused = self.cost_share < NO_COST or (self.nats and self.cost < NO_COST_NATS)
        if self.information < NO_INFORMATION and unused and self.probe < NO_PROBE:
            return "dead"
        used = self.cost_share > COST or (self.nats and self.cost > COST_NATS)
        return "alive" if self.information > INFORMATION and used else "weak"


@torch.no_grad()
def judge(vae: ForeignVae, held: Examples, *, step: int, nats: bool = True) -> TrueState:
    """Return the true state of a model; draws nothing from the training's random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        posteriors = vae.encode(held.x, held.group)
        z = [q.sample() for q in posteriors]
        other = _another(held.group)
        right = vae.data_loss(z, held.x, held.group)
        wrong = vae.data_loss([part[other] for part in z], held.x, held.group)
        rates = vae.rates(posteriors, z, held.group).sum(1)
        cost = float((wrong - right).mean())
        return TrueState(
            step=step,
            loss=float((right + rates).mean()),
            data_loss=float(right.mean()),
            cost=cost,
            cost_share=cost / abs(float(right.mean())),
            probe=_probe(torch.cat(z, 1), held),
            information=_information(posteriors, held.group),
            nats=nats,
        )


def _another(group: Tensor) -> Tensor:
    """Return, for each example, another one of its group."""
    order = torch.argsort(group + 0.5 * torch.rand(len(group)))
    other = torch.empty_like(order)
    for label in torch.unique(group):
        members = order[group[order] == label]
        other[members] = members.roll(1)
    return other


def _probe(z: Tensor, held: Examples) -> float:
    """Fit a ridge regression on one half and return the share of variance that it predicts in the other."""
    z, target = z.double(), held.features.double()
    for label in torch.unique(held.group):
        members = held.group == label
        target = target.clone()
        target[members] -= target[members].mean(0)
    z = (z - z.mean(0)) / z.std(0)
    half = len(z) // 2
    ridge = 0.05 * half * torch.eye(z.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(z[:half].T @ z[:half] + ridge, z[:half].T @ target[:half])
    remains = (target[half:] - z[half:] @ weights).square().sum()
    return max(0.0, float(1 - remains / target[half:].square().sum()))


def _information(posteriors: Sequence[GaussianPosterior], group: Tensor) -> float:
    """Return E[ln q(z | x) − ln mean over examples of the group of q(z | x′)], several draws each."""
    mean = torch.cat([q.mean for q in posteriors], 1).double()
    log_variance = torch.cat([q.log_variance for q in posteriors], 1).double()
    precision = torch.exp(-log_variance)
    same = group[:, None] == group
    found = 0.0
    for _ in range(DRAWS):
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        constant = (mean.square() * precision + log_variance).sum(1)
        density = -0.5 * (z.square() @ precision.T - 2 * z @ (mean * precision).T + constant)
        mixture = torch.logsumexp(density.masked_fill(~same, -math.inf), 1) - same.sum(1).log()
        found += float((density.diagonal() - mixture).mean()) / DRAWS
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of a run, and when.

    Attributes:
        fate: `dead` where the end is, sustained; `alive` where it is and has at least half of the best information;
            `other` where numbers were not finite at any time; `weak` otherwise.
        woke: Step from which z first said something for three judgements, or was weak for ten; or None.
        onset: Step from which it was dead to the end, or None.
        best: The most information there was, nats, and `best_step`.
        half_lost: Step from which less than half of the best was left to the end; None where that never happened or
            z never woke.
    """

    fate: State
    woke: int | None
    onset: int | None
    best: float
    best_step: int
    half_lost: int | None


def course(states: Sequence[TrueState]) -> Course:
    """Return the course of a run from its judgements, of which there is at least one."""
    names = [state.state for state in states]
    awake = [i for i, state in enumerate(states) if names[i] == "alive" or state.information > AWAKE]
    weak = [i for i, name in enumerate(names) if name in ("alive", "weak")]
    risen = (_first_of(awake, 3), _first_of(weak, 10))
    woke = min((i for i in risen if i is not None), default=None)
    best = max(states, key=lambda state: state.information)
    onset = _sustained(names, max(awake, default=-1) + 1)
    kept = [i for i, state in enumerate(states) if state.information >= 0.5 * best.information]
    half = kept[-1] + 1 if kept and woke is not None else len(states)
    fate: State = "weak"
    if "other" in names:
        fate = "other"
    elif onset is not None:
        fate = "dead"
    elif names[-2:] == ["alive"] * 2 and half == len(states):
        fate = "alive"
    return Course(
        fate=fate,
        woke=None if woke is None else states[woke].step,
        onset=None if onset is None or fate != "dead" else states[onset].step,
        best=best.information,
        best_step=best.step,
        half_lost=states[half].step if half < len(states) else None,
    )


def _first_of(found: Sequence[int], count: int) -> int | None:
    """Return the first of `count` successive numbers, or None."""
    known = set(found)
    return next((i for i in found if set(range(i, i + count)) <= known), None)


def _sustained(names: Sequence[State], start: int) -> int | None:
    """Return where the first `SUSTAINED` dead judgements running begin, from `start` on, if the end is dead too."""
    for i in range(start, len(names) - SUSTAINED + 1):
        if names[-1] == "dead" and all(name == "dead" for name in names[i : i + SUSTAINED]):
            return i
    return None

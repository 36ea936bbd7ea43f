"""The fate of a run, judged on held-out sets and independently of the detector.

About 2,000 sets of the validation split, the same all through a run, are encoded in eval mode. Of them are computed

* the mutual information of sets and latents, one sample of all sets (at most ln 2,000 = 7.6 nats);
* the share of dimensions whose posterior mean has a variance above 0.01 over these sets;
* z ablation: the relative loss of reconstruction with the latents of another set of the same size.

The rule: the posterior is *dead* where mutual information is below `LITTLE_INFORMATION`, and active units are below
`FEW_ACTIVE_UNITS`, or z ablation is below `LITTLE_ABLATION` and KL below `LITTLE_KL`. Onset is the first of
`SUSTAINED` judgements running that find it dead while β is at least half of what it rises to: before, warm-up is still
to decide, and a model that has not learned yet passes through a dip. A run that is never dead for so long is
*weak* where the last judgement finds mutual information below `LITTLE_INFORMATION`, *alive* otherwise, and *other*
where its numbers stop being finite or its KL goes beyond `EXPLODED` nats: that is trouble, but not collapse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from seqsetvae.data.batch import EventBatch, collate
from seqsetvae.data.patient import Patient
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import ChamferWeights
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.posterior.mutual_information import log_density_ratios, mutual_information
from seqsetvae.posterior.statistics import ACTIVE_VARIANCE
from seqsetvae.posterior.z_ablation import z_ablation

HELD_OUT_SETS = 2000
BATCH = 16
LITTLE_INFORMATION = 0.35
FEW_ACTIVE_UNITS = 0.1
LITTLE_ABLATION = 0.01
LITTLE_KL = 1.0
SUSTAINED = 4
EXPLODED = 1000.0

Fate = Literal["alive", "weak", "dead", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What held-out sets say at one step; units as in the stream."""

    step: int
    beta_share: float
    kl: float
    mutual_information: float
    active_units: float
    z_ablation: float

    @property
    def finite(self) -> bool:
        """Whether the numbers are."""
        return all(map(math.isfinite, (self.kl, self.mutual_information, self.z_ablation)))

    @property
    def weak(self) -> bool:
        """Whether z says little of its set."""
        return self.finite and self.mutual_information < LITTLE_INFORMATION

    @property
    def dead(self) -> bool:
        """Whether z says nothing of its set; see the rule above."""
        unused = self.z_ablation < LITTLE_ABLATION and self.kl < LITTLE_KL
        return self.weak and (self.active_units < FEW_ACTIVE_UNITS or unused)


class HeldOut:
    """Held-out sets to judge models on."""

    def __init__(self, patients: Sequence[Patient], sets: int = HELD_OUT_SETS) -> None:
        chosen: list[Patient] = []
        for patient in patients:
            if sum(len(p.minute) for p in chosen) >= sets:
                break
            chosen.append(patient)
        self.batches: list[EventBatch] = [collate(chosen[i : i + BATCH]) for i in range(0, len(chosen), BATCH)]

    def judge(self, model: SeqSetVAE, chamfer: ChamferWeights, *, step: int, beta_share: float) -> Judgement:
        """Return what the held-out sets say of a model; draws nothing from the training's random numbers."""
        training = model.training
        model.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            outputs = [model(batch).posteriors for batch in self.batches]
            levels = [
                GaussianPosterior(
                    mean=torch.cat([q[level].mean for q in outputs]).double(),
                    log_variance=torch.cat([q[level].log_variance for q in outputs]).double(),
                )
                for level in range(len(outputs[0]))
            ]
            ratios = torch.stack([log_density_ratios(q, q.sample()) for q in levels]).sum(0)
            means = torch.cat([q.mean for q in levels], dim=1)
            ablations = [float(z_ablation(model, batch, chamfer)) for batch in self.batches]
            judgement = Judgement(
                step=step,
                beta_share=beta_share,
                kl=float(torch.stack([q.kl().sum(1).mean() for q in levels]).sum()),
                mutual_information=float(mutual_information(ratios)),
                active_units=float((means.var(0) > ACTIVE_VARIANCE).double().mean()),
                z_ablation=sum(ablations) / len(ablations),
            )
        model.train(training)
        return judgement


def onset(judgements: Sequence[Judgement]) -> int | None:
    """Return the step at which the posterior was first dead, or None."""
    run = 0
    for index, judgement in enumerate(judgements):
        run = run + 1 if judgement.dead and judgement.beta_share >= 0.5 else 0
        if run == SUSTAINED:
            return judgements[index - SUSTAINED + 1].step
    return None


def fate(judgements: Sequence[Judgement]) -> Fate:
    """Return what became of a run; see the rule above."""
    if not all(judgement.finite and judgement.kl < EXPLODED for judgement in judgements):
        return "other"
    if onset(judgements) is not None:
        return "dead"
    return "weak" if judgements and judgements[-1].weak else "alive"

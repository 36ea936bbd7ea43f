"""Train the foreign VAEs and keep what a user of the monitor would have, compactly.

    python -m benchmarks.collapse.foreign.train_foreign benchmarks/collapse/foreign/streams

One training is recorded at check intervals of 10, 50 and 200 steps at once. A file is gzipped JSONL: a line about the
run, its true states and its course, then one line a check, with its `interval`.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import torch
from torch import Tensor, nn

from benchmarks.collapse.foreign.foreign_data import DATA, Examples, halves
from benchmarks.collapse.foreign.foreign_plans import ForeignPlan, foreign_plans
from benchmarks.collapse.foreign.truth import TrueState, course, judge
from benchmarks.collapse.foreign.vaes import ForeignVae, log_density
from benchmarks.collapse.train_runs import _rounded as rounded
from seqsetvae.commandline.program import run_program
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.posterior_judge import SAMPLES_PER_CHECK
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary
from seqsetvae.stream.values import plain

INTERVALS = (10, 50, 200)
JUDGE_EVERY = 20
#: Steps between two validations; their losses are in the check of that step.
VALIDATE_EVERY = 200
#: Samples of the importance weighted objective.
IMPORTANCE_SAMPLES = 5
STANDARD = GaussianPosterior(mean=torch.zeros(1, 1), log_variance=torch.zeros(1, 1))


class CheckRecorder:
    """What a user's callback records of a training at one interval."""

    def __init__(self, vae: ForeignVae, interval: int) -> None:
        self.vae, self.interval = vae, interval
        self.checks: list[dict[str, Any]] = []
        self._statistics = PosteriorStatistics(vae.dimensions, sample_every=-(-interval // SAMPLES_PER_CHECK))
        self._rates: list[Tensor] = []

    def add(self, posteriors: list[GaussianPosterior], rates: Tensor, recon: Tensor) -> None:
        """Add a step: posteriors, KL to the model's own prior, and the mean reconstruction loss."""
        self._statistics.update(posteriors, recon)
        if self.vae.own_prior:
            self._rates.append(rates.mean(0))

    def close(self, step: int, more: dict[str, float | None]) -> None:
        """End a check, with what else was measured at its step."""
        metrics = read_summary(self._statistics.vector().tolist(), self.vae.dimensions).to_metrics()
        self._statistics.reset()
        if self._rates:
            rates = torch.stack(self._rates).mean(0)
            metrics["posterior/kl_standard"] = metrics["posterior/kl"]
            metrics["posterior/kl"] = float(rates.sum())
            if len(rates) == sum(self.vae.dimensions):
                metrics["posterior/kl_per_dim_standard"] = metrics["posterior/kl_per_dim"]
                metrics["posterior/kl_per_dim"] = rates.tolist()
            self._rates.clear()
        if (information := metrics.get("posterior/mutual_information")) is not None:
            metrics["posterior/marginal_kl"] = metrics["posterior/kl"] - information  # type: ignore[operator]
        found = {name: value for name, value in more.items() if value is not None}
        self.checks.append({"interval": self.interval, "step": step, **metrics, **found})


def objective(plan: ForeignPlan, data: Tensor, rates: Tensor, step: int) -> Tensor:
    """Return what is minimised, from the losses and rates of examples."""
    beta, rate = plan.beta(step), rates.sum(1).mean()
    if plan.objective == "free bits":
        rate = rates.mean(0).clamp(min=plan.free_bits).sum()
    elif plan.objective == "capacity":
        rate = (rate - plan.capacity(step)).abs()
    return data.mean() + beta * rate


def importance_weighted(plan: ForeignPlan, vae: ForeignVae, batch: Examples, q: GaussianPosterior, step: int) -> Tensor:
    """Return the importance weighted bound (Burda et al. 2016), with β on the ratio of posterior and prior."""
    weights = []
    for _ in range(IMPORTANCE_SAMPLES):
        z = q.sample()
        ratio = log_density(q, z) - log_density(STANDARD, z)
        weights.append(-vae.data_loss([z], batch.x, batch.group) - plan.beta(step) * ratio)
    return -torch.logsumexp(torch.stack(weights), 0).mean()


def train_plan(plan: ForeignPlan) -> tuple[list[TrueState], list[dict[str, Any]]]:
    """Train one plan and return its true states and its checks of all intervals."""
    train, held = halves(DATA[plan.data]())
    torch.manual_seed(plan.seed)
    vae = plan.build()
    _quieten(vae, plan.quiet)
    optimizer = torch.optim.Adam(vae.parameters(), plan.learning_rate, fused=True)
    recorders = [CheckRecorder(vae, interval) for interval in INTERVALS]
    states: list[TrueState] = []
    for step in range(1, plan.steps + 1):
        vae.handicap = plan.handicap(step)
        batch = train.at(torch.randint(len(train.x), (plan.batch,)))
        posteriors = vae.encode(batch.x, batch.group)
        z = [q.sample() for q in posteriors]
        data = vae.data_loss(z, batch.x, batch.group)
        rates = vae.rates(posteriors, z, batch.group)
        if plan.objective == "importance weighted":
            loss = importance_weighted(plan, vae, batch, posteriors[0], step)
        else:
            loss = objective(plan, data, rates, step)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            if step == 1 or step % JUDGE_EVERY == 0:
                states.append(judge(vae, held, step=step, nats=plan.architecture != "mean-mse"))
            seen = [_by_time(q, vae.time) for q in posteriors]
            for recorder in recorders:
                recorder.add(seen, rates, data.mean())
            _close(plan, vae, batch, recorders, states, step)
    return states, [check for recorder in recorders for check in recorder.checks]


def _close(
    plan: ForeignPlan, vae: ForeignVae, batch: Examples, recorders: Sequence[CheckRecorder], states: list[TrueState],
    step: int,
) -> None:  # fmt: skip
    """End the checks that are due at a step."""
    due = [recorder for recorder in recorders if step % recorder.interval == 0]
    if not due:
        return
    more: dict[str, float | None] = {
        "posterior/z_ablation": _ablation(vae, batch),
        "posterior/beta": plan.beta(step),
        "posterior/max_beta": plan.beta.end if plan.warm_up else None,
    }
    if step % VALIDATE_EVERY == 0:
        more |= {"val/loss": states[-1].loss, "val/recon": states[-1].data_loss}
    for recorder in due:
        recorder.close(step, more)


def _ablation(vae: ForeignVae, batch: Examples) -> float:
    """Return what reconstruction of a training batch loses with the posterior mean of the neighbour, relatively."""
    with torch.random.fork_rng(devices=[]):
        means = [q.mean for q in vae.encode(batch.x, batch.group)]
        right = vae.data_loss(means, batch.x, batch.group).mean()
        wrong = vae.data_loss([mean.roll(1, 0) for mean in means], batch.x, batch.group).mean()
    return float((wrong - right) / right)


def _by_time(q: GaussianPosterior, time: int) -> GaussianPosterior:
    """Return every step of time as an example of its own."""
    parts = (part.detach().reshape(time * len(part), -1) for part in (q.mean, q.log_variance))
    return GaussianPosterior(mean=next(parts), log_variance=next(parts))


def _quieten(vae: ForeignVae, factor: float) -> None:
    """Scale the last layer of an encoder of linear layers, so that the posterior starts at the prior."""
    if factor != 1.0:
        assert isinstance(vae.encoder, nn.Sequential)
        with torch.no_grad():
            for parameter in vae.encoder[-1].parameters():
                parameter.mul_(factor)


def run_plan(plan: ForeignPlan, target: Path) -> str:
    """Train one plan, write its stream, and return its fate in words."""
    states, checks = train_plan(plan)
    found = course(states)
    head = {
        "name": plan.name, "architecture": plan.architecture, "scenario": plan.scenario, "half": plan.half,
        "seed": plan.seed, "gradual": plan.gradual, "free_bits": plan.free_bits,
        "states": [rounded(asdict(state)) for state in states],
    }  # fmt: skip
    content = b"\n".join(orjson.dumps(plain(record)) for record in (head, *map(rounded, checks))) + b"\n"
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{plan.name}.jsonl.gz").write_bytes(gzip.compress(content, mtime=0))
    return (
        f"{found.fate}, woke {found.woke}, best {found.best:.2f} at {found.best_step}, half lost {found.half_lost}, "
        f"dead from {found.onset}"
    )


def run(argv: Sequence[str]) -> int:
    """Train what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="directory for the streams")
    parser.add_argument("--only", default="", help="runs whose name contains this")
    parser.add_argument("--share", default="1/1", help="PART/PARTS: train every PARTS-th run, from the PART-th")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    part, parts = map(int, options.share.split("/"))
    plans = [plan for plan in foreign_plans() if options.only in plan.name]
    for plan in plans[part - 1 :: parts]:
        if not (options.target / f"{plan.name}.jsonl.gz").exists():
            print(f"{plan.name}: {run_plan(plan, options.target)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(run_program("train_foreign", run, None))

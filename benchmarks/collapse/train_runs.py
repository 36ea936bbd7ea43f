"""Train the runs of the benchmark and keep their streams, compactly.

    python -m benchmarks.collapse.train_runs benchmarks/collapse/streams --real data/p12

Each run is the real trainer on one core, with a callback that judges its fate on held-out sets. What is kept is one
gzipped JSONL file a run: a line about the run and its judgements, then the `posterior/` lines of its stream, rounded to
four digits.
"""

from __future__ import annotations

import argparse
import gzip
import io
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytorch_lightning as pl
import torch
from rich.console import Console
from torch import Tensor

from benchmarks.collapse.fate import HeldOut, Judgement, fate, onset
from benchmarks.collapse.plans import SHARED, RunPlan, all_plans, random_plans
from seqsetvae.commandline.program import run_program
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic
from seqsetvae.stream.values import plain
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.module import SeqSetVAEModule
from seqsetvae.training.run import build_run, train
from seqsetvae.training.schedules import CheckSchedule

#: Checks between two judgements.
JUDGE_EVERY = 2
DIGITS = 4


class Script(pl.Callback):
    """Does to a run what its plan says, and judges it."""

    def __init__(self, plan: RunPlan, schedule: CheckSchedule) -> None:
        self.plan = plan
        self.schedule = schedule
        self.judgements: list[Judgement] = []
        self._held_out: HeldOut | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Prepare the weights and the held-out sets."""
        assert isinstance(pl_module, SeqSetVAEModule)
        self._held_out = HeldOut(list(trainer.datamodule.cohort.valid))  # type: ignore[attr-defined]
        self._beta = pl_module.beta
        with torch.no_grad():
            for head in pl_module.model.encoder.heads:
                head.parameters_of_q.weight.mul_(self.plan.quiet_start)
                head.parameters_of_q.bias.mul_(self.plan.quiet_start)
        _deafen(pl_module.model.latent.weight, self.plan.deaf)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Change β where it is due."""
        for change in self.plan.beta_changes:
            if trainer.global_step >= change.at:
                pl_module.beta = change.schedule(trainer.global_step, self._beta)  # type: ignore[assignment]

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Judge the model where it is due."""
        del outputs, batch, batch_idx
        assert isinstance(pl_module, SeqSetVAEModule)
        assert self._held_out is not None
        step = trainer.global_step
        if self.schedule.due(step) and (step // self.schedule.interval(step)) % JUDGE_EVERY == 0:
            share = pl_module.beta(step - 1) / pl_module.beta.max_beta
            self.judgements.append(
                self._held_out.judge(pl_module.model, pl_module.chamfer, step=step, beta_share=share)
            )


def _deafen(weight: Tensor, share: float) -> None:
    """Make the last columns of a weight zero for good."""
    heard = torch.ones(weight.shape[1])
    heard[round((1 - share) * len(heard)) :] = 0.0
    with torch.no_grad():
        weight.mul_(heard)
    weight.register_hook(lambda gradient: gradient * heard)  # type: ignore[no-untyped-call]


def run_plan(plan: RunPlan, cohort: Path, target: Path) -> None:
    """Train one plan and write its stream."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(
            data_dir=str(cohort), log_dir=f"{folder}/logs", output_dir=f"{folder}/checkpoints", run_name=plan.name,
            seed=plan.seed, **{**SHARED, **plan.changes},
        )  # fmt: skip
        run = build_run(config, Console(file=io.StringIO()))
        script = Script(plan, config.check_schedule())
        # Before the checkpoint keeper, which is the last to see a step.
        run.trainer.callbacks.insert(0, script)  # type: ignore[attr-defined]
        train(run, "")
        lines = (Path(run.logger.log_dir) / "metrics.jsonl").read_bytes().splitlines()
    head = {
        "name": plan.name, "kind": plan.kind, "half": plan.half, "seed": plan.seed, "cohort": plan.cohort,
        "settings": {**config.to_dict(), "data_dir": plan.cohort, "log_dir": "", "output_dir": ""},
        "fate": fate(script.judgements), "onset": onset(script.judgements),
        "judgements": [_rounded(asdict(j)) for j in script.judgements],
    }  # fmt: skip
    checks = [_compact(record) for record in map(orjson.loads, lines) if "posterior/kl" in record]
    content = b"\n".join(orjson.dumps(plain(record)) for record in (head, *checks)) + b"\n"
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{plan.name}.jsonl.gz").write_bytes(gzip.compress(content, mtime=0))


def _compact(record: dict[str, Any]) -> dict[str, Any]:
    wanted = {key for key in record if key == "step" or key.startswith("posterior/")} - {"posterior/verdict"}
    return _rounded({key: record[key] for key in record if key in wanted})


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _round(value) for name, value in values.items()}


def _round(value: Any) -> Any:
    if isinstance(value, list):
        return [_round(item) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    return value


def run(argv: Sequence[str]) -> int:
    """Train what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="directory for the streams")
    parser.add_argument("--real", type=Path, help="prepared cohort of real stays; without it those runs are left out")
    parser.add_argument("--only", default="", help="runs whose name contains this")
    parser.add_argument("--half", choices=["calibration", "test"], help="only this half")
    parser.add_argument("--seed_offset", type=int, default=0, help="added to every seed: runs that nobody has seen")
    parser.add_argument("--random", type=int, metavar="N", help="instead, N runs with settings drawn at random")
    parser.add_argument("--share", default="1/1", help="PART/PARTS: train every PARTS-th run, from the PART-th")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    part, parts = map(int, options.share.split("/"))
    with tempfile.TemporaryDirectory() as folder:
        cohorts = {"synthetic": Path(folder) / "cohort", "real": options.real}
        prepare_synthetic(cohorts["synthetic"], cohort=CohortPlan(patients=600), shares=SplitPlan(), jobs=1)
        plans = [replace(plan, seed=plan.seed + options.seed_offset) for plan in all_plans()]
        if options.random:
            plans = list(random_plans(options.random, options.seed_offset, real=options.real is not None))
        plans = [plan for plan in plans if options.only in plan.name and options.half in (None, plan.half)]
        for plan in plans[part - 1 :: parts]:
            cohort = cohorts[plan.cohort]
            if cohort is None or (options.target / f"{plan.name}.jsonl.gz").exists():
                continue
            print(plan.name, flush=True)
            run_plan(plan, cohort, options.target)
    return 0


if __name__ == "__main__":
    sys.exit(run_program("train_runs", run, None))

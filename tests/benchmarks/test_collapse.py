"""The runs of the collapse benchmark, and the judge of their fate."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
import torch

from benchmarks.collapse.fate import SUSTAINED, HeldOut, Judgement, fate, onset
from benchmarks.collapse.plans import SHARED, BetaChange, RunPlan, all_plans
from benchmarks.collapse.train_runs import run_plan
from seqsetvae.benchmark.detection import read_traces
from seqsetvae.model.losses import ChamferWeights
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.schedules import BetaSchedule
from tests import tiny

ALIVE = Judgement(step=0, beta_share=1.0, kl=5.0, mutual_information=3.0, active_units=0.9, z_ablation=0.3)
DEAD = Judgement(step=0, beta_share=1.0, kl=0.01, mutual_information=0.01, active_units=0.0, z_ablation=0.0)


def at_steps(*judgements: Judgement) -> list[Judgement]:
    return [dataclasses.replace(judgement, step=10 * i) for i, judgement in enumerate(judgements, start=1)]


class TestPlans:
    def test_there_are_runs_enough_in_both_halves(self) -> None:
        halves = Counter(plan.half for plan in all_plans())
        assert halves["calibration"] == halves["test"] >= 40

    def test_names_and_seeds_are_different(self) -> None:
        plans = list(all_plans())
        assert len({plan.name for plan in plans}) == len({plan.seed for plan in plans}) == len(plans)

    def test_every_kind_is_in_both_halves(self) -> None:
        kinds = [{plan.kind for plan in all_plans() if plan.half == half} for half in ("calibration", "test")]
        assert kinds[0] == kinds[1]
        assert {"healthy", "warm-up", "recovery", "partial", "total", "slow", "mid-run", "nan"} < kinds[0]

    @pytest.mark.parametrize("plan", list(all_plans())[::2], ids=lambda plan: plan.name)
    def test_every_plan_is_a_possible_run(self, plan: RunPlan) -> None:
        TrainConfig(data_dir="somewhere", seed=plan.seed, **{**SHARED, **plan.changes})

    def test_beta_moves_geometrically(self) -> None:
        before = BetaSchedule(max_beta=0.01, warmup_steps=100)
        change = BetaChange(at=50, beta=1.0, steps=2)
        assert [change.schedule(step, before)(step) for step in (50, 51, 80)] == pytest.approx([0.1, 1.0, 1.0])


class TestFate:
    def test_onset_is_the_first_of_enough_dead_judgements_running(self) -> None:
        assert onset(at_steps(ALIVE, DEAD, ALIVE, *[DEAD] * SUSTAINED)) == 40
        assert onset(at_steps(ALIVE, *[DEAD] * (SUSTAINED - 1), ALIVE, DEAD)) is None

    def test_warm_up_is_not_judged(self) -> None:
        warming = dataclasses.replace(DEAD, beta_share=0.4)
        assert onset(at_steps(warming, warming, warming, *[DEAD] * SUSTAINED)) == 40

    def test_a_diverged_posterior_is_not_a_dead_one(self) -> None:
        assert not dataclasses.replace(DEAD, kl=float("nan")).dead

    def test_a_posterior_that_is_used_lives(self) -> None:
        assert not dataclasses.replace(DEAD, active_units=0.5, z_ablation=0.05).dead
        assert not dataclasses.replace(DEAD, mutual_information=0.5).dead

    def test_what_is_neither_alive_nor_dead_is_weak(self) -> None:
        weak = dataclasses.replace(DEAD, active_units=0.5, z_ablation=0.05)
        assert [fate(at_steps(*course)) for course in ([ALIVE, ALIVE], [ALIVE, weak], [DEAD] * SUSTAINED, [])] == [
            "alive", "weak", "dead", "alive",
        ]  # fmt: skip

    def test_trouble_of_another_kind_is_distinguished(self) -> None:
        assert fate(at_steps(ALIVE, dataclasses.replace(ALIVE, kl=5e4), ALIVE)) == "other"
        assert fate(at_steps(ALIVE, dataclasses.replace(DEAD, kl=float("nan")))) == "other"


class TestHeldOut:
    def model(self, *, heads: float) -> SeqSetVAE:
        torch.manual_seed(0)
        model = SeqSetVAE(
            ModelConfig(num_variables=tiny.NUM_VARIABLES, reduced_dim=16, latent_dim=8, ff_dim=16, transformer_layers=1)
        )
        with torch.no_grad():
            for head in model.encoder.heads:
                head.parameters_of_q.weight.mul_(heads)
        return model

    def judge(self, model: SeqSetVAE) -> Judgement:
        patients = tiny.patients([(2, 3, 1, 5)] * 20)
        return HeldOut(patients, sets=60).judge(model, ChamferWeights(), step=7, beta_share=1.0)

    def test_only_as_many_sets_as_asked_are_taken(self) -> None:
        held_out = HeldOut(tiny.patients([(2, 3, 1, 5)] * 20), sets=60)
        assert sum(batch.num_sets for batch in held_out.batches) == 60

    def test_a_posterior_that_is_the_prior_is_dead(self) -> None:
        judgement = self.judge(self.model(heads=0.0))
        assert (judgement.mutual_information, judgement.active_units, judgement.z_ablation) == (0.0, 0.0, 0.0)
        assert judgement.dead

    def test_a_posterior_that_follows_its_sets_is_alive(self) -> None:
        judgement = self.judge(self.model(heads=5.0))
        assert judgement.active_units == 1.0
        assert judgement.mutual_information > 2.0
        assert not judgement.dead

    def test_judging_changes_neither_the_model_nor_the_random_numbers(self) -> None:
        model = self.model(heads=1.0).train()
        torch.manual_seed(3)
        before = torch.random.get_rng_state()
        first = self.judge(model)
        torch.manual_seed(4)
        second = self.judge(model)
        assert first == second
        torch.manual_seed(3)
        self.judge(model)
        assert torch.equal(torch.random.get_rng_state(), before)
        assert model.training


@pytest.mark.usefixtures("one_thread")
def test_a_plan_becomes_a_stream(tiny_cohort: Path, tmp_path: Path) -> None:
    plan = RunPlan(
        kind="partial", variant="short", seed=3, deaf=0.5, quiet_start=0.5, beta_changes=(BetaChange(at=8, beta=1.0),),
        changes={"max_steps": 20, "batch_size": 4, "reduced_dim": 16, "latent_dim": 4, "ff_dim": 16},
    )  # fmt: skip
    run_plan(plan, tiny_cohort, tmp_path)
    (trace,) = read_traces(tmp_path)
    assert (trace.name, trace.half, trace.settings["latent_dim"]) == ("partial-short-synthetic-s3", "test", 4)
    assert [seen.step for seen in trace.observations] == [5, 10, 15, 20]
    assert [seen.beta for seen in trace.observations] == pytest.approx([0.0004, 1.0, 1.0, 1.0])

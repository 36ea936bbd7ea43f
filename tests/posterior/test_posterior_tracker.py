"""`PosteriorTracker` in a plain loop: a log that can be watched, the detector's verdict, and no Lightning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from seqsetvae.errors import InputError
from seqsetvae.posterior.posterior_tracker import PosteriorTracker
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState
from seqsetvae.stream.run_directory import read_manifest

LATENT = 3


def tracker(root: Path, **settings: Any) -> PosteriorTracker:
    return PosteriorTracker(root, "mine", **{"check_frequency": 2, **settings})


def alive(seed: int = 0) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return 2.0 * torch.randn(32, LATENT, generator=draw), torch.full((32, LATENT), -3.0)


def metrics(root: Path) -> list[MetricsRecord]:
    return [decode_metrics(line) for line in (root / "mine" / "metrics.jsonl").read_bytes().splitlines()]


def events(root: Path) -> list[EventRecord]:
    return [decode_event(line) for line in (root / "mine" / "events.jsonl").read_bytes().splitlines()]


def end_of(root: Path) -> tuple[RunState, str | None]:
    manifest = read_manifest(root / "mine" / "run.json")
    assert isinstance(manifest, Manifest)
    return manifest.state, manifest.reason


def test_it_loads_no_lightning(tmp_path: Path) -> None:
    code = (
        "import sys, seqsetvae.posterior.posterior_tracker as t, seqsetvae.collapse.detector; "
        "sys.exit(any(name.split('.')[0] in ('pytorch_lightning', 'lightning', 'pandas') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_a_loop_leaves_a_log_that_can_be_watched(tmp_path: Path) -> None:
    with tracker(tmp_path, config={"lr": 0.1}, total_steps=6) as watched:
        verdicts = [watched.step(*alive(step), reconstruction=torch.tensor([1.0, 3.0]), beta=0.5) for step in range(6)]
    assert verdicts[0] is None
    assert verdicts[-1] is watched.latest is not None
    assert [record.step for record in metrics(tmp_path)] == [2, 4, 6]
    last = metrics(tmp_path)[-1].values
    assert (last["posterior/recon"], last["posterior/beta"], last["posterior/sets"]) == (2.0, 0.5, 64.0)
    assert len(last["posterior/kl_per_dim"]) == LATENT  # type: ignore[arg-type]
    assert end_of(tmp_path) == (RunState.FINISHED, None)


def test_a_dead_posterior_turns_red_in_the_log(tmp_path: Path) -> None:
    with tracker(tmp_path, check_frequency=4) as watched:
        for _ in range(220):
            verdict = watched.step(Normal(torch.zeros(32, LATENT), torch.ones(32, LATENT)), beta=1.0)
    assert verdict is not None
    assert verdict.level is Level.RED
    assert [(event.kind, event.level) for event in events(tmp_path)][-1] == ("collapse", Level.RED)


@pytest.mark.parametrize(
    ("posterior", "levels"),
    [
        ((Normal(torch.zeros(4, 2), torch.ones(4, 2)),), 1),
        (([Normal(torch.zeros(4, 2), torch.ones(4, 2)), Normal(torch.zeros(4, 3), torch.ones(4, 3))],), 2),
        (([torch.zeros(4, 2), torch.zeros(4, 3)], [torch.zeros(4, 2), torch.zeros(4, 3)]), 2),
        ((torch.zeros(4, 5, 2), torch.zeros(4, 5, 2)), 1),
    ],
    ids=["normal", "normals", "lists", "time"],
)
def test_forms_of_a_posterior(posterior: tuple[Any, ...], levels: int, tmp_path: Path) -> None:
    with tracker(tmp_path, check_frequency=1) as watched:
        watched.step(*posterior)
    values = metrics(tmp_path)[0].values
    assert values["posterior/kl"] == pytest.approx(0.0, abs=1e-6)
    assert ("posterior/level2/kl" in values) == (levels == 2)


def test_masked_moments_and_a_prior_of_ones_own(tmp_path: Path) -> None:
    mean, mask = torch.full((4, 5, 2), 7.0), torch.zeros(4, 5)
    mask[:, 0], mean[:, 0] = 1.0, 1.0
    with tracker(tmp_path, check_frequency=1) as watched:
        watched.step(mean, torch.zeros_like(mean), mask=mask, prior=(torch.ones(2), torch.zeros(2)))
    assert metrics(tmp_path)[0].values["posterior/kl"] == pytest.approx(0.0, abs=1e-6)
    assert metrics(tmp_path)[0].values["posterior/sets"] == 4.0


def test_accumulated_batches_belong_to_the_step_that_is_given(tmp_path: Path) -> None:
    with tracker(tmp_path) as watched:
        for step in (1, 1, 2, 2, 3, 3, 4):
            watched.step(*alive(), step=step)
    assert [(record.step, record.values["posterior/sets"]) for record in metrics(tmp_path)] == [(2, 96.0), (4, 128.0)]


def test_a_resumed_loop_goes_on_in_its_log(tmp_path: Path) -> None:
    first = tracker(tmp_path)
    for _ in range(3):
        first.step(*alive())
    state = first.state_dict()
    first.close()
    second = tracker(tmp_path)
    second.load_state_dict(state)
    second.step(*alive())
    second.close()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert [(record.step, record.values["posterior/sets"]) for record in metrics(tmp_path)] == [(2, 64.0), (4, 64.0)]
    assert [event.step for event in events(tmp_path) if event.kind == "resumed"] == [3]


def test_an_error_is_the_end_that_the_log_tells(tmp_path: Path) -> None:
    def loop() -> None:
        with tracker(tmp_path, check_frequency=1) as watched:
            watched.step(*alive())
            raise KeyError("lost")

    with pytest.raises(KeyError):
        loop()
    assert end_of(tmp_path) == (RunState.FAILED, "KeyError: 'lost'")


@pytest.mark.parametrize("posterior", [(torch.zeros(4, 2),), ("mu",), (torch.zeros(4, 2), torch.zeros(4, 3))])
def test_what_is_no_posterior_is_a_sentence(posterior: tuple[Any, ...], tmp_path: Path) -> None:
    with tracker(tmp_path) as watched, pytest.raises(InputError, match="has no posterior"):
        watched.step(*posterior)


@pytest.mark.parametrize("setting", [{"check_frequency": 0}, {"kl_treshold": 1.0}, {"window_size": -1}])
def test_a_setting_that_cannot_be_is_a_sentence(setting: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        tracker(tmp_path, **setting)

"""Compare called with exact active units of linear VAEs.

    python -m benchmarks.collapse.linear
    python -m benchmarks.collapse.linear --trained 40

The first trains to the optimum; the second adds VAEs trained by Adam on batches, as users do. Called active units are
read from a check of `PosteriorStatistics`, by three rules: Var(μ) above 0.01 (`posterior/active_units`), KL of the
dimension above 0.01 nats (`posterior/kl_per_dim`), and either of them.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from rich.console import Console

from benchmarks.collapse.linear.linear_vae import LinearProblem, LinearVae
from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.commandline.program import run_program
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary

#: Nats above which the KL of a dimension counts.
ACTIVE_KL = 0.01
RULES = ("Var(μ) > 0.01", "KL > 0.01", "either", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledUnits:
    """Active units of one VAE: the exact number, and the number by each of `RULES`."""

    spectrum: str
    problem: LinearProblem
    exact: int
    called: tuple[int, ...]


def called_units(vae: LinearVae, *, batches: int = 10, batch: int = 64, seed: int = 0) -> tuple[int, ...]:
    """Return how many units a check over some batches calls active, by each of `RULES`."""
    draw = torch.Generator().manual_seed(seed)
    statistics = PosteriorStatistics([vae.problem.latent])
    single = [PosteriorStatistics([1]) for _ in range(vae.problem.latent)]
    for _ in range(batches):
        posterior = vae.posterior(vae.data(batch, draw))
        statistics.update([posterior], torch.zeros(()))
        for j, one in enumerate(single):
            one.update([type(posterior)(mean=posterior.mean[:, j : j + 1].contiguous(),
                                        log_variance=posterior.log_variance[:, j : j + 1].contiguous())],
                       torch.zeros(()))  # fmt: skip
    kl = [value > ACTIVE_KL for value in read_summary(statistics.vector().tolist(), [vae.problem.latent]).kl_per_dim]
    varying = [bool(read_summary(one.vector().tolist(), [1]).active_units) for one in single]
    pairs = list(zip(varying, kl, strict=True))
    return sum(varying), sum(kl), sum(a or b for a, b in pairs), sum(a and b for a, b in pairs)


SPECTRA = ("geometric", "few large", "power law", "plateau")


def spectrum(kind: str, size: int, draw: random.Random) -> tuple[float, ...]:
    """Return eigenvalues, descending."""
    if kind == "geometric":
        ratio = draw.uniform(0.6, 0.9)
        values = [4.0 * ratio**i for i in range(size)]
    elif kind == "few large":
        large = draw.randint(1, size // 2)
        values = [draw.uniform(1.0, 8.0) if i < large else draw.uniform(0.02, 0.1) for i in range(size)]
    elif kind == "power law":
        power = draw.uniform(0.5, 2.0)
        values = [5.0 * (i + 1) ** -power for i in range(size)]
    else:
        values = [draw.uniform(0.9, 1.1) * (2.0 if i < size // 2 else 0.2) for i in range(size)]
    return tuple(sorted(values, reverse=True))


def problems(count: int, seed: int) -> Iterator[tuple[str, LinearProblem]]:
    """Yield spectra, β, decoder variances and sizes drawn at random."""
    draw = random.Random(seed)
    for index in range(count):
        kind = SPECTRA[index % len(SPECTRA)]
        size, latent = draw.choice([8, 16, 32]), draw.choice([2, 4, 8, 16])
        values = spectrum(kind, size, draw)
        learned = draw.random() < 0.25
        yield (
            kind,
            LinearProblem(
                eigenvalues=values,
                latent=min(latent, size - 1),
                beta=1.0 if learned else 10 ** draw.uniform(-1.0, 1.0),
                noise=None if learned else 10 ** draw.uniform(-1.0, 0.5),
            ),
        )


def sweep(count: int, *, seed: int = 0, steps: int = 0, batches: int = 10, batch: int = 64) -> Iterator[CalledUnits]:
    """Yield the units of VAEs at their optimum, or after `steps` steps of Adam, from checks of so many batches."""
    for index, (kind, problem) in enumerate(problems(count, seed)):
        vae = LinearVae(problem, seed=index)
        if steps:
            vae.descend(steps, batch=64, learning_rate=3e-3, seed=index)
        else:
            vae.converge()
        yield CalledUnits(
            spectrum=kind,
            problem=problem,
            exact=problem.exact,
            called=called_units(vae, batches=batches, batch=batch, seed=index),
        )


def _print(console: Console, title: str, found: Sequence[CalledUnits]) -> None:
    """Print the share within one dimension, and exactly right, by spectrum and rule."""
    table = figures_table(title, ("spectrum", "VAEs", *RULES), words=1)
    for kind in (*SPECTRA, "all"):
        members = [units for units in found if kind in (units.spectrum, "all")]
        cells = []
        for rule in range(len(RULES)):
            off = [abs(units.called[rule] - units.exact) for units in members]
            cells.append(f"{_share(off, 1)} ({_share(off, 0)})")
        table.add_row(kind, str(len(members)), *cells)
    console.print(table)
    console.print("share within one dimension (share exactly right)\n")


def _share(off: Sequence[int], most: int) -> str:
    return f"{sum(value <= most for value in off) / max(1, len(off)):.0%}"


def run(argv: Sequence[str]) -> int:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimal", type=int, default=200, metavar="N", help="VAEs at their optimum")
    parser.add_argument("--trained", type=int, default=0, metavar="N", help="VAEs trained by Adam")
    parser.add_argument("--steps", type=int, default=4000, help="steps of Adam")
    parser.add_argument("--batches", type=int, default=10, help="batches of a check")
    parser.add_argument("--batch", type=int, default=64, help="examples of a batch of a check")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    console = Console()
    size = {"batches": options.batches, "batch": options.batch}
    if options.optimal:
        _print(console, "at the optimum", list(sweep(options.optimal, seed=options.seed, **size)))
    if options.trained:
        title = f"after {options.steps} steps of Adam"
        _print(console, title, list(sweep(options.trained, seed=options.seed + 1, steps=options.steps, **size)))
    return 0


if __name__ == "__main__":
    sys.exit(run_program("python -m benchmarks.collapse.linear", run, None))

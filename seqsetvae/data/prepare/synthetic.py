"""A small synthetic cohort for demos and tests, with everything that a model has to learn.

Each patient has a hidden state of three factors that drift over the stay (an AR(1) process around the patient's own
level). The state moves the values (so events of a set share it, and sets near each other in time do), the times (the
sicker are measured more often), and what is measured at all. Death depends on the state towards the end of the stay.
A few values are typing errors.

Patients are simulated in chunks with a random stream of their own each, so that the cohort is the same however many
processes make it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.layout import Split
from seqsetvae.data.prepare.conversion import Conversion, run_conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.patient_events import ChunkSummary, PatientEvents, write_patients
from seqsetvae.data.prepare.splitting import SplitPlan, assign_splits
from seqsetvae.data.prepare.staging import staged_output
from seqsetvae.data.prepare.synthetic_variables import PANEL_PLANS, PANELS, VARIABLES
from seqsetvae.errors import InputError

PATIENTS_PER_CHUNK = 128

FACTORS = 3
STEP_MINUTES = 10
LONGEST_STAY = 48 * 60 // STEP_MINUTES
SHORTEST_STAY = 24 * 60 // STEP_MINUTES

#: The state's memory: half a day.
MEMORY_MINUTES = 12 * 60
#: Of a factor's unit variance, the part that belongs to the patient; the rest drifts.
PATIENT_SHARE = 0.6
#: Death is decided by the state of the last six hours.
FINAL_STEPS = 6 * 60 // STEP_MINUTES
RISK_WEIGHTS = np.array([1.0, 0.45, 0.75])
AGE_WEIGHT = 0.4
RISK_SLOPE = 3.2
#: Gives 14 % deaths at these weights and this slope.
RISK_OFFSET = -4.85

#: A value's variance beyond its loadings: a patient's own level, and noise.
OWN_LEVEL = 0.35
NOISE = 0.35
#: How much more often a patient is measured per unit of shock, on the log scale.
INTENSITY_SLOPE = 0.3
TYPING_ERRORS = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortPlan:
    """Size of the cohort.

    Raises:
        InputError: a number is out of range.
    """

    patients: int = 600
    mean_sets: float = 30.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.patients < 20:
            raise InputError(
                "--patients is {value}, but at least 20 are needed to fill three splits.", value=self.patients
            )
        if not 2 <= self.mean_sets <= SHORTEST_STAY:
            raise InputError(
                "--mean_sets is {value:g}, but must lie between 2 and {most}.", value=self.mean_sets, most=SHORTEST_STAY
            )
        if self.seed < 0:
            raise InputError("--seed is {seed}, but must not be negative.", seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedChunk:
    """What one worker makes: the patients `first` to `first + count`."""

    stage: Path
    plan: CohortPlan
    first: int
    count: int
    splits: tuple[Split, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortCourse:
    """The hidden courses of some patients, and what follows from them.

    Attributes:
        state: `[patients, steps, factors]`, each factor of unit variance over the cohort.
        steps: `[patients]` length of the stay.
        age: `[patients]` years.
        label: `[patients]` 0 or 1.
        risk: `[patients]` the probability that the label was drawn with: the best that can be known.
    """

    state: NDArray[np.float64]
    steps: NDArray[np.int64]
    age: NDArray[np.float64]
    label: NDArray[np.int64]
    risk: NDArray[np.float64]


def prepare_synthetic(
    out_dir: Path, *, cohort: CohortPlan, shares: SplitPlan, jobs: int, force: bool = False
) -> PrepareReport:
    """Simulate a cohort into `out_dir`.

    Raises:
        InputError: `out_dir` is not to be written to, or a split would be empty.
    """
    starts = range(0, cohort.patients, PATIENTS_PER_CHUNK)
    counts = [min(PATIENTS_PER_CHUNK, cohort.patients - first) for first in starts]
    labels = {
        patient_name(first + i): int(label)
        for first, count in zip(starts, counts, strict=True)
        for i, label in enumerate(simulate_course(_stream(cohort, first), count).label)
    }
    split_of = assign_splits(labels, shares)
    conversion = Conversion(
        source="synthetic",
        options={
            "patients": cohort.patients,
            "mean_sets": cohort.mean_sets,
            "seed": cohort.seed,
            "split": list(shares.shares),
        },
        sources=cohort.patients,
        jobs=jobs,
    )
    with staged_output(out_dir, force=force) as stage:
        chunks = [
            SimulatedChunk(
                stage=stage,
                plan=cohort,
                first=first,
                count=count,
                splits=tuple(split_of[patient_name(first + i)] for i in range(count)),
            )
            for first, count in zip(starts, counts, strict=True)
        ]
        return run_conversion(stage, simulate_chunk, chunks, conversion)


def patient_name(number: int) -> str:
    """Return the id of a patient."""
    return f"s{number:06d}"


def _stream(plan: CohortPlan, first: int) -> np.random.Generator:
    return np.random.default_rng((plan.seed, first))


def simulate_chunk(chunk: SimulatedChunk) -> ChunkSummary:
    """Simulate and write the patients of one chunk; runs in a worker."""
    summary = write_patients(chunk.stage, _simulate_patients(chunk))
    summary.files = chunk.count
    return summary


def simulate_course(rng: np.random.Generator, patients: int) -> CohortCourse:
    """Draw hidden courses, ages and labels for `patients` patients."""
    level = rng.normal(scale=np.sqrt(PATIENT_SHARE), size=(patients, FACTORS))
    keep = np.exp(-STEP_MINUTES / MEMORY_MINUTES)
    drift = np.empty((patients, LONGEST_STAY, FACTORS))
    now = rng.normal(size=(patients, FACTORS))
    for step, push in enumerate(rng.normal(size=(LONGEST_STAY, patients, FACTORS))):
        drift[:, step] = now
        now = keep * now + np.sqrt(1 - keep**2) * push
    state = level[:, None] + np.sqrt(1 - PATIENT_SHARE) * drift
    steps = rng.integers(SHORTEST_STAY, LONGEST_STAY + 1, size=patients)
    age = np.clip(rng.normal(64, 16, size=patients), 18, 90).round()
    final = steps[:, None] - 1 - np.arange(FINAL_STEPS)
    burden = np.take_along_axis(state, final[:, :, None], axis=1).mean(axis=1) @ RISK_WEIGHTS
    logit = RISK_OFFSET + RISK_SLOPE * (burden + AGE_WEIGHT * (age - 64) / 16)
    risk = 1 / (1 + np.exp(-logit))
    label = (rng.random(patients) < risk).astype(np.int64)
    return CohortCourse(state=state, steps=steps, age=age, label=label, risk=risk)


def _simulate_patients(chunk: SimulatedChunk) -> Iterator[PatientEvents]:
    """Yield the patients of a chunk; everything is drawn for all of them at once, then cut by patient."""
    rng = _stream(chunk.plan, chunk.first)
    course = simulate_course(rng, chunk.count)
    patient, step = _measurement_times(rng, course, chunk.plan.mean_sets)
    state = course.state[patient, step]
    minute = step * STEP_MINUTES + rng.integers(1, STEP_MINUTES, size=step.size)
    event_set, variable = np.nonzero(_measured(rng, patient, state[:, 0], chunk.count))
    value = _values(rng, patient[event_set], state[event_set], variable, chunk.count)
    names = np.array([known.name for known in VARIABLES])
    bounds = np.searchsorted(patient[event_set], np.arange(chunk.count + 1))
    for i in range(chunk.count):
        events = slice(bounds[i], bounds[i + 1])
        static = _descriptors(rng, float(course.age[i]))
        yield PatientEvents(
            patient_id=patient_name(chunk.first + i),
            split=chunk.splits[i],
            label=int(course.label[i]),
            variable=[*static, *names[variable[events]].tolist()],
            value=np.concatenate([list(static.values()), value[events]]),
            minute=np.concatenate([np.zeros(len(static)), minute[event_set[events]]]),
        )


Flat = tuple[NDArray[np.int64], NDArray[np.int64]]


def _measurement_times(rng: np.random.Generator, course: CohortCourse, mean_sets: float) -> Flat:
    """Return patient and step of every measurement time, `[sets]` each, by patient and time."""
    mean_steps = (SHORTEST_STAY + LONGEST_STAY) / 2
    slope = INTENSITY_SLOPE
    # The mean of exp(slope · state) is exp(slope² / 2): divided out, so that mean_sets is what comes.
    intensity = mean_sets / mean_steps * np.exp(slope * course.state[:, :, 0] - slope**2 / 2)
    happens = rng.random(intensity.shape) < intensity
    happens &= np.arange(LONGEST_STAY) < course.steps[:, None]
    patient, step = np.nonzero(happens)
    return patient, step


def _measured(
    rng: np.random.Generator, patient: NDArray[np.int64], shock: NDArray[np.float64], patients: int
) -> NDArray[np.bool_]:
    """Return which variables each set holds, `[sets, variables]`; a set may turn out empty."""
    plans = [PANEL_PLANS[panel] for panel in PANELS]
    rate, slope, share = np.array([(p.rate, p.severity_slope, p.availability) for p in plans]).T
    available = rng.random((patients, len(PANELS))) < share
    odds = np.log(rate / (1 - rate)) + shock[:, None] * slope
    taken = (rng.random(odds.shape) < 1 / (1 + np.exp(-odds))) & available[patient]
    panel_of = [PANELS.index(variable.panel) for variable in VARIABLES]
    # Not everything of a panel is written down each time, and some patients never have some of it.
    ordered = rng.random((patients, len(VARIABLES))) < 0.92
    written = rng.random((patient.size, len(VARIABLES))) < 0.88
    measured: NDArray[np.bool_] = taken[:, panel_of] & ordered[patient] & written
    return measured


def _values(
    rng: np.random.Generator,
    patient: NDArray[np.int64],
    state: NDArray[np.float64],
    variable: NDArray[np.int64],
    patients: int,
) -> NDArray[np.float64]:
    """Draw the values of all events, `[events]`."""
    loadings = np.array([known.loadings for known in VARIABLES])[variable]
    own = rng.normal(scale=OWN_LEVEL, size=(patients, len(VARIABLES)))[patient, variable]
    score = (loadings * state).sum(axis=1) + own + rng.normal(scale=NOISE, size=variable.size)
    centre, spread, low, high = np.array([(v.centre, v.spread, v.low, v.high) for v in VARIABLES])[variable].T
    skewed = np.array([known.skewed for known in VARIABLES])[variable]
    raw = np.where(skewed, centre * np.exp(spread * score), centre + spread * score)
    power = 10.0 ** np.array([known.digits for known in VARIABLES])[variable]
    value = np.round(np.clip(raw, low, high) * power) / power
    return _mistype(rng, value, centre)


def _mistype(rng: np.random.Generator, value: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace a few values by what slips of the hand make of them: a lost decimal point, a zero, an extra digit."""
    slips = np.stack([value * 100, np.zeros_like(value), value * 10, value / 10])
    slip = slips[rng.integers(0, len(slips), size=value.size), np.arange(value.size)]
    # Centre 1 with no spread is a flag (mechanical ventilation), which is not typed by hand.
    return np.where((rng.random(value.size) < TYPING_ERRORS) & (centre != 1), slip, value)


def _descriptors(rng: np.random.Generator, age: float) -> dict[str, float]:
    """Draw what is known at admission; height and weight are missing for some."""
    gender = float(rng.random() < 0.56)
    height = rng.normal(163 + 13 * gender, 8)
    weight = rng.normal(0.48 * height, 17)
    known = {"Age": age, "Gender": gender, "ICUType": float(rng.integers(1, 5))}
    if rng.random() < 0.5:
        known["Height"] = round(height, 1)
    if rng.random() < 0.9:
        known["Weight"] = round(max(weight, 35.0), 1)
    return known

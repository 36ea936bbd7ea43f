"""All files of an inspection of a model: gathered, drawn, and written whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from seqsetvae.atomic_file import write_whole
from seqsetvae.data.layout import Split
from seqsetvae.data.packed import PackedSplit
from seqsetvae.data.packed_store import Cohort
from seqsetvae.figures.image_file import png_bytes
from seqsetvae.visualization.collapse_figure import draw_collapse
from seqsetvae.visualization.correlation_figure import draw_correlation
from seqsetvae.visualization.correlations import correlation_order
from seqsetvae.visualization.findings import Findings, Gathering
from seqsetvae.visualization.inspection import choose_patients, inspect_batches
from seqsetvae.visualization.inspection_summary import InspectionSource, Results, summary_json
from seqsetvae.visualization.latent_space_figure import draw_latent_space
from seqsetvae.visualization.latent_table import writing_latents
from seqsetvae.visualization.patient_course import find_patient, follow, longest_patient
from seqsetvae.visualization.patient_figure import draw_patient
from seqsetvae.visualization.projection import project
from seqsetvae.visualization.reconstruction_figure import draw_reconstruction
from seqsetvae.visualization.trained_model import TrainedModel

TABLE, SUMMARY = "latents.parquet", "summary.json"
COLLAPSE, SPACE = "posterior_collapse_analysis.png", "latent_space_umap.png"
ERRORS, CORRELATION = "reconstruction_errors.png", "latent_correlation.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionOptions:
    """What to inspect.

    Attributes:
        data_dir: The cohort's directory, as it was given.
        split: Whose patients.
        batch_size: Patients at a time.
        max_batches: Batches at most, of patients drawn at random; 0 for all.
        sample: The patient of the time series; the one with the most sets of those seen, where None.
        seed: Decides all samples.
        umap: The module of umap-learn; None projects to principal components.
    """

    data_dir: Path
    split: Split
    batch_size: int
    max_batches: int
    sample: str | None
    seed: int
    umap: Any = None


class InspectionReport:
    """The inspection of one model.

    Args:
        trained: The model.
        cohort: Patients of the same variables.
        options: What to inspect.

    Raises:
        InputError: `options.sample` is nobody's id.
    """

    def __init__(self, trained: TrainedModel, cohort: Cohort, options: InspectionOptions) -> None:
        self.trained, self.cohort, self.options = trained, cohort, options
        self.split: PackedSplit = getattr(cohort, options.split)
        self.batches = choose_patients(
            self.split, batch_size=options.batch_size, max_batches=options.max_batches, seed=options.seed
        )
        if options.sample is None:
            self.sample = (self.split, longest_patient(self.split, self.batches))
        else:
            self.sample = find_patient(cohort, self.split, options.sample)

    def gather(self, save_dir: Path, progress: Callable[[], None] = lambda: None) -> Findings:
        """Run the model on all batches and write `latents.parquet` on the way; `progress` is called after each.

        Raises:
            InputError: the model gives NaN or infinity.
            OSError: the table cannot be written.
        """
        levels = self.trained.levels
        gathering = Gathering(levels, self.cohort.variables, seed=self.options.seed)
        with writing_latents(save_dir / TABLE, split=self.options.split, levels=levels) as table:
            for batch in inspect_batches(self.trained, self.split, self.batches):
                gathering.add(batch)
                table.add(batch)
                progress()
        return gathering.findings()

    def results(self, findings: Findings) -> Results:
        """Return all that the figures show."""
        umap, points = self.options.umap, findings.point_sample
        return Results(
            source=self.source(),
            findings=findings,
            correlation=correlation_order(findings.correlation),
            before=project(points["before"], umap=umap, seed=self.options.seed),
            after=project(points["after"], umap=umap, seed=self.options.seed),
            course=follow(self.trained, *self.sample),
        )

    def source(self) -> InspectionSource:
        """Return what is inspected."""
        header = self.trained.header
        return InspectionSource(
            checkpoint=str(header.path),
            data_dir=str(self.options.data_dir),
            run=header.run_name,
            step=header.step,
            split=self.options.split,
            patients_of_split=len(self.split),
            batches=len(self.batches),
            batch_size=self.options.batch_size,
            seed=self.options.seed,
            device=str(self.trained.device),
        )

    def write(
        self,
        results: Results,
        save_dir: Path,
        *,
        machine: Mapping[str, Any],
        progress: Callable[[], None] = lambda: None,
    ) -> list[Path]:
        """Draw the figures, write them and the summary, and return the paths of all files, the table's included.

        Args:
            results: From `results`.
            save_dir: An existing directory; earlier files of the same names are replaced.
            machine: Facts of the machine, for `summary.json`.
            progress: Called after each figure.

        Raises:
            OSError: a file cannot be written.
        """
        written = []
        for name, draw in self._figures(results).items():
            write_whole(save_dir / name, png_bytes(draw()))
            written.append(save_dir / name)
            progress()
        write_whole(save_dir / SUMMARY, summary_json(results, machine))
        return [*written, save_dir / TABLE, save_dir / SUMMARY]

    def _figures(self, results: Results) -> dict[str, Callable[[], Figure]]:
        """Return what draws each figure, by file name."""
        found, cohort = results.findings, self.cohort
        seen = results.source.in_words(found.patients, found.sets)
        points = found.point_sample["label"]
        drawn = f"{len(points):,} of these patients are drawn" if len(points) < found.patients else ""
        sampled = len(found.set_sample["error"])
        quantiles = f"distribution, time and size: {sampled:,} of these sets" if sampled < found.sets else ""
        mean = f"mean {found.error:.3g}; {found.events:,} events"
        scores = _scores_in_words(found)
        course = results.course
        model = f"{results.source.run or 'model'}, step {results.source.step:,}"
        return {
            COLLAPSE: lambda: draw_collapse(found.dimensions, [seen], self.trained.settings.free_bits),
            SPACE: lambda: draw_latent_space(
                results.before, results.after, points, [seen, *filter(None, (drawn, scores))]
            ),
            ERRORS: lambda: draw_reconstruction(found, [seen, *filter(None, (mean, quantiles))]),
            CORRELATION: lambda: draw_correlation(results.correlation, [seen]),
            f"time_series_{course.patient.patient_id}.png": lambda: draw_patient(
                course, cohort.variables, cohort.mean, cohort.std, [model]
            ),
        }


def _scores_in_words(findings: Findings) -> str:
    scores = findings.outcomes.scores()
    if findings.outcomes.non_finite:
        return f"{findings.outcomes.non_finite:,} probabilities that are not finite: no AUROC"
    if scores["auroc"] is None:
        return f"{findings.outcomes.positives:,} patients of label 1: no AUROC, which needs both labels"
    return f"AUROC {scores['auroc']:.3f}, AUPRC {scores['auprc']:.3f}, {findings.outcomes.positives:,} of label 1"

"""`latents.parquet`: one row for each set, written batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from seqsetvae.atomic_file import replacing
from seqsetvae.visualization.inspection import Floats, InspectedBatch


@contextmanager
def writing_latents(path: Path, *, split: str, levels: tuple[int, ...]) -> Iterator[LatentTable]:
    """Write beside `path` and rename at the end; where an error ends the writing, nothing is left.

    Args:
        path: Where the table goes.
        split: What its column `split` says.
        levels: Latent dimensions of each level; kept in the file's metadata.
    """
    with replacing(path) as partial, closing(LatentTable(partial, split=split, levels=levels)) as table:
        yield table


class LatentTable:
    """A table on its way; see `writing_latents`.

    Columns: `patient`, `split`, `label`, `probability` (of the outcome, after the patient's last set), `set` (from 0),
    `minute`, `events`, `kl` (all dimensions, nats), `reconstruction_error`, `history_norm`, and the lists `mean` and
    `variance` with one number for each latent dimension, the first level's first.
    """

    def __init__(self, path: Path, *, split: str, levels: tuple[int, ...]) -> None:
        self.split = split
        self._latents = pa.list_(pa.float32(), sum(levels))
        self._schema = pa.schema(
            {
                "patient": pa.string(),
                "split": pa.string(),
                "label": pa.float32(),
                "probability": pa.float32(),
                "set": pa.int32(),
                "minute": pa.float64(),
                "events": pa.int32(),
                "kl": pa.float32(),
                "reconstruction_error": pa.float32(),
                "history_norm": pa.float32(),
                "mean": self._latents,
                "variance": self._latents,
            },
            metadata={"latent dimensions of each level": ", ".join(map(str, levels))},
        )
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, batch: InspectedBatch) -> None:
        """Append a batch's sets, as a row group."""
        columns = {
            "patient": np.array(batch.patients, dtype=object)[batch.patient],
            "split": [self.split] * len(batch.error),
            "label": batch.label[batch.patient],
            "probability": batch.probability[batch.patient],
            "set": batch.number.astype(np.int32),
            "minute": batch.minute,
            "events": batch.size.astype(np.int32),
            "kl": batch.kl.sum(1),
            "reconstruction_error": batch.error,
            "history_norm": np.linalg.norm(batch.history, axis=1),
            "mean": self._lists(batch.mean),
            "variance": self._lists(batch.variance),
        }
        self._writer.write_table(pa.table(columns, schema=self._schema))

    def close(self) -> None:
        """Write what is left and close the file."""
        self._writer.close()

    def _lists(self, rows: Floats) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), type=self._latents)

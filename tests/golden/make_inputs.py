"""Make the logs that the golden files are about, beside the example logs: a troubled run, and other tools' logs.

    python -m tests.golden.make_inputs

They lie in `inputs/`, were made once, and are data from then on: making them again must change nothing.

    logs/troubled             our format with all that goes wrong: a resumption, superseded points, damaged lines,
                              non-finite values, a name that is no metric, a torn end
    other/tensorboard         event files of two sessions, the second of which supersedes points of the first
    other/lightning_csv       Lightning's CSVLogger
    imports/                  those that are only imported: Hugging Face, W&B, the original monitor
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.logs import event_files, wandb_files

HERE = Path(__file__).parent
INPUTS = HERE / "inputs"
EXAMPLES = INPUTS / "logs"

ORIGINAL_LOG = """\
2025-08-07 12:34:56,500 - INFO - Step 50 - Metrics: KL: 0.0042, Variance: 0.9812, Active Units: 1.000, Recon Loss: 1.25
2025-08-07 12:34:56,501 - INFO -   Layer 0: Variance=0.9812, Active Ratio=1.000, Mean Magnitude=0.012100
2025-08-07 12:34:56,502 - WARNING - Step 50: Posterior collapse warning!
  - KL divergence too low: 0.0042 < 0.01
  - KL divergence consistently low (last 20 steps)
2025-08-07 12:34:56,503 - ERROR - 🚨 Posterior collapse detected! Step: 50
2025-08-07 12:34:57,000 - INFO - Model saved to: logs/model_before_collapse_step_50_20250807_123457.ckpt
2025-08-07 12:35:56,500 - INFO - Step 100 - Metrics: KL: nan, Variance: 0.9
2025-08-07 12:35:57,500 - INFO - Posterior collapse state recovered, Step: 100
2025-08-07 12:36:00,000 - WARNING - Step 150: 后验塌缩警告！
  - KL散度过低: 0.001000 < 0.01
  - 激活单元比例过低: 0.050 < 0.1
"""


def main() -> None:
    """Write all of them."""
    _write_troubled(INPUTS / "logs" / "troubled")
    _write_tensorboard(INPUTS / "other" / "tensorboard")
    _write_csv(INPUTS / "other" / "lightning_csv" / "version_0" / "metrics.csv")
    _write_imports(INPUTS / "imports")


def _example(run: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLES / run / "metrics.jsonl").read_bytes().splitlines()]


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _write_troubled(directory: Path) -> None:
    records = _example("sudden-collapse")[160:240]
    before, after = [dict(record) for record in records[:50]], [dict(record) for record in records[30:]]
    before[3]["train/loss"] = before[45]["train/kl"] = None
    before[4]["grad/norm"] = "NaN"
    before[5] |= {"train/loss": "Infinity", "train/kl": "-Infinity"}
    before[6]["no metric"] = {"of": "any kind"}
    for record in after:
        record["t"] += 5_000.0
    head = b"".join(map(_line, before)) + b'{"t":1,"step":\n\nnothing\n[1,2]\n{"t":"late","step":9}\n'
    torn = _line(after[-1])[:-40]
    _put(directory / "metrics.jsonl", head + b"".join(map(_line, after[:-1])) + torn)
    resumed = {
        "t": after[0]["t"] - 30.0,
        "step": before[29]["step"],
        "level": "info",
        "kind": "resumed",
        "message": f"resumed from step {before[29]['step']:,}",
        "data": {"step": before[29]["step"], "metrics_bytes": len(head)},
    }
    events = (EXAMPLES / "sudden-collapse" / "events.jsonl").read_bytes().splitlines(keepends=True)
    _put(directory / "events.jsonl", b"".join([*events[:4], _line(resumed), b"{torn\n", *events[4:]]))
    manifest = json.loads((EXAMPLES / "sudden-collapse" / "run.json").read_bytes())
    ended = after[-1]["t"] + 20.0
    manifest |= {"run": "troubled", "state": "failed", "reason": "CUDA out of memory", "updated": ended, "ended": ended}
    _put(directory / "run.json", json.dumps(manifest, indent=2).encode() + b"\n")


def _scalars(records: Iterable[dict[str, Any]]) -> Iterator[tuple[float, int, str, float]]:
    names = {"train/loss": "train_loss_step", "train/kl": "train_kl_step", "val/auroc": "val_auc"}
    for record in records:
        for name, value in record.items():
            if "/" in name and isinstance(value, float | int):
                yield record["t"], record["step"], names.get(name, name), value


def _write_tensorboard(directory: Path) -> None:
    records = _example("collapsing")[120:200]
    first = [
        event_files.event(t, step, [event_files.simple(tag, value)])
        for t, step, tag, value in _scalars(records[:50])
        if not tag.startswith("time/")
    ]
    first[40:40] = [event_files.event(records[0]["t"], records[0]["step"], [event_files.image("pictures/posterior")])]
    last = records[30]
    second = [event_files.event(last["t"] + 5_000.0, last["step"], session=1)]
    second += [
        event_files.event(t + 5_000.0, step, [event_files.tensor(tag, value, content=step % 80 == 0)])
        for t, step, tag, value in _scalars(records[30:])
        if not tag.startswith("time/")
    ]
    second += [event_files.event(last["t"] + 9_000.0, records[-1]["step"], [event_files.simple("train_loss_step", x)])
               for x in (float("nan"), float("inf"))]  # fmt: skip
    _put(directory / "events.out.tfevents.1760018000.host.1.0", event_files.file_of(first))
    _put(directory / "events.out.tfevents.1760023000.host.1.1", event_files.file_of(second)[:-7])


def _write_csv(path: Path) -> None:
    columns = ("epoch", "grad/norm", "step", "train_kl_step", "train_loss_step", "val_auc", "val/loss")
    rows = [",".join(columns)]
    for record in _example("healthy")[::5]:
        values = {name: value for _, _, name, value in _scalars([record])}
        train = {"step": record["step"], "epoch": int(record["epoch"])} | {
            name: value for name, value in values.items() if not name.startswith("val")
        }
        rows.append(",".join(str(train.get(name, "")) for name in columns))
        if "val_auc" in values:
            checked = {"step": record["step"], "epoch": int(record["epoch"])} | {
                name: value for name, value in values.items() if name.startswith("val")
            }
            rows.append(",".join(str(checked.get(name, "")) for name in columns))
    rows[5] = rows[5].replace(rows[5].split(",")[4], "nan")
    _put(path, ("\n".join(rows) + "\n7,0.5,").encode())


def _write_imports(directory: Path) -> None:
    history: list[dict[str, float]] = []
    for record in _example("healthy")[::10]:
        step, epoch = record["step"], record["epoch"]
        history.append({"epoch": epoch, "grad_norm": record["grad/norm"], "learning_rate": record["lr/adamw"],
                        "loss": record["train/loss"], "step": step})  # fmt: skip
        if "val/loss" in record:
            history.append({"epoch": epoch, "eval_loss": record["val/loss"], "eval_runtime": 2.5, "step": step})
    history.append({"epoch": 8.0, "step": 12_000, "train_loss": 1.25, "train_runtime": 10_800.0})
    state = {"global_step": 12_000, "max_steps": 12_000, "num_train_epochs": 8, "log_history": history}
    _put(directory / "hugging_face" / "checkpoint-12000" / "trainer_state.json", json.dumps(state, indent=1).encode())
    rows = [
        wandb_files.row(record["step"], **{name.replace("/", "__"): value for _, _, name, value in _scalars([record])})
        for record in _example("sudden-collapse")[150:210]
    ]
    name = Path("offline-run-20251009_135320-a1b2c3d4") / "run-a1b2c3d4.wandb"
    _put(directory / "wandb" / name, wandb_files.file_of(rows))
    _put(directory / "original" / "collapse_detection_20250807_123400.log", ORIGINAL_LOG.encode())


if __name__ == "__main__":
    main()

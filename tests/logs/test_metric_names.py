"""Whose names become which."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.errors import InputError
from seqsetvae.logs.metric_names import Names, our_name, read_names
from seqsetvae.stream.codec import RESERVED


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("train_kl_step", "train/kl"),
        ("train_loss_epoch", "train/loss_epoch"),
        ("train_class_loss", "train/classification"),
        ("train_variance_step", "posterior/variance"),
        ("train_active_units", "posterior/active_units_sigma"),
        ("val_auc", "val/auroc"),
        ("val_auprc", "val/auprc"),
        ("grad_norm", "grad/norm"),
        ("lr-AdamW", "lr/AdamW"),
        ("lr-AdamW/pg1", "lr/AdamW/pg1"),
        ("loss", "train/loss"),
        ("eval_loss", "val/loss"),
        ("eval/accuracy", "val/accuracy"),
        ("valid_loss", "val/loss"),
        ("learning_rate", "lr"),
        ("train/learning_rate", "lr"),
        ("train/epoch", "epoch"),
    ],
)
def test_known_names_become_ours(name: str, ours: str) -> None:
    assert our_name(name) == ours


@pytest.mark.parametrize(
    "name",
    ["train/loss", "val/auroc", "posterior/kl", "lr/adamw", "GAN/d_loss", "training", "test_", "train_", "", "σ²"],
)
def test_our_names_and_unknown_ones_are_kept(name: str) -> None:
    assert our_name(name) == name


def test_two_metrics_never_become_one() -> None:
    names = Names()
    assert [names[name] for name in ("train_loss", "loss", "train_loss")] == ["train/loss", "loss", "train/loss"]
    assert names.changed == {"train_loss": "train/loss"}


@given(st.lists(st.sampled_from(["", "t", "step", "rank", "epoch", "train/epoch", "loss", "train_loss", "t_", "_"])))
def test_any_names_give_names_that_the_format_can_carry(given_names: list[str]) -> None:
    names = Names()
    ours = {name: names[name] for name in given_names}
    assert len(set(ours.values())) == len(ours)
    assert not (RESERVED - {"epoch"}).intersection(ours.values())
    assert "" not in ours.values()


def test_the_users_names_come_first() -> None:
    names = Names({"val_auc": "val/area", "noise": None})
    assert (names["val_auc"], names["noise"], names["val_loss"]) == ("val/area", None, "val/loss")


def test_a_table_of_names_is_read(tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    path.write_text("my_kl: train/kl\nnoise: null\n")
    assert read_names(path) == {"my_kl": "train/kl", "noise": None}
    path.write_text('{"my_kl": "train/kl"}')
    assert read_names(path) == {"my_kl": "train/kl"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"- a\n- b\n", "holds no table of names"),
        (b"a: [", "is neither YAML nor JSON"),
        pytest.param(b"[" * 5_000, "is neither YAML nor JSON", id="nested lists"),
        (b"a: b\na: c", "is neither YAML nor JSON: line 2: a stands in line 1 too; keep one"),
        (b"\xff\xfe\xff", "is neither YAML nor JSON"),
        (b"a: [3]", r"maps 'a' to \['3'\]"),
        (b"a: ''", "maps 'a' to ''"),
        (b"a: step", "keeps for itself"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "names.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_names(path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_names(tmp_path / "none.yaml")

"""Which metrics figures know, whatever the log calls them."""

from __future__ import annotations

import pytest

from seqsetvae.analysis.names import canonical, preference


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("train/kl", "train/kl"),
        ("train_kl_step", "train/kl"),
        ("train_recon_epoch", "train/recon"),
        ("train_recon_loss", "train/recon"),
        ("train_pred_step", "train/classification"),
        ("train_pred_weight", "train/classification_weight"),
        ("train_recon_weight_step", "train/reconstruction_weight"),
        ("val_auc", "val/auroc"),
        ("val_auroc", "val/auroc"),
        ("val_accuracy", "val/accuracy"),
        ("val_class_loss", "val/classification"),
        ("train_variance", "posterior/variance"),
        ("train_active_units", "posterior/active_units_sigma"),
        ("grad_norm", "grad/norm"),
        ("posterior/mutual_information", "posterior/mutual_information"),
    ],
)
def test_our_names_and_those_of_other_logs_are_understood(name: str, ours: str) -> None:
    assert canonical(name) == ours


@pytest.mark.parametrize("name", ["lr/adamw", "time/step", "kl", "step", "train/kl/extra", "posterior/kl_per_dim"])
def test_what_is_in_no_figure_has_no_name(name: str) -> None:
    assert canonical(name) is None


def test_our_own_name_is_preferred_then_steps_of_training_and_epochs_of_validation() -> None:
    training = ["train_kl_epoch", "train_kl_step", "train_kl", "train/kl"]
    assert sorted(training, key=preference) == ["train/kl", "train_kl", "train_kl_step", "train_kl_epoch"]
    assert sorted(["val_auc_step", "val_auc_epoch"], key=preference) == ["val_auc_epoch", "val_auc_step"]

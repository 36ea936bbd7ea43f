"""Flags that a program does not have: those of the original research code, and slips of the keyboard.

Each gets one sentence that names what to write today.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message

#: How alike two flags must be for one to be taken for a slip of the other, from 0 to 1.
ALIKE = 0.75

_LOGDIR = Message("the directory alone, without a flag")
_POLL = Message("{flag} of {program}, in seconds", flag="--poll", program="seqsetvae-watch")
_NO_CHOICE = Message("there is nothing to choose any more, leave it out")
_OF_TRAINING = Message("it is a flag of {program}", program="seqsetvae-train")

#: What to write today, by program and by the original's name of the flag.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "seqsetvae-train": {
        "accumulate_grad_batches": "--gradient_accumulation_steps",
        "beta": "--max_beta",
        "beta_strategy": "--kl_annealing",
        "cached_path": Message("DATA_DIR/cached.csv, which is read where it is there"),
        "check_frequency": "--update_frequency",
        "checkpoint": Message("{one} or {other}", one="--pretrained_ckpt", other="--resume_from_checkpoint"),
        "ckpt": Message("{one} or {other}", one="--pretrained_ckpt", other="--resume_from_checkpoint"),
        "ckpt_every_n_steps": "--checkpoint_minutes",
        "ckpt_path": "--resume_from_checkpoint",
        "clip_grad": "--gradient_clip_val",
        "cls_dropout": "--dropout",
        "cls_head_lr": "--learning_rate",
        "config_name": "--run_name",
        "cycle_length": Message("{one} with {other}", one="--beta_warmup_steps", other="--kl_annealing cyclical"),
        "data_path": "--data_dir",
        "demo": Message("{flag} of {program}", flag="--demo", program="seqsetvae-watch"),
        "device": "--devices",
        "disable_collapse_detection": "--disable_metrics_monitoring",
        "epochs": "--max_epochs",
        "gpus": "--devices",
        "head_lr": "--learning_rate",
        "hidden_dim": "--reduced_dim",
        "label_csv": "--label_path",
        "lr": "--learning_rate",
        "m": "--inducing_points",
        "max_len": "--max_sequence_length",
        "max_seq_len": "--max_sequence_length",
        "name": "--run_name",
        "num_inds": "--inducing_points",
        "num_layers": "--transformer_layers",
        "out_dir": "--output_dir",
        "output_root_dir": "--output_dir",
        "patience": "--early_stopping_patience",
        "pretrained": "--pretrained_ckpt",
        "resume": "--resume_from_checkpoint",
        "save_dir": "--output_dir",
        "stats_csv": "--params_map_path",
        "steps": "--max_steps",
        "transformer_dropout": "--dropout",
        "update_interval": Message("{flag}, in steps, or {other}", flag="--update_frequency", other=_POLL),
        "w": "--classification_weight",
        "wd": "--weight_decay",
    },
    "seqsetvae-watch": {
        "log_dir": _LOGDIR,
        "refresh": Message("{flag}, in seconds", flag="--poll"),
        "update_interval": Message("{flag}, in seconds", flag="--poll"),
        "save_dir": Message("{flag} of {program}", flag="--save_dir", program="seqsetvae-analyze"),
    },
    "seqsetvae-analyze": {
        "config_name": "--save_dir",
        "log_dir": _LOGDIR,
        "output_dir": "--save_dir",
        "update_interval": _POLL,
    },
    "seqsetvae-visualize": {
        "cached_path": Message("DATA_DIR/cached.csv, which is read where it is there"),
        "ckpt": "--checkpoint",
        "config_name": "--save_dir",
        "label_csv": "--label_path",
        "log_dir": Message(
            "the directory alone, with {one} or {other}", one="seqsetvae-watch", other="seqsetvae-analyze"
        ),
        "output_dir": "--save_dir",
        "pretrained_ckpt": "--checkpoint",
        "sample_idx": Message("{flag}, the name of a patient", flag="--sample"),
        "stats_csv": "--params_map_path",
        "update_interval": _POLL,
    },
    "seqsetvae-import": {"log_dir": _LOGDIR, "output_dir": _LOGDIR, "save_dir": _LOGDIR},
    "seqsetvae-prepare": {
        "data_dir": _LOGDIR, "input": _LOGDIR, "out_dir": _LOGDIR, "output": _LOGDIR, "output_dir": _LOGDIR,
    },
}  # fmt: skip

#: Why there is nothing to write today.
DROPPED: Mapping[str, Mapping[str, str]] = {
    "seqsetvae-train": {
        **dict.fromkeys(
            ("accelerator", "auc_mode", "enhanced_mode", "estimate_uncertainty", "use_focal_loss", "vae_fusion_method"),
            _NO_CHOICE,
        ),
        **dict.fromkeys(
            ("focal_alpha", "focal_gamma", "pos_weight"),
            Message(
                "the outcome loss is a cross entropy, see {one} and {other}",
                one="--classification_weight", other="--label_smoothing",
            ),
        ),
        "deterministic": Message("a run is repeated by {flag} alone", flag="--seed"),
        "finetune": Message("give {flag} to start from its weights", flag="--pretrained_ckpt CKPT"),
        "input_dim": Message("the width of embeddings is that of DATA_DIR/cached.csv"),
        "mode": Message(
            "without an outcome, train with {one}; to go on from its weights, give {other}",
            one="--classification_weight 0", other="--pretrained_ckpt CKPT",
        ),
        "num_classes": _NO_CHOICE,
        "pretrain": Message("train without an outcome with {flag}", flag="--classification_weight 0"),
    },
    "seqsetvae-watch": {
        "check_frequency": _OF_TRAINING, "mode": _NO_CHOICE, "plot_frequency": _OF_TRAINING,
        "update_frequency": _OF_TRAINING,
    },
    "seqsetvae-analyze": {
        "check_frequency": _OF_TRAINING, "mode": _NO_CHOICE, "plot_frequency": _OF_TRAINING,
        "update_frequency": _OF_TRAINING,
    },
    "seqsetvae-visualize": {"checkpoint_type": _NO_CHOICE, "mode": Message(
        "this program looks into a checkpoint; {program} shows a run while it trains", program="seqsetvae-watch"
    )},
}  # fmt: skip


def refuse_unknown_flag(program: str, word: str, known: Collection[str]) -> None:
    """Refuse a word that is a flag which a program does not have, where it is known what was meant.

    Args:
        program: Its name.
        word: A word of the command line, with or without a value.
        known: Its flags.

    Raises:
        InputError: names the flag, and what to write.
    """
    flag = word.partition("=")[0]
    if not flag.startswith("--") or flag == "--" or " " in flag or flag in known:
        return
    sentence = advice_on(
        program, flag.removeprefix("--").replace("-", "_"), [name.removeprefix("--") for name in known]
    )
    if sentence is not None:
        raise InputError("{flag} is no flag of {program}{advice}", flag=flag, program=program, advice=sentence)


def advice_on(program: str, name: str, known: Collection[str]) -> Message | None:
    """Return what to write in place of a setting that there is not, as the end of a sentence; None where it is unknown.

    Args:
        program: The program's name.
        name: The setting's, without hyphens before it.
        known: The names of those that there are.
    """
    if (reason := DROPPED.get(program, {}).get(name)) is not None:
        return Message(": {reason}", reason=reason)
    today = RENAMED.get(program, {}).get(name)
    if today is None and (close := get_close_matches(name, known, n=1, cutoff=ALIKE)):
        today = f"--{close[0]}"
    return None if today is None else Message("; did you mean {today}?", today=today)

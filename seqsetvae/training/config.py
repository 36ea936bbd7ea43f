"""Everything that `seqsetvae-train` can be told, validated where it is built, with messages that name the flag."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar

from seqsetvae.collapse.response import Action, Deed, ResponsePlan
from seqsetvae.collapse.thresholds import DetectorName, Thresholds
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.stream.records import Level
from seqsetvae.training.schedules import Annealing, BetaSchedule, CheckSchedule, Decay, LearningRateSchedule

#: Checks of the posterior, in optimizer steps.
DEFAULT_UPDATE_FREQUENCY = 200
FAST_UPDATE_FREQUENCY = 100

Precision = Literal["16-mixed", "bf16-mixed", "32"]


T = TypeVar("T")


def _flag(default: T, meaning: str) -> T:
    """A field with a default and the sentence that `--help` shows."""
    value: T = field(default=default, metadata={"help": meaning})
    return value


def _judging(default: T, meaning: str) -> T:
    """A field of the YAML section that says how the posterior is judged, and what follows."""
    value: T = field(default=default, metadata={"help": meaning, "section": "collapse"})
    return value


def _required(meaning: str) -> str:
    value: str = field(metadata={"help": meaning})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """The settings of one training run; each field is the flag of the same name.

    Raises:
        ValueError: a value is out of range; the message names the flag and the value.
    """

    # data
    data_dir: str = _required("directory with patient_ehr/, stats.csv, oc.csv and, optionally, cached.csv")
    params_map_path: str | None = _flag(
        None, "table variable,mean,std that values are scaled with; DATA_DIR/stats.csv by default"
    )
    label_path: str | None = _flag(None, "table ts_id,in_hospital_mortality; DATA_DIR/oc.csv by default")
    missing_label: Literal["error", "drop"] = _flag("error", "what to do with a patient without a label")
    clip_value: float = _flag(
        5.0, "scaled values are clipped to this many standard deviations, which tames typing errors"
    )
    batch_size: int = _flag(4, "patients per device and step")
    max_sequence_length: int | None = _flag(
        1000, "events per patient at most, the most recent sets are kept; none = unlimited"
    )
    use_dynamic_padding: bool = _flag(
        True, "pad histories to the longest of the batch; false pads to the longest of the split, for fixed shapes"
    )
    num_workers: int = _flag(8, "processes that prepare batches, never more than the machine has cores")
    pin_memory: bool = _flag(True, "hand batches over in page-locked memory, where there is a CUDA device")
    # where things go
    output_dir: str = _flag("checkpoints", "checkpoints go to OUTPUT_DIR/RUN")
    log_dir: str = _flag("logs", "metric streams go to LOG_DIR/RUN")
    run_name: str | None = _flag(None, "name of the run; date and time by default")
    # model
    reduced_dim: int = _flag(256, "hidden width of events, sets and time steps")
    latent_dim: int = _flag(256, "latent dimensions of each level")
    levels: int = _flag(2, "attention levels of the set encoder, each with a posterior")
    heads: int = _flag(2, "attention heads inside sets")
    inducing_points: int = _flag(0, "inducing points of set attention; 0 = full attention inside the set")
    decoder_layers: int = _flag(1, "attention layers of the set decoder")
    ff_dim: int = _flag(256, "hidden width of feed-forward layers")
    transformer_heads: int = _flag(2, "attention heads over the history")
    transformer_layers: int = _flag(2, "layers over the history")
    classifier_queries: int = _flag(8, "learned queries with which the outcome head pools the history")
    dropout: float = _flag(0.1, "dropout over sets and in the classifier")
    # objective
    max_beta: float = _flag(0.1, "largest weight of the KL term")
    warmup_beta: bool = _flag(True, "raise β from 0; false starts at max_beta")
    beta_warmup_steps: int = _flag(5000, "optimizer steps in which β rises")
    kl_annealing: Annealing = _flag(
        "linear", "shape of the warm-up; cyclical repeats it, every period rising over its first half"
    )
    free_bits: float = _flag(0.1, "nats per latent dimension that cost nothing, on the batch mean")
    reconstruction_weight: float = _flag(1.0, "weight of the reconstruction loss")
    classification_weight: float = _flag(1.0, "weight of the outcome loss")
    classification_warmup_steps: int = _flag(0, "optimizer steps in which the weight of the outcome loss rises from 0")
    label_smoothing: float = _flag(0.1, "how far labels are moved towards each other")
    direction_weight: float = _flag(1.0, "Chamfer weight of a wrong direction")
    magnitude_weight: float = _flag(1.0, "Chamfer weight of a wrong length")
    full_weight: float = _flag(1.0, "Chamfer weight of the squared distance")
    # optimization
    learning_rate: float = _flag(1e-4, "AdamW learning rate")
    set_encoder_lr_factor: float = _flag(0.5, "the set encoder's share of the learning rate")
    weight_decay: float = _flag(0.01, "AdamW weight decay, on matrices only")
    lr_warmup_steps: int = _flag(100, "optimizer steps in which the learning rate rises")
    lr_decay: Decay = _flag("constant", "what the learning rate does after its warm-up")
    gradient_clip_val: float = _flag(0.5, "largest norm of the gradient; 0 = no limit")
    gradient_accumulation_steps: int = _flag(2, "batches per optimizer step")
    precision: Precision = _flag(
        "16-mixed", "16-mixed needs a GPU; on a CPU it becomes bf16-mixed where the CPU has it, else 32"
    )
    compile_model: bool = _flag(False, "compile the model with torch.compile")
    devices: str = _flag("auto", "devices per node: a number, a list such as 0,2, or auto")
    num_nodes: int = _flag(1, "machines")
    strategy: str = _flag("auto", "how devices share the work: auto, ddp, ...")
    max_epochs: int = _flag(10, "epochs; -1 = no limit")
    max_steps: int = _flag(-1, "optimizer steps; -1 = no limit")
    seed: int = _flag(0, "decides weights, order of batches and noise")
    # validation and checkpoints
    val_check_interval: float = _flag(
        0.1, "validate after this share of an epoch (up to 1.0), or after this many batches (above 1)"
    )
    limit_val_batches: float = _flag(1.0, "share of the validation batches (up to 1.0), or their number (above 1)")
    early_stopping_patience: int = _flag(20, "stop after this many validations without a better AUROC; 0 = never")
    checkpoint_minutes: float = _flag(5.0, "last.ckpt is never older than this")
    resume_from_checkpoint: str | None = _flag(None, "continue the run that this checkpoint belongs to")
    pretrained_ckpt: str | None = _flag(None, "start from this checkpoint's weights")
    freeze_ratio: float = _flag(
        0.0, "with --pretrained_ckpt: share of the set encoder's weights that stay frozen, first layers first"
    )
    test_after_training: bool = _flag(True, "evaluate the best checkpoint on the test split at the end")
    test_checkpoint: str | None = _flag(None, "train nothing: evaluate this checkpoint on the test split")
    # monitoring
    update_frequency: str | None = _judging(
        None,
        "optimizer steps between checks of the posterior; 200, or 100 with --fast_detection; adaptive checks every "
        "100 steps before step 1000, every 50 before 5000, then every 20",
    )
    fast_detection: bool = _judging(
        False, "check the posterior twice as often; --detector original also takes its fast thresholds"
    )
    detector: DetectorName = _judging(
        "posterior", "who judges the posterior; original = the rules of the original code, for comparison"
    )
    kl_threshold: float | None = _judging(
        None, "nats a set below which KL is low; 0.02 a latent dimension, at most 1 (original: 0.01, fast 0.005)"
    )
    var_threshold: float | None = _judging(
        None, "mean variance above which a posterior of low KL is the prior; 0.95 (original: below 0.1, fast 0.05)"
    )
    active_units_threshold: float | None = _judging(
        None, "share of active units below which they are few; 0.1 (original fast: 0.15)"
    )
    collapsed_fraction_threshold: float = _judging(0.9, "share of collapsed dimensions above which they are many")
    mutual_information_threshold: float | None = _judging(
        None, "nats of mutual information below which z says nothing; 0.5, or less where samples cannot show so much"
    )
    z_ablation_threshold: float = _judging(
        0.01, "relative loss of reconstruction below which the decoder does without z"
    )
    kl_explosion_threshold: float | None = _judging(
        None, "nats a set above which KL has exploded; the larger of 100 and 4 a latent dimension"
    )
    min_checks: int = _judging(5, "checks before which the verdict is green: it is too early to tell")
    window_size: int = _judging(50, "checks over which trends are taken")
    plot_frequency: int = _judging(1000, "optimizer steps between two pictures of the posterior; 0 = none")
    on_collapse: tuple[str, ...] = _judging(
        ("warn",),
        "what a verdict sets in motion: any of warn, save, lower_beta, stop and command:CMD; warn acts from yellow on, "
        "the others at red, or from the level that is put before them, as in orange=lower_beta",
    )
    early_stop_patience: int = _judging(
        5, "checks at red, one after the other, after which stop of --on_collapse stops"
    )
    auto_save_on_collapse: bool = _judging(
        True,
        "keep healthy-*.ckpt from before a collapse and collapse-*.ckpt from its red, as save of --on_collapse does",
    )
    disable_metrics_monitoring: bool = _flag(False, "do not gather posterior statistics")
    log_every_n_steps: int = _flag(1, "optimizer steps between two lines of training metrics")
    tensorboard: bool = _flag(False, "write TensorBoard files too (needs the tensorboard extra)")
    verbose: bool = _flag(False, "say more")

    def __post_init__(self) -> None:
        # JSON, YAML and checkpoints know lists only.
        object.__setattr__(self, "on_collapse", tuple(self.on_collapse))
        self._check_ranges()
        self.response_plan()
        self.beta_schedule()
        self.check_schedule()
        self.thresholds()
        self.learning_rate_schedule(total_steps=1)
        self.model(num_variables=1, embedding_dim=None)
        if self.resume_from_checkpoint and self.pretrained_ckpt:
            raise ValueError(
                "--resume_from_checkpoint and --pretrained_ckpt exclude each other: the first continues a run, "
                "the second starts a run from its weights"
            )
        if self.max_epochs == -1 and self.max_steps == -1:
            raise ValueError("--max_epochs -1 needs an end: set --max_steps")

    def _check_ranges(self) -> None:
        at_least_one = (
            "batch_size",
            "gradient_accumulation_steps",
            "num_nodes",
            "log_every_n_steps",
            "early_stop_patience",
        )
        for name in at_least_one:
            _require(getattr(self, name) >= 1, name, "must be at least 1", getattr(self, name))
        length = self.max_sequence_length
        _require(length is None or length >= 1, "max_sequence_length", "must be at least 1, or none", length)
        not_negative = (
            "num_workers", "free_bits", "gradient_clip_val", "weight_decay", "classification_weight",
            "reconstruction_weight", "classification_warmup_steps", "early_stopping_patience", "seed",
            "direction_weight", "magnitude_weight", "full_weight", "plot_frequency",
        )  # fmt: skip
        for name in not_negative:
            _require(getattr(self, name) >= 0, name, "must not be negative", getattr(self, name))
        positive = (
            "learning_rate", "clip_value", "checkpoint_minutes", "set_encoder_lr_factor", "val_check_interval",
            "limit_val_batches",
        )  # fmt: skip
        for name in positive:
            value = getattr(self, name)
            _require(math.isfinite(value) and value > 0, name, "must be positive and finite", value)
        _require(0 <= self.label_smoothing < 1, "label_smoothing", "must be in [0, 1)", self.label_smoothing)
        _require(0 <= self.freeze_ratio <= 1, "freeze_ratio", "must be in [0, 1]", self.freeze_ratio)
        for name in ("max_epochs", "max_steps"):
            value = getattr(self, name)
            _require(value == -1 or value >= 1, name, "must be at least 1, or -1 for no limit", value)
        if self.direction_weight == self.magnitude_weight == self.full_weight == 0:
            raise ValueError("--direction_weight, --magnitude_weight and --full_weight are all 0, one must be positive")

    def check_schedule(self) -> CheckSchedule:
        """Return when the posterior is checked."""
        if self.update_frequency is not None:
            return CheckSchedule.parse(self.update_frequency)
        return CheckSchedule(every=FAST_UPDATE_FREQUENCY if self.fast_detection else DEFAULT_UPDATE_FREQUENCY)

    def thresholds(self) -> Thresholds:
        """Return the detector's settings."""
        return Thresholds.of(self.to_dict())

    def response_plan(self) -> ResponsePlan:
        """Return what a verdict sets in motion."""
        plan = ResponsePlan.parse(self.on_collapse)
        return plan.including(Action(level=Level.RED, deed=Deed.SAVE)) if self.auto_save_on_collapse else plan

    def beta_schedule(self) -> BetaSchedule:
        """Return the schedule of β."""
        annealing: Annealing = self.kl_annealing if self.warmup_beta else "constant"
        return BetaSchedule(max_beta=self.max_beta, warmup_steps=self.beta_warmup_steps, annealing=annealing)

    def learning_rate_schedule(self, *, total_steps: int | None) -> LearningRateSchedule:
        """Return the schedule of the learning rate's factor; `total_steps` is where a decay ends."""
        return LearningRateSchedule(warmup_steps=self.lr_warmup_steps, decay=self.lr_decay, total_steps=total_steps)

    def model(self, *, num_variables: int, embedding_dim: int | None) -> ModelConfig:
        """Return the model's dimensions for a vocabulary."""
        return ModelConfig(
            num_variables=num_variables,
            embedding_dim=embedding_dim,
            reduced_dim=self.reduced_dim,
            latent_dim=self.latent_dim,
            levels=self.levels,
            heads=self.heads,
            inducing_points=self.inducing_points,
            decoder_layers=self.decoder_layers,
            ff_dim=self.ff_dim,
            transformer_heads=self.transformer_heads,
            transformer_layers=self.transformer_layers,
            classifier_queries=self.classifier_queries,
            dropout=self.dropout,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for YAML, checkpoints and the run's manifest."""
        return {**asdict(self), "on_collapse": list(self.on_collapse)}


def _require(holds: bool, name: str, rule: str, value: object) -> None:
    if not holds:
        raise ValueError(f"--{name} {rule}, got {value}")

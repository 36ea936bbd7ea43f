"""The settings of `seqsetvae-train`, checked where they are built; errors name the flag.

Each part of the program declares its own settings, and `TrainConfig` joins them. A field is a flag: its metadata has
the help text, the range and the YAML section.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from seqsetvae.collapse.response import Action, ActionKind, ResponsePlan
from seqsetvae.collapse.thresholds import DetectorSettings, Thresholds
from seqsetvae.data.data_settings import DataSettings
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.model.model_config import ModelConfig, ModelSettings
from seqsetvae.setting import NOT_NEGATIVE, POSITIVE, SHARE, SHARE_BELOW_ONE, AllowedRange, at_least, setting
from seqsetvae.stream.records import Level
from seqsetvae.training.schedules import Annealing, BetaSchedule, CheckSchedule, Decay, LearningRateSchedule

#: What settings that are left open are in a long run, see `run_length`: shares of an epoch and optimizer steps.
VALIDATION_SHARE, BETA_WARMUP_STEPS, LR_WARMUP_STEPS = 0.1, 5000, 100
#: Checks of the posterior, in optimizer steps.
DEFAULT_UPDATE_FREQUENCY = 200
FAST_UPDATE_FREQUENCY = 100

Precision = Literal["16-mixed", "bf16-mixed", "32"]


AT_LEAST_ONE_OR_NO_LIMIT = AllowedRange(
    Message("must be at least 1, or -1 for no limit"), lambda value: value == -1 or value >= 1
)
#: What NumPy's generator takes.
SEED = at_least(0, largest=2**32 - 1)


@dataclass(frozen=True, kw_only=True)
class OutputSettings:
    """Where a run writes."""

    output_dir: str = setting("checkpoints", "checkpoints go to OUTPUT_DIR/RUN", path=True)
    log_dir: str = setting("logs", "metric streams go to LOG_DIR/RUN", path=True)
    run_name: str | None = setting(None, "name of the run; date and time by default")


@dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """What a run optimizes, how, for how long, and what it keeps."""

    # objective
    max_beta: float = setting(0.1, "largest weight of the KL term")
    warmup_beta: bool = setting(True, "raise β from 0; false starts at max_beta")
    beta_warmup_steps: int | None = setting(
        None, "optimizer steps in which β rises; 5000, or half of the run where that is less"
    )
    kl_annealing: Annealing = setting(
        "linear", "shape of the warm-up; cyclical repeats it, every period rising over its first half",
        former={"true": "linear"},
    )  # fmt: skip
    free_bits: float = setting(
        0.1, "nats per latent dimension that cost nothing, on the batch mean", allowed=NOT_NEGATIVE
    )
    reconstruction_weight: float = setting(1.0, "weight of the reconstruction loss", allowed=NOT_NEGATIVE)
    classification_weight: float = setting(1.0, "weight of the outcome loss", allowed=NOT_NEGATIVE)
    classification_warmup_steps: int = setting(
        0, "optimizer steps in which the weight of the outcome loss rises from 0", allowed=NOT_NEGATIVE
    )
    label_smoothing: float = setting(0.1, "how far labels are moved towards each other", allowed=SHARE_BELOW_ONE)
    direction_weight: float = setting(1.0, "Chamfer weight of a wrong direction", allowed=NOT_NEGATIVE)
    magnitude_weight: float = setting(1.0, "Chamfer weight of a wrong length", allowed=NOT_NEGATIVE)
    full_weight: float = setting(1.0, "Chamfer weight of the squared distance", allowed=NOT_NEGATIVE)
    # optimization
    learning_rate: float = setting(1e-4, "AdamW learning rate", allowed=POSITIVE)
    set_encoder_lr_factor: float = setting(0.5, "the set encoder's share of the learning rate", allowed=POSITIVE)
    weight_decay: float = setting(0.01, "AdamW weight decay, on matrices only", allowed=NOT_NEGATIVE)
    lr_warmup_steps: int | None = setting(
        None, "optimizer steps in which the learning rate rises; 100, or a tenth of the run where that is less"
    )
    lr_decay: Decay = setting("constant", "what the learning rate does after its warm-up")
    gradient_clip_val: float = setting(0.5, "largest norm of the gradient; 0 = no limit", allowed=NOT_NEGATIVE)
    gradient_accumulation_steps: int = setting(2, "batches per optimizer step", allowed=at_least(1))
    precision: Precision = setting(
        "16-mixed", "16-mixed needs a GPU; on a CPU it becomes bf16-mixed where the CPU has it, else 32"
    )
    compile_model: bool = setting(False, "compile the model with torch.compile")
    devices: str = setting("auto", "devices per node: a number, a list such as 0,2, or auto")
    num_nodes: int = setting(1, "machines", allowed=at_least(1))
    strategy: str = setting("auto", "how devices share the work: auto, ddp, ...")
    max_epochs: int = setting(10, "epochs; -1 = no limit", allowed=AT_LEAST_ONE_OR_NO_LIMIT)
    max_steps: int = setting(-1, "optimizer steps; -1 = no limit", allowed=AT_LEAST_ONE_OR_NO_LIMIT)
    seed: int = setting(0, "decides weights, order of batches and noise", allowed=SEED)
    # validation and checkpoints
    val_check_interval: float | None = setting(
        None,
        "validate after this share of an epoch (up to 1.0), or after this many batches (above 1); 0.1, or as rarely as "
        "makes 100 optimizer steps in between, once an epoch at least",
        allowed=POSITIVE,
    )
    limit_val_batches: float = setting(
        1.0, "share of the validation batches (up to 1.0), or their number (above 1)", allowed=POSITIVE
    )
    early_stopping_patience: int = setting(
        20, "stop after this many validations without a better AUROC; 0 = never", allowed=NOT_NEGATIVE
    )
    checkpoint_minutes: float = setting(5.0, "last.ckpt is never older than this", allowed=POSITIVE)
    resume_from_checkpoint: str | None = setting(None, "continue the run that this checkpoint belongs to", path=True)
    allow_other_data: bool = setting(
        False, "resume or test a checkpoint although its scales, splits or labels are not those of DATA_DIR"
    )
    pretrained_ckpt: str | None = setting(None, "start from this checkpoint's weights", path=True)
    freeze_ratio: float = setting(
        0.0,
        "with --pretrained_ckpt: share of the set encoder's weights that stay frozen, first layers first",
        allowed=SHARE,
    )
    test_after_training: bool = setting(True, "evaluate the best checkpoint on the test split at the end")
    test_checkpoint: str | None = setting(None, "train nothing: evaluate this checkpoint on the test split", path=True)


@dataclass(frozen=True, kw_only=True)
class TrainConfig(DetectorSettings, OptimizationSettings, ModelSettings, OutputSettings, DataSettings):
    """The settings of one training run; each field is the flag of the same name.

    Raises:
        ValueError: a value is out of range; the message names the flag and the value.
    """

    update_frequency: str | None = setting(
        None,
        "optimizer steps between checks of the posterior; 200, or 100 with --fast_detection, or as many as make 40 "
        "checks in a run that is shorter; adaptive checks every 100 steps before step 1000, every 50 before 5000, then "
        "every 20",
        section="collapse",
    )
    plot_frequency: int = setting(
        1000,
        "optimizer steps between two pictures of the posterior; 0 = none",
        allowed=NOT_NEGATIVE,
        section="collapse",
    )
    on_collapse: tuple[str, ...] = setting(
        ("warn",),
        "what a verdict sets in motion: any of warn, save, lower_beta, stop and command:CMD; warn acts from yellow on, "
        "the others at red, or from the level that is put before them, as in orange=lower_beta",
        section="collapse",
    )
    early_stop_patience: int = setting(
        5,
        "checks at red, one after the other, after which stop of --on_collapse stops",
        allowed=at_least(1),
        section="collapse",
    )
    auto_save_on_collapse: bool = setting(
        True,
        "keep healthy-*.ckpt from before a collapse and collapse-*.ckpt from its red, as save of --on_collapse does",
        section="collapse",
    )
    disable_metrics_monitoring: bool = setting(False, "do not gather posterior statistics")
    log_every_n_steps: int = setting(1, "optimizer steps between two lines of training metrics", allowed=at_least(1))
    tensorboard: bool = setting(
        False, "write TensorBoard files too, to LOG_DIR/RUN/tensorboard (needs the tensorboard extra)"
    )
    verbose: bool = setting(False, "say more")

    def __post_init__(self) -> None:
        # JSON, YAML and checkpoints know lists only.
        object.__setattr__(self, "on_collapse", tuple(self.on_collapse))
        super().__post_init__()  # checks the range of each setting
        self.response_plan()
        self.beta_schedule()
        self.check_schedule()
        self.thresholds()
        self.learning_rate_schedule(total_steps=1)
        self.model(num_variables=1, embedding_dim=None)
        if self.resume_from_checkpoint and self.pretrained_ckpt:
            raise InputError(
                "--resume_from_checkpoint and --pretrained_ckpt exclude each other: the first continues a run, "
                "the second starts a run from its weights"
            )
        if self.max_epochs == -1 and self.max_steps == -1:
            raise InputError("--max_epochs -1 needs an end: set --max_steps")
        if self.direction_weight == self.magnitude_weight == self.full_weight == 0:
            raise InputError("--direction_weight, --magnitude_weight and --full_weight are all 0, one must be positive")

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
        return plan.including(Action(level=Level.RED, kind=ActionKind.SAVE)) if self.auto_save_on_collapse else plan

    def beta_schedule(self) -> BetaSchedule:
        """Return the schedule of β."""
        annealing: Annealing = self.kl_annealing if self.warmup_beta else "constant"
        warmup_steps = BETA_WARMUP_STEPS if self.beta_warmup_steps is None else self.beta_warmup_steps
        return BetaSchedule(max_beta=self.max_beta, warmup_steps=warmup_steps, annealing=annealing)

    def learning_rate_schedule(self, *, total_steps: int | None) -> LearningRateSchedule:
        """Return the schedule of the learning rate's factor; `total_steps` is where a decay ends."""
        warmup_steps = LR_WARMUP_STEPS if self.lr_warmup_steps is None else self.lr_warmup_steps
        return LearningRateSchedule(warmup_steps=warmup_steps, decay=self.lr_decay, total_steps=total_steps)

    def model(self, *, num_variables: int, embedding_dim: int | None) -> ModelConfig:
        """Return the model's dimensions for a vocabulary."""
        chosen = {known.name: getattr(self, known.name) for known in fields(ModelSettings)}
        return ModelConfig(num_variables=num_variables, embedding_dim=embedding_dim, **chosen)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, for YAML, checkpoints and the run's manifest."""
        return {**asdict(self), "on_collapse": list(self.on_collapse)}

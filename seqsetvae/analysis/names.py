"""What figures know metrics by, whatever a log calls them.

A name is a stage and a quantity (`train/kl`), or a number of the posterior (`posterior/kl`). Names of other logs, such
as `train_kl_step` and `val_auc`, are those of the import's table and a few more. Other metrics of a log are in no
figure, and are not read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from seqsetvae.collapse.observation import PREFIX
from seqsetvae.logs.metric_names import our_name

STAGES = ("train", "val", "test")

QUANTITIES = (
    "loss", "recon", "kl", "classification", "auroc", "auprc", "accuracy", "beta", "reconstruction_weight",
    "classification_weight",
)  # fmt: skip

#: The numbers of the posterior that are drawn.
POSTERIOR = ("kl", "variance", "active_units", "active_units_sigma", "mutual_information", "recon")

KNOWN = frozenset(
    [
        *(f"{stage}/{quantity}" for stage in STAGES for quantity in QUANTITIES),
        *(PREFIX + name for name in POSTERIOR),
        "grad/norm",
    ]
)

#: What a quantity is called in a figure's log only: an import keeps these as they are.
OTHER_WORDS = {
    "total_loss": "loss",
    "reconstruction_loss": "recon",
    "pred_loss": "classification",
    "cls": "classification",
    "cls_loss": "classification",
    "average_precision": "auprc",
    "recon_weight": "reconstruction_weight",
    "pred_weight": "classification_weight",
    "class_weight": "classification_weight",
}

_SUFFIX = re.compile(r"_(?:step|epoch)$")


@lru_cache(maxsize=4096)
def canonical(name: str) -> str | None:
    """Return the name that figures know a metric by, or None for a metric that is in no figure."""
    ours = our_name(_SUFFIX.sub("", name))
    stage, slash, word = ours.partition("/")
    ours = f"{stage}{slash}{OTHER_WORDS.get(word, word)}"
    return ours if ours in KNOWN else None


def preference(name: str) -> tuple[int, int]:
    """Return the rank of a name among those for the same metric, the smallest first.

    Our own name comes first, then one without a suffix, then means over an epoch for validation and single steps for
    training, which is where each says the most.
    """
    suffix = _SUFFIX.search(name)
    if suffix is None:
        return (0 if canonical(name) == name else 1, 0)
    wanted = "_step" if name.startswith("train") else "_epoch"
    return (2, 0 if suffix[0] == wanted else 1)

"""What metrics are called: our names, and those of logs that write `train_kl_step` or `val_auc` for them.

A name is a stage and a quantity (`train/kl`), or a number of the posterior (`posterior/kl`). Other metrics of a log are
in no figure, and are not read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from seqsetvae.collapse.observation import PREFIX

STAGES = ("train", "val", "test")

#: Each quantity of a stage by its name here, and what other logs call it.
QUANTITIES: dict[str, tuple[str, ...]] = {
    "loss": ("loss", "total_loss"),
    "recon": ("recon", "recon_loss", "reconstruction", "reconstruction_loss"),
    "kl": ("kl", "kl_loss"),
    "classification": ("classification", "pred", "pred_loss", "class_loss", "cls", "cls_loss"),
    "auroc": ("auroc", "auc"),
    "auprc": ("auprc", "average_precision"),
    "accuracy": ("accuracy", "acc"),
    "beta": ("beta",),
    "reconstruction_weight": ("reconstruction_weight", "recon_weight"),
    "classification_weight": ("classification_weight", "pred_weight", "class_weight"),
}

#: The numbers of the posterior that are drawn.
POSTERIOR = tuple(
    f"{PREFIX}{name}"
    for name in ("kl", "variance", "active_units", "active_units_sigma", "mutual_information", "recon")
)

#: Metrics that belong to no stage.
OTHERS = {"grad/norm": "grad/norm", "grad_norm": "grad/norm", "train_grad_norm": "grad/norm"}

#: What the original monitor logged among the training metrics; its active units are those by σ².
ORIGINAL_POSTERIOR = {
    "train_variance": f"{PREFIX}variance",
    "train_active_units": f"{PREFIX}active_units_sigma",
}

_SUFFIX = re.compile(r"_(?:step|epoch)$")


def _known_names() -> dict[str, str]:
    known = {name: name for name in POSTERIOR} | ORIGINAL_POSTERIOR | OTHERS
    for stage, (quantity, names) in product(STAGES, QUANTITIES.items()):
        for name, separator in product(names, "/_"):
            known[f"{stage}{separator}{name}"] = f"{stage}/{quantity}"
    return known


_KNOWN = _known_names()


@lru_cache(maxsize=4096)
def canonical(name: str) -> str | None:
    """Return the name that figures know a metric by, or None for a metric that is in no figure."""
    found = _KNOWN.get(name)
    return found if found is not None else _KNOWN.get(_SUFFIX.sub("", name))


def preference(name: str) -> tuple[int, int]:
    """Return the rank of a name among those for the same metric, the smallest first.

    Our own name comes first, then one that is as long as the metric was logged, then means over an epoch for
    validation and single steps for training, which is where each says the most.
    """
    ours = canonical(name) == name
    suffix = _SUFFIX.search(name)
    if suffix is None:
        return (0 if ours else 1, 0)
    wanted = "_step" if name.startswith("train") else "_epoch"
    return (2, 0 if suffix[0] == wanted else 1)

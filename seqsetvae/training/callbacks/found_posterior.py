"""The posterior of anybody's LightningModule: found, put beside its prior, and used by a decoder of the user's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.gaussian_conversion import levels_as_sets
from seqsetvae.posterior.named_value import value_at, value_of
from seqsetvae.posterior.objective import BetaSource, reconstruction_of
from seqsetvae.posterior.posterior_finder import Extractor, PosteriorFinder
from seqsetvae.posterior.prior import PriorCoordinates, PriorLike
from seqsetvae.training.callbacks.posterior_source import BetaChange, StepPosterior

#: The user's decoder: module, batch and z (a tensor, or a list of them where there are several levels) to a loss.
Reconstruct = Callable[[Any, Any, Any], Tensor]


class FoundPosterior:
    """Reads the posterior of a module that knows nothing of this package.

    Args:
        posterior: Where it is, see `PosteriorFinder`.
        prior: A prior, or a function of module, result and batch that returns one, or an attribute's name; see
            `PriorCoordinates`. None = N(0, 1).
        mask: For posteriors `[batch, time, latent]`: the name of a key in the batch or the result, or a function.
        reconstruct: Returns the reconstruction loss of a batch with a given z; None = z ablation is not measured.
        beta: See `BetaSource`.
        max_beta: What β rises to; None = not known.
        tell: Is called once with a sentence on what was found.
    """

    thinned = True

    def __init__(
        self,
        *,
        posterior: str | Extractor | None = None,
        prior: PriorLike | str | Extractor = None,
        mask: str | Extractor | None = None,
        reconstruct: Reconstruct | None = None,
        beta: float | str | Callable[[int], float] | None = None,
        max_beta: float | None = None,
        tell: Callable[[str], None],
    ) -> None:
        self._given = posterior
        self._finder = PosteriorFinder(posterior)
        self._module: int | None = None
        self._prior = prior
        self._mask = mask
        self._reconstruct = reconstruct
        self._beta = BetaSource(beta)
        self._max_beta = max_beta
        self._tell = tell
        self._said = self._said_left_out = False
        self._sizes: list[int] | None = None
        self._coordinates = PriorCoordinates()
        self._latents: list[Tensor] = []
        #: The value that β was lowered to, and what it was lowered by.
        self._lowered: tuple[float, float] | None = None
        self._restored: Sequence[float] | None = None

    def start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Follow the module's layers, and find β; in another module than before, all is looked for again."""
        if self._module not in (None, id(module)):
            self._finder.detach()
            self._finder = PosteriorFinder(self._given)
            self._sizes, self._said, self._said_left_out = None, False, False
        self._module = id(module)
        self._beta.attach(module)
        self._finder.attach(module)

    def stop(self) -> None:
        """Take all hooks off the module."""
        self._finder.detach()

    def read(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any) -> StepPosterior | None:
        """Return the posterior of the batch that just ended, None where a later batch lacks the one found at first.

        Raises:
            InputError: the first batch has none, or its prior or mask does not fit it.
        """
        found = self._finder.levels(module, outputs, batch)
        if not found:
            self._say_left_out()
            return None
        mask = self._mask_of(module, outputs, batch)
        levels = levels_as_sets(found, mask)
        sizes = [q.mean.shape[-1] for q in levels]
        if self._sizes is None:
            self._sizes = sizes
        if sizes != self._sizes:
            self._say_left_out()
            return None
        levels = self._coordinates.relative(levels, self._prior_of(module, outputs, batch), mask)
        if self._reconstruct is not None:
            self._latents = [q.mean for q in found]
        self._say(levels)
        return StepPosterior(
            levels=levels,
            reconstruction=reconstruction_of(outputs, partial(_logged, trainer)),
            beta=self._keep_lowered(module, self._beta(module, trainer.global_step)),
            max_beta=self._max_beta,
        )

    def skip(self, module: pl.LightningModule, step: int) -> None:
        """Forget what the layers put out, and keep β lowered."""
        self._finder.forget()
        if self._lowered is not None:
            self._keep_lowered(module, self._beta(module, step))

    def ablation(self, module: pl.LightningModule, batch: Any) -> Tensor | None:
        """Reconstruct the last batch with its own posterior means and with those of its neighbours."""
        if self._reconstruct is None or not self._latents:
            return None
        training = module.training
        module.eval()
        try:
            with torch.no_grad():
                right = self._loss(module, batch, self._latents)
                wrong = self._loss(module, batch, [z.roll(1, 0) for z in self._latents])
                return (wrong - right) / right.abs()
        finally:
            module.train(training)

    def state_dict(self) -> dict[str, Any]:
        """Return what β was lowered to."""
        return {"lowered": None if self._lowered is None else list(self._lowered)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._restored = state_dict.get("lowered")

    def lower_beta(self, module: pl.LightningModule, factor: float) -> BetaChange | None:
        """Set the attribute that holds β to what it was times the factor."""
        before = self._beta(module, 0) if self._beta.path else None
        if self._restored is not None and before == self._restored[0]:
            # β is part of the module's own state and came lowered out of the checkpoint.
            self._lowered, self._restored = (before, self._restored[1]), None
        done = 1.0 if self._lowered is None else self._lowered[1]
        if before is None or not before or factor == done or not self._beta.multiply(module, factor / done):
            return None
        after = before * factor / done
        self._lowered = (after, factor)
        return BetaChange(before, after)

    def _keep_lowered(self, module: pl.LightningModule, beta: float | None) -> float | None:
        """Lower β again where the module's own schedule has set it since."""
        if self._lowered is None or beta is None or beta == self._lowered[0]:
            return beta
        factor = self._lowered[1]
        self._beta.multiply(module, factor)
        self._lowered = (beta * factor, factor)
        return beta * factor

    def _loss(self, module: pl.LightningModule, batch: Any, latents: Sequence[Tensor]) -> Tensor:
        assert self._reconstruct is not None  # asked for before
        loss = self._reconstruct(module, batch, latents[0] if len(latents) == 1 else list(latents))
        return loss.detach().float().mean()

    def _mask_of(self, module: Any, outputs: Any, batch: Any) -> Tensor | None:
        if self._mask is None:
            return None
        found: Any = None
        if isinstance(self._mask, str):
            for source in (batch, outputs):
                found = value_of(source, self._mask)
                if found is not None:
                    break
        else:
            found = self._mask(module, outputs, batch)
        if not isinstance(found, Tensor):
            raise InputError(
                "mask={mask!r} gives {kind}, expected a tensor [batch, time]; name a key of the batch or of "
                "training_step's result, or give a function (module, outputs, batch)",
                mask=self._mask, kind=type(found).__name__,
            )  # fmt: skip
        return found

    def _prior_of(self, module: Any, outputs: Any, batch: Any) -> PriorLike:
        if isinstance(self._prior, str):
            value = value_at(module, self._prior)
            if value is None:
                raise InputError(
                    "prior={name!r} is no attribute of {module}; give its name, a distribution, or a function",
                    name=self._prior, module=type(module).__name__,
                )  # fmt: skip
            if not callable(value):
                return value  # type: ignore[no-any-return]
            return value(module, outputs, batch) if _needs_arguments(value) else value()  # type: ignore[no-any-return]
        if callable(self._prior):
            return self._prior(module, outputs, batch)  # type: ignore[no-any-return]
        return self._prior

    def _say(self, levels: Sequence[GaussianPosterior]) -> None:
        if self._said:
            return
        self._said = True
        sizes = " and ".join(str(q.mean.shape[-1]) for q in levels)
        beta = f"β is {self._beta.path}" if self._beta.path else "β is not known (beta=)"
        use = "" if self._reconstruct is not None else "; whether the decoder uses z is not measured (reconstruct=)"
        self._tell(f"watching the posterior in {self._finder.found}: {sizes} dimensions; {beta}{use}")

    def _say_left_out(self) -> None:
        if not self._said_left_out:
            self._said_left_out = True
            self._tell(f"batches without the posterior in {self._finder.found}, or of other size, are left out")


def _needs_arguments(prior: Callable[..., Any]) -> bool:
    """Return whether a module's own prior must be handed something; its methods often need nothing."""
    function = prior.forward if isinstance(prior, torch.nn.Module) else prior
    return any(
        parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        for parameter in inspect.signature(function).parameters.values()
    )


def _logged(trainer: pl.Trainer) -> dict[str, Any]:
    """Return what the training step logged, by name.

    `trainer.callback_metrics` would make the host wait for each value of the progress bar, and knows what is logged for
    epochs only when one has ended: until then it is the last epoch's.
    """
    logged: dict[str, Any] = {}
    for metric in (trainer._results or {}).values():
        meta = metric.meta
        if meta.on_step:
            logged[meta.name] = metric._forward_cache
        elif metric.is_tensor and meta.is_mean_reduction and not metric.has_reset:
            logged[meta.name] = metric.value / metric.cumulated_batch_size
    return logged

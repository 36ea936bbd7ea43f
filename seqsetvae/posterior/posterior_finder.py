"""Finds the posterior of somebody's VAE: in what a training step returns, in attributes, or in what layers put out.

All places are tried with the first batch; from then on only the one that was found is read. What was found is said in
one sentence, and what is needed where nothing was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.gaussian_conversion import GaussianConversion, named_parts
from seqsetvae.posterior.named_value import value_at, value_of
from seqsetvae.posterior.parameter_names import OTHER_DISTRIBUTIONS, SCALES, NamePair, Scale, pairs_of

#: A function of the user's: module, result of the training step and batch to a posterior, in any form.
Extractor = Callable[[nn.Module, Any, Any], Any]
#: Layers whose result may be a posterior, by their names.
_ENCODERS = re.compile(r"enc|post|latent|bottleneck|gauss|repar|infer|recogn|vae|stoch|variation|(^|[._])(q|z)[._0-9]?")
#: Attributes that may hold a posterior as a distribution or a list.
_LATENTS = re.compile(r"(^|_)(z|q|qz|latents?|posteriors?|dist|distribution|gaussians?)(_|$|\d)|z_list")
#: Names that a sentence lists.
MOST_NAMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a posterior is.

    Attributes:
        words: What a sentence calls it.
        read: Returns what stands there, after a training step.
        layers: The layers whose results it needs.
    """

    words: str
    read: Callable[[nn.Module, Any, Any], Any]
    layers: tuple[str, ...] = ()


class PosteriorFinder:
    """Reads the posterior of each training step.

    Args:
        given: None to look for it; else the name of a key, an attribute or a layer, or a function of module, result
            and batch.
    """

    def __init__(self, given: str | Extractor | None = None) -> None:
        self._given = given
        self._conversion = GaussianConversion()
        self._place: Place | None = None
        self._calls: dict[str, list[Any]] = {}
        self._results: dict[str, Any] = {}
        self._handles: dict[str, RemovableHandle] = {}

    @property
    def found(self) -> str | None:
        """What was found, in words; None before the first batch."""
        return None if self._place is None else self._place.words

    def attach(self, module: nn.Module) -> None:
        """Follow what the layers put out; call before the first training step."""
        self.detach()
        for path, layer in module.named_modules():
            if path and self._may_matter(path, layer):
                self._handles[path] = layer.register_forward_hook(self._keeping(path))

    def detach(self) -> None:
        """Take all hooks off the module."""
        for handle in self._handles.values():
            handle.remove()
        self._handles.clear()
        self._calls.clear()
        self._results.clear()

    def forget(self) -> None:
        """Leave out the training step that just ended."""
        self._calls.clear()

    def levels(self, module: nn.Module, outputs: Any, batch: Any) -> list[GaussianPosterior]:
        """Return the posterior of the step that just ended, a level each, in the shapes that it has.

        A later batch without it gives no levels: steps of a discriminator, say, have none.

        Args:
            module: The model.
            outputs: What its training step returned.
            batch: The step's batch.

        Raises:
            InputError: the first batch has none; the sentence says what is needed.
        """
        rows = _rows(batch)
        self._results.update({path: _of_data(calls, rows) for path, calls in self._calls.items()})
        self._calls.clear()
        if self._place is None:
            self._place = self._look(module, outputs, batch)
            for path in set(self._handles) - set(self._place.layers):
                self._handles.pop(path).remove()
        levels = self._convert(self._place, module, outputs, batch)
        self._results.clear()
        return levels

    def _may_matter(self, path: str, layer: nn.Module) -> bool:
        if path == self._given:
            return True
        return self._given is None and not isinstance(layer, nn.ModuleList | nn.ModuleDict)

    def _keeping(self, path: str) -> Callable[[nn.Module, Any, Any], None]:
        def keep(layer: nn.Module, _: Any, result: Any) -> None:
            if layer.training:
                self._calls.setdefault(path, []).append(result)

        return keep

    def _convert(self, place: Place, module: nn.Module, outputs: Any, batch: Any) -> list[GaussianPosterior]:
        return self._conversion.levels_of(place.read(module, outputs, batch), (place.words,))

    def _look(self, module: nn.Module, outputs: Any, batch: Any) -> Place:
        places = self._places(module) if self._given is None else self._given_places(self._given)
        for place in places:
            if self._convert(place, module, outputs, batch):
                return place
        if self._given is None:
            raise InputError(
                "no posterior was found in {module}: return it from training_step as {{'loss': loss, 'mu': mu, "
                "'logvar': logvar}}, keep it in attributes mu and logvar, or give posterior=, the name of a layer or a "
                "function (module, outputs, batch) that returns (mu, logvar); a layer that puts out one tensor is read "
                "as mu and logvar, half each",
                module=type(module).__name__,
            )
        raise InputError(
            "posterior={given!r} of {module} is no posterior: it must be a pair (mu, logvar), a dictionary with these "
            "names, a torch distribution, or a list of them, one for each latent level",
            given=self._given, module=type(module).__name__,
        )  # fmt: skip

    def _given_places(self, given: str | Extractor) -> Iterable[Place]:
        if callable(given):
            yield Place(words="posterior=", read=given)
            return
        yield Place(
            words=f"{given!r} of the training step's result", read=lambda _, outputs, __: value_of(outputs, given)
        )
        if given in self._handles:
            yield Place(words=f"what layer {given} puts out", read=lambda *_: self._results.get(given), layers=(given,))
            yield Place(
                words=f"what layer {given} puts out, half μ and half log σ²",
                read=lambda *_: _halves(self._results.get(given)),
                layers=(given,),
            )
        yield Place(words=f"attribute {given}", read=lambda module, *_: value_at(module, given))

    def _places(self, module: nn.Module) -> Iterable[Place]:
        yield Place(words="the training step's result", read=lambda _, outputs, __: _without_loss(outputs))
        named = {path: names for path, part in module.named_modules() if (names := _pair_names(part))}
        if named:
            yield Place(
                words=_listed("attributes", _paths(named)),
                read=lambda module, *_: [_chosen(module.get_submodule(path), names) for path, names in named.items()],
            )
        for path, part in module.named_modules():
            for name in _values(part):
                if _LATENTS.search(name.lower()) and not OTHER_DISTRIBUTIONS.search(name.lower()):
                    yield Place(words=f"attribute {path}.{name}".replace(" .", " "), read=_attribute_reader(path, name))
        yield from self._layers(module)

    def _layers(self, module: nn.Module) -> Iterable[Place]:
        """Yield pairs of layers by their names, and then layers that put out a pair or a distribution."""
        results = self._results
        pairs = [
            replace(pair, kind=pair.kind.logarithm) if _has_any_sign(module.get_submodule(pair.scale)) else pair
            for pair in pairs_of(path for path, result in results.items() if isinstance(result, Tensor))
        ]
        if pairs:
            names = tuple(name for pair in pairs for name in (pair.mean, pair.scale))
            read_as = " (read as log σ)" if any(pair.kind is Scale.LOG_DEVIATION for pair in pairs) else ""
            yield Place(words=_listed("layers", names) + read_as, read=_results_reader(results, pairs), layers=names)
        compound = [
            path
            for path, result in results.items()
            if not isinstance(result, Tensor) and not OTHER_DISTRIBUTIONS.search(path.lower())
        ]
        for path in sorted(compound, key=lambda path: not _ENCODERS.search(path.lower())):
            kind = type(module.get_submodule(path))
            alike = tuple(other for other in compound if type(module.get_submodule(other)) is kind)
            yield Place(
                words=_listed("layer" if len(alike) == 1 else "layers", alike),
                read=lambda *_, alike=alike: [results.get(name) for name in alike],
                layers=alike,
            )


def _rows(batch: Any) -> int | None:
    """Return how many examples a batch has: the first axis of its first tensor."""
    tensor = _first_tensor(batch)
    return len(tensor) if tensor is not None and tensor.dim() else None


def _first_tensor(value: Any) -> Tensor | None:
    if isinstance(value, Tensor):
        return value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return next((found for part in parts if (found := _first_tensor(part)) is not None), None)


def _of_data(calls: Sequence[Any], rows: int | None) -> Any:
    """Return the one result of a layer that was called several times in a step.

    A VampPrior encodes its pseudo-inputs too, a GAN what it has made: the batch comes first, with as many rows. A layer
    that is called for each moment of a sequence gives `[batch, time, latent]`.
    """
    of_batch = [call for call in calls if (found := _first_tensor(call)) is not None and _rows(found) == rows] or calls
    first = of_batch[0]
    if len(of_batch) > 2 and all(isinstance(c, Tensor) and c.dim() == 2 and c.shape == first.shape for c in of_batch):
        return torch.stack(list(of_batch), 1)
    return first


def _halves(result: Any) -> dict[str, Tensor] | None:
    """Return the halves of a tensor's channels, or else of its last axis."""
    if not isinstance(result, Tensor) or result.dim() < 2:
        return None
    axis = 1 if result.dim() == 4 else -1
    if result.shape[axis] % 2:
        return None
    mean, log_variance = result.chunk(2, axis)
    return {"mean": mean, "log_variance": log_variance}


def _listed(what: str, names: Sequence[str]) -> str:
    shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], "…"]
    return f"{what} {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"{what} {shown[0]}"


def _results_reader(results: Mapping[str, Any], pairs: Sequence[NamePair]) -> Callable[[nn.Module, Any, Any], Any]:
    """Return what reads pairs of layers; the names it gives say what the second of a pair is."""
    words = {scale: words[0] for scale, words in SCALES.items()}
    return lambda *_: [{"mean": results.get(pair.mean), words[pair.kind]: results.get(pair.scale)} for pair in pairs]


def _has_any_sign(layer: nn.Module) -> bool:
    """Return whether a layer puts out numbers of any sign, which no variance is: one called `fc_var` gives log σ²."""
    last = layer[-1] if isinstance(layer, nn.Sequential) and len(layer) else layer
    return isinstance(last, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)


def _paths(named: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{path}.{name}".lstrip(".") for path, names in named.items() for name in names]


def _pair_names(part: nn.Module) -> tuple[str, ...]:
    tensors = [name for name, value in _values(part).items() if isinstance(value, Tensor | list | tuple)]
    return tuple(name for pair in pairs_of(tensors) for name in (pair.mean, pair.scale))


def _attribute_reader(path: str, name: str) -> Callable[[nn.Module, Any, Any], Any]:
    return lambda module, *_: getattr(module.get_submodule(path), name, None)


def _values(part: nn.Module) -> dict[str, Any]:
    """Return the attributes that are no parameters, buffers or layers, which PyTorch keeps elsewhere."""
    return {
        name: value
        for name, value in named_parts(part).items()
        if not callable(value) and name not in ("_parameters", "_buffers", "_modules") and not name.endswith("_hooks")
    }


def _chosen(part: nn.Module, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(part, name, None) for name in names}


def _without_loss(outputs: Any) -> Any:
    """Return the result of a training step that may hold a posterior: distributions too, under whatever key."""
    if not isinstance(outputs, Mapping):
        return None if isinstance(outputs, Tensor) else outputs
    if pairs_of(outputs):
        return outputs
    likely = [name for name in outputs if _LATENTS.search(str(name).lower())]
    return outputs[likely[0]] if likely else None

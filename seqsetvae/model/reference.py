"""A reference SeqSetVAE: one patient, one set, one attention head at a time.

This is the specification that the batched model is tested against, and what its speed is compared with. It reads
the weights of a `SeqSetVAE` and shares none of its layout: no blocks, no masks, no padding, no fused attention. Every
line is the formula of its docstring in the module it mirrors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from seqsetvae.data.batch import PatientArrays
from seqsetvae.model.encoding import sinusoidal
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import ChamferWeights, LossWeights, classification_loss, kl_divergence
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.model.sequence import LONGEST_PERIOD, LONGEST_POSITION, SHORTEST_PERIOD
from seqsetvae.model.set_attention import InducedSetAttention, SetAttentionLayer, SetPooling
from seqsetvae.model.set_decoder import LONGEST_RANK


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceOutput:
    """What the reference computes for a list of patients.

    Attributes:
        posteriors: One posterior per level, sets in order, `[sets, latent]`.
        history: `[sets, hidden]`.
        logit: `[patients]`.
        reconstruction: Chamfer distance, mean over sets.
    """

    posteriors: list[GaussianPosterior]
    history: Tensor
    logit: Tensor
    reconstruction: Tensor


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, *, causal: bool = False) -> Tensor:
    """Multi-head attention of `[queries, hidden]` to `[keys, hidden]`, a head at a time."""
    outputs = []
    for q, k, v in zip(query.chunk(heads, -1), key.chunk(heads, -1), value.chunk(heads, -1), strict=True):
        score = q @ k.T / math.sqrt(q.shape[-1])
        if causal:
            score = score.masked_fill(torch.ones_like(score, dtype=torch.bool).triu(1), -torch.inf)
        outputs.append(score.softmax(-1) @ v)
    return torch.cat(outputs, -1)


def attention_layer(layer: SetAttentionLayer, x: Tensor) -> Tensor:
    """One set `[events, hidden]` through attention and feed-forward."""
    attention = layer.attention
    query, key, value = attention.projection(layer.norm(x)).chunk(3, -1)
    if isinstance(attention, InducedSetAttention):
        gathered = attend(attention.point_query(attention.points), key, value, attention.heads)
        points = attention.point_norm(attention.point_ff(attention.points + attention.point_output(gathered)))
        key, value = attention.point_key_value(points).chunk(2, -1)
    y: Tensor = layer.feed_forward(x + layer.output(attend(query, key, value, attention.heads)))
    return y


def pool(pooling: SetPooling, x: Tensor) -> Tensor:
    """One set `[events, hidden]` to one vector."""
    normed = pooling.norm(x)
    weights = pooling.score(normed).softmax(0)
    heads = [w @ part for w, part in zip(weights.T, normed.chunk(weights.shape[1], -1), strict=True)]
    size = pooling.size(x.new_tensor([math.log1p(len(x))]))
    y: Tensor = pooling.output(torch.cat(heads) + size)
    return y


def chamfer(p: Tensor, t: Tensor, weights: ChamferWeights) -> Tensor:
    """Chamfer distance of one reconstructed set to one true set, both `[events, hidden]`."""
    length_p, length_t = torch.linalg.vector_norm(p, dim=1), torch.linalg.vector_norm(t, dim=1)
    cosine = (p / length_p[:, None]) @ (t / length_t[:, None]).T
    direction = 1 - cosine
    magnitude = (length_p[:, None] - length_t[None, :]) ** 2
    full = ((p[:, None, :] - t[None, :, :]) ** 2).sum(-1)
    cost = weights.direction * direction + weights.magnitude * magnitude + weights.full * full
    distance: Tensor = 0.5 * (cost.min(0).values.mean() + cost.min(1).values.mean())
    return distance


class Reference:
    """The model's forward pass and loss as nested loops, on the weights of `model`."""

    def __init__(self, model: SeqSetVAE, chamfer_weights: ChamferWeights | None = None) -> None:
        self.model = model
        self.chamfer_weights = chamfer_weights or ChamferWeights()

    def __call__(self, patients: Sequence[PatientArrays]) -> ReferenceOutput:
        """Run the patients one after another; in training mode z is sampled and dropout acts."""
        levels: list[list[GaussianPosterior]] = [[] for _ in range(self.model.config.levels)]
        histories, logits, distances = [], [], []
        for patient in patients:
            sets = self._sets(patient)
            latents = []
            for variable, value in sets:
                posteriors = self._encode(variable, value)
                for level, q in zip(levels, posteriors, strict=True):
                    level.append(q)
                latents.append(torch.cat([q.sample() if self.model.training else q.mean for q in posteriors]))
            history = self._carry(torch.stack(latents), patient)
            histories.append(history)
            logits.append(self._classify(history))
            for h, (variable, value) in zip(history, sets, strict=True):
                target = self.model.target(variable[None], value[None])[0]
                distances.append(chamfer(self._decode(h, len(variable)), target, self.chamfer_weights))
        return ReferenceOutput(
            posteriors=[
                GaussianPosterior(
                    mean=torch.stack([q.mean for q in level]),
                    log_variance=torch.stack([q.log_variance for q in level]),
                )
                for level in levels
            ],
            history=torch.cat(histories),
            logit=torch.stack(logits),
            reconstruction=torch.stack(distances).mean(),
        )

    def loss(
        self, patients: Sequence[PatientArrays], *, weights: LossWeights, free_bits: float, label_smoothing: float
    ) -> Tensor:
        """Return the training objective for the patients."""
        output = self(patients)
        penalty, _ = kl_divergence(output.posteriors, free_bits)
        label = output.logit.new_tensor([patient.label for patient in patients])
        return (
            weights.reconstruction * output.reconstruction
            + weights.beta * penalty
            + weights.classification * classification_loss(output.logit, label, label_smoothing)
        )

    def _sets(self, patient: PatientArrays) -> list[tuple[Tensor, Tensor]]:
        parameter = next(self.model.parameters())
        variable = torch.tensor(patient.variable_id, dtype=torch.long, device=parameter.device)
        value = torch.tensor(patient.value, dtype=parameter.dtype, device=parameter.device)
        bounds = patient.set_offsets.tolist()
        return [(variable[a:b], value[a:b]) for a, b in pairwise(bounds)]

    def _encode(self, variable: Tensor, value: Tensor) -> list[GaussianPosterior]:
        encoder = self.model.encoder
        embedding = encoder.embedding
        if embedding.given is None:
            vectors = embedding.table[variable]
        else:
            vectors = embedding.projection(embedding.given[variable])
        identity, direction = vectors.chunk(2, -1)
        x = identity + value[:, None] * direction
        posteriors = []
        for layer, pooling, head in zip(encoder.layers, encoder.poolings, encoder.heads, strict=True):
            x = attention_layer(layer, x)
            posteriors.append(head(pool(pooling, x)))
        return posteriors

    def _carry(self, latents: Tensor, patient: PatientArrays) -> Tensor:
        sequence = self.model.sequence
        minute = torch.tensor(patient.minute, dtype=torch.float64, device=latents.device)
        position = torch.arange(len(minute), dtype=latents.dtype, device=latents.device)
        when = sinusoidal(minute, sequence.width, shortest=SHORTEST_PERIOD, longest=LONGEST_PERIOD).to(latents.dtype)
        where = sinusoidal(position, sequence.width, shortest=4.0, longest=LONGEST_POSITION)
        x = self.model.latent(latents) + sequence.time(when + where)
        for layer in sequence.layers:
            query, key, value = layer.query_key_value(layer.norm(x)).chunk(3, -1)
            x = x + layer.dropout(layer.output(attend(query, key, value, layer.heads, causal=True)))
            x = layer.feed_forward(x)
        y: Tensor = sequence.norm(x)
        return y

    def _classify(self, history: Tensor) -> Tensor:
        head = self.model.classifier
        weights = head.score(history).softmax(0)
        pooled = torch.cat([w @ history for w in weights.T])
        both = torch.cat((pooled, history[-1]))
        y: Tensor = head.logit(head.dropout(torch.relu(head.hidden(both))))
        return y[0]

    def _decode(self, history: Tensor, size: int) -> Tensor:
        decoder = self.model.decoder
        rank = torch.arange(size, dtype=history.dtype, device=history.device)
        seeds = decoder.seed(sinusoidal(rank, decoder.width, shortest=2.0, longest=LONGEST_RANK))
        x = seeds + decoder.history(history)
        for layer in decoder.layers:
            x = attention_layer(layer, x)
        y: Tensor = decoder.output(decoder.norm(x))
        return y

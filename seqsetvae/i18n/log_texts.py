"""Texts that come from a log, in English as the trainer wrote them, in the user's language.

The detector's conditions, evidence and advice, and the messages of events, stand in a log as finished sentences. They
are recognised by the templates below: a sentence that begins, goes on and ends with a template's literal parts, in time
linear in the sentence, since what stands in a log may be hostile. A placeholder that begins with `text` holds another
text of these, and the template matches only where that is recognised too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter

from seqsetvae.i18n.language import is_translated, tr, translated
from seqsetvae.i18n.message import Message

LONGEST = 1_000
"""Characters of a text that is recognised; ours are shorter."""

_DEEPEST = 4
"""Texts within texts that are recognised."""

_REMEMBERED = 2_048
"""Texts that are kept as recognised: more than a screen shows."""

_HELD = "text"

LOG_TEXTS = (
    "healthy",
    "warming up",
    "not enough evidence",
    "not awake yet",
    "fading",
    "rising reconstruction loss",
    "partial collapse",
    "collapse",
    "decoder ignoring z",
    "over-confident posterior",
    "KL explosion",
    "held by free bits",
    "divergence",
    "KL {kl} < {limit} nats",
    "KL {kl} < {limit} nats with variance {variance} > {prior}",
    "KL {kl} > {limit} nats",
    "too little is logged: log posterior/mutual_information and posterior/active_units to have it judged",
    "KL {kl} nats with variance {variance} is the prior; not measured: log posterior/mutual_information and "
    "posterior/active_units",
    "active units {share} < {limit}",
    "collapsed dimensions {share} > {limit}",
    "mutual information {value} < {limit} nats",
    "reconstruction {share} worse with another set's z, < {limit}",
    "swapping z changes the loss by {share}; a used latent costs at least {limit}",
    "mutual information fell from {best} nats at step {step} to {now}",
    "mutual information fell from {best} nats at step {step} to {now}, while β went from {old} to {new}",
    "mutual information is {share} of its best, {best} nats at step {step}",
    "reconstruction loss {value}, {best} at its best",
    "variance {value} < {limit}",
    "latent level {levels} of {count} carries nothing",
    "{share} of dimensions are held by free bits of {floor} nats",
    "KL {kl} < {limit}",
    "{text_names} not finite in {count} checks running",
    "KL",
    "variance",
    "mutual information",
    "z ablation",
    "reconstruction",
    "KL low in the last {count} checks",
    "share with variance above 0.01 is {share} < {limit}",
    "reconstruction loss rises by {rise} a check, > {limit}",
    "lower --max_beta",
    "lower --max_beta from {old} to {new}",
    "raise --max_beta",
    "raise --max_beta from {old} to {new}",
    "warm β up for longer (--beta_warmup_steps)",
    "anneal in cycles (--kl_annealing cyclical)",
    "weaken the decoder (--decoder_layers 0, more --dropout)",
    "fewer --latent_dim, if reconstruction is good enough",
    "judge z by active units and mutual information: KL stands at its floor",
    "give every dimension free bits (--free_bits {bits})",
    "raise --free_bits from {old} to {new}",
    "lower --free_bits from {old} to {new}",
    "lower --learning_rate",
    "clip the gradient harder (--gradient_clip_val)",
    "resume from the last good checkpoint with a lower --learning_rate",
    "use --precision bf16-mixed or 32",
    "lower β",
    "lower β from {old} to {new}",
    "raise β",
    "raise β from {old} to {new}",
    "warm β up for longer",
    "anneal β in cycles",
    "raise free bits from {old} to {new}",
    "lower free bits from {old} to {new}",
    "give every dimension free bits ({bits} nats)",
    "weaken the decoder (fewer layers, more dropout, dropout of its inputs)",
    "fewer latent dimensions, if reconstruction is good enough",
    "lower the learning rate",
    "clip the gradient harder",
    "resume from the last good checkpoint with a lower learning rate",
    "use precision bf16 or 32",
    "training starts: {weights} weights, {precision} on {device}, {count} process(es)",
    "loss and gradients are finite again",
    "best validation AUROC so far: {auroc}",
    "training has ended",
    "early stopping: validation AUROC has stopped rising",
    "early stopping: {metric} has not risen above {best} (step {step}) in {count} validations, and is {value} now",
    "early stopping: {metric} has not risen above {best} (step {step}) in 1 validation, and is {value} now",
    "early stopping: {metric} was NaN in 1 validation",
    "early stopping: {metric} was NaN in {count} validations",
    "nothing was left to train: the run had ended at step {step}",
    "{text}; {file} is kept",
    "training was stopped: {text}; no checkpoint is from before it",
    "training was stopped: {text}; {file} is from before it",
    "training stops: {text}",
    "stop recommended: {text}",
    "stop recommended",
    "{text}, {text_level} in 1 check",
    "{text}, {text_level} in {count} checks running",
    "max β is lowered from {old} to {new}, {text_level}: {text}",
    "max β is lowered from {old} to {new}, as it was when the run was saved (lowered {count}×)",
    "resumed from step {step}",
    "training {count} steps, latent {dimensions}",
    "{count} log lines were dropped: {reason}",
    "{count} log lines were dropped: {text_reason}",
    "lines came faster than they could be written",
    "cannot write {path}: {reason}",
    "a record was left out: {reason}",
    "{file} is saved",
    "checkpoint {path} could not be written: {reason}; training goes on without",
    "checkpoint {path} could not be written: {reason}; the run ends without it",
    "checkpoints are written again: {path}",
    "{path} could not be written: {reason}",
    "a picture of the posterior could not be written to {directory}: {reason}; training goes on",
    "command {command} of --on_collapse {text}",
    "command {command} of --on_collapse {text}: {complaint}",
    "failed with exit code {code}",
    "was ended after {seconds} s",
    "cannot be run: {reason}",
    "interrupted",
    "failed",
    "a session starts at step {step}",
    "imported from {tool}: {path}",
    "imported from {tool}",
    "this log holds no verdicts: they are the viewer's own, by the default thresholds and without a KL per dimension",
    "lower beta",
    "not finite",
    "stop",
    "stopped",
    "ended",
    "saved",
    "green",
    "yellow",
    "orange",
    "red",
    "{text_first}, {text_rest}",
)
"""All that the trainer writes; numbers and file names stay as they are written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A text in parts: `literals` stand around the placeholders `names`, one more of the former than of the latter."""

    text: str
    literals: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def weight(self) -> tuple[bool, int]:
        """How sure a match is: that of a template which holds texts, then that with the most literal characters."""
        return any(name.startswith(_HELD) for name in self.names), sum(map(len, self.literals))

    def values_in(self, text: str, *, rightmost: bool = False) -> dict[str, str] | None:
        """What stands for the placeholders, none of which is empty; None where the text is another one.

        The parts between them are found where they first stand, or, with `rightmost`, where they last do.
        """
        first, *between, last = self.literals
        if not text.startswith(first) or not text.endswith(last) or len(text) <= len(first) + len(last):
            return None
        inner = text[len(first) : len(text) - len(last)]
        values = _split(inner, between, rightmost=rightmost)
        return dict(zip(self.names, values, strict=True)) if values is not None else None


def _split(text: str, between: list[str], *, rightmost: bool) -> list[str] | None:
    """What stands around and between parts of a text; None where they do not, or nothing stands there."""
    if rightmost:
        found = _split(text[::-1], [part[::-1] for part in reversed(between)], rightmost=False)
        return [value[::-1] for value in reversed(found)] if found is not None else None
    values: list[str] = []
    start = 0
    for part in between:
        place = text.find(part, start + 1)
        if place < 0:
            return None
        values.append(text[start:place])
        start = place + len(part)
    return [*values, text[start:]] if start < len(text) else None


def template_of(text: str) -> Template:
    """Take a template apart."""
    literals, names = [""], []
    for literal, name, _, _ in Formatter().parse(text):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    return Template(text=text, literals=tuple(literals), names=tuple(names))


@lru_cache(_REMEMBERED)
def recognised(text: str) -> Message | None:
    """Return a text from a log as the message that it was made of; None where it is none of ours."""
    return _recognised(text, _DEEPEST)


def log_text(text: str) -> str:
    """Return a text from a log in the user's language; as it is where it is none of ours."""
    found = recognised(text) if is_translated() else None
    return text if found is None else translated(found)


def log_headline(message: str) -> str:
    """Return an event's message, a text or a condition and its evidence, in the user's language."""
    condition, colon, evidence = message.partition(": ")
    if not is_translated() or not colon or recognised(condition) is None:
        return log_text(message)
    reasons = tr("; ").join(log_text(reason) for reason in evidence.split("; "))
    return tr("{condition}: {reasons}", condition=log_text(condition), reasons=reasons)


@cache
def _templates() -> tuple[list[Template], frozenset[str]]:
    """The templates, the surest first, and the texts without placeholders."""
    found = [template_of(text) for text in LOG_TEXTS]
    templates = sorted((one for one in found if one.names), key=lambda one: one.weight, reverse=True)
    return templates, frozenset(one.text for one in found if not one.names)


def _recognised(text: str, depth: int) -> Message | None:
    templates, plain = _templates()
    if text in plain:
        return Message(text)
    if depth == 0 or len(text) > LONGEST:
        return None
    for template in templates:
        for rightmost in (False, True) if len(template.names) > 1 else (False,):
            values = template.values_in(text, rightmost=rightmost)
            held = _held(values, depth - 1) if values is not None else None
            if held is not None:
                return Message(template.text, **held)
    return None


def _held(values: dict[str, str], depth: int) -> dict[str, str] | None:
    """The values with the texts among them recognised; None where one of them is none."""
    out: dict[str, str] = {}
    for name, value in values.items():
        found = _recognised(value, depth) if name.startswith(_HELD) else value
        if found is None:
            return None
        out[name] = found
    return out

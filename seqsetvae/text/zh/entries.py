"""All texts of the catalogue."""

from seqsetvae.text.zh import data_errors, errors, keys, options, screen, settings, verdicts

PARTS = (
    screen.TEXTS,
    keys.TEXTS,
    verdicts.TEXTS,
    options.TEXTS,
    settings.TEXTS,
    errors.TEXTS,
    data_errors.TEXTS,
)

TEXTS = {english: target for part in PARTS for english, target in part.items()}

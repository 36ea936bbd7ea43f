"""All texts of the catalogue."""

from seqsetvae.i18n.zh import data_errors, errors, keys, options, problems, screen, settings, verdicts

SAID = {
    **keys.TEXTS,
    **verdicts.TEXTS,
    **problems.TEXTS,
    **options.TEXTS,
    **settings.TEXTS,
    **errors.TEXTS,
    **data_errors.TEXTS,
}
"""Texts that `told` gets when they are made already: their placeholders are looked for in what is said."""

MARKED = screen.TEXTS
"""Texts that `tr` gets as they stand here."""

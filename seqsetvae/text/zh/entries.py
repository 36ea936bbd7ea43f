"""All texts of the catalogue."""

from seqsetvae.text.zh import screen

PARTS = (screen.TEXTS,)

TEXTS = {english: target for part in PARTS for english, target in part.items()}

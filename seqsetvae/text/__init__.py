"""What the programs say, in the user's language: English stands in the code, other languages in catalogues here."""

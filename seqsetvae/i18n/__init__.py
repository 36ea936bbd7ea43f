"""Texts in the user's language: English stands in the code, translations in catalogues."""

"""Logs of other tools, watched as they are: finding them, following them into the store, judging them."""

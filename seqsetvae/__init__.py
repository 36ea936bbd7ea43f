"""SeqSetVAE: sequential set-VAEs for clinical event streams.

The package root holds the version and imports nothing, so that the watcher starts fast on machines without torch.
"""

__version__ = "0.1.0"

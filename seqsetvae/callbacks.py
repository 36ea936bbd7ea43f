"""The callbacks for anybody's Lightning trainer.

from seqsetvae.callbacks import PosteriorWatch
Trainer(callbacks=[PosteriorWatch()])
"""

from __future__ import annotations

from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.run_progress import RunProgress
from seqsetvae.training.callbacks.system_monitor import SystemMonitor
from seqsetvae.training.posterior_watch import PosteriorWatch

__all__ = ["JsonlLogger", "PosteriorWatch", "RunProgress", "SystemMonitor"]

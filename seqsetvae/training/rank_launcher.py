"""Starts the other processes of a run on this machine, for `Ranks`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.utilities.distributed import _set_num_threads_if_needed
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from seqsetvae.training.launching import naming_main_process


class RankLauncher(_SubprocessScriptLauncher):
    """Starts the other ranks of this machine; what ends one of them ends all.

    In place of Lightning's observer, which kills the main process before that can say or write anything.

    Args:
        environment, num_processes, num_nodes: As in the base class.
        watch: Gets the processes that were started.
        explain: Returns what has ended the function here, given its error.
    """

    def __init__(
        self,
        environment: ClusterEnvironment,
        num_processes: int,
        num_nodes: int,
        *,
        watch: Callable[[Sequence[subprocess.Popen[bytes]]], None],
        explain: Callable[[BaseException], BaseException],
    ) -> None:
        super().__init__(environment, num_processes, num_nodes)
        self._watch = watch
        self._explain = explain

    def launch(self, function: Any, *args: Any, trainer: pl.Trainer | None = None, **kwargs: Any) -> Any:
        """Start the other processes unless they run, and call the function."""
        del trainer
        self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not self.cluster_environment.creates_processes_externally:
            with naming_main_process():
                self._call_children_scripts()
            self._watch(self.procs)
        _set_num_threads_if_needed(num_processes=self.num_processes)
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            cause = self._explain(error)
            if cause is error:
                raise
            raise cause from None

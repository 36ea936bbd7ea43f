"""`seqsetvae-train` in processes of its own, to be signalled and killed, without importing torch for each of them.

One helper process imports everything once and forks when told to. Run as a script it is that helper: it reads a JSON
line a command and answers with one.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.training.config import TrainConfig
from tests.training_runs import words

ROOT = Path(__file__).parents[2]


class Forks:
    """Starts processes that run `seqsetvae-train` with given settings."""

    def __init__(self) -> None:
        self._helper = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forks"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self,
        config: TrainConfig,
        output: Path,
        *,
        environ: Mapping[str, str] | None = None,
        failing_at: int | None = None,
    ) -> int:
        """Start training; stdout and stderr go to `output`. Returns the process id.

        Args:
            config: The settings.
            output: Appended to.
            environ: What the environment has besides.
            failing_at: The training batch at which an error is raised.
        """
        command = {"argv": words(config), "output": str(output), "environ": environ or {}, "failing_at": failing_at}
        return int(self._ask(command))

    def start_ranks(self, config: TrainConfig, output: Path, *, failing: tuple[int, int] | None = None) -> list[int]:
        """Start two ranks as torchrun does; `failing` is a rank, and its batch at which an error is raised."""
        shared = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "test"}
        shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}
        failures = {} if failing is None else dict([failing])
        return [
            self.start(
                config,
                output,
                environ={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                failing_at=failures.get(rank),
            )
            for rank in range(2)
        ]

    def wait(self, pid: int) -> int:
        """Return the exit code of a process, −signal where a signal ended it."""
        return int(self._ask({"wait": pid}))

    def close(self) -> None:
        """End the helper."""
        assert self._helper.stdin is not None
        assert self._helper.stdout is not None
        self._helper.stdin.close()
        self._helper.stdout.close()
        self._helper.wait(timeout=240)

    def _ask(self, command: dict[str, Any]) -> Any:
        assert self._helper.stdin is not None
        assert self._helper.stdout is not None
        self._helper.stdin.write(json.dumps(command) + "\n")
        self._helper.stdin.flush()
        return json.loads(self._helper.stdout.readline())


def wait_until(holds: Callable[[], bool], what: str, *, seconds: float = 90.0) -> None:
    """Look every few milliseconds until something holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.005)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _train(argv: Sequence[str], output: str, environ: Mapping[str, str], failing_at: int | None) -> None:
    """Be `seqsetvae-train`; never returns."""
    os.environ.update(environ)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    from lightning_fabric.utilities.rank_zero import rank_zero_only

    from seqsetvae.cli.train import main
    from seqsetvae.training.module import SeqSetVAEModule

    rank_zero_only.rank = int(environ.get("RANK", 0))  # type: ignore[attr-defined]  # Lightning does so at its import
    step = SeqSetVAEModule.training_step

    def failing(self: SeqSetVAEModule, batch: EventBatch, batch_idx: int) -> Tensor:
        if batch_idx == failing_at:
            raise ValueError("this batch is not liked")
        return step(self, batch, batch_idx)

    SeqSetVAEModule.training_step = failing  # type: ignore[method-assign]
    sys.exit(main(argv))


def _serve() -> None:
    from seqsetvae.training import run  # noqa: F401  # the import that is not to be made again and again

    for line in sys.stdin:
        command = json.loads(line)
        if "wait" in command:
            answer = os.waitstatus_to_exitcode(os.waitpid(command["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                sys.stdin.close()
                _train(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()

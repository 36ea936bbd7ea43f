"""The link between the processes of a run: who asks to stop, who failed, who died.

Rank 0 listens, and every other rank holds a connection to it while it lives. The system closes the connection of a
process however it ends, so that nobody waits for one that is gone. A thread of its own serves the link: the main thread
may be blocked in a collective operation, which then ends with an error (gloo) or never (NCCL).
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

import torch.distributed as dist

from seqsetvae.data.worker_signals import ENDING
from seqsetvae.training.meeting_place import MeetingPlace
from seqsetvae.training.rank_end import FAILED, RankEnd

#: Under which rank 0 says where it listens.
KEY = "seqsetvae/link"
#: Seconds between two looks at deadlines and at what `look` looks at.
LOOK_INTERVAL = 0.25
#: Seconds that an attempt to find rank 0, or to send it something, may take.
ATTEMPT_SECONDS = 5.0


class RankLink:
    """One rank's side of the link.

    Args:
        place: Where to meet.
        on_signal: Called in the link's thread with a signal, and whether another rank received it.
        on_end: Called in the link's thread with the end of another rank, at the first of them.
        look: Called in the link's thread every moment; returns the end of a rank that it sees, or None.
    """

    def __init__(
        self,
        place: MeetingPlace,
        *,
        on_signal: Callable[[int, bool], None],
        on_end: Callable[[RankEnd], None],
        look: Callable[[], RankEnd | None],
    ) -> None:
        self.place = place
        self._on_signal = on_signal
        self._on_end = on_end
        self._look = look
        self._wake_here, self.wake_there = socket.socketpair()
        self._wake_here.setblocking(False)
        self.wake_there.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_here, selectors.EVENT_READ, self._read_wake)
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, _Connection] = {}
        self._began = time.monotonic()
        self._token = token_hex(16)
        self._store: Any = None
        self._server: socket.socket | None = None
        #: The first end of another rank.
        self.ended: RankEnd | None = None
        self.has_ended = threading.Event()
        self.connected = threading.Event()
        self._closing = False
        self._stopped = False
        self._said: dict[str, Any] | None = None
        self._thread = threading.Thread(target=self._serve, name="rank-link", daemon=True)

    def start(self) -> None:
        """Listen on rank 0; elsewhere, connect as soon as it does."""
        if self.place.rank == 0:
            self._listen()
        self._thread.start()

    def wait_for_all(self) -> None:
        """Wait until the ranks are connected, or one has ended: the end of none goes unseen after that."""
        while not self.connected.wait(LOOK_INTERVAL) and not self.has_ended.is_set():
            pass

    def say(self, end: RankEnd) -> None:
        """Tell the others that this rank ends; elsewhere than on rank 0, `has_ended` is set once that has heard it."""
        self._said = {"end": end.to_data()}
        self._send(self._said)

    @property
    def is_alone(self) -> bool:
        """Whether no connection is left."""
        return not self._connections

    def close(self) -> None:
        """Take the end of others for nothing more."""
        self._closing = True

    def hang_up(self) -> None:
        """Let the others see that this rank leaves."""
        self._closing = True
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """End the thread, once the run has ended well."""
        self._stopped = True
        self._wake()
        self._thread.join(ATTEMPT_SECONDS)
        with self._lock:
            for open_socket in (self._wake_here, self.wake_there, self._server, *self._connections):
                if open_socket is not None:
                    open_socket.close()
        self._selector.close()

    def _listen(self) -> None:
        place = self.place
        local = socket.gethostbyname(place.address).startswith("127.")
        self._server = server = socket.create_server((place.address if local else "", 0))
        server.setblocking(False)
        self._selector.register(server, selectors.EVENT_READ, self._accept)
        self._store = self._make_store()
        self._store.set(KEY, json.dumps([server.getsockname()[1], self._token]))

    def _make_store(self) -> Any:
        """Return the store that torch will use too: in one process, they share the server of a port."""
        place = self.place
        return dist.TCPStore(  # type: ignore[attr-defined]  # its export depends on how torch was built
            place.address,
            place.port,
            is_master=place.rank == 0 and not place.hosted,
            timeout=timedelta(seconds=ATTEMPT_SECONDS),
            wait_for_workers=False,
            multi_tenant=True,
        )

    def _serve(self) -> None:
        if self.place.rank != 0:
            self._connect()
        while not self._stopped:
            for key, _ in self._selector.select(LOOK_INTERVAL):
                key.data(key.fileobj)
            seen = self._look()
            if seen is None and not self.connected.is_set() and time.monotonic() - self._began > self.place.patience:
                seen = self._unmet()
            if seen is not None:
                self._note(seen)

    def _unmet(self) -> RankEnd:
        missing = 0 if self.place.rank else next(iter(set(range(1, self.place.world_size)) - self._ranks()), 0)
        reason = f"rank {missing} was not there within {self.place.patience:g} s"
        return RankEnd(rank=missing, code=FAILED, reason=reason, report=reason)

    def _ranks(self) -> set[int]:
        return {connection.rank for connection in self._connections.values() if connection.rank is not None}

    def _connect(self) -> None:
        """Connect to rank 0 in a thread of its own, since the store blocks."""

        def attempt() -> None:
            while (
                not self._stopped
                and not self.connected.is_set()
                and time.monotonic() - self._began < self.place.patience
            ):
                try:
                    if self._store is None:  # it writes to stderr where nobody listens
                        socket.create_connection((self.place.address, self.place.port), ATTEMPT_SECONDS).close()
                        self._store = self._make_store()
                    port, token = json.loads(self._store.get(KEY))
                    there = socket.create_connection((self.place.address, port), timeout=ATTEMPT_SECONDS)
                except (dist.DistError, OSError):
                    time.sleep(LOOK_INTERVAL)
                    continue
                there.settimeout(ATTEMPT_SECONDS)
                self._add(there, rank=0)
                self._send({"rank": self.place.rank, "token": token})
                self.connected.set()
                self._wake()

        threading.Thread(target=attempt, name="rank-link-connect", daemon=True).start()

    def _add(self, connection: socket.socket, *, rank: int | None) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with self._lock:
            self._connections[connection] = _Connection(rank=rank)
        self._selector.register(connection, selectors.EVENT_READ, self._read)

    def _accept(self, server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.settimeout(ATTEMPT_SECONDS)
        self._add(connection, rank=None)

    def _read_wake(self, here: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in here.recv(4096):
                if number in ENDING:
                    self._on_signal(number, False)
                    if self.place.rank != 0:
                        self._send({"signal": int(number)})

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.wake_there.send(b"\0")

    def _read(self, connection: socket.socket) -> None:
        state = self._connections[connection]
        try:
            content = connection.recv(65536)
        except OSError:
            content = b""
        if not content:
            self._lose(connection, state)
            return
        *lines, state.rest = (state.rest + content).split(b"\n")
        try:
            for line in lines:
                self._receive(state, json.loads(line))
        except (ValueError, TypeError, LookupError, AttributeError):  # nobody of ours writes such a line
            self._lose(connection, state)

    def _lose(self, connection: socket.socket, state: _Connection) -> None:
        self._selector.unregister(connection)
        with self._lock:
            del self._connections[connection]
        connection.close()
        if state.rank is not None and not state.has_ended:
            self._gone(state.rank)

    def _gone(self, rank: int) -> None:
        """Note an end without a word, with what the launcher knows of it."""
        deadline = time.monotonic() + 1.0
        while (seen := self._look()) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        reason = f"rank {rank} is gone"
        self._note(seen or RankEnd(rank=rank, code=FAILED, reason=reason, report=reason))

    def _receive(self, state: _Connection, message: Mapping[str, Any]) -> None:
        if state.rank is None:
            if message.get("token") == self._token:
                state.rank = int(message["rank"])
                if len(self._ranks()) == self.place.world_size - 1:
                    self.connected.set()
                if self._said is not None:
                    self._send(self._said)
        elif "signal" in message:
            self._on_signal(int(message["signal"]), True)
        elif "end" in message:
            state.has_ended = True
            end = RankEnd(**message["end"])
            if end.code:
                self._note(end)

    def _note(self, end: RankEnd) -> None:
        if self.ended is None and not self._closing:
            self.ended = end
            self._on_end(end)
        if self.place.rank == 0:
            self.say(end)
        self.has_ended.set()

    def _send(self, message: Mapping[str, Any]) -> None:
        content = json.dumps(message).encode() + b"\n"
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # what is lost is noticed where it is read
                    connection.sendall(content)


@dataclass(slots=True)
class _Connection:
    """Another rank, unless it has not said which; what it has sent of a line; whether it said that it ends."""

    rank: int | None
    rest: bytes = b""
    has_ended: bool = False

"""A proxy before the server whose connections break where a test says."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Cut:
    """Break a connection after so many bytes of the client, or of the server."""

    sent: int | None = None
    answered: int | None = None


class CuttingProxy:
    """Each new connection takes the next cut; after the last one nothing breaks. ``url`` is where it listens."""

    def __init__(self, url: str, cuts: list[Cut]) -> None:
        target = urlsplit(url)
        self._target = (target.hostname, target.port)
        self.cuts = list(cuts)
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> CuttingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            cut = self.cuts.pop(0) if self.cuts else Cut()
            far = socket.create_connection(self._target)
            for source, target, limit in ((near, far, cut.sent), (far, near, cut.answered)):
                threading.Thread(target=self._pump, args=(source, target, limit), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        try:
            while limit is None or passed < limit:
                piece = source.recv(65_536 if limit is None else min(65_536, limit - passed))
                if not piece:
                    break
                target.sendall(piece)
                passed += len(piece)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

"""Aliases: names that move from model to model."""

from __future__ import annotations

from collections.abc import Iterator

from ..records import Alias, Model
from .transport import Transport


class Aliases:
    """``client.aliases``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(self, name: str, model: str | Model) -> Alias:
        """Moves an alias to a model, or makes it."""
        json = {"modelId": model if isinstance(model, str) else model.id}
        return Alias.of(self._transport.json("PUT", f"/v1/aliases/{name}", json=json))

    def get(self, name: str) -> Alias:
        return Alias.of(self._transport.json("GET", f"/v1/aliases/{name}"))

    def list(self) -> Iterator[Alias]:
        """All aliases, by name."""
        for item in self._transport.items("/v1/aliases"):
            yield Alias.of(item)

    def delete(self, name: str) -> None:
        self._transport.send("DELETE", f"/v1/aliases/{name}")

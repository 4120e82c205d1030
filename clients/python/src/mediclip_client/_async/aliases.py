"""Aliases: names that move from model to model."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..records import Alias, Model
from .transport import AsyncTransport


class AsyncAliases:
    """``client.aliases``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def set(self, name: str, model: str | Model) -> Alias:
        """Moves an alias to a model, or makes it."""
        json = {"modelId": model if isinstance(model, str) else model.id}
        return Alias.of(await self._transport.json("PUT", f"/v1/aliases/{name}", json=json))

    async def get(self, name: str) -> Alias:
        return Alias.of(await self._transport.json("GET", f"/v1/aliases/{name}"))

    async def list(self) -> AsyncIterator[Alias]:
        """All aliases, by name."""
        async for item in self._transport.items("/v1/aliases"):
            yield Alias.of(item)

    async def delete(self, name: str) -> None:
        await self._transport.send("DELETE", f"/v1/aliases/{name}")

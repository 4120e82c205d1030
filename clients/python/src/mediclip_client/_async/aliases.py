"""Aliases: names that move from model to model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ..records import Alias, Json, Model
from .transport import AsyncTransport


class AsyncAliases:
    """``client.aliases``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def set(
        self, name: str, model: str | Model, *, options: Mapping[str, Any] | None = None
    ) -> Alias:
        """Moves an alias to a model, or makes it.

        ``options`` are further fields of ``PUT /v1/aliases/{name}``, e.g.
        ``{"dicomResults": {"server": "pacs", "kinds": ["secondary-capture"]}}``.
        """
        json = {**(options or {}), "modelId": model if isinstance(model, str) else model.id}
        return Alias.of(await self._transport.json("PUT", f"/v1/aliases/{name}", json=json))

    async def get(self, name: str) -> Alias:
        return Alias.of(await self._transport.json("GET", f"/v1/aliases/{name}"))

    async def list(self) -> AsyncIterator[Alias]:
        """All aliases, by name."""
        async for item in self._transport.items("/v1/aliases"):
            yield Alias.of(item)

    async def roll_back(self, name: str) -> Alias:
        """Moves an alias back to the model before."""
        return Alias.of(await self._transport.json("POST", f"/v1/aliases/{name}/rollback"))

    async def shadow(self, name: str) -> Json:
        """How the shadow of an alias (``shadow`` of ``options``) scores beside its model."""
        report: Json = await self._transport.json("GET", f"/v1/aliases/{name}/shadow")
        return report

    async def delete(self, name: str) -> None:
        await self._transport.send("DELETE", f"/v1/aliases/{name}")

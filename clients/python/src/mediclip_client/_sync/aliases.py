"""Aliases: names that move from model to model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..records import Alias, Json, Model
from .transport import Transport


class Aliases:
    """``client.aliases``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def set(
        self, name: str, model: str | Model, *, options: Mapping[str, Any] | None = None
    ) -> Alias:
        """Moves an alias to a model, or makes it.

        ``options`` are further fields of ``PUT /v1/aliases/{name}``, e.g.
        ``{"dicomResults": {"server": "pacs", "kinds": ["secondary-capture"]}}``.
        """
        json = {**(options or {}), "modelId": model if isinstance(model, str) else model.id}
        return Alias.of(self._transport.json("PUT", f"/v1/aliases/{name}", json=json))

    def get(self, name: str) -> Alias:
        return Alias.of(self._transport.json("GET", f"/v1/aliases/{name}"))

    def list(self) -> Iterator[Alias]:
        """All aliases, by name."""
        for item in self._transport.items("/v1/aliases"):
            yield Alias.of(item)

    def roll_back(self, name: str) -> Alias:
        """Moves an alias back to the model before."""
        return Alias.of(self._transport.json("POST", f"/v1/aliases/{name}/rollback"))

    def shadow(self, name: str) -> Json:
        """How the shadow of an alias (``shadow`` of ``options``) scores beside its model."""
        report: Json = self._transport.json("GET", f"/v1/aliases/{name}/shadow")
        return report

    def delete(self, name: str) -> None:
        self._transport.send("DELETE", f"/v1/aliases/{name}")

"""Webhooks: addresses that events are sent to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from ..records import Delivery, Webhook, WebhookEvent
from .transport import AsyncTransport


class AsyncWebhooks:
    """``client.webhooks``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, url: str, events: Iterable[WebhookEvent], *, secret: str | None = None) -> Webhook:
        """Has events sent to an address. ``secret`` of what comes back, given or made, is not told again."""
        json = {"url": url, "events": list(events), **({} if secret is None else {"secret": secret})}
        return Webhook.of(await self._transport.json("POST", "/v1/webhooks", json=json))

    async def get(self, webhook: str | Webhook) -> Webhook:
        return Webhook.of(await self._transport.json("GET", _path(webhook)))

    async def list(self) -> AsyncIterator[Webhook]:
        """All webhooks, newest first."""
        async for item in self._transport.items("/v1/webhooks"):
            yield Webhook.of(item)

    async def delete(self, webhook: str | Webhook) -> None:
        """Nothing more is sent there, and its deliveries are forgotten."""
        await self._transport.send("DELETE", _path(webhook))

    async def rotate_secret(self, webhook: str | Webhook, *, secret: str | None = None) -> Webhook:
        """A new secret, given or made; until ``old_secret_until`` deliveries are signed with the one before, too."""
        json = {} if secret is None else {"secret": secret}
        return Webhook.of(await self._transport.json("POST", f"{_path(webhook)}/secret", json=json))

    async def deliveries(self, webhook: str | Webhook) -> AsyncIterator[Delivery]:
        """Events on their way to a webhook or there, newest first."""
        async for item in self._transport.items(f"{_path(webhook)}/deliveries"):
            yield Delivery.of(item)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Sends an event once more, as soon as may be."""
        path = f"{_path(delivery.webhook_id)}/deliveries/{delivery.id}/redeliver"
        return Delivery.of(await self._transport.json("POST", path))


def _path(webhook: str | Webhook) -> str:
    return f"/v1/webhooks/{webhook if isinstance(webhook, str) else webhook.id}"

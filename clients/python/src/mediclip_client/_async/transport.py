"""Requests over HTTP, repeated where that helps."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Container, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from .._bodies import Body
from ..errors import ConnectionFailed, MediclipError, ProblemError, problem_of

_PAGE_SIZE = 200


class AsyncTransport:
    """Sends requests to one server with one key."""

    def __init__(self, url: str, key: str | None, timeout: float, retry_seconds: float) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Timeout(timeout, connect=10)
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=limits)
        self._retry_seconds = retry_seconds

    async def aclose(self) -> None:
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: Body | None = None,
        query: Mapping[str, Any] | None = None,
        accept: str = "application/json",
        answers: Container[int] = (),
    ) -> httpx.Response:
        """The answer with its body; statuses of ``answers`` are none of problems. A POST has the same
        ``Idempotency-Key`` at every try, so it is done once."""
        headers = {"accept": accept}
        if method == "POST":
            headers["idempotency-key"] = str(uuid.uuid4())
        if body is not None:
            headers |= body.headers
        budget = self.budget()
        while True:
            content = None if body is None else _pieces(body.open())
            try:
                response = await self._http.request(
                    method, path, params=_given(query), headers=headers, json=json, content=content
                )
                is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
                if response.is_success or (response.status_code in answers and not is_problem):
                    return response
                raise problem_of(response)
            except httpx.TransportError as error:
                await budget.after(_connection_failed(self._http, error))
            except ProblemError as error:
                await budget.after(error)

    async def json(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of the answer."""
        return (await self.send(method, path, **options)).json()

    async def items(self, path: str, query: Mapping[str, Any] | None = None) -> AsyncIterator[dict[str, Any]]:
        """The items of a list, page after page."""
        cursor: str | None = None
        while True:
            page = await self.json("GET", path, query={"limit": _PAGE_SIZE, **(query or {}), "cursor": cursor})
            for item in page["items"]:
                yield item
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    @asynccontextmanager
    async def stream(
        self, path: str, *, accept: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """One try of an answer that is read while it comes; what breaks it is a ConnectionFailed."""
        try:
            async with self._http.stream("GET", path, headers={"accept": accept, **(headers or {})}) as response:
                if not response.is_success:
                    await response.aread()
                    raise problem_of(response)
                yield response
        except httpx.TransportError as error:
            raise _connection_failed(self._http, error) from error

    def budget(self) -> AsyncRetryBudget:
        return AsyncRetryBudget(self._retry_seconds)


class AsyncRetryBudget:
    """How long a call has waited between its tries, and how long it may, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._pause = 0.5

    async def after(self, error: MediclipError) -> None:
        """Waits as long as the server asked, else 0.5 s, 1 s, 2 s ...; raises ``error`` when another try is useless."""
        retryable = isinstance(error, ConnectionFailed) or (isinstance(error, ProblemError) and error.retryable)
        asked = error.retry_after if isinstance(error, ProblemError) else None
        pause = self._pause if asked is None else asked
        # A wait of no time counts too, or a server that always says "now" would be asked for ever.
        cost = max(pause, 0.1)
        if not retryable or cost > self._left:
            raise error
        self._left -= cost
        self._pause *= 2
        await asyncio.sleep(pause)


async def _pieces(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


def _given(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (query or {}).items() if value is not None}


def _connection_failed(http: httpx.AsyncClient, error: httpx.TransportError) -> ConnectionFailed:
    failed = ConnectionFailed(f"{http.base_url} cannot be reached: {error or type(error).__name__}.")
    failed.__cause__ = error
    return failed

"""Jobs: work that takes longer than a request."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from ..errors import ConnectionFailed, JobNotSucceeded, ProblemError
from ..progress import Progress, ProgressOption
from ..records import GroupScore, Json, Label, Result
from .transport import AsyncTransport

if TYPE_CHECKING:
    import numpy as np


class AsyncJob:
    """A job of the server; ``raw`` is its record as it was seen last."""

    def __init__(self, transport: AsyncTransport, raw: Json) -> None:
        self._transport = transport
        self.raw = raw

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id}: {self.state}>"

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def kind(self) -> str:
        """What it does, e.g. ``adaptation``, ``scoring`` or ``dicomweb-import``."""
        return str(self.raw["kind"])

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``succeeded``, ``failed`` or ``cancelled``; the last three are final."""
        return str(self.raw["state"])

    @property
    def result(self) -> Json:
        """What it left; empty before it has succeeded."""
        result: Json = self.raw.get("result", {})
        return result

    @property
    def model_id(self) -> str:
        """The model that it made or calibrated. Raises KeyError before it has succeeded, and of other kinds."""
        return str(self.result["modelId"])

    @property
    def evaluation_id(self) -> str:
        """The evaluation that it made. Raises KeyError before it has succeeded, and of other kinds."""
        return str(self.result["evaluationId"])

    async def refresh(self) -> AsyncJob:
        """Reads the record anew."""
        self.raw = await self._transport.json("GET", f"/v1/jobs/{self.id}")
        return self

    async def cancel(self) -> AsyncJob:
        """Asks for the end of the job, which comes within seconds."""
        self.raw = await self._transport.json("POST", f"/v1/jobs/{self.id}/cancel")
        return self

    async def delete(self) -> None:
        """Forgets a job that has ended, with the results of a scoring."""
        await self._transport.send("DELETE", f"/v1/jobs/{self.id}")

    async def wait(self, progress: ProgressOption = False) -> AsyncJob:
        """Waits until the job has succeeded. Raises JobNotSucceeded. What interrupts the waiting leaves the job running."""
        shown = Progress(progress, "step")
        try:
            if self.state not in ("succeeded", "failed", "cancelled"):
                async for event in self.events():
                    if event["type"] == "progress":
                        told = event["progress"]
                        shown.update(told["phase"], told["done"], told["total"])
                    elif event["type"] == "end":
                        self.raw = event["job"]
        finally:
            shown.close()
        if self.state != "succeeded":
            raise JobNotSucceeded(self.raw)
        return self

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """The events to the end of the job, none twice; a connection that breaks is opened anew where it broke."""
        last: int | None = None
        budget = self._transport.budget()
        while True:
            headers = {} if last is None else {"last-event-id": str(last)}
            path = f"/v1/jobs/{self.id}/events"
            try:
                async with self._transport.stream(path, accept="text/event-stream", headers=headers) as response:
                    async for line in response.aiter_lines():
                        # Every event is one object on one line of data.
                        if line.startswith("data:"):
                            event: dict[str, Any] = json.loads(line[5:])
                            yield event
                            if event["type"] == "end":
                                return
                            last = event["id"]
                            budget = self._transport.budget()
                raise ConnectionFailed("The stream of events ended before the job did.")
            except (ConnectionFailed, ProblemError) as error:
                await budget.after(error)

    async def results(
        self, *, label: Label | None = None, decision: Label | None = None, sort: str | None = None
    ) -> AsyncIterator[Result]:
        """The results of a scoring; ``sort`` is ``"score"``, ``"-score"`` or ``"name"``, else in order of upload."""
        query = {"label": label, "decision": decision, "sort": sort}
        async for item in self._transport.items(f"/v1/jobs/{self.id}/results", query):
            yield Result.of(item)

    async def groups(self, *, highest: int | None = None) -> AsyncIterator[GroupScore]:
        """The groups of a scoring (patients, series, volumes), highest score first: of each the mean of its
        ``highest`` scores, by default as many as the calibration has, else 3."""
        async for item in self._transport.items(f"/v1/jobs/{self.id}/groups", {"highest": highest}):
            yield GroupScore.of(item)

    async def judge(self, image_id: str, verdict: Label, *, note: str | None = None) -> Result:
        """Says whether an image of a scoring is normal, beside what the model says."""
        json = {"verdict": verdict, **({} if note is None else {"note": note})}
        path = f"/v1/jobs/{self.id}/results/{image_id}/verdict"
        return Result.of(await self._transport.json("POST", path, json=json))

    async def map(self, image_id: str) -> np.ndarray[Any, Any]:
        """The map of an image of a scoring: float32 ``[side, side]``, probability of abnormal, 0 to 1."""
        import numpy

        path = f"/v1/jobs/{self.id}/results/{image_id}/map"
        response = await self._transport.send("GET", path, accept="application/x-npy")
        array: np.ndarray[Any, Any] = numpy.load(io.BytesIO(response.content))
        return array

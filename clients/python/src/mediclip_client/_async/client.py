"""The client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any

import httpx

from ..records import Dataset, Evaluation, Image, Json, Model, Split
from .aliases import AsyncAliases
from .datasets import AsyncDatasets
from .dicomweb import AsyncDicomweb
from .jobs import AsyncJob
from .models import AsyncModels, model_path
from .transport import AsyncTransport
from .webhooks import AsyncWebhooks


class AsyncClient:
    """A server of MediCLIP.

    Calls raise a ProblemError for a problem that the server tells, and ConnectionFailed where it cannot be reached.
    What a busy server turns away, or a connection that breaks, is tried again; nothing is done twice by that.

    Args:
        url: where the server is, e.g. ``http://127.0.0.1:8080``.
        key: the API key, on a server that asks for one.
        timeout: seconds without a byte of the server after which a connection counts as broken.
        retry_seconds: how long one call may wait between its tries, all together.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout: float = 120, retry_seconds: float = 30
    ) -> None:
        self._transport = AsyncTransport(url, key, timeout, retry_seconds)
        self.datasets = AsyncDatasets(self._transport)
        self.models = AsyncModels(self._transport)
        self.aliases = AsyncAliases(self._transport)
        self.webhooks = AsyncWebhooks(self._transport)
        self.dicomweb = AsyncDicomweb(self._transport)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    async def adapt(
        self,
        dataset: str | Dataset,
        *,
        name: str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        backbone: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> AsyncJob:
        """Begins to make a model from normal training images; ``model_id`` of the job when it has succeeded.

        ``options`` are further fields of ``POST /v1/adaptations``, e.g. ``{"training": {"epochs": 40}}``.
        """
        named = {"name": name, "shots": shots, "seed": seed, "backbone": backbone}
        given = {field: value for field, value in named.items() if value is not None}
        return await self._begin("/v1/adaptations", {**(options or {}), **given, "datasetId": _id(dataset)})

    async def calibrate(self, model: str | Model, dataset: str | Dataset, *, alpha: float) -> AsyncJob:
        """Begins to choose the threshold from normal images of a data set, so that a share of at most ``alpha`` of
        normal images is called abnormal."""
        return await self._begin(f"{model_path(model)}/calibration", {"datasetId": _id(dataset), "alpha": alpha})

    async def evaluate(
        self, model: str | Model, dataset: str | Dataset, *, baseline: str | Model | None = None
    ) -> AsyncJob:
        """Begins to measure a model on the test images of a data set; ``evaluation_id`` of the job in the end."""
        json = {"modelId": await self._model_id(model), "datasetId": _id(dataset)}
        if baseline is not None:
            json["baselineModelId"] = await self._model_id(baseline)
        return await self._begin("/v1/evaluations", json)

    async def revise(self, model: str | Model, dataset: str | Dataset, images: Iterable[str | Image]) -> AsyncJob:
        """Begins to make a new model of one that normal images of a data set are added to."""
        ids = [image if isinstance(image, str) else image.id for image in images]
        return await self._begin(f"{model_path(model)}/revisions", {"datasetId": _id(dataset), "imageIds": ids})

    async def audit(self, dataset: str | Dataset) -> AsyncJob:
        """Begins to look for what makes figures on a data set mislead; ``findings`` of its ``auditId`` in the end."""
        return await self._begin(f"/v1/datasets/{_id(dataset)}/audits")

    async def findings(self, audit: str) -> Json:
        """What an audit found."""
        found: Json = await self._transport.json("GET", f"/v1/audits/{audit}")
        return found

    async def score_dataset(
        self,
        model: str | Model,
        dataset: str | Dataset,
        *,
        split: Split | None = None,
        false_discovery_rate: float | None = None,
    ) -> AsyncJob:
        """Begins to score the images of a data set; ``results()`` and ``map()`` of the job in the end."""
        json: dict[str, Any] = {"modelId": await self._model_id(model), "datasetId": _id(dataset)}
        if split is not None:
            json["split"] = split
        if false_discovery_rate is not None:
            json["falseDiscoveryRate"] = false_discovery_rate
        return await self._begin("/v1/scorings", json)

    async def evaluation(self, id: str) -> Evaluation:
        return Evaluation.of(await self._transport.json("GET", f"/v1/evaluations/{id}"))

    async def evaluations(self) -> AsyncIterator[Evaluation]:
        """All evaluations, newest first."""
        async for item in self._transport.items("/v1/evaluations"):
            yield Evaluation.of(item)

    async def operating_points(self, evaluation: str | Evaluation) -> Json:
        """What each threshold would make of the evaluated images."""
        points: Json = await self._transport.json("GET", f"/v1/evaluations/{_id(evaluation)}/operating-points")
        return points

    async def delete_evaluation(self, evaluation: str | Evaluation) -> None:
        await self._transport.send("DELETE", f"/v1/evaluations/{_id(evaluation)}")

    async def report(self, evaluation: str | Evaluation) -> str:
        """The report of an evaluation, a self-contained HTML page."""
        path = f"/v1/evaluations/{_id(evaluation)}/report"
        return (await self._transport.send("GET", path, accept="text/html")).text

    async def job(self, id: str) -> AsyncJob:
        return AsyncJob(self._transport, await self._transport.json("GET", f"/v1/jobs/{id}"))

    async def jobs(self, *, state: str | None = None, kind: str | None = None) -> AsyncIterator[AsyncJob]:
        """All jobs, newest first."""
        async for item in self._transport.items("/v1/jobs", {"state": state, "kind": kind}):
            yield AsyncJob(self._transport, item)

    async def request(self, method: str, path: str, *, json: Any = None, accept: str = "*/*") -> httpx.Response:
        """Any request of ``openapi.yaml``, with the key, the retries and the errors of all others."""
        return await self._transport.send(method, path, json=json, accept=accept)

    async def _begin(self, path: str, json: Mapping[str, Any] | None = None) -> AsyncJob:
        return AsyncJob(self._transport, await self._transport.json("POST", path, json=json))

    async def _model_id(self, model: str | Model) -> str:
        if isinstance(model, str) and model.startswith("@"):
            return (await self.aliases.get(model[1:])).model_id
        return _id(model)


def _id(record: str | Dataset | Model | Evaluation) -> str:
    return record if isinstance(record, str) else record.id

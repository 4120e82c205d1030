"""DICOM by the web: studies that come and go, and what a PACS is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._bodies import related, related_parts
from ..images import ImageInput, image_file
from ..records import Dataset, DicomGroups, DicomResultKind, Label, Model, Split, StoredStudy
from .datasets import dataset_path
from .jobs import AsyncJob
from .models import model_path
from .transport import AsyncTransport

_CONFLICT = 409


class AsyncDicomweb:
    """``client.dicomweb``. Servers are named as the service knows them (``MEDICLIP_DICOMWEB_SERVERS_FILE``)."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def fetch(
        self,
        dataset: str | Dataset,
        server: str,
        *,
        split: Split,
        label: Label,
        query: Mapping[str, str] | None = None,
        limit: int | None = None,
        dicom_groups: DicomGroups | None = None,
    ) -> AsyncJob:
        """Begins to fetch into a data set what a PACS finds, e.g. by ``{"Modality": "MR"}``, at most ``limit``."""
        json: dict[str, Any] = {"server": server, "split": split, "label": label, "query": dict(query or {})}
        given = {"limit": limit, "dicomGroups": dicom_groups}
        json |= {name: value for name, value in given.items() if value is not None}
        path = f"{dataset_path(dataset)}/dicomweb-imports"
        return AsyncJob(self._transport, await self._transport.json("POST", path, json=json))

    async def store(
        self,
        dataset: str | Dataset,
        instances: Iterable[ImageInput],
        *,
        split: Split,
        label: Label,
        dicom_groups: DicomGroups | None = None,
    ) -> StoredStudy:
        """Adds DICOM files to a data set (STOW-RS). A bad one is among ``failed`` of the answer, not an error."""
        query = {"split": split, "label": label, "dicomGroups": dicom_groups}
        return await self._stow(f"{dataset_path(dataset)}/dicomweb/studies", instances, query)

    async def score(
        self, model: str | Model, instances: Iterable[ImageInput], *, dicom_groups: DicomGroups | None = None
    ) -> StoredStudy:
        """Has DICOM files scored (STOW-RS); ``job_ids`` of the answer names a job for each study."""
        return await self._stow(f"{model_path(model)}/dicomweb/studies", instances, {"dicomGroups": dicom_groups})

    async def results(
        self, scoring: str | AsyncJob, kind: DicomResultKind, *, server: str | None = None
    ) -> list[bytes]:
        """What a scoring says, as DICOM files; with ``server`` they say of patient and study what that PACS says."""
        response = await self._transport.send(
            "GET", _results(scoring, kind), query={"server": server}, accept="multipart/related"
        )
        return related_parts(response.headers["content-type"], response.content)

    async def push(self, scoring: str | AsyncJob, kind: DicomResultKind, server: str) -> AsyncJob:
        """Begins to send them to a PACS."""
        path = f"{_results(scoring, kind)}/push"
        return AsyncJob(self._transport, await self._transport.json("POST", path, json={"server": server}))

    async def _stow(self, path: str, instances: Iterable[ImageInput], query: Mapping[str, Any]) -> StoredStudy:
        body = related("application/dicom", [image_file(one, index).content for index, one in enumerate(instances)])
        response = await self._transport.send(
            "POST", path, body=body, query=query, accept="application/dicom+json", answers=(_CONFLICT,)
        )
        return StoredStudy.of(response.json(), response.headers.get("link", ""))


def _results(scoring: str | AsyncJob, kind: DicomResultKind) -> str:
    return f"/v1/studies/{scoring if isinstance(scoring, str) else scoring.id}/results/{kind}"

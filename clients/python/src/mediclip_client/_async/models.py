"""Models: scores, thresholds, exports."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, overload

from .._bodies import file, form, map_request, names_change, read_map
from ..errors import ConnectionFailed, ProblemError
from ..images import ImageFile, ImageInput, image_file
from ..records import Json, Model, Outcomes, Score, SliceAxis, Unscored
from .transport import AsyncTransport

_FILES_PER_REQUEST = 16
_BYTES_PER_REQUEST = 32 << 20


class AsyncModels:
    """``client.models``. A model is given by its id, a ``Model``, or ``"@" + alias``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, model: str | Model) -> Model:
        return Model.of(await self._transport.json("GET", model_path(model)))

    async def list(self) -> AsyncIterator[Model]:
        """All models, newest first; ``raw`` is a summary, and only ``get`` tells the threshold."""
        async for item in self._transport.items("/v1/models"):
            yield Model.of(item)

    async def change(
        self, model: str | Model, *, name: str | None = None, description: str | None = None
    ) -> Model:
        """Another name or description; an empty description takes it away."""
        json = names_change(name, description)
        return Model.of(await self._transport.json("PATCH", model_path(model), json=json))

    async def delete(self, model: str | Model) -> None:
        await self._transport.send("DELETE", model_path(model))

    @overload
    async def score(self, model: str | Model, images: ImageInput, *, maps: bool = False, axis: SliceAxis | None = None) -> Score: ...  # type: ignore[overload-overlap]

    @overload
    async def score(self, model: str | Model, images: Sequence[ImageInput], *, maps: bool = False, axis: SliceAxis | None = None) -> Outcomes: ...

    async def score(
        self,
        model: str | Model,
        images: ImageInput | Sequence[ImageInput],
        *,
        maps: bool = False,
        axis: SliceAxis | None = None,
    ) -> Score | Outcomes:
        """Scores one image, or a list or tuple of them.

        Of one image this is its ``Score``; a file that cannot be scored raises its ProblemError. Of a list it is a list
        in the same order, in which a bad file is an ``Unscored`` and a file with several frames has a ``Score`` for
        each. With ``maps`` every score has its map (float32 ``[side, side]``, 0 to 1; needs numpy), except those of
        files with several frames, whose maps a scoring of a data set has (``client.score_dataset``). ``axis``: which
        slices of NIfTI volumes, by default those across the axis of the largest spacing.
        """
        many = isinstance(images, (list, tuple))
        given: Sequence[Any] = images if many else [images]  # type: ignore[assignment]
        outcomes: Outcomes = []
        for files in _batches([image_file(image, index) for index, image in enumerate(given)]):
            outcomes += await self._score_files(model, files, maps, axis)
        if many:
            return outcomes
        if isinstance(outcomes[0], Unscored):
            raise outcomes[0].problem
        if len(outcomes) > 1:
            raise ValueError(f"The file has {len(outcomes)} frames: give it in a list, to get a score for each.")
        return outcomes[0]

    async def overlay(self, model: str | Model, image: ImageInput) -> bytes:
        """The map of one image drawn over it, a PNG."""
        body = form([("file", image_file(image))])
        path = f"{model_path(model)}/score"
        return (await self._transport.send("POST", path, body=body, accept="image/png")).content

    async def set_threshold(
        self, model: str | Model, *, alpha: float | None = None, threshold: float | None = None
    ) -> Model:
        """Chooses the threshold by the calibration's ``alpha``, or by hand, which has no guarantee."""
        chosen = {"alpha": alpha, "threshold": threshold}
        json = {name: value for name, value in chosen.items() if value is not None}
        return Model.of(await self._transport.json("PUT", f"{model_path(model)}/threshold", json=json))

    async def delete_threshold(self, model: str | Model) -> Model:
        """Takes away the threshold that was set by hand: that of the calibration holds again."""
        await self._transport.send("DELETE", f"{model_path(model)}/threshold")
        return await self.get(model)

    async def pin(self, model: str | Model, pinned: bool = True) -> Model:
        """Has every worker keep a model loaded, or not any more."""
        path = f"{model_path(model)}/residency"
        return Model.of(await self._transport.json("PUT", path, json={"pinned": pinned}))

    async def drift(self, model: str | Model) -> Json:
        """How the latest scores of a calibrated model differ from those of its calibration."""
        drift: Json = await self._transport.json("GET", f"{model_path(model)}/drift")
        return drift

    async def export(self, model: str | Model, to: str | os.PathLike[str]) -> Path:
        """Writes the archive of a model (a zip), which is whole when this returns; the path of it."""
        target = Path(to)
        partial = target.with_name(f"{target.name}.partial")
        budget = self._transport.budget()
        while True:
            try:
                async with self._transport.stream(f"{model_path(model)}/export", accept="application/zip") as answer:
                    with partial.open("wb") as opened:
                        async for piece in answer.aiter_bytes():
                            opened.write(piece)
                return partial.replace(target)
            except (ConnectionFailed, ProblemError) as error:
                partial.unlink(missing_ok=True)
                await budget.after(error)

    async def import_archive(self, archive: str | os.PathLike[str]) -> Model:
        """Makes a model of the archive that an export wrote, of this server or another."""
        body = file("application/zip", Path(archive))
        return Model.of(await self._transport.json("POST", "/v1/models/import", body=body))

    async def _score_files(
        self, model: str | Model, files: Sequence[ImageFile], maps: bool, axis: SliceAxis | None
    ) -> Outcomes:
        body = form([*([] if axis is None else [("axis", axis)]), *[("file", file) for file in files]])
        answer = await self._transport.json("POST", f"{model_path(model)}/score", body=body)
        places = [raw["index"] for raw in answer["results"]]
        outcomes: Outcomes = []
        for raw in answer["results"]:
            if raw["outcome"] == "rejected":
                outcomes.append(Unscored(raw["fileName"], ProblemError(raw["error"])))
                continue
            alone = places.count(raw["index"]) == 1
            # By the id that has scored: an alias may have moved meanwhile.
            heat = await self._map(answer["modelId"], files[raw["index"]]) if maps and alone else None
            outcomes.append(Score.of(raw, answer["modelId"], heat))
        return outcomes

    async def _map(self, model_id: str, image: ImageFile) -> Any:
        path = f"/v2/models/{model_id}/infer"
        response = await self._transport.send("POST", path, body=map_request(image), accept="*/*")
        return read_map(response.headers["inference-header-content-length"], response.content)


def model_path(model: str | Model) -> str:
    return f"/v1/models/{model if isinstance(model, str) else model.id}"


def _batches(files: Sequence[ImageFile]) -> Sequence[Sequence[ImageFile]]:
    batches: list[list[ImageFile]] = []
    for file_ in files:
        last = batches[-1] if batches else None
        if last and len(last) < _FILES_PER_REQUEST and sum(len(f.content) for f in last) < _BYTES_PER_REQUEST:
            last.append(file_)
        else:
            batches.append([file_])
    return batches

"""Data sets and their images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from .._bodies import form, names_change, sized
from ..archive import FolderArchive
from ..images import ImageInput, image_file
from ..progress import Progress, ProgressOption
from ..records import Dataset, DicomGroups, Image, Label, SliceAxis, Split, Upload
from .transport import Transport


class Datasets:
    """``client.datasets``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, name: str, *, description: str | None = None, modality: str | None = None) -> Dataset:
        """Makes an empty data set."""
        given = {"name": name, "description": description, "modality": modality}
        json = {field: value for field, value in given.items() if value is not None}
        return Dataset.of(self._transport.json("POST", "/v1/datasets", json=json))

    def get(self, dataset: str | Dataset) -> Dataset:
        return Dataset.of(self._transport.json("GET", dataset_path(dataset)))

    def list(self) -> Iterator[Dataset]:
        """All data sets, newest first."""
        for item in self._transport.items("/v1/datasets"):
            yield Dataset.of(item)

    def delete(self, dataset: str | Dataset) -> None:
        self._transport.send("DELETE", dataset_path(dataset))

    def change(
        self, dataset: str | Dataset, *, name: str | None = None, description: str | None = None
    ) -> Dataset:
        """Another name or description; an empty description takes it away."""
        json = names_change(name, description)
        return Dataset.of(self._transport.json("PATCH", dataset_path(dataset), json=json))

    def images(
        self,
        dataset: str | Dataset,
        *,
        split: Split | None = None,
        label: Label | None = None,
        group: str | None = None,
    ) -> Iterator[Image]:
        """The images of a data set."""
        query = {"split": split, "label": label, "group": group}
        for item in self._transport.items(f"{dataset_path(dataset)}/images", query):
            yield Image.of(item)

    def image(self, dataset: str | Dataset, id: str) -> Image:
        return Image.of(self._transport.json("GET", _image_path(dataset, id)))

    def change_image(
        self,
        dataset: str | Dataset,
        image: str | Image,
        *,
        split: Split | None = None,
        label: Label | None = None,
        group: str | None = None,
        whole_group: bool = False,
    ) -> Image:
        """Moves an image to another split, label or group (an empty one takes it out of its group); with
        ``whole_group`` all images of its group."""
        given = {"split": split, "label": label, "group": group, "wholeGroup": whole_group or None}
        json = {field: value for field, value in given.items() if value is not None}
        if group == "":
            json["group"] = None
        return Image.of(self._transport.json("PATCH", _image_path(dataset, image), json=json))

    def delete_image(self, dataset: str | Dataset, image: str | Image) -> None:
        """Removes an image with all that came of it."""
        self._transport.send("DELETE", _image_path(dataset, image))

    def content(self, dataset: str | Dataset, image: str | Image) -> bytes:
        """The bytes of an image, in the format that it is kept in."""
        return (self._transport.send("GET", f"{_image_path(dataset, image)}/content", accept="*/*")).content

    def preview(self, dataset: str | Dataset, image: str | Image, *, side: int | None = None) -> bytes:
        """A PNG of an image, its longer side at most ``side`` pixels."""
        path = f"{_image_path(dataset, image)}/preview"
        return (self._transport.send("GET", path, query={"side": side}, accept="image/png")).content

    def upload(
        self,
        dataset: str | Dataset,
        images: Iterable[ImageInput],
        *,
        split: Split,
        label: Label,
        group: str | None = None,
        axis: SliceAxis | None = None,
        dicom_groups: DicomGroups | None = None,
    ) -> Upload:
        """Adds images in one request, all of one ``group`` (a patient, a study) where that is given. A bad one is a
        problem of the answer, not an error. ``axis``: which slices of NIfTI volumes, by default those across the axis
        of the largest spacing; ``dicom_groups``: what DICOM images belong together by, by default the series."""
        files = [("file", image_file(image, index)) for index, image in enumerate(images)]
        given = {"split": split, "label": label, "group": group, "axis": axis, "dicomGroups": dicom_groups}
        fields = [(name, value) for name, value in given.items() if value is not None]
        body = form([*fields, *files])
        return Upload.of(self._transport.json("POST", f"{dataset_path(dataset)}/images", body=body))

    def upload_folder(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str | None = None,
        dataset: str | Dataset | None = None,
        axis: SliceAxis | None = None,
        dicom_groups: DicomGroups | None = None,
        progress: ProgressOption = False,
    ) -> Dataset:
        """The data set of a folder: a new one with the folder's name or ``name``, or ``dataset`` with more images.

        The layouts are those of an archive: ``train/normal``, ``test/normal``, ``test/abnormal`` and ``masks``; sample
        lists; folders of defects; or images at the top. ``upload`` of it says what became of every file. A folder that
        is refused as a whole leaves no new data set behind.
        """
        archive = FolderArchive(folder)
        made = self.create(name or Path(folder).resolve().name) if dataset is None else self.get(dataset)
        shown = Progress(progress, "B")
        body = sized("application/x-tar", archive.size, lambda: _watched(archive, shown))
        try:
            answer = self._transport.json(
                "POST", f"{dataset_path(made)}/archive", body=body, query={"axis": axis, "dicomGroups": dicom_groups}
            )
        except BaseException:
            if dataset is None:
                self.delete(made)
            raise
        finally:
            shown.close()
        return replace(self.get(made), upload=Upload.of(answer))


def dataset_path(dataset: str | Dataset) -> str:
    return f"/v1/datasets/{dataset if isinstance(dataset, str) else dataset.id}"


def _image_path(dataset: str | Dataset, image: str | Image) -> str:
    return f"{dataset_path(dataset)}/images/{image if isinstance(image, str) else image.id}"


def _watched(archive: FolderArchive, shown: Progress) -> Iterator[bytes]:
    sent = 0
    for piece in archive:
        yield piece
        sent += len(piece)
        shown.update("uploading", sent, archive.size)

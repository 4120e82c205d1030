"""What the server answers with. ``raw`` of a record is the JSON as it came, with the fields that are not named here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Union

from .errors import ProblemError

if TYPE_CHECKING:
    import numpy as np

Json = Mapping[str, Any]
Label = Literal["normal", "abnormal"]
Split = Literal["train", "test"]
SliceAxis = Literal["axial", "coronal", "sagittal"]
DicomGroups = Literal["series", "study", "patient"]


@dataclass(frozen=True)
class Upload:
    """What became of the files of an upload.

    Attributes:
        stored, rejected, skipped: how many files.
        problems: of every rejected file its name and why.
        layout: in a sentence, what a folder was found to hold.
    """

    stored: int
    rejected: int
    skipped: int
    problems: list[tuple[str, ProblemError]]
    layout: str | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Upload:
        problems = [(o["fileName"], ProblemError(o["error"])) for o in raw["outcomes"] if o["outcome"] == "rejected"]
        layout = raw.get("layout", {}).get("found")
        return cls(raw["stored"], raw["rejected"], raw["skipped"], problems, layout, raw)


@dataclass(frozen=True)
class Dataset:
    """A collection of images; ``images`` counts them, ``upload`` says what became of the files of ``upload_folder``."""

    id: str
    name: str
    images: int
    raw: Json = field(repr=False)
    upload: Upload | None = None

    @classmethod
    def of(cls, raw: Json) -> Dataset:
        return cls(raw["id"], raw["name"], raw["counts"]["total"], raw)


@dataclass(frozen=True)
class Image:
    """An image of a data set; sizes in pixels."""

    id: str
    file_name: str
    split: Split
    label: Label
    width: int
    height: int
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Image:
        return cls(
            raw["id"], raw["fileName"], raw["split"], raw["label"], raw["width"], raw["height"], raw
        )


@dataclass(frozen=True)
class Model:
    """A detector. ``threshold``: scores above it are abnormal; ``None`` without a calibration or one set by hand."""

    id: str
    name: str | None
    threshold: float | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Model:
        chosen = raw.get("manualThreshold") or raw.get("calibration") or {}
        return cls(raw["id"], raw.get("name"), chosen.get("threshold"), raw)


@dataclass(frozen=True)
class Region:
    """Box around an area of high values of the map, in pixels of the image; ``peak`` is the highest value, 0 to 1."""

    x: int
    y: int
    width: int
    height: int
    peak: float


@dataclass(frozen=True)
class Score:
    """What a model says about one image.

    Attributes:
        score: how abnormal the image is, 0 to 1.
        logit: ``log(score / (1 - score))``, which orders images whose scores have become 1.
        decision: by the threshold of the model; ``None`` without one.
        p_value: how rare so high a score is among normal images; ``None`` of a model that is not calibrated.
        kinship: whether the image is of the kind that the model knows, 0 (not at all) to 1; ``None`` of older models.
        foreign: why it is not, ``other-kind`` or ``inverted``; ``None`` for an image of that kind.
        width, height: of the image as shown, pixels.
        map: float32 ``[side, side]``, probability of abnormal, 0 to 1, over the whole image; ``None`` unless asked for.
        frame: of a file with several, counted from 1.
        model_id: the model that scored, also where an alias was asked.
    """

    file_name: str
    score: float
    logit: float | None
    decision: Label | None
    p_value: float | None
    kinship: float | None
    foreign: str | None
    width: int
    height: int
    regions: list[Region]
    frame: int | None
    model_id: str
    map: np.ndarray[Any, Any] | None = field(repr=False, compare=False)
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json, model_id: str, map: np.ndarray[Any, Any] | None = None) -> Score:
        return cls(
            file_name=raw["fileName"],
            score=raw["score"],
            logit=raw.get("scoreLogit"),
            decision=raw.get("decision"),
            p_value=raw.get("pValue"),
            kinship=raw.get("kinship"),
            foreign=raw.get("foreign"),
            width=raw["width"],
            height=raw["height"],
            regions=[Region(r["x"], r["y"], r["width"], r["height"], r["peak"]) for r in raw["regions"]],
            frame=raw.get("frame"),
            model_id=model_id,
            map=map,
            raw=raw,
        )


@dataclass(frozen=True)
class Unscored:
    """A file of several that could not be scored, and why."""

    file_name: str
    problem: ProblemError


Outcome = Union[Score, Unscored]
Outcomes = list[Outcome]


@dataclass(frozen=True)
class Result:
    """What a scoring of a data set says about one image; ``score`` is ``None`` where it could not be scored."""

    image_id: str
    file_name: str
    label: Label
    score: float | None
    decision: Label | None
    p_value: float | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Result:
        return cls(
            raw["imageId"],
            raw["fileName"],
            raw["label"],
            raw.get("score"),
            raw.get("decision"),
            raw.get("pValue"),
            raw,
        )


@dataclass(frozen=True)
class GroupScore:
    """What a scoring says about a group (a patient, a series, a volume); ``group`` is ``None`` of an image without one."""

    group: str | None
    images: int
    label: Label
    score: float
    decision: Label | None
    p_value: float | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> GroupScore:
        return cls(
            raw.get("group"), raw["images"], raw["label"], raw["score"], raw.get("decision"), raw.get("pValue"), raw
        )


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on the test images of a data set; AUROCs are 0 to 1, ``None`` where undetermined."""

    id: str
    model_id: str
    dataset_id: str
    image_auroc: float | None
    pixel_auroc: float | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Evaluation:
        auroc = {part: raw[part]["auroc"]["value"] for part in ("image", "pixel")}
        return cls(raw["id"], raw["modelId"], raw["datasetId"], auroc["image"], auroc["pixel"], raw)


@dataclass(frozen=True)
class Alias:
    """A name that moves from model to model; models are asked by ``"@" + name``."""

    name: str
    model_id: str
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Alias:
        return cls(raw["name"], raw["modelId"], raw)


WebhookEvent = Literal["job.succeeded", "job.failed", "alias.changed", "drift.detected"]


@dataclass(frozen=True)
class Webhook:
    """An address that events are sent to. ``secret`` is what deliveries are signed with, told when it is new only."""

    id: str
    url: str
    events: list[WebhookEvent]
    secret: str | None = field(repr=False)
    old_secret_until: str | None
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Webhook:
        return cls(raw["id"], raw["url"], raw["events"], raw.get("secret"), raw.get("oldSecretUntil"), raw)


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a webhook; ``data`` has ids of what it is about, ``attempts`` the latest tries."""

    id: str
    webhook_id: str
    event: WebhookEvent
    state: Literal["pending", "delivered", "failed"]
    data: Json
    attempts: list[Json]
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json) -> Delivery:
        return cls(raw["id"], raw["webhookId"], raw["event"], raw["state"], raw["data"], raw["attempts"], raw)


DicomResultKind = Literal["secondary-capture", "segmentation", "structured-report"]


@dataclass(frozen=True)
class StoredStudy:
    """What became of DICOM files that were sent.

    Attributes:
        stored: SOP Instance UIDs of those that were taken.
        failed: of each other its SOP Instance UID, where it has one, and the Failure Reason (PS3.18, 10.5.3).
        job_ids: the jobs that score them.
    """

    stored: list[str]
    failed: list[tuple[str | None, int]]
    job_ids: list[str]
    raw: Json = field(repr=False)

    @classmethod
    def of(cls, raw: Json, link: str) -> StoredStudy:
        def items(tag: str) -> list[Json]:
            found: list[Json] = raw.get(tag, {}).get("Value", [])
            return found

        def uid(item: Json) -> str | None:
            return item["00081155"]["Value"][0] if "00081155" in item else None

        stored = [item["00081155"]["Value"][0] for item in items("00081199")]
        failed = [(uid(item), item["00081197"]["Value"][0]) for item in items("00081198")]
        return cls(stored, failed, re.findall(r"</v1/jobs/([^>]+)>", link), raw)

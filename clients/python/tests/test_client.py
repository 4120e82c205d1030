"""Against a real server: what the README promises."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import numpy as np
import PIL.Image
import pydicom
import pytest
from conftest import ABNORMAL, BRAIN, FirstScore
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from mediclip_client import AsyncClient, Client, JobNotSucceeded, ProblemError, Score, Unscored

NO_SUCH_ID = "0193f3a2-7c1e-7d3a-9b5f-2f1c8a6e4d10"


def dicom_of(pixels: np.ndarray) -> pydicom.Dataset:
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.set_pixel_data(pixels, "MONOCHROME2", 8)
    return dataset


def test_the_example_goes_from_a_folder_to_a_score(client: Client, first_score: FirstScore) -> None:
    assert first_score.told["dataset"].endswith(": 15 images")
    assert 0 <= float(first_score.told["score"]) <= 1
    assert "uploading: 100%" in first_score.progress
    # So short an adaptation may be through with a phase before it is heard of.
    assert re.search("(preparing|training|finishing): ", first_score.progress)
    assert client.models.get(first_score.model).threshold is None


def test_an_image_has_one_score_whatever_it_comes_as(client: Client, first_score: FirstScore) -> None:
    image = PIL.Image.open(ABNORMAL).convert("L")
    pixels = np.asarray(image)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    inputs = [ABNORMAL, str(ABNORMAL), buffer.getvalue(), image, pixels, pixels.copy(order="F")]
    scores = client.models.score(first_score.model, inputs)
    assert [type(score) for score in scores] == [Score] * len(inputs)
    assert len({score.logit for score in scores}) == 1
    assert [score.file_name for score in scores][3:] == ["image-3.png", "image-4.png", "image-5.png"]
    alone = client.models.score(first_score.model, image)
    assert (alone.logit, alone.width, alone.height) == (scores[0].logit, *image.size)


def test_a_data_set_of_pydicom_is_scored_as_its_file(client: Client, first_score: FirstScore, tmp_path: Path) -> None:
    dataset = dicom_of(np.asarray(PIL.Image.open(ABNORMAL).convert("L")))
    dataset.save_as(tmp_path / "scan.dcm", enforce_file_format=True)
    in_memory, in_file = client.models.score(first_score.model, [dataset, tmp_path / "scan.dcm"])
    assert (in_memory.file_name, in_file.file_name) == ("image-0.dcm", "scan.dcm")
    assert in_memory.logit == in_file.logit


def test_maps_are_arrays(client: Client, first_score: FirstScore) -> None:
    score = client.models.score(first_score.model, ABNORMAL, maps=True)
    told = score.raw["map"]
    assert score.map.dtype == np.float32
    assert score.map.shape == (told["height"], told["width"])
    assert (score.map.min(), score.map.max()) == pytest.approx((told["min"], told["max"]), abs=1e-6)
    overlay = PIL.Image.open(io.BytesIO(client.models.overlay(first_score.model, ABNORMAL)))
    assert overlay.format == "PNG"


def test_a_bad_file_costs_only_itself_and_alone_it_raises(client: Client, first_score: FirstScore) -> None:
    good, bad = client.models.score(first_score.model, [ABNORMAL, b"no image"])
    assert isinstance(good, Score)
    assert isinstance(bad, Unscored)
    assert bad.problem.slug == "image-unsupported-format"
    with pytest.raises(ProblemError) as raised:
        client.models.score(first_score.model, b"no image")
    assert raised.value.slug == "image-unsupported-format"


def test_a_file_with_frames_has_a_score_for_each(client: Client, first_score: FirstScore) -> None:
    buffer = io.BytesIO()
    frames = [PIL.Image.open(path).convert("L") for path in sorted((BRAIN / "test" / "normal").iterdir())[:2]]
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    scores = client.models.score(first_score.model, [buffer.getvalue(), ABNORMAL], maps=True)
    assert [score.frame for score in scores] == [1, 2, None]
    assert [score.map is None for score in scores] == [True, True, False]
    with pytest.raises(ValueError, match="2 frames"):
        client.models.score(first_score.model, buffer.getvalue())


@pytest.mark.parametrize(
    ("image", "error"),
    [
        (np.zeros((4, 4), np.float32), ValueError),
        (np.zeros((4, 4, 2), np.uint8), ValueError),
        (np.zeros((0, 4), np.uint8), ValueError),
        (PIL.Image.new("F", (4, 4)), ValueError),
        (3, TypeError),
        (Path("nowhere.png"), FileNotFoundError),
    ],
)
def test_what_is_no_image_is_said_before_anything_is_sent(client: Client, image: object, error: type) -> None:
    with pytest.raises(error):
        client.models.score(NO_SUCH_ID, image)


def test_problems_are_exceptions_with_their_fields(client: Client) -> None:
    with pytest.raises(ProblemError) as raised:
        client.models.get(NO_SUCH_ID)
    problem = raised.value
    assert (problem.slug, problem.status, str(problem)) == ("not-found", 404, problem.detail)
    assert problem.request_id
    with pytest.raises(ProblemError) as raised:
        client.adapt(NO_SUCH_ID, options={"shotz": 3})
    assert raised.value.slug == "validation-failed"
    assert raised.value.errors


def test_a_folder_that_is_refused_leaves_nothing(client: Client, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "train.json").write_text("no sample")
    with pytest.raises(ProblemError):
        client.datasets.upload_folder(tmp_path, name="Refused")
    assert "Refused" not in [dataset.name for dataset in client.datasets.list()]


def test_pages_are_walked_to_their_end(client: Client, first_score: FirstScore) -> None:
    images = list(client.datasets.images(first_score.dataset))
    pages = client.datasets._transport.items(f"/v1/datasets/{first_score.dataset}/images", {"limit": 7})
    assert [item["id"] for item in pages] == [image.id for image in images]
    assert len({image.id for image in images}) == 15
    assert sum(image.label == "abnormal" for image in images) == 4


def test_calibration_evaluation_scoring_and_export(client: Client, first_score: FirstScore, tmp_path: Path) -> None:
    model, dataset = first_score.model, first_score.dataset
    told: list[tuple[str, float, float]] = []
    client.calibrate(model, dataset, alpha=0.2).wait(progress=lambda *step: told.append(step))
    assert told
    assert client.aliases.set("production", model).model_id == model
    assert client.models.get("@production").threshold is not None
    assert client.models.score("@production", ABNORMAL).decision in ("normal", "abnormal")

    job = client.evaluate("@production", dataset).wait()
    evaluation = client.evaluation(job.evaluation_id)
    assert evaluation.model_id == model
    assert evaluation.image_auroc is not None and evaluation.pixel_auroc is not None
    assert client.report(evaluation).startswith("<!doctype html>")

    scoring = client.score_dataset(model, dataset, split="test").wait()
    results = list(scoring.results(sort="-score"))
    assert len(results) == scoring.result["scored"] == 9
    assert [result.score for result in results] == sorted((result.score for result in results), reverse=True)
    heat = scoring.map(results[0].image_id)
    assert (heat.dtype, heat.ndim) == (np.float32, 2)

    archive = client.models.export("@production", tmp_path / "brain.zip")
    imported = client.models.import_archive(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["brain.zip"]
    expected = client.models.score(model, ABNORMAL)
    assert client.models.score(imported, ABNORMAL).logit == pytest.approx(expected.logit)
    client.models.delete(imported)


def test_a_cancelled_job_raises_when_it_is_waited_for(client: Client, first_score: FirstScore) -> None:
    job = client.adapt(first_score.dataset, shots=3, options={"training": {"epochs": 5000}})
    job.cancel()
    with pytest.raises(JobNotSucceeded, match="cancelled"):
        job.wait()


def test_everything_can_be_awaited(url: str, first_score: FirstScore) -> None:
    async def scores() -> None:
        async with AsyncClient(url) as client:
            both = await asyncio.gather(
                client.models.score(first_score.model, ABNORMAL, maps=True),
                client.models.score(first_score.model, [ABNORMAL]),
            )
            assert both[0].map.dtype == np.float32
            assert both[0].logit == both[1][0].logit
            job = await (await client.evaluate(first_score.model, first_score.dataset)).wait()
            assert (await client.evaluation(job.evaluation_id)).dataset_id == first_score.dataset
            assert job.id in [listed.id async for listed in client.jobs(kind="evaluation")]

    asyncio.run(scores())

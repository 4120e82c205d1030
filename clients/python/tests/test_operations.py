"""Every operation that the server has is reached through the client."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import PIL.Image
import pytest
from conftest import ABNORMAL, BRAIN, FirstScore
from test_client import dicom_of

from mediclip_client import Client, JobNotSucceeded, ProblemError

FOR_OTHERS = [
    *["getHealth", "getReadiness", "getMetrics", "getDocs", "getOpenApi", "getProblemPage"],
    *["createSession", "getSession", "deleteSession", "getUsage", "listBackbones", "getAllJobEvents"],
    *["getInferenceServer", "getInferenceLive", "getInferenceReady", "getInferenceModel", "getInferenceModelReady"],
]
"""What has no method of its own: what people and other programs ask for. ``client.request`` reaches it."""


@pytest.fixture
def asked(client: Client) -> Iterator[list[tuple[str, str]]]:
    """Method and path of the requests so far."""
    requests: list[tuple[str, str]] = []

    def note(request: httpx.Request) -> None:
        requests.append((request.method, request.url.path))

    hooks = client._transport._http.event_hooks
    client._transport._http.event_hooks = {"request": [note], "response": []}
    yield requests
    client._transport._http.event_hooks = hooks


def operations(client: Client) -> dict[str, tuple[str, re.Pattern[str]]]:
    paths = client.request("GET", "/openapi.json").json()["paths"]
    return {
        described["operationId"]: (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)))
        for path, methods in paths.items()
        for method, described in methods.items()
        if "operationId" in described
    }


def refused(call: object) -> str | None:
    with pytest.raises(ProblemError) as raised:
        call()  # type: ignore[operator]
    return raised.value.slug


def test_every_operation_is_reached(
    client: Client, first_score: FirstScore, asked: list[tuple[str, str]], tmp_path: Path
) -> None:
    known = operations(client)
    model = first_score.model

    dataset = client.datasets.create("Operations")
    assert client.datasets.change(dataset, name="All operations", description="Each once").name == "All operations"
    normal = sorted((BRAIN / "train" / "normal").iterdir())
    client.datasets.upload(dataset, normal[:4], split="train", label="normal", axis="axial", dicom_groups="study")
    client.datasets.upload(dataset, normal[4:6], split="test", label="normal", group="patient-1")
    client.datasets.upload(dataset, [ABNORMAL], split="test", label="abnormal", group="patient-2")
    (tmp_path / "test" / "normal").mkdir(parents=True)
    for picture in sorted((BRAIN / "test" / "normal").iterdir())[:2]:
        shutil.copy(picture, tmp_path / "test" / "normal")
    uploaded = client.datasets.upload_folder(tmp_path, dataset=dataset, axis="coronal", dicom_groups="patient").upload
    assert uploaded is not None and uploaded.stored == 2
    first, second = client.datasets.images(dataset, group="patient-1")
    assert client.datasets.image(dataset, first.id) == first
    assert client.datasets.change_image(dataset, first, group="").raw.get("group") is None
    moved = client.datasets.change_image(dataset, second, split="train", whole_group=True)
    assert (moved.split, moved.raw["group"]) == ("train", "patient-1")
    client.datasets.change_image(dataset, second, split="test")
    assert client.datasets.content(dataset, first)[1:4] == b"PNG"
    assert client.datasets.preview(dataset, first, side=32)[1:4] == b"PNG"
    assert client.findings(client.audit(dataset).wait().result["auditId"])["images"]["rejected"] == 0

    client.calibrate(model, dataset, alpha=0.4).wait()
    assert client.models.set_threshold(model, threshold=0.5).threshold == 0.5
    assert client.models.delete_threshold(model).threshold != 0.5
    assert client.models.change(model, name="First").name == "First"
    assert client.models.pin(model, False).id == model
    assert client.models.drift(model)["modelId"] == model
    client.models.overlay(model, ABNORMAL)
    assert client.models.score(model, ABNORMAL, maps=True, axis="coronal").map is not None
    imported = client.models.import_archive(client.models.export(model, tmp_path / "first.zip"))
    revised = client.revise(model, dataset, [second]).wait().model_id

    scoring = client.score_dataset(model, dataset, split="test").wait()
    assert {"patient-1", "patient-2"} <= {group.group for group in scoring.groups(highest=1)}
    result = next(iter(scoring.results()))
    assert scoring.judge(result.image_id, "normal", note="A fold").raw["verdict"]["verdict"] == "normal"
    assert scoring.map(result.image_id).ndim == 2
    evaluation = client.evaluation(client.evaluate(model, dataset).wait().evaluation_id)
    assert evaluation.id in [one.id for one in client.evaluations()]
    assert client.operating_points(evaluation)
    assert client.report(evaluation)

    hook = client.webhooks.create("https://hooks.invalid/", ["alias.changed"])
    assert hook.secret is not None and hook.secret not in repr(hook)
    shadow = {"shadow": {"modelId": revised, "share": 0.5}}
    client.aliases.set("operations", model, options=shadow)
    client.aliases.set("operations", imported)
    assert client.aliases.shadow("operations")["shadow"]["modelId"] == revised
    assert client.aliases.roll_back("operations").model_id == client.aliases.get("operations").model_id == model
    assert "operations" in [alias.name for alias in client.aliases.list()]
    assert [one.id for one in client.webhooks.list()] == [client.webhooks.get(hook).id] == [hook.id]
    rotated = client.webhooks.rotate_secret(hook)
    assert rotated.secret != hook.secret and rotated.old_secret_until is not None
    delivery = next(iter(client.webhooks.deliveries(hook)))
    assert (delivery.event, delivery.data["alias"]) == ("alias.changed", "operations")
    assert client.webhooks.redeliver(delivery).id == delivery.id

    slice_ = dicom_of(np.asarray(PIL.Image.open(ABNORMAL).convert("L")))
    slice_.StudyInstanceUID, slice_.SeriesInstanceUID = "2.25.1", "2.25.2"
    study = client.dicomweb.score(model, [slice_, b"no DICOM"], dicom_groups="study")
    assert (study.stored, study.failed) == ([slice_.SOPInstanceUID], [(None, 0xC000)])
    (scored,) = study.job_ids
    assert client.job(scored).wait().result["scored"] == 1
    assert client.dicomweb.store(dataset, [slice_], split="test", label="abnormal", dicom_groups="study").job_ids == []
    assert client.dicomweb.store(dataset, [b"no DICOM"], split="test", label="normal").stored == []
    assert refused(lambda: client.dicomweb.fetch(dataset, "pacs", split="test", label="normal", query={"Modality": "MR"}))
    assert refused(lambda: client.dicomweb.results(scored, "segmentation"))
    assert refused(lambda: client.dicomweb.push(client.job(scored), "segmentation", "pacs"))

    long = client.adapt(dataset, shots=3, options={"training": {"epochs": 5000}})
    for event in long.events():
        if event["type"] == "progress":
            break
    assert refused(long.delete) is not None
    long.cancel()
    with pytest.raises(JobNotSucceeded, match="cancelled"):
        long.wait()
    assert long.refresh().state == "cancelled"
    assert long.id in [job.id for job in client.jobs(state="cancelled")]
    long.delete()
    scoring.delete()
    client.delete_evaluation(evaluation)
    client.webhooks.delete(hook)
    client.aliases.delete("operations")
    client.models.delete(imported)
    client.models.delete(revised)
    assert model in [one.id for one in client.models.list()]
    client.datasets.delete_image(dataset, first)
    client.datasets.get(dataset)
    client.datasets.delete(dataset)
    assert dataset.id not in [one.id for one in client.datasets.list()]

    for name in FOR_OTHERS:
        method, pattern = known[name]
        path = pattern.pattern.replace("/problems/[^/]+", "/problems/not-found").replace("[^/]+", model)
        if name == "createSession":
            assert client.request(method, path, json={"key": "none"}).is_success
        elif name == "getAllJobEvents":
            with client._transport.stream(path, accept="text/event-stream") as events:
                assert next(iter(events.iter_lines())) is not None
        else:
            assert client.request(method, path).is_success

    unasked = [
        name
        for name, (method, pattern) in known.items()
        if not any(one == method and pattern.fullmatch(path) for one, path in asked)
    ]
    assert unasked == []

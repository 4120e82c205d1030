"""Calls every operation of a server through a client that openapi-python-client has generated.

Arguments: folder that the package ``generated`` is in, URL of the server, folder of the bundled examples. Prints the
status of every operation as JSON. An answer that the generated client cannot read, or that the document does not
describe, is an error.
"""

import base64
import importlib
import io
import json
import pkgutil
import sys
import tarfile
import time
from pathlib import Path

folder, url, examples = sys.argv[1], sys.argv[2], Path(sys.argv[3])
sys.path.insert(0, folder)

import generated.api  # noqa: E402
from generated import Client, models  # noqa: E402
from generated.types import File  # noqa: E402

client = Client(url, raise_on_unexpected_status=True, timeout=120)
modules = {
    name.rsplit(".", 1)[1]: importlib.import_module(name)
    for _, name, is_package in pkgutil.walk_packages(generated.api.__path__, "generated.api.")
    if not is_package
}
statuses = {}


def call(operation, *path, **given):
    """What an operation answers, read by the generated client."""
    answer = modules[operation].sync_detailed(*path, client=client, **given)
    statuses[operation] = int(answer.status_code)
    assert answer.parsed is not None or answer.status_code == 204, operation
    return answer.parsed


def ended(job):
    """The result of a job, once it has succeeded."""
    while job.state.value in ("queued", "running"):
        time.sleep(0.2)
        job = call("get_job", job.id)
    assert job.state.value == "succeeded", job
    return job.result


def stream(operation, *path):
    """The first event of a stream: the generated client makes the request, and would wait for its end."""
    with client.get_httpx_client().stream(**modules[operation]._get_kwargs(*path)) as answer:
        statuses[operation] = answer.status_code
        assert any(line.startswith("data: {") for line in answer.iter_lines()), operation


def pictures(part, count):
    return [(path.name, path.read_bytes()) for path in sorted((examples / part).iterdir())[:count]]


def files(part, count):
    return [File(io.BytesIO(content), name, "application/octet-stream") for name, content in pictures(part, count)]


def body_of(model, fields):
    return getattr(models, model).from_dict(fields)


for operation in ("get_health", "get_readiness", "get_metrics", "get_open_api", "get_docs", "get_session", "get_usage"):
    call(operation)
for operation in ("get_inference_server", "get_inference_live", "get_inference_ready", "list_backbones"):
    call(operation)
call("get_problem_page", "not-found")
call("create_session", body=body_of("SessionRequest", {"key": "none"}))
call("delete_session")

dataset = call("create_dataset", body=body_of("DatasetCreate", {"name": "Generated"})).id
normal = files("train/normal", 4)
call("upload_images", dataset, body=models.UploadImagesBody(models.Split.TRAIN, models.Label.NORMAL, normal))
archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w") as tar:
    for part in ("test/normal", "test/abnormal"):
        for name, content in pictures(part, 3):
            entry = tarfile.TarInfo(f"{part}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
assert call("upload_archive", dataset, body=File(io.BytesIO(archive.getvalue()))).stored == 6
call("list_datasets")
call("get_dataset", dataset)
call("change_dataset", dataset, body=body_of("NamesChange", {"name": "Renamed"}))
images = call("list_images", dataset).items
image = images[-1].id
call("get_image", dataset, image)
call("get_image_content", dataset, image)
call("get_image_preview", dataset, image)
call("change_image", dataset, image, body=body_of("ImageChange", {"split": "test"}))
call("get_audit", ended(call("create_audit", dataset)).audit_id)

quick = {"shots": 2, "training": {"epochs": 1, "batchSize": 1, "heldOutSamples": 0, "selection": "last"}}
job = call("create_adaptation", body=body_of("AdaptationRequest", {"datasetId": str(dataset), **quick}))
stream("get_job_events", job.id)
model = ended(job).model_id
call("list_models")
call("get_model", model)
call("change_model", model, body=body_of("NamesChange", {"name": "Generated"}))
call("set_residency", model, body=body_of("ResidencySet", {"pinned": False}))
call("score_images", model, body=models.ScoreImagesBody(files("test/abnormal", 1)))
ended(call("calibrate_model", model, body=body_of("CalibrationRequest", {"datasetId": str(dataset), "alpha": 0.25})))
call("set_threshold", model, body=body_of("ThresholdByHand", {"threshold": 0.5}))
call("delete_threshold", model)
call("get_drift", model)
exported = call("export_model", model)
imported = call("import_model", body=File(io.BytesIO(exported.payload.read()))).id
call("get_inference_model", model)
call("get_inference_model_ready", model)
picture = base64.b64encode(pictures("test/abnormal", 1)[0][1]).decode()
tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [picture]}
wanted = [{"name": "score"}]
call("infer", model, body=body_of("InferenceRequest", {"inputs": [tensor], "outputs": wanted}))

added = {"datasetId": str(dataset), "imageIds": [str(one.id) for one in images if one.split.value == "test" and one.label.value == "normal"]}
revised = ended(call("revise_model", model, body=body_of("RevisionRequest", added))).model_id
scoring = call("create_scoring", body=body_of("ScoringRequest", {"modelId": str(model), "datasetId": str(dataset)}))
ended(scoring)
call("list_jobs")
call("list_job_groups", scoring.id)
result = call("list_job_results", scoring.id).items[0]
call("get_job_result_map", scoring.id, result.image_id)
call("judge_result", scoring.id, result.image_id, body=body_of("VerdictRequest", {"verdict": "normal"}))
about = {"modelId": str(model), "datasetId": str(dataset)}
evaluation = ended(call("create_evaluation", body=body_of("EvaluationRequest", about))).evaluation_id
call("list_evaluations")
call("get_evaluation", evaluation)
call("get_operating_points", evaluation)
call("get_evaluation_report", evaluation)

hook = call("create_webhook", body=body_of("WebhookRequest", {"url": "https://hooks.invalid/", "events": ["alias.changed"]})).id
shadow = {"modelId": str(revised), "share": 0.5}
call("set_alias", "generated", body=body_of("AliasSet", {"modelId": str(model), "shadow": shadow}))
call("set_alias", "generated", body=body_of("AliasSet", {"modelId": str(imported), "shadow": shadow}))
call("list_aliases")
call("get_alias", "generated")
call("get_shadow", "generated")
call("roll_back_alias", "generated")
call("list_webhooks")
call("get_webhook", hook)
call("rotate_webhook_secret", hook, body=body_of("WebhookSecretRequest", {}))
delivery = call("list_webhook_deliveries", hook).items[0].id
call("redeliver_webhook", hook, delivery)

server = {"server": "pacs"}
call("import_from_dicomweb", dataset, body=body_of("DicomwebImport", {**server, "split": "test", "label": "normal", "query": {}}))
call("store_study_in_dataset", dataset, body=File(io.BytesIO(b"--")), split=models.Split.TEST, label=models.Label.NORMAL)
call("score_study", model, body=File(io.BytesIO(b"--")))
kind = models.DicomResultKind("segmentation")
call("get_study_results", scoring.id, kind)
call("push_study_results", scoring.id, kind, body=body_of("DicomwebPush", server))

long = call("create_adaptation", body=body_of("AdaptationRequest", {"datasetId": str(dataset), **quick, "training": {"epochs": 1000}}))
stream("get_all_job_events")
call("cancel_job", long.id)
while call("get_job", long.id).state.value != "cancelled":
    time.sleep(0.2)
call("delete_alias", "generated")
call("delete_webhook", hook)
call("delete_job", scoring.id)
call("delete_evaluation", evaluation)
for one in (model, imported, revised):
    call("delete_model", one)
call("delete_image", dataset, image)
call("delete_dataset", dataset)

missing = sorted(set(modules) - set(statuses))
assert not missing, f"never called: {missing}"
print(json.dumps(statuses))

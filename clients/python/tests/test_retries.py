"""Connections that break, and a server that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import BRAIN, FirstScore
from cutting_proxy import Cut, CuttingProxy

from mediclip_client import Client, ConnectionFailed


def named(client: Client, name: str) -> int:
    return sum(dataset.name == name for dataset in client.datasets.list())


def test_an_answer_that_is_cut_off_is_not_done_twice(url: str, client: Client) -> None:
    with CuttingProxy(url, [Cut(answered=40)]) as proxy, Client(proxy.url) as cut:
        made = cut.datasets.create("Cut answer")
        assert proxy.connections == 2
    assert client.datasets.get(made.id).name == "Cut answer"
    assert named(client, "Cut answer") == 1


def test_an_upload_that_is_cut_in_the_middle_is_sent_again(url: str, client: Client) -> None:
    dataset = client.datasets.create("Cut upload")
    with CuttingProxy(url, [Cut(sent=100_000)]) as proxy, Client(proxy.url) as cut:
        answer = cut.datasets.upload(
            dataset, sorted((BRAIN / "train" / "normal").iterdir())[:12], split="train", label="normal"
        )
        assert proxy.connections == 2
    assert (answer.stored, answer.problems) == (12, [])
    assert client.datasets.get(dataset).images == 12


def test_a_folder_goes_on_after_a_cut(url: str, client: Client, brain: Path) -> None:
    # The first connection makes the data set and breaks in the middle of the archive.
    with CuttingProxy(url, [Cut(sent=150_000)]) as proxy, Client(proxy.url) as cut:
        dataset = cut.datasets.upload_folder(brain, name="Cut folder")
        assert proxy.connections == 2
    assert dataset.images == 15
    assert dataset.upload is not None
    assert dataset.upload.rejected == 0
    assert "6 training images" in (dataset.upload.layout or "")
    assert named(client, "Cut folder") == 1


def test_waiting_goes_on_after_a_cut(url: str, first_score: FirstScore) -> None:
    with CuttingProxy(url, [Cut(), Cut(answered=300)]) as proxy, Client(proxy.url) as cut:
        begun = cut.score_dataset(first_score.model, first_score.dataset)
        with Client(proxy.url) as waiting:
            events = list(waiting.job(begun.id).events())
        assert proxy.connections >= 3
    assert [event["id"] for event in events] == sorted({event["id"] for event in events})
    assert events[-1]["job"]["state"] == "succeeded"


def test_an_export_that_is_cut_off_is_whole_in_the_end(url: str, first_score: FirstScore, tmp_path: Path) -> None:
    with CuttingProxy(url, [Cut(answered=200_000)]) as proxy, Client(proxy.url) as cut:
        archive = cut.models.export(first_score.model, tmp_path / "cut.zip")
        assert proxy.connections == 2
    assert archive.read_bytes()[:2] == b"PK"
    assert archive.stat().st_size > 200_000


def test_a_server_that_is_not_there_is_said() -> None:
    with Client("http://127.0.0.1:9", retry_seconds=0) as client, pytest.raises(ConnectionFailed, match="127.0.0.1:9"):
        client.datasets.create("Nobody")

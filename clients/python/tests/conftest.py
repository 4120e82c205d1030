"""One server (``MEDICLIP_URL``) and one quick adaptation, made by the example, for all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mediclip_client import Client

ROOT = Path(__file__).parents[1]
BRAIN = ROOT.parents[1] / "examples" / "brain-mri"
ABNORMAL = BRAIN / "test" / "abnormal" / "test-abnormal-10.png"
PARTS = {"train/normal": 6, "test/normal": 5, "test/abnormal": 4, "masks": 4}
"""How many of the bundled examples the tests work on."""


@dataclass(frozen=True)
class FirstScore:
    """What the example printed: ``dataset``, ``model`` and ``score``; and its progress."""

    told: dict[str, str]
    progress: str

    @property
    def dataset(self) -> str:
        return self.told["dataset"].split(":")[0]

    @property
    def model(self) -> str:
        return self.told["model"]


@pytest.fixture(scope="session")
def url() -> str:
    return os.environ["MEDICLIP_URL"]


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[Client]:
    with Client(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ``PARTS``."""
    folder = tmp_path_factory.mktemp("brain")
    for part, count in PARTS.items():
        (folder / part).mkdir(parents=True)
        for picture in sorted((BRAIN / part).iterdir())[:count]:
            shutil.copy(picture, folder / part)
    return folder


@pytest.fixture(scope="session")
def first_score(url: str, brain: Path) -> FirstScore:
    command = [sys.executable, str(ROOT / "examples" / "first_score.py"), url, str(brain), str(ABNORMAL)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [*command, "--shots", "3", "--epochs", "1"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return FirstScore(dict(line.split(" ", 1) for line in done.stdout.splitlines()), done.stderr)

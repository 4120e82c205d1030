"""The package as such."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT


def test_the_blocking_client_is_made_from_the_other() -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "make_sync.py"), "--check"], check=True)


def test_the_wheel_holds_the_package_and_its_types(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"mediclip_client/py.typed", "mediclip_client/_sync/client.py"} <= set(names)
    assert not [name for name in names if "test" in name]


def test_optional_packages_are_not_needed_to_import() -> None:
    program = (
        "import sys\n"
        "for name in ('numpy', 'tqdm', 'PIL', 'pydicom'): sys.modules[name] = None\n"
        "import mediclip_client\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)

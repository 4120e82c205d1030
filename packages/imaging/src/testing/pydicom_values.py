"""Decodes the test files that come with pydicom and writes what it finds, for comparison.

Usage: pydicom_values.py FOLDER. Into FOLDER go the numbers of the first and last frame of each file; printed is a JSON
list of what each file is, where its numbers lie, or the error that pydicom raised.
"""

import json
import sys
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.data.data_manager import DATA_ROOT
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

out = Path(sys.argv[1])


def stored_range(ds):
    """Smallest and largest value that apply_windowing makes (PS3.3, C.11.2.1.2)."""
    if "ModalityLUTSequence" in ds:
        return 0, 2 ** ds.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    signed = ds.PixelRepresentation == 1
    low, high = (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1) if signed else (0, 2**ds.BitsStored - 1)
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    return low * slope + intercept, high * slope + intercept


def shown_greys(ds, values):
    """Greys of 0..255 by the file's first window or table; None where it has none that pydicom can apply."""
    has_table = "VOILUTSequence" in ds and "WindowCenter" not in ds
    if not has_table and "WindowCenter" not in ds:
        return None
    try:
        shown = apply_voi_lut(values, ds, index=0, prefer_lut=False).astype("<f8")
    except Exception:
        return None
    low, high = (0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1) if has_table else stored_range(ds)
    greys = (shown - low) / (high - low) * 255
    return 255 - greys if ds.PhotometricInterpretation == "MONOCHROME1" else greys


def colours(ds, stored):
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        stored = apply_color_lut(stored, ds)
        return stored if stored.dtype == np.uint8 else stored >> 8
    return stored if stored.dtype == np.uint8 else np.round(stored * (255 / (2**ds.BitsStored - 1)))


def write(name, values, dtype):
    np.ascontiguousarray(values).astype(dtype).tofile(out / name)
    return name


def decoded(ds, number, frame):
    stored = pixel_array(ds, index=frame)
    if ds.SamplesPerPixel == 3 or ds.PhotometricInterpretation == "PALETTE COLOR":
        return {"frame": frame, "colours": write(f"{number}-{frame}-colours", colours(ds, stored), "u1")}
    values = apply_modality_lut(stored, ds)
    shown = shown_greys(ds, values)
    return {
        "frame": frame,
        "values": write(f"{number}-{frame}-values", values, "<f8"),
        **({} if shown is None else {"shown": write(f"{number}-{frame}-shown", shown, "<f8")}),
    }


def described(path, number):
    about = {"path": str(path), "file": path.name}
    try:
        ds = dcmread(path, force=True)
        syntax = ds.file_meta.get("TransferSyntaxUID") if hasattr(ds, "file_meta") else None
        about["syntax"] = syntax.name if syntax else "none given"
        about["kind"] = f"{ds.PhotometricInterpretation}, {ds.BitsAllocated} bits"
        frames = int(ds.get("NumberOfFrames", 1) or 1)
        about["frames"] = [decoded(ds, number, frame) for frame in sorted({0, frames - 1})]
    except Exception as error:
        about["error"] = f"{type(error).__name__}"
    return about


files = sorted(path for path in (Path(DATA_ROOT) / "test_files").rglob("*") if path.is_file())
print(json.dumps([described(path, number) for number, path in enumerate(files)]))

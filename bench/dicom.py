#!/usr/bin/env python3
"""What decoding DICOM takes in pydicom; `dicom.mjs` runs it.

    pip install pydicom numpy pyjpegls pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle python-gdcm
    python dicom.py compress FILE FOLDER     writes FILE, which is uncompressed, in other transfer syntaxes into FOLDER
    python dicom.py measure FILE [PLUGIN]    prints the plug-ins as JSON, each with what decoding took the second time
"""

import json
import re
import sys
import time

from pydicom import dcmread
from pydicom.pixels import get_decoder
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless


def compress(file, folder):
    for name, syntax in {"JPEG-LS": JPEGLSLossless, "JPEG 2000": JPEG2000Lossless, "RLE": RLELossless}.items():
        dataset = dcmread(file)
        dataset.compress(syntax)
        dataset.save_as(f"{folder}/{name}.dcm")


def kibibytes(name):
    with open("/proc/self/status") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read())[1])


def decode(file, plugin):
    dataset = dcmread(file)
    if plugin:
        dataset.pixel_array_options(decoding_plugin=plugin)
    return dataset.pixel_array


def measure(file, only=None):
    header = dcmread(file, stop_before_pixels=True)
    syntax = header.file_meta.TransferSyntaxUID
    plugins = get_decoder(syntax).available_plugins if syntax.is_compressed else ("none",)
    found = {}
    for plugin in plugins if only is None else (only,):
        name = "" if plugin == "none" else plugin
        before = kibibytes("VmRSS")
        decode(file, name)
        peak = (kibibytes("VmHWM") - before) * 1024 / (header.Rows * header.Columns)
        wall, processor = time.perf_counter(), time.process_time()
        decode(file, name)
        seconds = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        found[plugin] = {**seconds, "bytesAPixel": peak}
    print(json.dumps(found))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"compress": compress, "measure": measure}[command](*arguments)

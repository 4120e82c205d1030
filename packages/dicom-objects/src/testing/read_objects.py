"""Reads the DICOM objects of a folder with pydicom and highdicom and prints what they hold as JSON."""

import json
import pathlib
import sys

import highdicom
import numpy
import pydicom


def source_frames(dataset):
    found = []
    for element in dataset.iterall():
        if element.keyword == "ReferencedFrameNumber":
            value = element.value
            found.extend(int(v) for v in (value if isinstance(value, pydicom.multival.MultiValue) else [value]))
    return list(dict.fromkeys(found))


def read(path):
    dataset = pydicom.dcmread(path)
    found = {
        "description": dataset.SeriesDescription,
        "model": dataset.DeviceSerialNumber,
        "patient": str(dataset.PatientName),
        "burnedIn": dataset.get("BurnedInAnnotation"),
        "sourceFrames": source_frames(dataset),
        "text": str(dataset),
    }
    if dataset.Modality == "OT":
        found["pixels"] = dataset.pixel_array.reshape(-1).tolist()
    if dataset.Modality == "SEG":
        segmentation = highdicom.seg.segread(path)
        pixels = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
        found["ones"] = [int(frame.sum()) for frame in pixels]
        found["first"] = [int(v) for v in numpy.argwhere(pixels[0])[0]]
        found["segment"] = segmentation.get_segment_description(1).segment_label
    if dataset.Modality == "SR":
        report = highdicom.sr.srread(path)
        found["complete"] = dataset.CompletionFlag
        found["verified"] = dataset.VerificationFlag
        found["groups"] = [
            {m.name.value: float(m.value) for m in group.get_measurements()}
            for group in report.content.get_image_measurement_groups()
        ]
    return found


print(json.dumps({p.stem: read(p) for p in sorted(pathlib.Path(sys.argv[1]).glob("*.dcm"))}))

"""Prints the anomaly score of an image, 0 (normal) to 1: python score.py IMAGE.

Needs `pip install onnxruntime pillow numpy`. Greys of 16 bits (PNG, TIFF) become the 8 bits that the model was adapted
to as the service makes them; DICOM and NIfTI are read by the service and by `mediclip score`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from greys import greys_of
from PIL import Image, ImageOps

folder = Path(__file__).resolve().parents[1]
session = onnxruntime.InferenceSession(folder / "detector.onnx")
side = session.get_inputs()[0].shape[1]
intensity = json.loads((folder / "model.json").read_text("utf8")).get("intensity")
image = ImageOps.exif_transpose(Image.open(sys.argv[1]))
if image.mode.startswith("I;16"):
    image = Image.fromarray(greys_of(np.asarray(image), intensity))
pixels = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR))
anomaly_map, score = session.run(["map", "score"], {"pixels": pixels[np.newaxis]})
print(float(score[0]))

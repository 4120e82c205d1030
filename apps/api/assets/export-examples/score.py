"""Prints the anomaly score of an image, 0 (normal) to 1: python score.py IMAGE.

Needs `pip install onnxruntime pillow numpy`. Made for images of 8 bits (PNG, JPEG, ...). Deeper ones must be brought to 8 bits
first, as "Greys deeper than 8 bits" of MODEL_CARD.md says; the service and `mediclip score` do so by themselves.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession(Path(__file__).resolve().parents[1] / "detector.onnx")
side = session.get_inputs()[0].shape[1]
image = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
anomaly_map, score = session.run(["map", "score"], {"pixels": np.asarray(image)[np.newaxis]})
print(float(score[0]))

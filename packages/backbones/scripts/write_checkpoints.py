#!/usr/bin/env python3
"""Writes the small checkpoints in golden/checkpoints with PyTorch itself, and what is in them as safetensors files.

    pip install torch numpy safetensors
    python write_checkpoints.py
"""

import pathlib
from collections import OrderedDict

import torch
from safetensors.torch import save_file

GOLDEN = pathlib.Path(__file__).resolve().parents[3] / "golden" / "checkpoints"


def numbers(*shape, dtype=torch.float32):
    return torch.randn(*shape).to(dtype)


def state_dict():
    """Every element type, a transposed view, rows of a larger storage, two names of one tensor, a scalar."""
    table = numbers(6, 5)
    tied = numbers(4, 3)
    return OrderedDict(
        {
            "single": numbers(3, 4),
            "half": numbers(3, 4, dtype=torch.float16),
            "brain": numbers(3, 4, dtype=torch.bfloat16),
            "double": numbers(2, dtype=torch.float64),
            "long": torch.arange(5),
            "int": torch.arange(4, dtype=torch.int32),
            "char": torch.tensor([-3, 5], dtype=torch.int8),
            "byte": torch.tensor([3, 250], dtype=torch.uint8),
            "bool": torch.tensor([True, False, True]),
            "scalar": torch.tensor(4.6052),
            "transposed": table.T,
            "rows": table[2:4],
            "columns": table[:, 1:3],
            "empty": torch.zeros(0, 3),
            "tied.first": tied,
            "tied.second": tied,
            "parameter": torch.nn.Parameter(numbers(2, 2)),
        }
    )


class Attention(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.in_proj_weight = torch.nn.Parameter(numbers(3 * width, width))
        self.out_proj = torch.nn.Linear(width, width)

    def forward(self, x):
        return self.out_proj(x @ self.in_proj_weight.T[:, : x.shape[-1]])


class Block(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attn = Attention(width)
        self.ln_1 = torch.nn.LayerNorm(width)

    def forward(self, x):
        return x + self.attn(self.ln_1(x))


class Tower(torch.nn.Module):
    """Nested names and buffers as in OpenAI's archives of CLIP."""

    def __init__(self, width=4):
        super().__init__()
        self.resblocks = torch.nn.Sequential(Block(width), Block(width))
        self.positional_embedding = torch.nn.Parameter(numbers(5, width))
        self.register_buffer("input_resolution", torch.tensor(224))

    def forward(self, x):
        return self.resblocks(x + self.positional_embedding)


def write(name, checkpoint, expected):
    torch.save(checkpoint, GOLDEN / f"{name}.pt")
    save(name, expected)


def save(name, expected):
    copies = {key: value.detach().clone().contiguous() for key, value in expected.items()}
    save_file(copies, GOLDEN / f"{name}.safetensors")


def main():
    torch.manual_seed(8)
    GOLDEN.mkdir(parents=True, exist_ok=True)

    state = state_dict()
    write("state-dict", state, state)

    tower = Tower()
    optimizer = torch.optim.Adam(tower.parameters())
    tower(numbers(1, 5, 4)).sum().backward()
    optimizer.step()
    parallel = torch.nn.DataParallel(tower).state_dict()
    training = {"epoch": 3, "name": "tower", "state_dict": parallel, "optimizer": optimizer.state_dict()}
    write("training", training, tower.state_dict())

    half = Tower().half().eval()
    torch.jit.script(half).save(GOLDEN / "torchscript.pt")
    save("torchscript", half.state_dict())

    torch.save(state, GOLDEN / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(Tower(), GOLDEN / "whole-module.pt")


if __name__ == "__main__":
    main()

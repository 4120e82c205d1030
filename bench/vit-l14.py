#!/usr/bin/env python3
"""A training step of MediCLIP with ViT-L/14 in plain PyTorch, as it is commonly run: every image of the batch goes through the tower,
and prompts are padded to 77 tokens. Reads OpenCLIP weights in safetensors; prints seconds as JSON. Needs nothing but torch.

    python vit-l14.py open_clip_model.safetensors THREADS
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

IMAGES, SIDE, TAPS = 8, 224, (12, 18, 24)
NORMAL, ABNORMAL, CONTEXT, TOKENS = 10, 11, 8, 77


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.ModuleDict(
            {"c_fc": nn.Linear(width, 4 * width), "gelu": QuickGELU(), "c_proj": nn.Linear(4 * width, width)}
        )

    def forward(self, x, mask=None):
        normed = self.ln_1(x)
        x = x + self.attn(normed, normed, normed, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp.c_proj(self.mlp.gelu(self.mlp.c_fc(self.ln_2(x))))


class Transformer(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))


class Visual(nn.Module):
    def __init__(self, width=1024, layers=24, patch=14):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(width))
        self.positional_embedding = nn.Parameter(torch.zeros((SIDE // patch) ** 2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, width // 64)
        self.proj = nn.Parameter(torch.zeros(width, 768))

    def forward(self, pixels):
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], 1) + self.positional_embedding
        x, taps = self.ln_pre(x), []
        for number, block in enumerate(self.transformer.resblocks, 1):
            x = block(x)
            if number in TAPS:
                taps.append(x[:, 1:])
        return taps


class Clip(nn.Module):
    def __init__(self, width=768, layers=12):
        super().__init__()
        self.visual = Visual()
        self.token_embedding = nn.Embedding(49408, width)
        self.positional_embedding = nn.Parameter(torch.zeros(TOKENS, width))
        self.transformer = Transformer(width, layers, width // 64)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.zeros(width, 768))
        self.logit_scale = nn.Parameter(torch.zeros(()))

    def prompts(self, embedded, end):
        x = embedded + self.positional_embedding
        mask = torch.full((TOKENS, TOKENS), -math.inf).triu(1)
        for block in self.transformer.resblocks:
            x = block(x, mask)
        return self.ln_final(x)[torch.arange(len(x)), end] @ self.text_projection


def load(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    names = (name for name in header if name != "__metadata__")
    with torch.device("meta"):
        model = Clip()
    model.load_state_dict({name: view(data, header[name]) for name in names}, assign=True)
    return model.requires_grad_(False).eval()


def view(data, entry):
    assert entry["dtype"] == "F16", "the weights are in half precision"
    begin, end = entry["data_offsets"]
    flat = torch.frombuffer(data, dtype=torch.float16, offset=begin, count=(end - begin) // 2)
    return flat.reshape(entry["shape"]).float()


def losses(abnormal, masks):
    both = torch.stack([1 - abnormal, abnormal], 1)
    one_hot = torch.stack([1 - masks, masks], 1).clamp(1e-5, 1 - 1e-5)
    pt = (one_hot * both).sum(1) + 1e-5
    focal = (-((1 - pt) ** 2) * pt.log()).mean()
    overlap = 2 * (abnormal * masks).sum((1, 2)) + 1
    return focal + 1 - (overlap / (abnormal.sum((1, 2)) + masks.sum((1, 2)) + 1)).mean()


def matrix_speed(side=2048):
    """GFLOP/s of a product of two matrices, the best of a few."""
    a, b, best = torch.randn(side, side), torch.randn(side, side), math.inf
    for _ in range(6):
        begin = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - begin)
    return 2 * side**3 / best / 1e9


def main():
    path, threads = sys.argv[1], int(sys.argv[2])
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    started = time.perf_counter()
    model = load(path)
    opened = time.perf_counter()

    adapters = nn.ModuleList(nn.Linear(1024, 768) for _ in TAPS)
    context = nn.Parameter(0.02 * torch.randn(NORMAL + ABNORMAL, CONTEXT, 768))
    optimiser = torch.optim.Adam([*adapters.parameters(), context], lr=1e-3, betas=(0.5, 0.999))
    ids = torch.randint(1000, (NORMAL + ABNORMAL, TOKENS))
    end = torch.randint(CONTEXT + 3, CONTEXT + 6, (NORMAL + ABNORMAL,))
    tokens = model.token_embedding(ids)
    pixels, masks = torch.randn(IMAGES, 3, SIDE, SIDE), (torch.rand(IMAGES, SIDE, SIDE) < 0.1).float()
    with torch.no_grad():
        model.visual(pixels[:1])

    begin = time.perf_counter()
    with torch.no_grad():
        taps = model.visual(pixels)
    seen = time.perf_counter()
    embedded = torch.cat([tokens[:, :1], context, tokens[:, 1 + CONTEXT :]], 1)
    prompts = model.prompts(embedded, end)
    states = F.normalize(torch.stack([prompts[:NORMAL].mean(0), prompts[NORMAL:].mean(0)]), dim=-1)
    cosines = torch.stack([F.normalize(adapt(tap), dim=-1) @ states.T for adapt, tap in zip(adapters, taps)]).mean(0)
    grid = math.isqrt(cosines.shape[1])
    maps = cosines.transpose(1, 2).reshape(IMAGES, 2, grid, grid)
    maps = F.interpolate(maps, size=SIDE, mode="bilinear", align_corners=True).softmax(1)
    losses(maps[:, 1], masks).backward()
    optimiser.step()
    done = time.perf_counter()
    seconds = {"openSeconds": opened - started, "towerSeconds": seen - begin, "headSeconds": done - seen}
    print(json.dumps({**seconds, "matrixSpeed": matrix_speed()}))


if __name__ == "__main__":
    main()

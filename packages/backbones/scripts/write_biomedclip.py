#!/usr/bin/env python3
"""Writes golden/biomedclip-tiny: a small random model built from BiomedCLIP's own parts, timm's VisionTransformer and transformers'
BertModel, under OpenCLIP's names, with what they make of images and prompts.

    pip install torch timm transformers safetensors
    python write_biomedclip.py
"""

import json
import pathlib

import timm
import torch
import transformers
from safetensors.torch import save_file

GOLDEN = pathlib.Path(__file__).resolve().parents[3] / "golden" / "biomedclip-tiny"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "clear", "lung", "##s", "no", "finding"]
WIDTH, HEADS, BLOCKS, SIDE, PATCH, POSITIONS, EMBEDDING, CONTEXT = 24, 2, 4, 48, 16, 256, 10, 3
PHRASES = ["clear", "clear lungs", "no findings"]


def image_tower():
    return timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE, patch_size=PATCH, embed_dim=WIDTH, depth=BLOCKS, num_heads=HEADS, num_classes=0
    ).eval()


def text_tower():
    configuration = transformers.BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=WIDTH,
        num_hidden_layers=BLOCKS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=POSITIONS,
    )
    return transformers.BertModel(configuration, add_pooling_layer=False).eval()


def projection():
    hidden = (WIDTH + EMBEDDING) // 2
    return torch.nn.Sequential(
        torch.nn.Linear(WIDTH, hidden, bias=False), torch.nn.GELU(), torch.nn.Linear(hidden, EMBEDDING, bias=False)
    )


def randomise(module):
    for parameter in module.parameters():
        parameter.data.normal_(0, 0.3)


def weights(visual, text, proj):
    parts = {"visual.trunk.": visual, "text.transformer.": text, "text.proj.": proj}
    return {
        prefix + name: value.clone().contiguous()
        for prefix, module in parts.items()
        for name, value in module.state_dict().items()
    }


def look(visual, images):
    taps = []
    handles = [block.register_forward_hook(lambda _, __, output: taps.append(output)) for block in visual.blocks]
    visual(images)
    for handle in handles:
        handle.remove()
    grid = SIDE // PATCH
    return [tap[:, 1:].transpose(1, 2).reshape(len(images), WIDTH, grid, grid) for tap in taps]


def read(text, proj, context):
    """The embeddings of `[CLS] context phrase . [SEP]`, padding masked."""
    tokenizer = transformers.BertTokenizer(str(GOLDEN / "vocab.txt"), do_lower_case=True)
    prompts = [" ".join(["[UNK]"] * CONTEXT + [f"{phrase} ."]) for phrase in PHRASES]
    tokens = tokenizer(prompts, padding=True, return_tensors="pt")
    embedded = text.embeddings.word_embeddings(tokens["input_ids"]).clone()
    embedded[:, 1 : 1 + CONTEXT] = context
    output = text(inputs_embeds=embedded, attention_mask=tokens["attention_mask"]).last_hidden_state
    return tokens["input_ids"], proj(output[:, 0])


@torch.no_grad()
def main():
    torch.manual_seed(88)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCABULARY))
    visual, text, proj = image_tower(), text_tower(), projection()
    for module in (visual, text, proj):
        randomise(module)
    save_file(weights(visual, text, proj), GOLDEN / "open_clip_model.safetensors")

    images = torch.randn(2, 3, SIDE, SIDE)
    context = 0.3 * torch.randn(len(PHRASES), CONTEXT, WIDTH)
    ids, prompts = read(text, proj, context)
    results = {"images": images, "context": context, "prompts": prompts}
    results.update({f"tap{number}": tap for number, tap in enumerate(look(visual, images), 1)})
    save_file({name: value.contiguous() for name, value in results.items()}, GOLDEN / "expected.safetensors")
    description = {
        "what": "a model of BiomedCLIP's structure with random weights: heads 2, exact GELU, 256 text positions",
        "made": f"timm {timm.__version__}, transformers {transformers.__version__}, torch {torch.__version__}",
        "phrases": PHRASES,
        "contextTokens": CONTEXT,
        "ids": ids.tolist(),
        "tolerance": 1e-4,
    }
    (GOLDEN / "expected.json").write_text(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()

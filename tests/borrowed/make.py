"""Writes of each family a tiny configuration, its tensors' names and shapes, and the logits that transformers computes.

Run it from the repository's root; README.md tells what it needs.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

import numpy
import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from shapes import IDS, SHAPES
from transformers import AutoConfig, AutoModelForCausalLM

HERE = Path("tests/borrowed")
# By the length of a sequence, the positions whose logits are kept.
POSITIONS = {5: [4], 9: [3, 8], 24: [11, 23]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", help="make this family alone")
    only = arguments.parse_args().only
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for family, shape in SHAPES.items():
        if only in (None, family):
            make(family, shape)


def make(family, shape):
    config = {"model_type": family, **shape, **IDS}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        tensors = published_tensors(config, folder)
        norms = 0.0 if "gemma" in family else 1.0
        save_file({name: filled(name, shape, norms) for name, shape in tensors.items()}, folder / "model.safetensors")
        model, report = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        problems = {what: names for what, names in report.items() if names}
        assert not problems, (family, problems)
    fixture = {
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}",
        "config": config,
        "norms": norms,
        "tensors": tensors,
        "sequences": [sequence(model.eval(), length) for length in POSITIONS],
    }
    (HERE / f"{family}.json").write_text(lines(fixture))
    print(family, len(tensors), "tensors")


def published_tensors(config, folder):
    """The shapes of a model's tensors by their names in the files that transformers saves."""
    read = {key: value for key, value in config.items() if key != "model_type"}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config["model_type"], **read))
    model.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config))
    with safe_open(folder / "model.safetensors", "pt") as file:
        return {name: file.get_slice(name).get_shape() for name in sorted(file.keys())}


def filled(name, shape, norms):
    """Numbers that depend on the tensor's name and their place alone; the tests compute the same."""
    offset, spread = rule(name, shape, norms)
    places = numpy.arange(math.prod(shape), dtype=numpy.uint32)
    with numpy.errstate(over="ignore"):
        mixed = places * numpy.uint32(0x9E3779B9) + numpy.uint32(hash_of(name))
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            mixed = (mixed ^ (mixed >> numpy.uint32(shift))) * numpy.uint32(factor)
        mixed ^= mixed >> numpy.uint32(16)
    even = (mixed >> numpy.uint32(8)).astype(numpy.float64) / (1 << 23) - 1.0
    return torch.from_numpy((offset + spread * even).astype(numpy.float32).reshape(shape))


def rule(name, shape, norms):
    """The middle and the half width of a tensor's numbers."""
    is_norm = any(part in name for part in ("norm", "ln_"))
    if len(shape) == 1:
        return (norms, 0.5) if is_norm and name.endswith("weight") else (0.0, 0.5)
    return 0.0, 2.0 / math.sqrt(math.prod(shape[1:]))


def hash_of(name):
    """FNV-1a in 32 bits."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 % (1 << 32)
    return value


def sequence(model, length):
    tokens = [int(token) for token in numpy.random.default_rng(length).integers(3, model.config.vocab_size, length)]
    with torch.no_grad():
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
    kept = {position: [float(f"{logit:.6g}") for logit in logits[position].tolist()] for position in POSITIONS[length]}
    return {"tokens": tokens, "logits": kept}


def lines(fixture):
    """A line for each list, so that a change shows where it is."""
    text = json.dumps(fixture)
    for start in ('"config"', '"norms"', '"tensors"', '"sequences"', '{"tokens"', '"logits"'):
        text = text.replace(start, f"\n{start}")
    return text + "\n"


main()

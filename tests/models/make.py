"""Writes a tiny random model of every family as a Hugging Face folder and as GGUF, and transformers' logits.

Run it from the repository's root; README.md tells what it needs.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM

sys.path[:0] = ["tests/tokenizers", "tests/models"]
import families
import train
from shapes import SHAPES

HERE = Path("tests/models")
TEXTS = Path("crates/core/data/prompts.jsonl")
TEMPLATES = Path("tests/templates")
LENGTHS = {5: [0, 4], 9: [8], 24: [7, 12, 23]}
DECODED = 8
# A decoder that rounds differently must still take the same token.
SMALLEST_LEAD = 0.05
# What leaving a part out must change in some logit.
SMALLEST_EFFECT = 0.05
# By how much the score of the last expert that is chosen leads the next: who rounds differently must choose the same.
SMALLEST_CHOICE = 0.1
# The ends of the names of what gives experts their scores.
ROUTERS = ("mlp.gate.weight", "router.weight", "block_sparse_moe.gate.weight")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--llama-cpp", type=Path, required=True, help="llama.cpp's sources, for its converter")
    arguments.add_argument("--only", help="make this model alone")
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    for name, shape in SHAPES.items():
        if arguments.only in (None, name):
            make(name, shape, arguments.llama_cpp)


def make(name, shape, llama_cpp):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    tokenizer, pieces = write_tokenizer(folder, shape)
    config = complete(shape, tokenizer)
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", generation(shape, config))
    seed, model = find_seed(folder, shape, config)
    write_weights(folder, model, shape.shards)
    load_config(folder, {}).save_pretrained(folder / "transformers-5")
    (folder / "transformers-5/config.json").replace(folder / "config-5.json")
    (folder / "transformers-5").rmdir()
    expected = {
        "made_with": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}",
        "seed": seed,
        "sequences": sequences(model),
    }
    if shape.gguf:
        expected["gguf"] = sequences(changed(folder, model, shape.gguf))
    if shape.quantized:
        expected["q8_0"] = [sequence(quantized(model), max(LENGTHS), [max(LENGTHS) - 1])]
    if shape.long_tokens:
        expected["long"] = long_sequence(model, shape.long_tokens)
    write_json(folder / "expected.json", expected)
    if pieces:
        (folder / "tokenizer.model").write_bytes(pieces)
    for outtype in ["f16", "q8_0"][: 1 + shape.quantized] if shape.has_gguf else []:
        outfile = HERE / (f"{name}.gguf" if outtype == "f16" else f"{name}-{outtype}.gguf")
        pre = families.FAMILIES[shape.tokenizer].pre
        command = [sys.executable, HERE / "convert.py", llama_cpp, pre, folder, outtype, outfile]
        subprocess.run(command, check=True)
    (folder / "tokenizer.model").unlink(missing_ok=True)


def write_tokenizer(folder, shape):
    prompts = [json.loads(line) for line in TEXTS.read_text().splitlines()]
    texts = [message["content"] for prompt in prompts for message in prompt["messages"]]
    size = 384 if families.FAMILIES[shape.tokenizer].sentencepiece else 304
    tokenizer, pieces = train.build(shape.tokenizer, texts, size)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", train.configuration(shape.tokenizer, tokenizer))
    shutil.copy(TEMPLATES / f"{shape.template}.jinja", folder / "chat_template.jinja")
    return tokenizer, pieces


def complete(shape, tokenizer):
    family = families.FAMILIES[shape.tokenizer]
    ids = {
        "bos_token_id": family.bos and tokenizer.token_to_id(family.bos),
        "eos_token_id": tokenizer.token_to_id(family.eos),
        "pad_token_id": tokenizer.token_to_id("<pad>" if "<pad>" in family.specials else family.eos),
    }
    config = {"vocab_size": tokenizer.get_vocab_size(), **shape.config, **ids}
    return dict(sorted(config.items()))


def generation(shape, config):
    ids = {name: config[name] for name in ("bos_token_id", "eos_token_id") if config[name] is not None}
    return {**ids, **shape.generation, "transformers_version": config["transformers_version"]}


def find_seed(folder, shape, config):
    """The first seed whose model shows every part of its family and never wavers between two tokens."""
    for seed in range(1, 1000):
        model = random_model(folder, shape, seed)
        leads = [sequence["lead"] for sequence in sequences(model)]
        effects = effects_of(folder, model, shape)
        choice = smallest_choice(model)
        shows = min(effects.values(), default=1.0) > SMALLEST_EFFECT
        if min(leads) > SMALLEST_LEAD and shows and choice > SMALLEST_CHOICE:
            print(folder.name, "seed", seed, "lead", min(leads), "choice", choice, effects)
            return seed, model
        print(folder.name, "not seed", seed, min(leads), choice, effects)
    raise SystemExit(f"{folder.name}: no seed will do")


def smallest_choice(model):
    """By how much, over all layers and sequences with what is decoded behind them, a chosen expert leads one that is not."""
    leads = [float("inf")]

    def note(module, inputs, outputs):
        scores = torch.nn.functional.linear(inputs[0].reshape(-1, module.weight.shape[1]), module.weight)
        best = torch.topk(scores, module.top_k + 1).values
        leads.append(float((best[:, -2] - best[:, -1]).min()))

    routers = [module for module in model.modules() if hasattr(module, "top_k") and hasattr(module, "weight")]
    hooks = [router.register_forward_hook(note) for router in routers]
    for length in LENGTHS:
        tokens = tokens_of(length, model.config.vocab_size)
        logits_of(model, tokens + sequence(model, length, [])["greedy"])
    for hook in hooks:
        hook.remove()
    assert routers or not getattr(model.config, "num_experts_per_tok", 0)
    return min(leads)


def load_config(folder, changes):
    read = json.loads((folder / "config.json").read_text())
    kind = read.pop("model_type")
    return AutoConfig.for_model(kind, **{**read, **changes})


def new_model(folder, changes):
    config = load_config(folder, changes)
    config.dtype = "float32"
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()


def random_model(folder, shape, seed):
    model = new_model(folder, {})
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            values = random_values(name, weight, shape, generator)
            weight.copy_(values.to(torch.bfloat16).float())
    return model


def random_values(name, weight, shape, generator):
    """Numbers of such a spread that attention is far from even and every norm and bias counts."""
    if "norm" in name:
        lowest, highest = (0.8, 2.4) if "q_norm" in name or "k_norm" in name else (0.4, 1.6)
        values = torch.empty_like(weight).uniform_(lowest, highest, generator=generator)
        return values - 1.0 if shape.norms_add_one else values
    if weight.ndim == 1:
        return torch.empty_like(weight).normal_(0.0, 0.5, generator=generator)
    if name.endswith(ROUTERS):
        return torch.empty_like(weight).normal_(0.0, 3.0 / weight.shape[1] ** 0.5, generator=generator)
    gains = {"q_proj": 1.7, "k_proj": 1.7, "qkv_proj": 1.5, "lm_head": 3.0, "embed_tokens": 2.0}
    gain = next((gain for part, gain in gains.items() if part in name), 1.2)
    return torch.empty_like(weight).normal_(0.0, gain / weight.shape[-1] ** 0.5, generator=generator)


def changed(folder, model, changes):
    other = new_model(folder, changes)
    other.load_state_dict(model.state_dict())
    return other


def effects_of(folder, model, shape):
    """By how much leaving out each special part moves the logits at the end of the longest sequence."""
    tokens = tokens_of(max(LENGTHS), model.config.vocab_size)
    logits = logits_of(model, tokens)[-1]
    others = {part: changed(folder, model, changes) for part, changes in shape.without.items()}
    for part, (ending, value) in shape.without_weights.items():
        others[part] = changed(folder, model, {})
        with torch.no_grad():
            for name, weight in others[part].named_parameters():
                if name.endswith(ending):
                    weight.fill_(value)
    return {part: float((logits_of(other, tokens)[-1] - logits).abs().max()) for part, other in others.items()}


def quantized(model):
    """The model with the weights that a file in Q8_0 holds; rows are quantized alone, in whatever order they stand."""
    other = AutoModelForCausalLM.from_config(model.config, attn_implementation="eager").eval()
    other.load_state_dict(model.state_dict())
    kind = gguf.GGMLQuantizationType.Q8_0
    with torch.no_grad():
        for name, weight in other.named_parameters():
            if weight.ndim >= 2 and not name.endswith(ROUTERS):
                blocks = gguf.quants.quantize(weight.numpy(), kind)
                weight.copy_(torch.from_numpy(gguf.quants.dequantize(blocks, kind)))
    return other


def tokens_of(length, vocab_size):
    return [int(token) for token in numpy.random.default_rng(length).integers(7, vocab_size - 60, length)]


def sequences(model):
    return [sequence(model, length, positions) for length, positions in LENGTHS.items()]


def sequence(model, length, positions):
    tokens = tokens_of(length, model.config.vocab_size)
    logits = logits_of(model, tokens)
    greedy, lead = [], float("inf")
    for _ in range(DECODED):
        last = logits_of(model, tokens + greedy)[-1]
        best = torch.topk(last, 2).values
        lead = min(lead, float(best[0] - best[1]))
        greedy.append(int(last.argmax()))
    return {
        "tokens": tokens,
        "logits": {position: rounded(logits[position]) for position in positions},
        "greedy": greedy,
        "lead": round(lead, 4),
        "logits_behind_greedy": rounded(logits_of(model, tokens + greedy)[-1]),
    }


def long_sequence(model, length):
    tokens = tokens_of(length, model.config.vocab_size)
    return {"tokens": tokens, "logits": {length - 1: rounded(logits_of(model, tokens)[-1])}}


def logits_of(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens]), use_cache=False).logits[0]


def rounded(logits):
    return [float(f"{logit:.6g}") for logit in logits.tolist()]


def write_weights(folder, model, shards):
    tied = model.config.tie_word_embeddings
    weights = {name: weight.to(torch.bfloat16) for name, weight in published(model).items()}
    if tied:
        weights.pop("lm_head.weight", None)
    names = sorted(weights)
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    where = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = names[shard::shards]
        save_file({name: weights[name] for name in part}, folder / file, metadata={"format": "pt"})
        where |= dict.fromkeys(part, file)
    total = sum(weight.nbytes for weight in weights.values())
    write_json(
        folder / "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))},
    )


def published(model):
    """The weights by their names in published files, which transformers has otherwise where there are experts."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(Path(folder) / "model.safetensors")


def write_json(path, value):
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if path.name == "expected.json":
        # A line for each list of numbers.
        text = json.dumps(value).replace('"logits', '\n"logits').replace('{"tokens', '\n{"tokens')
    path.write_text(text + "\n", encoding="utf-8")


main()

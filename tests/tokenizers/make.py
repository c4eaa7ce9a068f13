"""Writes a small tokenizer of every family as JSON and as GGUF, and the ids that the package tokenizers gives texts.

Run it from the repository's root; README.md tells what it needs.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer

sys.path.insert(0, "tests/tokenizers")
import families
import train
from ids import spell
from texts import CODE, LONG, SENTENCES, WHOLE_WORDS, texts

HERE = Path("tests/tokenizers")
PROMPTS = Path("crates/core/data/prompts.jsonl")
TOKENS = 800
# Which converter takes a family's SentencePiece model.
ARCHITECTURES = {"gemma": "Gemma2ForCausalLM", "phi3": "Phi3ForCausalLM"}
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "num_attention_heads": 2,
    "num_hidden_layers": 1,
    "num_key_value_heads": 1,
    "original_max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--llama-cpp", type=Path, required=True, help="llama.cpp's sources, for its converter")
    arguments.add_argument("--only", help="make this tokenizer alone")
    arguments = arguments.parse_args()
    write_json(HERE / "texts.json", texts(), ensure_ascii=True)
    for name in [arguments.only] if arguments.only else families.FAMILIES:
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        tokenizer, pieces = train.build(name, training_texts(), TOKENS)
        tokenizer.save(str(folder / "tokenizer.json"))
        write_json(folder / "tokenizer_config.json", train.configuration(name, tokenizer))
        write_ids(folder, families.FAMILIES[name])
        convert(name, folder, pieces, arguments.llama_cpp)


def training_texts():
    prompts = [json.loads(line) for line in PROMPTS.read_text().splitlines()]
    learned = [message["content"] for prompt in prompts for message in prompt["messages"]] + texts() + SENTENCES * 5
    return [text for text in learned if not any(word in text for word in WHOLE_WORDS)]


def write_ids(folder, family):
    """The ids of each text as a person's, whose names of control tokens do not count, and of texts in which they do."""
    plain = Tokenizer.from_str(json.dumps(with_turns_special(folder)))
    plain.encode_special_tokens = True
    ids = [plain.encode(text, add_special_tokens=False).ids for text in texts()]
    (folder / "ids.txt").write_text("\n".join(map(spell, ids)) + "\n")
    decoded = {index: plain.decode(row, skip_special_tokens=False) for index, row in enumerate(ids)}
    changed = {index: text for index, text in decoded.items() if text != texts()[index]}
    write_json(folder / "decoded.json", changed, ensure_ascii=True)
    meant = Tokenizer.from_file(str(folder / "tokenizer.json"))
    cases = [{"text": text, "ids": meant.encode(text, add_special_tokens=False).ids} for text in template_texts(family)]
    write_json(folder / "special.json", cases, ensure_ascii=True)


def with_turns_special(folder):
    """The tokenizer with every token that looks like a turn's mark special, as llama.cpp has it and as safety asks."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    for token in tokenizer["added_tokens"]:
        token["special"] |= token["content"].startswith("<|") and token["content"].endswith("|>")
    return tokenizer


def template_texts(family):
    """Control tokens between, before and behind words, spaces and line breaks."""
    names = family.specials + family.plain[:4]
    joined = [f"{name}Hi there\n{name} and  {name}\n\n{name}{name}x" for name in names]
    return joined + [names[0] + "\nuser\n " + "".join(names) + " \n", *CODE[:3], LONG[6][:8]]


def convert(name, folder, pieces, llama_cpp):
    with tempfile.TemporaryDirectory() as scratch:
        # The converter takes the folder's name for the model's.
        scratch = Path(scratch) / name
        scratch.mkdir()
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(folder / file, scratch)
        if pieces:
            (scratch / "tokenizer.model").write_bytes(pieces)
        size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
        architecture = ARCHITECTURES.get(name, "LlamaForCausalLM")
        caps = {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "head_dim": 16, "sliding_window": 8}
        config = {**SHAPE, **(caps if name == "gemma" else {}), "architectures": [architecture], "vocab_size": size}
        write_json(scratch / "config.json", config)
        pre = families.FAMILIES[name].pre
        command = [
            sys.executable,
            "tests/models/convert.py",
            llama_cpp,
            pre,
            scratch,
            "vocab",
            folder / "tokenizer.gguf",
        ]
        subprocess.run(command, check=True)


def write_json(path, value, ensure_ascii=False):
    text = json.dumps(
        value, indent=None if path.name in ("texts.json", "special.json") else 2, ensure_ascii=ensure_ascii
    )
    if path.name == "special.json":
        text = text.replace('{"text"', '\n{"text"')
    path.write_text(text + "\n", encoding="utf-8")


main()

"""Tokens a second of Hugging Face's generate for native.sh, random weights in SmolLM2-135M's shape: hugging_face.py THREADS prints one line of JSON."""

import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

PROMPT, NEW = 64, 64
torch.set_num_threads(int(sys.argv[1]))
config = LlamaConfig(
    vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
    num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=2048,
)


def rate(model, rows):
    tokens = torch.tensor([[(i * 7919 + 31) % config.vocab_size for i in range(PROMPT)]])
    started = time.perf_counter()
    with torch.no_grad():
        model.generate(
            tokens, attention_mask=torch.ones_like(tokens), do_sample=True, temperature=0.8, top_p=0.95, top_k=0,
            min_new_tokens=NEW, max_new_tokens=NEW, num_return_sequences=rows, pad_token_id=0,
        )
    return rows * NEW / (time.perf_counter() - started)


figures = {}
for name, kind in [("float32", torch.float32), ("bfloat16", torch.bfloat16)]:
    model = LlamaForCausalLM(config).to(kind).eval()
    rate(model, 1)
    for rows in [1, 32]:
        figures[f"{name}, {rows} at once"] = rate(model, rows)
print(json.dumps(figures))

"""Writes tests/cases/tokenizer_byte_level.json and tokenizer_scored.json: two small vocabularies, and the ids that the field's own libraries give hard texts.

Needs `pip install tokenizers==0.23.3 sentencepiece==0.2.3`.
Run from the repository's root: python3 tests/tools/tokenizer_small.py
"""

import io
import json
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokenizer_texts import HARD, NOT_NORMAL

CASES = Path("tests/cases")
CUSTOMER = [
    "Hello, I would like to return the shoes that I ordered last week, because they do not fit.",
    "Hi there! Thanks for reaching out. We are sorry that the parcel has not arrived yet.",
    "Could you please tell us your order number, so that we can look into it for you?",
    "I was charged twice for my subscription. I want my money back, or I will cancel.",
    "You can change the delivery address in your account, as long as the order has not been shipped.",
    "The refund takes 3 to 5 working days; you'll get an email when it's done. Don't worry!",
    "What's the status of order 12345? It's been 10 days and there isn't any tracking information.",
]
TRAINING = (HARD + CUSTOMER) * 4

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def split_by(pattern):
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


PRETOKENIZERS = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    "smollm": pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    ),
    "llama-bpe": split_by(LLAMA3),
    "qwen2": split_by(QWEN2),
}


def train_byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = PRETOKENIZERS["llama-bpe"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=900, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TRAINING, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    # Words that no merge leads to, which only a tokenizer that looks for whole words first can find.
    tokens += ["Ġsubscriptionist", "Ġplums", "plums"]
    return tokens, [" ".join(pair) for pair in model["merges"]]


def byte_level():
    tokens, merges = train_byte_level()
    texts = HARD + NOT_NORMAL + ["a subscriptionist eats plums\nplums"]
    ids = {}
    for name, pretokenizer in PRETOKENIZERS.items():
        vocabulary = {token: index for index, token in enumerate(tokens)}
        pairs = [tuple(merge.split(" ")) for merge in merges]
        tokenizer = Tokenizer(models.BPE(vocabulary, pairs, ignore_merges=name == "llama-bpe"))
        tokenizer.pre_tokenizer = pretokenizer
        tokenizer.decoder = decoders.ByteLevel()
        if name == "qwen2":
            tokenizer.normalizer = normalizers.NFC()
        ids[name] = [tokenizer.encode(text).ids for text in texts]
    cases = [{"text": text, "ids": {name: ids[name][index] for name in ids}} for index, text in enumerate(texts)]
    return {"tokens": tokens, "merges": merges, "cases": cases}


def scored(add_space_prefix):
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for text in TRAINING for line in text.replace("\0", "").split("\n") if line),
        model_writer=written,
        model_type="bpe",
        vocab_size=700,
        character_coverage=0.98,
        byte_fallback=True,
        add_dummy_prefix=add_space_prefix,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        allow_whitespace_only_pieces=True,
        split_digits=True,
        num_threads=1,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    indices = range(model.get_piece_size())

    def kind(index):
        if model.is_unknown(index):
            return 2
        return 3 if model.is_control(index) else 6 if model.is_byte(index) else 1

    return {
        "add_space_prefix": add_space_prefix,
        "tokens": [model.id_to_piece(index) for index in indices],
        "scores": [model.get_score(index) for index in indices],
        "token_type": [kind(index) for index in indices],
        "cases": [{"text": text, "ids": model.encode(text)} for text in HARD + NOT_NORMAL],
    }


def write(name, value):
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace('{"text"', '\n{"text"')
    (CASES / name).write_text(text + "\n", encoding="utf-8")


write("tokenizer_byte_level.json", byte_level())
write("tokenizer_scored.json", [scored(True), scored(False)])

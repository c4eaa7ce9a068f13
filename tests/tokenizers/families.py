"""What sets apart the tokenizers of the families that people use."""

from dataclasses import dataclass, field

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CL100K = rf"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"
QWEN2 = CL100K.replace("{1,3}", "")
TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*"
    rf"|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
)
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?"
    rf"|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"
)


@dataclass
class Family:
    """What makes a family's tokenizer its own; `pre` is the name under which llama.cpp knows it."""

    pre: str
    # Control tokens.
    specials: list
    bos: str | None = None
    eos: str = ""
    adds_bos: bool = False
    # Added tokens that are not special: part of a person's text.
    plain: list = field(default_factory=list)
    # How a text is cut into words; without it, as GPT-2 does.
    pattern: str | None = None
    # The pattern says what words are, and not where to cut, which comes to the same.
    invert: bool = False
    digits_apart: bool = False
    normal_form: bool = False
    # Words that are tokens are not merged.
    ignore_merges: bool = False
    # SentencePiece only: "legacy", "metaspace" or "gemma".
    sentencepiece: str | None = None
    # Control tokens take the white space behind them with them.
    strips_right: bool = False
    # Control tokens have the highest ids, and not the lowest.
    last: bool = True


def names(pattern, *values):
    return [pattern.format(value) for value in values]


FAMILIES = {
    "gpt2": Family(
        "gpt-2",
        ["<|endoftext|>"],
        bos="<|endoftext|>",
        eos="<|endoftext|>",
        plain=[" " * count for count in range(12, 1, -1)] + ["\t" * count for count in range(5, 1, -1)],
    ),
    "smollm": Family(
        "smollm",
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>", "<gh_stars>", "<empty_output>"],
        bos="<|im_start|>",
        eos="<|im_end|>",
        digits_apart=True,
        last=False,
    ),
    "llama3": Family(
        "llama-bpe",
        [
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "<|python_tag|>",
        ],
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        adds_bos=True,
        pattern=CL100K,
        ignore_merges=True,
    ),
    "smollm3": Family(
        "smaug-bpe",
        ["<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>"],
        bos="<|begin_of_text|>",
        eos="<|im_end|>",
        pattern=CL100K,
        ignore_merges=True,
        plain=[
            "<think>",
            "</think>",
            "<tool_call>",
            "</tool_call>",
            "<tool_response>",
            "</tool_response>",
            "<code>",
            "</code>",
        ],
    ),
    "qwen2": Family(
        "qwen2",
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"],
        eos="<|im_end|>",
        pattern=QWEN2,
        normal_form=True,
        plain=[
            "<tool_call>",
            "</tool_call>",
            "<|fim_prefix|>",
            "<|file_sep|>",
            "<tool_response>",
            "</tool_response>",
            "<think>",
            "</think>",
        ],
    ),
    "tekken": Family(
        "tekken",
        [
            "<unk>",
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_CALLS]",
            "<pad>",
        ],
        bos="<s>",
        eos="</s>",
        adds_bos=True,
        pattern=TEKKEN,
        ignore_merges=True,
        last=False,
    ),
    "gpt4o": Family(
        "gpt-4o",
        ["<|endoftext|>", "<|endofprompt|>", "<|assistant|>", "<|end|>", "<|user|>", "<|system|>"],
        bos="<|endoftext|>",
        eos="<|end|>",
        pattern=O200K,
        invert=True,
        plain=["<|tool|>", "<|/tool|>"],
    ),
    "cl100k": Family(
        "dbrx",
        ["<|endoftext|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|fim_prefix|>"],
        bos="<|endoftext|>",
        eos="<|im_end|>",
        pattern=CL100K,
        invert=True,
        plain=["|||IP_ADDRESS|||", "|||EMAIL_ADDRESS|||"],
    ),
    "granite": Family(
        "refact",
        [
            "<|end_of_text|>",
            "<fim_prefix>",
            "<fim_middle>",
            "<filename>",
            "<|start_of_role|>",
            "<|end_of_role|>",
            "<|tool_call|>",
        ],
        bos="<|end_of_text|>",
        eos="<|end_of_text|>",
        digits_apart=True,
        last=False,
    ),
    "glm4": Family(
        "glm4",
        [
            "<|endoftext|>",
            "[MASK]",
            "[gMASK]",
            "<sop>",
            "<eop>",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
        ],
        bos="<|endoftext|>",
        eos="<|user|>",
        pattern=CL100K,
        ignore_merges=True,
        plain=["<think>", "</think>"],
    ),
    "llama2": Family("default", ["<unk>", "<s>", "</s>"], bos="<s>", eos="</s>", adds_bos=True, sentencepiece="legacy"),
    "mistral": Family(
        "default",
        ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]"],
        bos="<s>",
        eos="</s>",
        adds_bos=True,
        sentencepiece="metaspace",
    ),
    "phi3": Family(
        "default",
        ["<unk>", "<s>", "</s>", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"],
        bos="<s>",
        eos="<|endoftext|>",
        sentencepiece="legacy",
        strips_right=True,
    ),
    "gemma": Family(
        "default",
        ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"],
        bos="<bos>",
        eos="<eos>",
        adds_bos=True,
        sentencepiece="gemma",
        plain=["<mask>", "[multimodal]", *names("<unused{}>", *range(4))]
        + ["\n" * count for count in range(1, 9)]
        + ["▁" * count for count in range(2, 12)]
        + names("<{}>", "table", "td", "h1", "strong")
        + names("</{}>", "table", "td", "h1", "strong"),
    ),
}

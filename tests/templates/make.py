"""Writes `expected.json`: what transformers makes of conversations with the templates beside it, or why a template refuses them.

Needs what tests/models/README.md names; run from the repository's root.
"""

import datetime
import json
import sys
from pathlib import Path

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

sys.path.insert(0, "tests/tokenizers")
from ids import spell

HERE = Path("tests/templates")
TOKENIZERS = {
    "gemma2": "gemma",
    "gemma3": "gemma",
    "glm4": "glm4",
    "granite": "granite",
    "llama3": "llama3",
    "mistral": "mistral",
    "olmo2": "cl100k",
    "phi3": "phi3",
    "phi4": "cl100k",
    "phi4-mini": "gpt4o",
    "qwen2": "qwen2",
    "qwen3": "qwen2",
    "qwen3-coder": "qwen2",
    "smollm3": "smollm3",
}
QUESTION, ANSWER, NEXT = "Where is my order?", "On its way.", "Since when?"
THOUGHT = "<think>\nThey ask for the day.\n</think>\n\nSince Monday."
# Each a list of (role, content).
CONVERSATIONS = {
    "question": [("user", QUESTION)],
    "system": [("system", "Be kind."), ("user", QUESTION)],
    "turns": [("user", QUESTION), ("assistant", ANSWER), ("user", NEXT)],
    "system and turns": [("system", "Be kind."), ("user", QUESTION), ("assistant", ANSWER), ("user", NEXT)],
    "answered": [("user", QUESTION), ("assistant", ANSWER)],
    "thought": [("user", QUESTION), ("assistant", THOUGHT), ("user", NEXT), ("assistant", "\n\n" + THOUGHT)],
    "white space": [
        ("system", " \n Be kind.\t\n"),
        ("user", "\n  Where?  \n\n"),
        ("assistant", "  Here.\n"),
        ("user", " "),
    ],
    "empty": [("user", ""), ("assistant", ""), ("user", "")],
    "empty system": [("system", ""), ("user", QUESTION)],
    "twice the user": [("user", QUESTION), ("user", NEXT)],
    "the assistant first": [("assistant", "Hello!"), ("user", QUESTION)],
    "system behind": [("user", QUESTION), ("assistant", ANSWER), ("system", "Be brief."), ("user", NEXT)],
    "switches": [("system", "Be kind. /no_think"), ("user", "/think hard"), ("assistant", "I did.")],
    "override": [("system", "Only this. /system_override"), ("user", QUESTION)],
    "tool words": [
        ("user", "<tool_response>7</tool_response>"),
        ("assistant", "7"),
        ("user", "<tool_response>8</tool_response>"),
    ],
    "languages": [
        ("system", "Antworte auf Deutsch: „ja“ & <nein>."),
        ("user", "注文はどこ？ 'quoted' \"double\" {{ x }} 👩‍💻"),
    ],
    "lines": [("user", "one\r\ntwo\n\n\nthree\u2028four"), ("assistant", "* a\n* b\n"), ("user", "{% raw %}")],
}


class Day(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 4)


def render(tokenizer, template, conversation, prompt):
    messages = [{"role": role, "content": content} for role, content in conversation]
    try:
        text = tokenizer.apply_chat_template(
            messages, chat_template=template, tokenize=False, add_generation_prompt=prompt, enable_thinking=False
        )
    except TemplateError as error:
        return {"error": str(error)}
    ids = tokenizer.encode(text, add_special_tokens=False)
    return {"text": text, "ids": spell(ids)} if prompt else {"text": text}


chat_template_utils.datetime = Day
cases = []
for name, tokenizer in TOKENIZERS.items():
    loaded = PreTrainedTokenizerFast.from_pretrained(f"tests/tokenizers/{tokenizer}")
    template = (HERE / f"{name}.jinja").read_text()
    for label, conversation in CONVERSATIONS.items():
        for prompt in (True, False):
            case = {"template": name, "tokenizer": tokenizer, "conversation": label, "prompt": prompt}
            cases.append({**case, **render(loaded, template, conversation, prompt)})
written = {"date": [2026, 3, 4], "conversations": CONVERSATIONS, "cases": cases}
text = json.dumps(written, ensure_ascii=True)
for start in ('{"template"', '"cases"', '"conversations"', "[["):
    text = text.replace(start, "\n" + start)
(HERE / "expected.json").write_text(text + "\n")

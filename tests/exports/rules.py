"""Reads exports back under each format's own rules, with nothing but Python's json.

    rules.py FORMAT PATH     checks a file, or the folder of a format that makes one
    rules.py --self-test     breaks rows in every way that matters, and expects each to be found

The rules are those of the trainers' loaders: which columns they read, of which type, and what they drop or misread in silence.
"""

import json
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

AGENT = re.compile(r"(?=.*[a-zA-Z0-9])[a-zA-Z0-9\-_:./\s]{1,200}")
ROLES = {"system", "user", "assistant", "tool"}


class Broken(Exception):
    """A row that its trainer would refuse, drop or misread."""


def need(holds, what):
    if not holds:
        raise Broken(what)


def messages(value, what):
    need(isinstance(value, list) and value, f"{what} is no list of messages")
    for message in value:
        need(isinstance(message, dict) and set(message) == {"role", "content"}, f"{what}: {message!r}")
        need(message["role"] in ROLES and isinstance(message["content"], str), f"{what}: {message!r}")


def reply(value, what):
    """A list of one message of the assistant that says something."""
    messages(value, what)
    need(len(value) == 1 and value[0]["role"] == "assistant", f"{what} is no single reply")
    need(value[0]["content"].strip(), f"{what} is empty")


def prompt(value):
    messages(value, "prompt")
    need(value[-1]["role"] != "assistant", "the prompt ends with a reply")


def number(value, what):
    # In Python True is a number.
    need(isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0, f"{what} is {value!r}")


def differ(chosen, rejected):
    need(chosen.strip() != rejected.strip(), "chosen and rejected are the same")


def columns(row, names):
    need(set(row) == set(names), f"columns {sorted(row)}")


def pair_row(row):
    prompt(row["prompt"])
    reply(row["chosen"], "chosen")
    reply(row["rejected"], "rejected")
    differ(row["chosen"][0]["content"], row["rejected"][0]["content"])
    number(row["margin"], "margin")
    number(row["weight"], "weight")


def trl_dpo(row):
    need({"prompt", "chosen", "rejected", "margin", "weight", "origin"} <= set(row), f"columns {sorted(row)}")
    pair_row(row)
    need(all("@" not in who["id"] for who in row["origin"]["annotators"]), "an annotator's address")


def trl_kto(row):
    columns(row, ["prompt", "completion", "label", "weight", "pair_id"])
    prompt(row["prompt"])
    reply(row["completion"], "completion")
    need(isinstance(row["label"], bool), f"label is {row['label']!r}")


def with_margin(row):
    columns(row, ["prompt", "chosen", "rejected", "margin", "weight", "pair_id"])
    pair_row(row)


def axolotl(row):
    columns(row, ["messages", "chosen", "rejected", "margin", "weight", "pair_id"])
    prompt(row["messages"])
    # Older loaders take an object only.
    need(isinstance(row["chosen"], dict) and isinstance(row["rejected"], dict), "chosen is no object")
    reply([row["chosen"]], "chosen")
    reply([row["rejected"]], "rejected")
    differ(row["chosen"]["content"], row["rejected"]["content"])


def llama_factory(row):
    columns(row, ["conversations", "system", "chosen", "rejected", "margin", "weight", "pair_id"])
    turns = row["conversations"]
    need(len(turns) % 2 == 1, "an even number of turns")
    for i, turn in enumerate(turns):
        need(set(turn) == {"from", "value"} and isinstance(turn["value"], str), f"turn {turn!r}")
        need(turn["from"] == ("human", "gpt")[i % 2], "turns do not alternate")
    need(isinstance(row["system"], str), "system is no text")
    for side in ("chosen", "rejected"):
        # A list falls into the loader's other branch, and every row is dropped.
        need(isinstance(row[side], dict) and row[side].get("from") == "gpt", f"{side} is {row[side]!r}")
        need(row[side]["value"].strip(), f"{side} is empty")
    differ(row["chosen"]["value"], row["rejected"]["value"])


def nemo_rl(row):
    columns(row, ["context", "completions", "margin", "weight", "pair_id"])
    prompt(row["context"])
    need([c["rank"] for c in row["completions"]] == [0, 1], "ranks are not 0 and 1")
    for completion in row["completions"]:
        reply(completion["completion"], "completion")


def argilla(row):
    columns(row, ["id", "fields", "metadata", "suggestions", "responses", "vectors", "_server_id"])
    need(isinstance(row["id"], str) and row["id"], "no id")
    columns(row["fields"], ["prompt", "response_a", "response_b"])
    need(all(isinstance(text, str) and text for text in row["fields"].values()), "an empty field")
    need(row["responses"] == {}, "a response of a user that no server knows")
    for suggestion in row["suggestions"].values():
        columns(suggestion, ["value", "score", "agent"])
        need(suggestion["value"] in ("response_a", "response_b", "tie", "both_bad"), suggestion["value"])
        score = suggestion["score"]
        need(score is None or 0 <= score <= 1, f"score {score!r}")
        need(AGENT.fullmatch(suggestion["agent"]), "the agent has signs that the server refuses, or too many")


def label_studio(row):
    columns(row, ["data", "predictions"])
    need({"prompt", "answer1", "answer2"} <= set(row["data"]), f"data {sorted(row['data'])}")
    for prediction in row["predictions"]:
        need(len(prediction["result"]) == 1, "not one result")
        result = prediction["result"][0]
        if result["type"] == "pairwise":
            need(result["from_name"] == "comparison" and result["to_name"] == "answer1,answer2", f"{result!r}")
            need(result["value"]["selected"] in ("left", "right"), f"{result!r}")
        else:
            need(result["type"] == "choices" and result["from_name"] == "verdict", f"{result!r}")
            need(result["value"]["choices"] in (["tie"], ["both_bad"]), f"{result!r}")


def llama_factory_folder(folder):
    info = json.loads((folder / "dataset_info.json").read_text())
    need(info, "no dataset is described")
    for name, described in info.items():
        need((folder / described["file_name"]).is_file(), f"{name}: {described['file_name']} is not there")
        need(described["formatting"] == "sharegpt" and described["ranking"] is True, f"{name}: {described!r}")
        rows = json.loads((folder / described["file_name"]).read_text())
        for column in described["columns"].values():
            need(all(column in row for row in rows), f"{name}: no column {column}")


def argilla_folder(folder):
    dataset = json.loads((folder / ".argilla/dataset.json").read_text())
    need(isinstance(dataset["name"], str) and dataset["name"], "the dataset has no name")
    settings = json.loads((folder / ".argilla/settings.json").read_text())
    fields = {field["name"] for field in settings["fields"]}
    questions = {question["name"]: question["settings"] for question in settings["questions"]}
    for record in json.loads((folder / "records.json").read_text()):
        need(set(record["fields"]) == fields, "fields that the settings do not have")
        for name, suggestion in record["suggestions"].items():
            values = [option["value"] for option in questions[name]["options"]]
            need(suggestion["value"] in values, "an answer that the question does not have")


def label_studio_folder(folder):
    view = xml.fromstring((folder / "config.xml").read_text())
    names = {tag.get("name"): tag for tag in view.iter() if tag.get("name")}
    choices = {choice.get("value") for choice in view.iter("Choice")}
    for task in json.loads((folder / "tasks.json").read_text()):
        for tag in names.values():
            value = tag.get("value", "")
            need(not value.startswith("$") or value[1:] in task["data"], f"the task has no {value}")
        for result in (result for p in task["predictions"] for result in p["result"]):
            tag = names.get(result["from_name"])
            need(tag is not None and tag.get("toName") == result["to_name"], f"{result!r} fits no tag")
            need(set(result["value"].get("choices", [])) <= choices, f"{result!r} fits no choice")


FORMATS = {
    "trl-dpo": trl_dpo,
    "trl-kto": trl_kto,
    "trl-reward": with_margin,
    "openrlhf": with_margin,
    "axolotl": axolotl,
    "llama-factory": llama_factory,
    "nemo-rl": nemo_rl,
    "argilla": argilla,
    "label-studio": label_studio,
}
FOLDERS = {"llama-factory": llama_factory_folder, "argilla": argilla_folder, "label-studio": label_studio_folder}
ROW_FILES = {"llama-factory": "train.json", "argilla": "records.json", "label-studio": "tasks.json"}


def read(path):
    """The rows of lines or of one array."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


def check(name, path):
    path = Path(path)
    rows = read(path / ROW_FILES[name]) if name in FOLDERS else read(path)
    need(rows, "there is no row")
    for place, row in enumerate(rows, 1):
        try:
            FORMATS[name](row)
        except (Broken, KeyError, TypeError, AttributeError) as error:
            raise Broken(f"row {place}: {error!r}") from error
    if name == "trl-kto":
        pairs = {row["pair_id"] for row in rows}
        need(len(rows) == 2 * len(pairs), "a pair that is not two replies")
    if name in FOLDERS:
        FOLDERS[name](path)
    return len(rows)


SAID = {"role": "assistant", "content": "Yes."}
OTHER = {"role": "assistant", "content": "No."}
ASKED = [{"role": "user", "content": "Is it?"}]
PAIR = {"prompt": ASKED, "chosen": [SAID], "rejected": [OTHER], "margin": 1.0, "weight": 1.0, "pair_id": "p"}
COMPLETIONS = [{"rank": 0, "completion": [SAID]}, {"rank": 1, "completion": [OTHER]}]
RECORD = {
    "id": "p", "fields": {"prompt": "a", "response_a": "b", "response_b": "c"}, "metadata": {},
    "suggestions": {"preference": {"value": "tie", "score": None, "agent": "a-1"}},
    "responses": {}, "vectors": {}, "_server_id": None,
}
TASK = {
    "data": {"prompt": "a", "answer1": "b", "answer2": "c"},
    "predictions": [{"model_version": "a-1", "score": 0.7, "result": [
        {"from_name": "comparison", "to_name": "answer1,answer2", "type": "pairwise", "value": {"selected": "left"}},
    ]}],
}
HUMAN = {"from": "human", "value": "Is it?"}
SHARED = {"system": "", "margin": 1.0, "weight": 1.0, "pair_id": "p"}
LLAMA = {"conversations": [HUMAN], "chosen": {"from": "gpt", "value": "Yes."},
         "rejected": {"from": "gpt", "value": "No."}, **SHARED}
KTO = {"prompt": ASKED, "completion": [SAID], "label": True, "weight": 1.0, "pair_id": "p"}
NEMO = {"context": ASKED, "completions": COMPLETIONS, "margin": 1.0, "weight": 1.0, "pair_id": "p"}
AXOLOTL = {"messages": ASKED, "chosen": SAID, "rejected": OTHER, "margin": 1.0, "weight": 1.0, "pair_id": "p"}

# A good row of each format, and what is put into it to break it.
BREAKAGES = [
    ("trl-dpo", {**PAIR, "origin": {"annotators": []}}, [
        {"chosen": "Yes."}, {"rejected": [SAID]}, {"prompt": [*ASKED, SAID]}, {"margin": None},
    ]),
    ("trl-kto", KTO, [{"label": 1}, {"label": "true"}, {"completion": SAID}, {"prompt": "Is it?"}]),
    ("trl-reward", PAIR, [{"margin": "1"}, {"chosen": [*ASKED, SAID]}, {"schema": "x"}, {"rejected": []}]),
    ("openrlhf", PAIR, [{"prompt": "Is it?"}, {"chosen": SAID}, {"margin": True}]),
    ("axolotl", AXOLOTL, [{"chosen": [SAID]}, {"messages": []}, {"rejected": {**OTHER, "content": " "}}]),
    ("llama-factory", LLAMA, [
        {"chosen": [LLAMA["chosen"]]}, {"conversations": [HUMAN, HUMAN]}, {"conversations": [HUMAN] * 3},
        {"system": None}, {"rejected": SAID},
    ]),
    ("nemo-rl", NEMO, [{"completions": COMPLETIONS[::-1]}, {"completions": COMPLETIONS[:1]}, {"context": "a"}]),
    ("argilla", RECORD, [
        {"id": None}, {"responses": {"preference": [{"value": "tie"}]}}, {"fields": {"prompt": "a"}},
        {"suggestions": {"preference": {"value": "A", "score": None, "agent": "a-1"}}},
        {"suggestions": {"preference": {"value": "tie", "score": None, "agent": "a-1, a-2"}}},
    ]),
    ("label-studio", TASK, [
        {"data": {"prompt": "a"}},
        {"predictions": [{"result": [{**TASK["predictions"][0]["result"][0], "value": {"selected": "tie"}}]}]},
    ]),
]


def self_test():
    for name, good, breakages in BREAKAGES:
        FORMATS[name](good)
        for breakage in breakages:
            try:
                FORMATS[name]({**good, **breakage})
            except (Broken, KeyError, TypeError, AttributeError):
                continue
            raise SystemExit(f"{name}: {breakage} is not found")
    print(f"{sum(len(breakages) for _, _, breakages in BREAKAGES)} broken rows are found")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    else:
        form, where = sys.argv[1:]
        try:
            print(f"{form}: {check(form, where)} rows are as they are read")
        except Broken as error:
            raise SystemExit(f"{form}: {where}: {error}") from error

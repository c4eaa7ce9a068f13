"""Loads folders with a card by `datasets.load_dataset`, as a trainer does.

    load.py FOLDER...
    load.py --same FOLDER FOLDER    checks that both hold the same rows
"""

import sys

from datasets import load_dataset


def check(folder):
    loaded = load_dataset(folder)
    assert set(loaded) == {"train", "test"}, f"{folder}: parts {sorted(loaded)}"
    for part, rows in loaded.items():
        assert len(rows) > 0, f"{folder}: {part} is empty"
        assert set(rows.column_names) == set(loaded["train"].column_names), f"{folder}: columns of {part} differ"
    # Fields that no row has are declared, so that a later one may have them.
    origin = loaded["train"].features.get("origin", {"category": None, "epoch": None})
    assert {"category", "epoch"} <= set(origin), f"{folder}: origin has {sorted(origin)}"
    counts = ", ".join(f"{part} {len(rows)} rows" for part, rows in sorted(loaded.items()))
    print(f"{folder}: {counts}; columns {', '.join(loaded['train'].column_names)}")


def check_same(one, other):
    one, other = load_dataset(one), load_dataset(other)
    assert set(one) == set(other), f"parts {sorted(one)} and {sorted(other)}"
    for part, rows in one.items():
        assert comparable(rows) == comparable(other[part]), f"{part}: rows differ"


def comparable(rows):
    rows = rows.to_list()
    # The library writes a time that it reads from JSON in its own way.
    for row in rows:
        row.get("origin", {}).pop("decided_at", None)
    return rows


folders = sys.argv[1:]
if folders[0] == "--same":
    folders = folders[1:]
    check_same(*folders)
for folder in folders:
    check(folder)

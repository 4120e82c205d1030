"""Writes ``_sync``, the blocking client, from ``_async``; with ``--check`` only says whether that would change it."""

import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "mediclip_client"
REPLACEMENTS = [
    (r"The client whose calls are awaited\. .*", 'The blocking client, made from ``_async`` by ``scripts/make_sync.py``."""'),
    (r"import asyncio", "import time"),
    (r"asyncio\.sleep", "time.sleep"),
    (r"asynccontextmanager", "contextmanager"),
    (r"\b(Async)(Iterator|Client|Transport|RetryBudget|Datasets|Models|Aliases|Webhooks|Dicomweb|Job)\b", r"\2"),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b__a(enter|exit)__", r"__\1__"),
    (r"\ba(close|read|iter_lines|iter_bytes)\b", r"\1"),
]


def blocking(source: str) -> str:
    for pattern, replacement in REPLACEMENTS:
        source = re.sub(pattern, replacement, source)
    return source


def main() -> int:
    stale = []
    for source in sorted((PACKAGE / "_async").glob("*.py")):
        target = PACKAGE / "_sync" / source.name
        text = blocking(source.read_text("utf8"))
        if target.exists() and target.read_text("utf8") == text:
            continue
        stale.append(target.name)
        if "--check" not in sys.argv:
            target.write_text(text, "utf8")
    print(f"not as made from _async: {', '.join(stale)}" if stale and "--check" in sys.argv else f"{len(stale)} written")
    return 1 if stale and "--check" in sys.argv else 0


sys.exit(main())

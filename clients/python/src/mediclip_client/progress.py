"""How far something is, told to a person."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Union

ProgressOption = Union[bool, Callable[[str, float, float], None]]
"""``True`` for a bar of tqdm, or lines where there is no tqdm; a function gets phase, done and total."""


class Progress:
    """Tells progress as the option says; ``close`` it when nothing more comes."""

    def __init__(self, option: ProgressOption, unit: str) -> None:
        self._option = option
        self._unit = unit
        self._phase: str | None = None
        self._bar: Any = None

    def update(self, phase: str, done: float, total: float) -> None:
        """``done`` of ``total`` units of this phase are done."""
        if callable(self._option):
            self._option(phase, done, total)
        elif self._option:
            if phase != self._phase:
                self._begin(phase, total)
            if self._bar is not None:
                # What a phase has to do may turn out to be more.
                self._bar.total = total
                self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begin(self, phase: str, total: float) -> None:
        self.close()
        self._phase = phase
        try:
            from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            print(f"{phase} ...", file=sys.stderr)
        else:
            self._bar = tqdm(total=total, desc=phase, unit=self._unit, unit_scale=self._unit == "B")

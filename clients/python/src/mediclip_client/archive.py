"""A folder as a tar that is made while it is sent."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 512
_CHUNK = 1 << 18


class FolderArchive:
    """The files below a folder as a tar (POSIX pax). Made again it has the same bytes, so a request can be repeated.

    Attributes:
        size: bytes of the whole archive.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        root = Path(folder)
        if not root.is_dir():
            raise NotADirectoryError(f"{root} is no folder.")
        self._entries: list[tuple[Path, bytes, int]] = []
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            info = tarfile.TarInfo(path.relative_to(root).as_posix())
            info.size = path.stat().st_size
            self._entries.append((path, info.tobuf(tarfile.PAX_FORMAT), info.size))
        self.size = sum(len(head) + size + -size % _BLOCK for _, head, size in self._entries) + 2 * _BLOCK

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in pieces. Raises OSError when a file has changed its size or cannot be read."""
        for path, head, size in self._entries:
            yield head
            left = size
            with path.open("rb") as file:
                while piece := file.read(min(_CHUNK, left)):
                    left -= len(piece)
                    yield piece
            if left:
                raise OSError(f"{path} became shorter while it was sent.")
            yield bytes(-size % _BLOCK)
        yield bytes(2 * _BLOCK)

"""Bodies of requests, made anew for every try and each time of the same bytes, so that an idempotency key fits."""

from __future__ import annotations

import json
import re
import struct
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .images import ImageFile


@dataclass(frozen=True)
class Body:
    """The headers of a body, and its bytes in pieces."""

    headers: dict[str, str]
    open: Callable[[], Iterable[bytes]]


def form(parts: Iterable[tuple[str, str | ImageFile]]) -> Body:
    """A multipart form (RFC 7578) of text fields and files, in their order."""
    boundary = f"mediclip-{uuid.uuid4()}"
    pieces: list[bytes] = []
    for name, value in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, str):
            pieces.append(f"{head}\r\n\r\n{value}\r\n".encode())
        else:
            # As browsers write a file name (WHATWG HTML, multipart/form-data encoding algorithm).
            file_name = value.name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
            kind = "Content-Type: application/octet-stream"
            pieces += [f'{head}; filename="{file_name}"\r\n{kind}\r\n\r\n'.encode(), value.content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return sized(f"multipart/form-data; boundary={boundary}", sum(map(len, pieces)), lambda: pieces)


def related(kind: str, parts: Iterable[bytes]) -> Body:
    """Files of one kind as ``multipart/related`` (RFC 2387)."""
    boundary = f"mediclip-{uuid.uuid4()}"
    pieces: list[bytes] = []
    for part in parts:
        pieces += [f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode(), part, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    content_type = f'multipart/related; type="{kind}"; boundary={boundary}'
    return sized(content_type, sum(map(len, pieces)), lambda: pieces)


def related_parts(content_type: str, content: bytes) -> list[bytes]:
    """The files of such an answer."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    if found is None:
        raise ValueError(f"The answer has no boundary: {content_type}")
    between = (b"\r\n" + content).split(b"\r\n--" + found[1].encode())
    return [part.split(b"\r\n\r\n", 1)[1] for part in between[1:-1]]


def names_change(name: str | None, description: str | None) -> dict[str, str | None]:
    """The body that changes names; an empty description takes it away."""
    json: dict[str, str | None] = {} if name is None else {"name": name}
    if description is not None:
        json["description"] = description or None
    return json


def sized(content_type: str, size: int, open: Callable[[], Iterable[bytes]]) -> Body:
    """A body of ``size`` bytes."""
    return Body({"content-type": content_type, "content-length": str(size)}, open)


def file(content_type: str, path: Path) -> Body:
    """A file as a body."""
    return sized(content_type, path.stat().st_size, lambda: _read(path))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as opened:
        while piece := opened.read(1 << 18):
            yield piece


def map_request(image: ImageFile) -> Body:
    """The request of the Open Inference Protocol for the map of one image, tensors in binary."""
    binary = struct.pack("<I", len(image.content)) + image.content
    tensor = {"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(binary)}}
    wanted = {"name": "map", "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [tensor], "outputs": [wanted]}).encode()
    body = sized("application/octet-stream", len(head) + len(binary), lambda: [head, binary])
    return Body({**body.headers, "inference-header-content-length": str(len(head))}, body.open)


def read_map(header_length: str, content: bytes) -> Any:
    """The map of such an answer: float32 ``[side, side]``."""
    import numpy as np

    length = int(header_length)
    _, height, width = json.loads(content[:length])["outputs"][0]["shape"]
    return np.frombuffer(content, "<f4", offset=length).reshape(height, width).copy()

"""Images of a program as files to send."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image
    import pydicom

ImageInput = Union[
    "str", "os.PathLike[str]", bytes, "PIL.Image.Image", "np.ndarray[Any, Any]", "pydicom.Dataset"
]
"""A path; a whole file as bytes; an image of Pillow; an array of numpy; a data set of pydicom.

Arrays are ``[height, width]`` greys of uint8 or uint16, or ``[height, width, 3 or 4]`` colours of uint8. Other types
are refused, because nothing says which of their values are black and white: scale them first.
"""


@dataclass(frozen=True)
class ImageFile:
    """A file to send."""

    name: str
    content: bytes


def image_file(image: ImageInput, index: int = 0) -> ImageFile:
    """The file of an image; one without a name is called ``image-<index>``.

    Raises TypeError for what is no image, ValueError for an array or a mode that has no exact file, OSError for a
    path that cannot be read.
    """
    if isinstance(image, (str, os.PathLike)):
        return ImageFile(Path(image).name, Path(image).read_bytes())
    if isinstance(image, (bytes, bytearray, memoryview)):
        return ImageFile(f"image-{index}", bytes(image))
    origins = {cls.__module__.split(".")[0] for cls in type(image).__mro__}
    if "numpy" in origins:
        return ImageFile(f"image-{index}.png", _png(image))
    if "PIL" in origins:
        return ImageFile(f"image-{index}.png", _of_pillow(image))
    if "pydicom" in origins:
        return ImageFile(f"image-{index}.dcm", _of_pydicom(image))
    raise TypeError(f"{type(image).__name__} is no image: give a path, bytes, or one of Pillow, numpy or pydicom.")


def _of_pillow(image: Any) -> bytes:
    if image.mode == "I" and not 0 <= image.getextrema()[0] <= image.getextrema()[1] <= 65_535:
        raise ValueError("The image has values outside 0..65535, which no PNG holds: scale it first.")
    if image.mode not in ("1", "L", "LA", "P", "I", "I;16", "I;16B", "RGB", "RGBA"):
        raise ValueError(f"An image of mode {image.mode} cannot be sent exactly: convert it to L, I;16 or RGB.")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _of_pydicom(dataset: Any) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _png(array: Any) -> bytes:
    """The array as a PNG (ISO/IEC 15948), every value kept."""
    channels = array.shape[2] if array.ndim == 3 else 1
    colour_types = {1: 0, 3: 2, 4: 6}
    deep = str(array.dtype) == "uint16"
    if array.ndim not in (2, 3) or 0 in array.shape or channels not in colour_types or (deep and channels > 1):
        raise ValueError(f"An array of shape {array.shape} is no image: [height, width] or [height, width, 3 or 4].")
    if not deep and str(array.dtype) != "uint8":
        raise ValueError(f"An array of {array.dtype} has no black and white: scale it to uint8 or uint16 first.")
    height, width = array.shape[:2]
    rows = (array.astype(">u2") if deep else array).reshape(height, -1)
    pixels = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16 if deep else 8, colour_types[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )

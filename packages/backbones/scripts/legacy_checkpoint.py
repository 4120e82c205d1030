"""Reads a checkpoint that torch.save wrote before PyTorch 1.6, without PyTorch and without running any of its code.

Such a file is a row of pickles (magic number, protocol, machine, the object itself, the storage keys) followed by the raw
storages. Tensors inside the object point to storages by key; the unpickler resolves only the names that tensors need.
"""

import collections
import pickle

import numpy as np

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
STORAGE_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor:
    """A view of a storage, filled in once the storages have been read."""

    def __init__(self, storage_key, offset, shape, strides):
        self.storage_key, self.offset, self.shape, self.strides = storage_key, offset, shape, strides


def _rebuild_tensor(storage, offset, shape, strides, *_):
    return _Tensor(storage, offset, shape, strides)


class _TensorsOnly(pickle.Unpickler):
    def __init__(self, file):
        super().__init__(file)
        self.dtypes = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_DTYPES:
            return STORAGE_DTYPES[name]
        raise pickle.UnpicklingError(f"the checkpoint asks for {module}.{name}, which no tensor needs")

    def persistent_load(self, identifier):
        kind, dtype, key, _location, _size, *_ = identifier
        if kind != "storage":
            raise pickle.UnpicklingError(f"the checkpoint refers to an unknown object of kind {kind}")
        self.dtypes[key] = dtype
        return key


def load_state_dict(path):
    """The tensors of the checkpoint as numpy arrays, by name."""
    with open(path, "rb") as file:
        if _TensorsOnly(file).load() != MAGIC_NUMBER:
            raise ValueError(f"{path} is not a checkpoint of the old format")
        for _ in ("protocol", "machine"):
            _TensorsOnly(file).load()
        unpickler = _TensorsOnly(file)
        state = unpickler.load()
        storages = {}
        for key in _TensorsOnly(file).load():
            count = int(np.frombuffer(file.read(8), "<i8")[0])
            dtype = unpickler.dtypes[key]
            storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype)
    return {name: _view(tensor, storages[tensor.storage_key]) for name, tensor in state.items()}


def _view(tensor, storage):
    strides = [stride * storage.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()

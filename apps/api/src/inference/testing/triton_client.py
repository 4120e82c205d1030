"""Asks a server through tritonclient: triton_client.py HOST:PORT MODEL IMAGE. Prints what it was told as JSON."""

import base64
import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

host, model, image = sys.argv[1:]
client = triton.InferenceServerClient(host)
content = open(image, "rb").read()


def ask(values, binary, outputs=None):
    tensor = triton.InferInput("image", [len(values)], "BYTES")
    tensor.set_data_from_numpy(np.array(values, dtype=np.object_), binary_data=binary)
    result = client.infer(model, [tensor], outputs=outputs, request_id="7")
    answer = result.get_response()
    names = [output["name"] for output in answer["outputs"]]
    arrays = {name: result.as_numpy(name) for name in names}
    told = {name: [str(array.dtype), list(array.shape), float(array.max())] for name, array in arrays.items()}
    return {"id": answer["id"], "outputs": told}


def failure(call):
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


def wanted(*names, binary):
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


in_base64 = base64.b64encode(content)
told = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "server": client.get_server_metadata(),
    "model_ready": client.is_model_ready(model),
    "unknown_ready": client.is_model_ready("@nobody"),
    "model": client.get_model_metadata(model),
    "all": ask([content, content], True),
    "json": ask([in_base64], False, wanted("score", binary=False)),
    "mixed": ask([content], True, wanted("map", binary=True) + wanted("score", binary=False)),
    "bad_image": failure(lambda: ask([b"no image"], True)),
    "p_value": failure(lambda: ask([content], True, wanted("p_value", binary=True))),
    "unknown": failure(lambda: client.get_model_metadata("@nobody")),
}
json.dump(told, sys.stdout)

"""From a folder of normal images to a first score and heat map.

    python first_score.py http://127.0.0.1:8080 FOLDER IMAGE
"""

import argparse

import numpy as np

from mediclip_client import Client

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("url", help="where the server is")
arguments.add_argument("folder", help="train/normal, test/normal, test/abnormal, masks; or just normal images")
arguments.add_argument("image", help="an image to score")
arguments.add_argument("--key", help="the API key, on a server that asks for one")
arguments.add_argument("--shots", type=int, help="how many normal images to learn from; the server's default without")
arguments.add_argument("--epochs", type=int, help="visits of every normal image; the server's default without")
given = arguments.parse_args()

with Client(given.url, given.key) as client:
    dataset = client.datasets.upload_folder(given.folder, progress=True)
    print(f"dataset {dataset.id}: {dataset.images} images")

    options = {"training": {"epochs": given.epochs}} if given.epochs else None
    job = client.adapt(dataset, shots=given.shots, options=options).wait(progress=True)
    print(f"model {job.model_id}")

    score = client.models.score(job.model_id, given.image, maps=True)
    y, x = np.unravel_index(score.map.argmax(), score.map.shape)
    height, width = score.map.shape
    print(f"score {score.score:.3f}")
    print(f"most unusual at ({x / width:.0%}, {y / height:.0%}) of width and height, with {score.map.max():.3f}")

"""Python client of MediCLIP as a service: few-shot anomaly detection in medical images."""

from ._async.client import AsyncClient
from ._async.jobs import AsyncJob
from ._sync.client import Client
from ._sync.jobs import Job
from .errors import ConnectionFailed, JobNotSucceeded, MediclipError, ProblemError
from .images import ImageInput
from .records import Alias, Dataset, Evaluation, Image, Model, Region, Result, Score, Unscored, Upload

__all__ = [
    "Alias",
    "AsyncClient",
    "AsyncJob",
    "Client",
    "ConnectionFailed",
    "Dataset",
    "Evaluation",
    "Image",
    "ImageInput",
    "Job",
    "JobNotSucceeded",
    "MediclipError",
    "Model",
    "ProblemError",
    "Region",
    "Result",
    "Score",
    "Unscored",
    "Upload",
]

"""Python client of MediCLIP as a service: few-shot anomaly detection in medical images."""

from ._async.client import AsyncClient
from ._async.jobs import AsyncJob
from ._sync.client import Client
from ._sync.jobs import Job
from .errors import ConnectionFailed, JobNotSucceeded, MediclipError, ProblemError
from .images import ImageInput
from .records import (
    Alias,
    Dataset,
    Delivery,
    Evaluation,
    GroupScore,
    Image,
    Model,
    Region,
    Result,
    Score,
    StoredStudy,
    Unscored,
    Upload,
    Webhook,
)

__all__ = [
    "Alias",
    "AsyncClient",
    "AsyncJob",
    "Client",
    "ConnectionFailed",
    "Dataset",
    "Delivery",
    "Evaluation",
    "GroupScore",
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
    "StoredStudy",
    "Unscored",
    "Upload",
    "Webhook",
]

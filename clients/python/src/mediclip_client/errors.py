"""What can go wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

RETRYABLE = frozenset(
    {
        "deadline-exceeded",
        "dicomweb-unreachable",
        "draining",
        "engine-crashed",
        "idempotency-in-progress",
        "image-out-of-memory",
        "not-ready",
        "out-of-memory",
        "overloaded",
        "queue-full",
        "queue-unavailable",
        "rate-limited",
        "store-forbidden",
        "store-unavailable",
        "too-many-jobs",
        "too-many-open-files",
        "too-many-streams",
    }
)
"""Slugs of problems after which the same request may succeed later without any change."""


class MediclipError(Exception):
    """Anything that this package raises because of the server or the way to it."""


class ConnectionFailed(MediclipError):
    """The server could not be reached, or the connection broke before its answer was complete."""


class ProblemError(MediclipError):
    """A problem that the server told (RFC 9457). ``str()`` of it is the detail.

    Attributes:
        slug: which kind of problem, e.g. ``"not-found"``; ``None`` when the answer is not of this service (a proxy's).
        title: the kind of problem in words.
        detail: this occurrence in words.
        status: the HTTP status.
        request_id: id of the request in the log of the server.
        errors: every fault of a request that is not valid, each with ``pointer`` and ``detail``.
        retry_after: seconds after which the server wants to be asked again, where it said so.
        fields: the whole problem, with what only its kind has (``jobIds``, ``limit``, ``needed`` ...).
    """

    def __init__(self, fields: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.fields = dict(fields)
        type_ = str(fields.get("type", ""))
        self.slug: str | None = type_.rsplit("/", 1)[1] if "/problems/" in type_ else None
        self.title = str(fields.get("title", ""))
        self.detail = str(fields.get("detail", self.title))
        self.status = int(fields.get("status", 0))
        self.request_id: str | None = fields.get("requestId")
        self.errors: list[dict[str, Any]] = list(fields.get("errors", []))
        self.retry_after = retry_after
        super().__init__(self.detail)

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without any change."""
        return self.slug in RETRYABLE if self.slug else self.status in (429, 502, 503, 504)


class JobNotSucceeded(MediclipError):
    """A job that was waited for failed or was cancelled.

    Attributes:
        job: the record of the job, as JSON.
        problem: why it failed; ``None`` of a cancelled job.
    """

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = dict(job)
        error = job.get("error")
        self.problem = ProblemError(error) if error else None
        super().__init__(str(self.problem) if self.problem else f"The {job['kind']} {job['id']} was {job['state']}.")


def problem_of(response: httpx.Response) -> ProblemError:
    """The problem of an answer whose body has been read; also of one that is not of this service."""
    retry_after = response.headers.get("retry-after", "")
    seconds = float(retry_after) if retry_after.isdigit() else None
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        try:
            return ProblemError(response.json(), seconds)
        except ValueError:
            pass
    return ProblemError(
        {
            "type": "about:blank",
            "title": response.reason_phrase,
            "status": response.status_code,
            "detail": f"{response.url} answered with status {response.status_code}: {response.text[:500]}",
        },
        seconds,
    )

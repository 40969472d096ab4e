"""All artifacts into the tree, by workers: whoever waits for them has time for what can be done meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager
from itertools import zip_longest
from urllib.parse import urlsplit

from resolver.concurrency import Workers
from resolver.emit.pages import files_of
from resolver.errors import TransferError, Unreached
from resolver.lock.model import Artifact
from resolver.records import record
from resolver.vendor.artifacts import Placed, is_here, place
from resolver.vendor.job import Job

_PATIENCE = 2.0  # seconds that a run which fails waits for its workers


@record
class Failure:
    """An artifact that could not be vendored, where it was looked for (empty: nowhere), and why.

    ``unreached``: what is wrong with its host, where nothing of that answered.
    """

    filename: str
    url: str
    reason: str
    unreached: str = ""


@contextmanager
def placing(job: Job) -> Iterator[Iterator[Placed | Failure]]:
    """What becomes of each artifact that the job needs, as they come. They are on their way from the first moment.

    The iterator raises OSError. Where the block ends by an error, what is under way is given up; what can end soon has
    ended then, so that nobody writes into a tree that is another run's by now. An interrupt waits for nothing.
    """
    artifacts = _in_order(files_of(job.lock, job.environments))
    job.progress.grow(sum(artifact.size or 0 for artifact in artifacts))
    workers = Workers(max(1, job.workers))
    running = {_begin(workers, job, artifact): artifact for artifact in artifacts}
    try:
        _announce(job, artifacts)
        yield _outcomes(job, running)
    except BaseException as error:
        job.fetch.stop()
        workers.close(_PATIENCE if isinstance(error, Exception) else 0)
        raise
    finally:
        workers.close()


def _outcomes(job: Job, running: Mapping[Future[Placed], Artifact]) -> Iterator[Placed | Failure]:
    for future in as_completed(running):
        artifact = running[future]
        job.progress.advance(artifact.size or 0)
        try:
            yield future.result()
        except TransferError as error:
            place = job.fetch.place(job.lock.location(artifact))
            yield Failure(filename=artifact.filename, url=place, reason=str(error), unreached=_unreached(error))


def _unreached(error: TransferError) -> str:
    if not isinstance(error, Unreached):
        return ""
    parts = urlsplit(error.url)
    return f"{error.called}: {parts.scheme}://{parts.netloc} cannot be reached: {error.reason}"


def _in_order(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Large and small in turns, from both ends.

    While large files fill the line, small ones, which mostly wait for answers, pass beside them; and none that is large
    is left to run alone at the end.
    """
    falling = sorted(artifacts, key=lambda a: (-(a.size or 0), a.filename))
    turns = zip_longest(falling[: (len(falling) + 1) // 2], falling[: (len(falling) - 1) // 2 : -1])
    return [artifact for pair in turns for artifact in pair if artifact is not None]


def _begin(workers: Workers, job: Job, artifact: Artifact) -> Future[Placed]:
    """Have an artifact placed by a worker. Workers are daemons: an interrupt does not wait for a silent server."""
    future: Future[Placed] = Future()

    def work() -> None:
        try:
            future.set_result(place(artifact, job.lock.location(artifact), job.tree, job.fetch, job.blobs))
        except BaseException as error:  # noqa: BLE001  (whoever waits for the future raises it)
            future.set_exception(error)

    workers.submit(work)
    return future


def _announce(job: Job, artifacts: Sequence[Artifact]) -> None:
    """Say which pages will be asked for, to be had while files arrive. What is here but damaged is asked for later."""
    if job.listings is None:
        return
    for artifact in artifacts:
        if artifact.index is not None and (job.check_all or not is_here(artifact, job.tree, job.blobs)):
            job.listings.expect(artifact)

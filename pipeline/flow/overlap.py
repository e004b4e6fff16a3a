"""Network waits that overlap with work: requests run on an event loop in a thread, results come as an iterator."""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from pipeline.core.urls import host_of

STOPPING = threading.Event()
"""Set when this process is asked to end: no new request is begun, those under way are finished."""

Job = TypeVar("Job")
Result = TypeVar("Result")
Client = TypeVar("Client")


def overlapped(
    jobs: Iterable[tuple[str, Job]],
    client: Callable[[], AbstractAsyncContextManager[Client]],
    fetch: Callable[[Client, Job], Awaitable[Result]],
    *,
    per_host: int,
    hosts_at_once: int,
    waiting: int = 32,
    pause_s: float = 0.0,
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with what `fetch` returns for it, as answers arrive, while the caller works on the last one.

    `jobs` are (URL, job). One host has at most `per_host` jobs under way and at most `hosts_at_once` hosts are
    worked on, so that no more than `per_host * hosts_at_once + waiting` results are held in memory. `fetch` must
    return failures as values: an exception is a bug, ends the iteration and is raised in the caller. Jobs that
    are left when the process is `STOPPING` are not yielded. The first request is `pause_s` seconds from now: another
    process may have asked the same hosts a moment ago.
    """
    hosts: dict[str, list[Job]] = {}
    for url, job in jobs:
        hosts.setdefault(host_of(url), []).append(job)
    results: queue.SimpleQueue[tuple[Job, Result] | BaseException | None] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    room = asyncio.Semaphore(waiting)
    stop = threading.Event()

    async def work(opened: Client, pending: list[Job]) -> None:
        while pending and not stop.is_set() and not STOPPING.is_set():
            job = pending.pop()
            result = await fetch(opened, job)
            await room.acquire()
            results.put((job, result))

    async def visit(opened: Client, host: str, limit: asyncio.Semaphore) -> None:
        async with limit:
            pending = hosts[host][::-1]
            await asyncio.gather(*(work(opened, pending) for _ in range(min(per_host, len(pending)))))

    async def everything() -> None:
        limit = asyncio.Semaphore(hosts_at_once)
        async with client() as opened, asyncio.TaskGroup() as group:
            await asyncio.sleep(pause_s)
            for host in hosts:
                group.create_task(visit(opened, host, limit))

    def run() -> None:
        try:
            loop.run_until_complete(everything())
            results.put(None)
        except BaseExceptionGroup as errors:
            results.put(errors.exceptions[0])
        except BaseException as error:
            results.put(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while (result := results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result
            loop.call_soon_threadsafe(room.release)
    finally:
        stop.set()
        _finish(loop, thread)


def _finish(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """End the loop's thread, also when the caller stopped iterating early."""
    if thread.is_alive() and loop.is_running():
        def cancel() -> None:
            for task in asyncio.all_tasks(loop):
                task.cancel()

        loop.call_soon_threadsafe(cancel)
    thread.join(timeout=10)
    if not thread.is_alive():
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

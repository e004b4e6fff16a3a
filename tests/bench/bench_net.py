"""What the gate, the limits and the manners cost: Client against bare aiohttp, same server, same run.

    python -m tests.bench.bench_net [requests]

The server runs in a process of its own. Printed: requests a second of both, CPU time a request of this process,
and their ratio; the baseline is `aiohttp.ClientSession.get` + `read`, automatic decompression on.
"""

import asyncio
import gzip
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection

import aiohttp

from pipeline.config import NetworkSettings
from pipeline.net import Client

_PAGE = gzip.compress(b"<p>The ministry said on Monday that the shipment had left the port.</p>" * 400)
_HOSTS = 200
_AT_ONCE = 32


def _serve(to_parent: Connection) -> None:
    head = (f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nETag: \"1\"\r\n"
            f"Content-Length: {len(_PAGE)}\r\n").encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).lower()
                close = b"connection: close" in request
                writer.write(head + (b"Connection: close\r\n\r\n" if close else b"\r\n") + _PAGE)
                await writer.drain()
                if close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        to_parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def _measure(name: str, requests: int, get: Callable[[int], Awaitable[int]]) -> tuple[float, float]:
    todo = iter(range(requests))

    async def work() -> None:
        for number in todo:
            assert await get(number) > 1000

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"{name:34} {requests / seconds:8.0f} requests/s   {1000 * cpu / requests:6.3f} ms CPU a request")
    return seconds, cpu


async def _compare(port: int, requests: int) -> None:
    async def resolve(host: str) -> list[str]:
        return ["127.0.0.1"]

    settings = NetworkSettings(allow_loopback=True, per_host_delay_s=0, concurrency=_AT_ONCE, per_host_concurrency=8)
    mapped = settings.model_copy(update={"connect_to": {"*": f"http://127.0.0.1:{port}"}})

    async with aiohttp.ClientSession() as session:
        async def bare(number: int) -> int:
            async with session.get(f"http://127.0.0.1:{port}/{number}") as response:
                return len(await response.read())

        async def bare_closing(number: int) -> int:
            async with session.get(f"http://127.0.0.1:{port}/{number}", headers={"Connection": "close"}) as response:
                return len(await response.read())

        await _measure("warm-up", requests // 10, bare)
        kept, cpu_kept = await _measure("bare aiohttp, kept connections", requests, bare)
        fresh, cpu_fresh = await _measure("bare aiohttp, fresh connections", requests, bare_closing)

    async with Client(mapped) as client:
        async def fetch_mapped(number: int) -> int:
            return len((await client.fetch(f"http://host{number % _HOSTS}.test/{number}")).body)

        ours_kept, ours_cpu_kept = await _measure("Client, connect_to (kept)", requests, fetch_mapped)

    async with Client(settings, resolver=resolve) as client:
        async def fetch(number: int) -> int:
            return len((await client.fetch(f"http://host{number % _HOSTS}.test:{port}/{number}")).body)

        ours, ours_cpu = await _measure(f"Client, {_HOSTS} hosts (fresh)", requests, fetch)

        async def fetch_robots(number: int) -> int:
            return len((await client.fetch(f"http://host{number % _HOSTS}.test:{port}/{number}", robots=True)).body)

        await _measure(f"Client, {_HOSTS} hosts, robots", requests, fetch_robots)

    for name, speed, cpu in (("kept", kept / ours_kept, ours_cpu_kept / cpu_kept),
                             ("fresh", fresh / ours, ours_cpu / cpu_fresh)):
        print(f"Client / bare aiohttp, {name} connections: {speed:.2f} of the speed, {cpu:.2f} times the CPU")


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    try:
        asyncio.run(_compare(here.recv(), requests))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()

"""Feeds and pages are read in a process of its own, which the kernel ends when that costs too much.

What strangers wrote goes through parsers whose worst cases nobody knows: a few hundred kilobytes can keep feedparser
busy for hours, in C code that no thread can stop. So `apart` hands it to a helper with a limit on its computing time
and on its memory; one that is ended costs the one feed or page, and the next gets a new helper.
"""

import atexit
import os
import pickle
import resource
import signal
import subprocess
import sys
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, ParamSpec, TypeVar

from pipeline.core.errors import ReadError

LIMIT_S: Final = 5.0
"""Seconds of computing time for one feed or page (the slowest of 73 real feeds takes 0.2, of 372 pages 1.0)."""
REAL_S: Final = 9.0
"""The same in real time, for a machine that is busy with other things."""
MEMORY_BYTES: Final = 1 << 30
_LARGE_BYTES: Final = 256 << 20
"""A helper that has kept as much makes room for another."""
_NO_MEMORY: Final = 77

Given = ParamSpec("Given")
Read = TypeVar("Read")


def apart(function: Callable[Given, Read], /, *args: Given.args, **kwargs: Given.kwargs) -> Read:
    """What `function`, which a module has under its name, returns for these values, computed by a helper.

    Raises ReadError where that took more than `LIMIT_S`, `REAL_S` or `MEMORY_BYTES`, or where the helper died of it;
    and whatever the function raises.
    """
    helper = _taken()
    try:
        pickle.dump((LIMIT_S, REAL_S, function, args, kwargs), helper.stdin, pickle.HIGHEST_PROTOCOL)
        helper.stdin.flush()
        good, value, trace, leaves = pickle.load(helper.stdout)  # noqa: S301  (our own helper's)
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):
        raise _ended(helper) from None
    except BaseException:  # Ctrl-C: the helper goes on with what nobody waits for
        helper.kill()
        _close(helper)
        raise
    if leaves:
        _close(helper)
    else:
        _idle.append(helper)
    if good:
        read: Read = value
        return read
    value.add_note(trace)
    raise value


_idle: Final[deque[Any]] = deque()
"""Helpers that have nothing to do; each thread takes one for itself, and starts one where there is none."""


def _taken() -> Any:
    while _idle:
        helper = _idle.pop()
        if helper.poll() is None:
            return helper
        _close(helper)
    start = f"import sys; sys.path[:] = {sys.path!r}; from pipeline.flow.reading import serve; serve()"
    return subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ended(helper: Any) -> ReadError:
    _close(helper)
    if helper.returncode in (-signal.SIGPROF, -signal.SIGALRM):
        return ReadError("too-slow", f"reading it took more than {LIMIT_S:g} seconds of computing time, or {REAL_S:g} "
                                     "in all")
    if helper.returncode == _NO_MEMORY:
        return ReadError("memory", f"reading it took more than {MEMORY_BYTES >> 30} GB of memory")
    return ReadError("crash", f"the process that read it died of it (exit code {helper.returncode})")


def _close(helper: Any) -> None:
    for pipe in (helper.stdin, helper.stdout):
        with suppress(BrokenPipeError):
            pipe.close()
    helper.wait()


@atexit.register
def _close_all() -> None:
    while _idle:
        _close(_idle.pop())


# ── the helper ────────────────────────────────────────────────────────────────────────────────────────────


def serve() -> None:
    """Read what comes until nobody is there any more; the signals that end a pass are not meant for a helper."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES if most < 0 else min(MEMORY_BYTES, most), most))
    with os.fdopen(os.dup(0), "rb") as jobs, os.fdopen(os.dup(1), "wb") as results:
        os.dup2(2, 1)  # whatever a library prints is no result
        while True:
            try:
                limit_s, real_s, function, args, kwargs = pickle.load(jobs)  # noqa: S301  (the parent's)
            except EOFError:
                return
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            signal.setitimer(signal.ITIMER_REAL, real_s)
            try:
                packed = _packed(function, args, kwargs)
            except MemoryError:
                os._exit(_NO_MEMORY)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            results.write(packed)
            results.flush()


def _packed(function: Callable[..., Any], args: Any, kwargs: Any) -> bytes:
    """Whether the function returned, what it returned or raised, where it raised it, and whether this is enough."""
    good, value, trace = True, None, ""
    try:
        value = function(*args, **kwargs)
    except MemoryError:
        raise
    except Exception as error:
        good, value, trace = False, error, traceback.format_exc()
    return pickle.dumps((good, value, trace, _resident_bytes() > _LARGE_BYTES), pickle.HIGHEST_PROTOCOL)


def _resident_bytes() -> int:
    """Memory of this process now; 0 where the system does not tell (ru_maxrss begins with the parent's)."""
    try:
        with open("/proc/self/statm", "rb") as told:
            return int(told.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0

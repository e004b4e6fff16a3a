"""A wire of many entries, and a pass over it with its use of memory."""

import json
import subprocess
import sys
from typing import Any

from tests.e2e.workspace import Workspace
from tests.faults.passes import page
from tests.servers.site import Answer

PER_FEED = 100


def large_wire(entries: int) -> tuple[list[dict[str, Any]], dict[str, Answer]]:
    """Feeds of 100 entries, one host each, and their pages."""
    feeds: list[dict[str, Any]] = []
    pages: dict[str, Answer] = {}
    for number in range(entries // PER_FEED):
        host, items = f"http://outlet{number}.example", ""
        for item in range(PER_FEED):
            title = f"Convoy {number} {item} reaches the harbour"
            pages[f"{host}/{item}"] = page(title, number * PER_FEED + item)
            summary = f"<description>{'Some words that the feed itself has. ' * 12}</description>"
            items += f"<item><title>{title}</title><link>{host}/{item}</link>{summary}</item>"
        text = f'<rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
        pages[f"{host}/feed"] = Answer(text.encode(), "text/xml")
        feeds.append({"url": f"{host}/feed", "id": f"outlet{number}"})
    return feeds, pages


# A process counts the memory of the process that started it as its own peak until it runs its own program, so a
# small one stands between a large test run and what is measured.
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([json.loads(done.stdout), usage.ru_maxrss, usage.ru_utime + usage.ru_stime]))
"""


def measured_run(workspace: Workspace, *words: str) -> tuple[dict[str, Any], float, float]:
    """The summary of `wirewatch run`, its peak resident memory in MB, and its CPU seconds."""
    command = [sys.executable, "-c", MEASURE, *workspace.command("run", "--json", *words)]
    done = subprocess.run(command, cwd=workspace.root, env=workspace.environment, stdout=subprocess.PIPE, check=True)
    summary, peak, cpu_s = json.loads(done.stdout)
    return summary, peak / (2**20 if sys.platform == "darwin" else 2**10), cpu_s

"""The command line as scripts rely on it: JSON shapes, exit codes, one clear sentence for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.workspace import Workspace

ACCUSED = (
    "The United States accused North Korea on Wednesday of covertly shipping artillery shells to Russia through third "
    "countries. Pyongyang denied the charge. North Korea fired two ballistic missiles into the sea on Thursday."
)
LINES = [
    {"url": "https://agency.example/1", "title": "US accuses North Korea of arming Russia", "body": ACCUSED,
     "published": "2026-11-02T10:00:00+09:00"},
    {"url": "https://agency.example/2?utm_source=rss", "title": "Grain prices rise", "body": "Grain prices rose."},
    {"url": "https://paper.example/3", "title": "Striker's transfer window", "body": "He moved.", "lang": "en"},
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace.make(
        tmp_path_factory.mktemp("cli"),
        server="http://127.0.0.1:9",
        feeds=[{"url": "https://agency.example/feed", "id": "agency"}],
        alerts=[{"name": "arms", "query": "topic:arms-transfer", "channels": ["console"]}],
    )
    made.run("import", "-", stdin="".join(json.dumps(line) + "\n" for line in LINES))
    return made


def test_import_works_out_what_a_line_leaves_out(workspace: Workspace) -> None:
    stories = {story["url"]: story for story in workspace.exported()}
    assert set(stories) == {line["url"] for line in LINES}
    first = stories["https://agency.example/1"]
    assert first["published"] == "2026-11-02T01:00:00Z"
    assert first["source"] == "agency.example"
    assert {t["topic"] for t in first["topics"]} >= {"arms-transfer", "missile-launch"}
    assert {"KP", "RU", "US"} <= set(first["countries"])
    assert stories["https://paper.example/3"]["topics"] == []
    assert stories["https://agency.example/2?utm_source=rss"]["published_from"] == "fetched"


def test_export_and_import_are_loss_free_and_import_is_idempotent(workspace: Workspace, tmp_path: Path) -> None:
    exported = workspace.run("export")
    other = Workspace(tmp_path)
    (tmp_path / "configs").symlink_to(workspace.root / "configs")
    other.run("import", "-", stdin=exported)
    other.run("import", "-", stdin=exported + exported)
    assert sorted(other.run("export").splitlines()) == sorted(exported.splitlines())


def test_workers_import_the_same_as_one_and_the_last_line_of_a_story_counts(
    workspace: Workspace, tmp_path: Path
) -> None:
    lines = [{"url": f"https://paper.example/{n % 40}", "title": f"Report {n}", "body": f"{n} " * 30,
              "published": "2026-11-02T01:00:00Z"} for n in range(60)]
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + "\n[1]\n" + json.dumps({"url": "https://x.example/1"}))
    told = []
    for workers in ("1", "3"):
        made = Workspace(tmp_path / workers)
        made.root.mkdir()
        (made.root / "configs").symlink_to(workspace.root / "configs")
        done = attempt(made, made.command("import", str(file), "--workers", workers))
        assert done.returncode == 2
        assert "lines.jsonl:61: each line must be an object" in done.stderr
        assert "lines.jsonl:62: title: is missing" in done.stderr
        told.append({story["url"]: (story["title"], story["cluster"]) for story in made.exported()})
        assert told[-1]["https://paper.example/3"][0] == "Report 43"
        assert made.json("search", "report", "--unfold")["total"] == 40
    assert told[0] == told[1]


def test_what_cannot_be_read_makes_no_store(workspace: Workspace, tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_bytes(b"\xff\n")
    for file, said in ((tmp_path / "missing.jsonl", "cannot be read"), (odd, "is not UTF-8 text")):
        done = attempt(workspace, workspace.command("import", str(file), "--store", str(tmp_path / "store")))
        assert done.returncode == 1
        assert said in done.stderr
        assert not (tmp_path / "store").exists()


def test_search_prints_the_promised_json(workspace: Workspace) -> None:
    found = workspace.json("search", "artillery shells")
    assert found["total"] == 1
    hit = found["hits"][0]
    assert {"id", "title", "url", "source", "published", "topics", "snippet"} <= set(hit)
    words = [hit["snippet"][start:end] for start, end in hit["spans"]["snippet"]]
    assert {"artillery", "shells"} <= set(words)
    assert workspace.json("search", "topic:arms-transfer", "--limit", "0") | {"cursor": ""} == {
        "total": 1, "clusters": 1, "hits": [], "cursor": "",
    }
    assert workspace.json("search", "*", "--sort", "relevance")["total"] == 3


def test_search_pages_counts_and_other_forms(workspace: Workspace) -> None:
    first = workspace.json("search", "*", "--limit", "2")
    second = workspace.json("search", "*", "--limit", "2", "--cursor", first["cursor"])
    assert len({hit["id"] for hit in first["hits"] + second["hits"]}) == 3
    assert second["cursor"] == ""
    counted = workspace.json("search", "*", "--facets", "--timeline", "--limit", "0")
    assert counted["facets"]["topic"]["arms-transfer"] == 1
    assert sum(n for _, n in counted["timeline"]) == 3
    assert workspace.run("search", "*", "--csv").count("\n") == 4
    assert workspace.run("search", "shells", "--rss").count("<item>") == 1
    assert "1 story" in workspace.run("search", "shells")


def test_show_and_the_lists(workspace: Workspace) -> None:
    id = workspace.json("search", "shells")["hits"][0]["id"]
    assert workspace.json("show", id)["title"] == LINES[0]["title"]
    assert "arms-transfer" in workspace.run("show", id)
    assert len(workspace.json("show", id, "--history")) == 1
    assert len(workspace.json("topics")) == 7
    assert [feed["id"] for feed in workspace.json("feeds")] == ["agency"]
    assert workspace.json("failures") == []
    assert [rule["name"] for rule in workspace.json("alerts")] == ["arms"]
    assert workspace.json("alerts", "log") == []
    assert workspace.json("store", "status")["stories"] == 3


def test_detect_reads_json_lines_and_plain_text(workspace: Workspace, tmp_path: Path) -> None:
    lines = [{"id": "a", "title": "", "text": ACCUSED}, {"id": "b", "title": "Football", "text": "A goal was scored."}]
    out = workspace.run("detect", "-", "--json", stdin="".join(json.dumps(line) + "\n" for line in lines))
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["id"], second["id"], second["topics"], second["events"]) == ("a", "b", [], [])
    for topic in first["topics"]:
        for evidence in topic["evidence"]:
            assert evidence["field"] in ("title", "body")
            assert ACCUSED[evidence["start"] : evidence["end"]] == evidence["text"]
            assert evidence["rule"]
    (arms,) = [event for event in first["events"] if event["topic"] == "arms-transfer"]
    assert arms["roles"]["supplier"]["code"] == "KP"
    assert arms["roles"]["recipient"]["code"] == "RU"
    assert {"alleged", "denied"} <= set(arms["status"])
    plain = tmp_path / "text.txt"
    plain.write_text(ACCUSED)
    assert json.loads(workspace.run("detect", str(plain), "--json"))["topics"] == first["topics"]
    assert "arms-transfer" in workspace.run("detect", str(plain))


def test_extract_reads_a_file(workspace: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    line = "tells of the harbour, its trains, and the grain that they carry."
    text = "".join(f"<p>Paragraph {n} {line}</p>" for n in range(9))
    page.write_text(f"<html lang=en><title>Harbour news</title><article><h1>Harbour news</h1>{text}</article></html>")
    article = workspace.json("extract", str(page), "--url", "https://paper.example/harbour")
    assert {"title", "authors", "published", "lang", "canonical_url", "body"} <= set(article)
    assert article["title"] == "Harbour news"
    assert "Paragraph 8" in article["body"]


def test_match_tells_which_lines_and_where(workspace: Workspace) -> None:
    stdin = "".join(json.dumps(line) + "\n" for line in LINES)
    (found,) = [json.loads(line) for line in workspace.run("match", "grain", "-", "--json", stdin=stdin).splitlines()]
    assert found["url"] == LINES[1]["url"]
    assert found["spans"]["title"] == [[0, 5]]


def test_check_finds_no_mistake(workspace: Workspace) -> None:
    workspace.run("check")


def attempt(workspace: Workspace, command: list[str], stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, env=workspace.environment,
                          check=False)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["search", "a AND"], 2, "^"),
        (["search", "sorce:ap"], 2, 'did you mean "source"'),
        (["search", "x", "--sort", "best"], 2, "newest or relevance"),
        (["search", "x", "--limit", "-1"], 2, "--limit"),
        (["show", "nothing"], 1, "no story has the id nothing"),
        (["run", "--feed", "agancy"], 2, 'did you mean "agency"'),
        (["import", "/no/such/file"], 1, "/no/such/file"),
        (["detect", "/no/such/file"], 1, "/no/such/file"),
        (["extract", "/no/such/file"], 1, "/no/such/file"),
        (["extract", "http://169.254.169.254/latest"], 1, "169.254.169.254"),
        (["store", "prune", "--before", "soon"], 2, "is not a date"),
        (["redetect", "x", "--rejoin"], 2, "leave the query out"),
        (["serch", "x"], 2, "serch"),
    ],
)
def test_a_mistake_is_one_clear_sentence(workspace: Workspace, words: list[str], code: int, said: str) -> None:
    command = workspace.command(*words) if words[0] != "serch" else [sys.executable, "-m", "pipeline", *words]
    done = attempt(workspace, command)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_misspelt_topic_is_told_by_search_and_refused_in_a_rule(workspace: Workspace) -> None:
    for query in ("topic:arms-transfr", "event:(topic:arms-transfr supplier:KP)"):
        searched = attempt(workspace, workspace.command("search", query, "--json"))
        assert (searched.returncode, json.loads(searched.stdout)["total"]) == (0, 0)
        assert 'there is no topic arms-transfr; did you mean "arms-transfer"?' in searched.stderr
        assert 'did you mean "arms-transfer"?' in attempt(workspace, workspace.command("threads", query)).stderr
        added = attempt(workspace, workspace.command("alerts", "add", "misspelt", query))
        assert added.returncode == 2
        assert 'did you mean "arms-transfer"?' in added.stderr
    assert attempt(workspace, workspace.command("search", "topic:sanctions nowhere")).stderr == ""


def test_bad_lines_are_named_and_the_good_ones_are_kept(workspace: Workspace, tmp_path: Path) -> None:
    other = Workspace(tmp_path)
    (tmp_path / "configs").symlink_to(workspace.root / "configs")
    text = json.dumps(LINES[0]) + "\n{not json\n[1]\n" + json.dumps({"url": "https://x.example/1"}) + "\n" + json.dumps(
        {**LINES[1], "published": "the day after"}) + "\n" + json.dumps(LINES[2]) + "\n"
    done = attempt(other, other.command("import", "-"), text)
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines() if line.startswith("wirewatch: -:")] == [
        "-:2", "-:3", "-:4", "-:5",
    ]
    assert len(other.exported()) == 2


def test_no_store_yet_is_said(workspace: Workspace, tmp_path: Path) -> None:
    other = Workspace(tmp_path)
    (tmp_path / "configs").symlink_to(workspace.root / "configs")
    done = attempt(other, other.command("search", "x"))
    assert done.returncode == 3
    assert "there is no store here" in done.stderr

"""Configuration: every mistake at once, with file, line and path; secrets never in a message."""

from pathlib import Path

import pytest

from pipeline import config
from pipeline.core.errors import ConfigError

ROOT = Path(__file__).parents[1]


def directory(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_the_configuration_that_ships_is_right() -> None:
    loaded = config.load(ROOT / "configs")
    assert len(loaded.feeds) >= 40
    assert len(loaded.topics.topics) == 7
    assert loaded.rules
    for topic in loaded.topics.topics:
        assert sum(e.wanted for e in topic.examples) >= 12
        assert sum(not e.wanted for e in topic.examples) >= 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stor: {}", '1: stor: unknown key; did you mean "store"?'),
        ("store:\n  apikey: x", '2: store.apikey: unknown key; did you mean "api_key"?'),
        ("network:\n  timeout_s: -1", "2: network.timeout_s: input should be greater than 0, not -1"),
        ("network: {robots: never}", "1: network.robots: input should be 'articles', 'all' or 'ignore', not 'never'"),
        ("channels:\n  a: {type: webhok}", "2: channels.a: input tag 'webhok'"),
        ("channels:\n  a:\n    type: file", "2: channels.a.path: is missing"),
        ("channels:\n  a: {type: file, path: x, pth: y}", '2: channels.a.pth: unknown key; did you mean "path"?'),
        ("store: [", "not valid YAML"),
        ("store: {at: x}\nstore: {at: y}", "2: store: given twice, keep one"),
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("store: {api_key: '${NO_SUCH_ONE}'}", "1: store.api_key: the environment has no variable NO_SUCH_ONE"),
        ("- a", "1: input should be a valid dictionary"),
    ],
)
def test_a_mistake_says_where_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load_settings(directory(tmp_path, wirewatch=text))
    assert said in str(caught.value)
    assert "wirewatch.yaml:" in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    place = directory(
        tmp_path,
        wirewatch="network: {timeout_s: x}\nstore: {ta: y}",
        feeds="groups:\n- name: a\n  feeds:\n  - url: ftp://x\n  - url: https://a.example/f\n    inclde: x",
    )
    (place / "alerts").mkdir()
    (place / "alerts" / "a.yaml").write_text("alerts:\n- name: x\n  query: 'a AND'\n  channels: [console]")
    with pytest.raises(ConfigError) as caught:
        config.load(place)
    assert len(caught.value.mistakes) >= 5


def test_a_rule_about_a_topic_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    for name in ("topics", "lists"):
        (tmp_path / name).symlink_to(ROOT / "configs" / name)
    (tmp_path / "alerts").mkdir()
    rule = "alerts:\n- {name: x, query: 'topic:sanctons OR topic:sanctions', channels: [console]}"
    (tmp_path / "alerts" / "a.yaml").write_text(rule)
    with pytest.raises(ConfigError) as caught:
        config.load(directory(tmp_path, wirewatch="channels: {console: {type: console}}"))
    (told,) = caught.value.mistakes
    assert told.endswith('rule x: query: there is no topic sanctons; did you mean "sanctions"?')


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ("- url: https://a.example/f\n  - url: https://a.example/f", "is already the id of the feed"),
        ("- {url: https://a.example/f, id: x}\n  - {url: 'https://a.example/f?utm_source=x', id: y}",
         "is already the url of the feed"),
        ("- {url: https://a.example/f, include: '\"open'}", "include: "),
    ],
)
def test_feeds_are_checked(tmp_path: Path, feeds: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load_feeds(directory(tmp_path, feeds=f"groups:\n- name: a\n  feeds:\n  {feeds}"))
    assert said in str(caught.value)


def test_feeds_take_ids_from_addresses_and_tags_from_groups(tmp_path: Path) -> None:
    feed = "{url: 'https://www.a.example/news/rss.xml?x=1', tags: [un]}"
    text = f"groups:\n- name: a\n  tags: [world]\n  feeds:\n  - {feed}"
    (loaded,) = config.load_feeds(directory(tmp_path, feeds=text))
    assert (loaded.id, loaded.tags) == ("a.example-news-rss.xml-x-1", ("world", "un"))


def test_a_secret_comes_from_the_environment_and_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "hush-hush")
    text = "channels:\n  a: {type: webhook, url: 'https://a.example', secret: '${HOOK_SECRET}'}"
    channel = config.load_settings(directory(tmp_path, wirewatch=text)).channels["a"]
    assert isinstance(channel, config.WebhookChannel)
    assert channel.secret == "hush-hush"
    monkeypatch.setenv("HOOK_SECRET", "x")
    with pytest.raises(ConfigError) as caught:
        config.load_settings(directory(tmp_path, wirewatch="store: {timeout_s: 0, api_key: ['${HOOK_SECRET}']}"))
    assert "hush" not in str(caught.value)


def test_no_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration directory"):
        config.load(tmp_path / "nowhere")

"""Topic files and lists: what they mean, and every mistake at its line."""

import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.examples import mistakes
from pipeline.core.explain import why_not
from pipeline.core.skeleton import skeleton
from pipeline.core.text import Text
from pipeline.core.topics import detect, load_topics

LISTS = {"lists/arms.txt": "# weapons\n[heavy]\ntank, howitzer\n[light]\nrifle\nSAM\n!fish tank, think tank\n",
         "lists/breaks.txt": "=that, =said\n", "lists/all.txt": "@arms\nmissile\n",
         "lists/plain.txt": "rocket\n!rocket launcher, rocket salad\n",
         "lists/wide.txt": "@plain\nrocket launcher\n",
         "lists/elsewhere.txt": "[sport]\ngoal, keeper, league, =cup\n[stage]\nfilm, actor\n"}
EXAMPLES = "examples:\n  yes: [\"A tank.\"]\n  no: [\"A cat.\"]\n"


def topic(rules: str, more: str = "") -> str:
    return f"topic: t\ntitle: T\nmatch:\n{rules}\n{more}{EXAMPLES}"


def hits(rules: str, text: str, more: str = "", title: str = "") -> list[str]:
    topics = load_topics({"t.yaml": topic(rules, more)}, LISTS)
    found = detect(Text.of(title), Text.of(text), topics).topics
    return [evidence.text for match in found for evidence in match.evidence]


@pytest.mark.parametrize(("rule", "text", "wanted"), [
    ('- any: ["tank"]', "Two tanks came.", ["tanks"]),
    ('- any: ["=tank"]', "Two tanks came.", []),
    ('- any: ["(sell|sold) ..2 @arms"]', "He sold ten old tanks.", ["sold ten old tanks"]),
    ('- any: ["(sell|sold) ..2 @arms"]', "He sold ten very old tanks.", []),
    ('- any: ["(sell|sold) ..4 @arms"]', "He sold what he said were tanks.", []),
    ('- any: ["(sell|sold) ...4 @arms"]', "He sold what he said were tanks.", ["sold what he said were tanks"]),
    ('- any: ["(sell|sold) ...4 @arms"]', "Cars were sold; tanks were not.", []),
    ('- any: ["@arms:light"]', "A rifle and a tank.", ["rifle"]),
    ('- any: ["@arms:heavy+light"]', "A rifle and a tank.", ["rifle", "tank"]),
    ('- any: ["@arms"]', "The think tank met.", []),
    ('- any: ["@all"]', "The think tank has a missile.", ["missile"]),
    ('- any: ["@plain"]', "A rocket launcher, a rocket salad, a rocket.", ["rocket"]),
    ('- any: ["@wide"]', "A rocket launcher, a rocket salad, a rocket.", ["rocket launcher", "rocket"]),
    ('- any: ["SAM"]', "Sam shot the sam. A SAM flew.", ["SAM"]),
    ('- any: ["rifle"]\n  - any: ["tank"]\n    otherwise: true', "A rifle and a tank.", ["rifle"]),
    ('- any: ["tank"]\n    otherwise: true\n  - any: ["rifle"]', "A tank.", ["tank"]),
    ('- any: ["Grad"]', "A grad student. GRAD FIRE. A Grad.", ["GRAD", "Grad"]),
    ('- any: ["F-#"]', "An F-35B and an F major.", ["F-35B"]),
    ('- any: ["(big)? tank"]', "A big tank.", ["big tank"]),
    ('- {near: ["@arms", "border"], words: 3}', "At the border stood tanks.", ["border stood tanks"]),
    ('- {near: ["@arms", "border"], words: 1}', "Tanks were near the border.", []),
    ('- {any: ["tank"], with: ["border"]}', "A tank at the border. A tank in town.", ["tank"]),
    ('- {any: ["tank"], unless: ["museum"]}', "A tank in a museum. A tank.", ["tank"]),
    ('- {any: ["tank"], story: ["war"]}', "A tank. No peace.", []),
    ('- {any: ["tank"], story: ["war"]}', "A tank. No war.", ["tank"]),
    ('- {any: ["tank"], unless_story: ["aquarium"]}', "A tank. An aquarium.", []),
    ('- {any: ["tank"], in: title}', "A tank.", []),
    ('- {any: ["sold ..3 tank"], not_between: ["not"]}', "He sold not one tank.", []),
])
def test_what_rules_mean(rule: str, text: str, wanted: list[str]) -> None:
    assert hits(f"  {rule}", text) == wanted


def test_exceptions_exclude_a_mention_and_contexts_a_sentence() -> None:
    assert hits('  - any: ["tank"]', "A toy tank. A tank.", 'except: ["toy tank"]\n') == ["tank"]
    assert hits('  - any: ["tank"]', "A tank for the children. A tank.", 'unless: ["children"]\n') == ["tank"]


@pytest.mark.parametrize(("story", "wanted"), [
    ("A tank. A tank of troops. The keeper saw a goal.", ["tank of troops"]),
    ("A tank. A goal, one more goal, two goals.", ["tank"]),
    ("A tank. A goal in a film.", ["tank"]),
    ("A tank. A goal in the cup.", []),
    ("A tank. A goal. Two cups.", ["tank"]),
    ("A tank. A goal of the keeper." + " It rains." * 30, ["tank"]),
    ("A tank. A goal of the keeper in the league." + " It rains." * 30, []),
])
def test_in_a_story_about_something_else_a_sentence_must_be_earnest(story: str, wanted: list[str]) -> None:
    assert hits('  - any: ["tank (of troops)?"]', story, 'earnest: ["troops"]\n') == wanted


def test_the_title_counts_to_what_a_story_is_about() -> None:
    assert hits('  - any: ["tank"]', "A tank of a goal.", 'earnest: ["troops"]\n', title="League") == []


def test_earnest_needs_the_list_of_other_stories() -> None:
    lists = {name: text for name, text in LISTS.items() if "elsewhere" not in name}
    with pytest.raises(ConfigError, match="there is no list @elsewhere"):
        load_topics({"t.yaml": topic('  - any: ["tank"]', 'earnest: ["troops"]\n')}, lists)


@pytest.mark.parametrize(("text", "told"), [
    (topic('  - any: ["@arm"]'), 't.yaml:4: match[0].any[0]: there is no list @arm; did you mean "arms"?'),
    (topic('  - any: ["@arms:hevy"]'), 'has no class [hevy]; did you mean "heavy"?'),
    (topic('  - any: ["(a|b"]'), 't.yaml:4: match[0].any[0]: "(a|b" has a "(" without ")"'),
    (topic('  - any: ["a ) b"]'), 'has a ")" without "("'),
    (topic('  - any: ["..3 tank"]'), "a gap \"..n\" stands between two words"),
    (topic('  - any: ["(tank)?"]'), "can be empty"),
    (topic('  - any: ["# tanks"]'), 'cannot begin with "#"'),
    (topic('  - any: ["!!"]'), "no letter or digit"),
    (topic('  - anny: ["tank"]'), 'unknown key "anny"; did you mean "any"?'),
    (topic('  - {near: ["a"], words: 3}'), "needs a list of two or three items"),
    (topic('  - {near: ["a", "b"], words: many}'), "is the most words between the items, 0 to 60"),
    (topic('  - {any: ["tank"], in: subtitle}'), '"subtitle" is not allowed; allowed: body, title'),
    (topic('  - {any: ["tank"], status: alledged}'), 'is no claim status; did you mean "alleged"?'),
    (topic('  - {any: ["tank"], act: "@arms"}'), '"@arms" is no list of this rule'),
    (topic('  - {any: ["tank"], roles: {who: subject}}'), "is no role of this topic"),
    (topic('  - any: ["tank"]', "roles: {who: subjekt}\n"), '"subjekt" is no position; did you mean "subject"?'),
    (topic('  - any: ["tank"]', "roles: {who: subject}\nseveral: [whom]\n"), '"whom" is no role of this topic'),
    (topic("  - any: [12]"), '"12" is not text; put it in quotes'),
    ("topic: t\ntitle: T\nmatch: []\n" + EXAMPLES, "needs a list of rules"),
    ("topic: T!\ntitle: T\nmatch:\n  - any: [\"a\"]\n" + EXAMPLES, "small letters, digits and hyphens"),
    ("topic: t\ntitle: T\nmatch:\n  - any: [\"a\"]\n", 'the key "examples" is missing'),
    ("- a\n", "a topic file is a mapping"),
])
def test_mistakes_say_where_and_what(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_topics({"t.yaml": text}, LISTS)
    assert told in str(error.value)
    assert all(line.startswith("t.yaml:") for line in error.value.mistakes)


@pytest.mark.parametrize(("lists", "told"), [
    ({"lists/x.txt": "# nothing\n"}, "lists/x.txt:1: the list is empty; write one term a line"),
    ({"lists/x.txt": "tank\n@armz\n"}, 'lists/x.txt:2: there is no list @armz; did you mean "arms"?'),
    ({"lists/x.txt": "tank ..3 gun\n"}, "lists/x.txt:1:"),
    ({"lists/x.txt": "(tank\n"}, "lists/x.txt:1:"),
    ({"lists/states.txt": "name: France\n"}, "lists/states.txt:1: write [CODE], then lines that begin with name"),
])
def test_mistakes_in_lists(lists: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_topics({"t.yaml": topic('  - any: ["tank"]')}, {**LISTS, **lists})
    assert any(mistake.startswith(told) for mistake in error.value.mistakes)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        load_topics({"a.yaml": topic('  - any: ["@no"]'), "b.yaml": topic('  - anny: ["x"]')}, {"l.txt": ""})
    assert len(error.value.mistakes) >= 4


def test_two_files_cannot_define_one_topic() -> None:
    with pytest.raises(ConfigError, match="is defined in"):
        load_topics({"a.yaml": topic('  - any: ["tank"]'), "b.yaml": topic('  - any: ["tank"]')}, LISTS)


def test_the_skeleton_loads_and_passes() -> None:
    topics = load_topics({"peace.yaml": skeleton("peace-deal")}, LISTS | {"lists/states.txt": "[FR]\nname: France\n"})
    assert topics.names == ("peace-deal",)
    assert mistakes(topics) == []


@pytest.mark.parametrize("name", ["", "Peace", "a b", "-x", "ä"])
def test_a_topic_needs_a_plain_name(name: str) -> None:
    with pytest.raises(Exception, match="cannot name a topic"):
        skeleton(name)


@pytest.mark.parametrize(("rule", "text", "told"), [
    ('  - {name: r, any: ["sold ..2 tank"]}', "He sold a cat.", "r: has sold, but not tank"),
    ('  - {name: r, any: ["sold ..1 tank"]}', "He sold two very old tanks.", "too far apart"),
    ('  - {name: r, any: ["tank"], with: ["border"]}', "A tank.", "r: matches, but `with` is not there: border"),
    ('  - {name: r, any: ["tank"], unless: ["toy"]}', "A toy and a tank.", "r: matches, but `unless` is there: toy"),
    ('  - {name: r, any: ["tank"], story: ["war"]}', "A tank.", "nothing of `story` is in the story"),
    ('  - {name: r, any: ["tank"]}', "A cat.", "no word of any rule is there"),
])
def test_why_not(rule: str, text: str, told: str) -> None:
    topics = load_topics({"t.yaml": topic(rule)}, LISTS)
    assert told in why_not(text, "t", topics)[0]

"""Who fills the roles of one mention of an act: the positions that its rule names, and what is likely beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipeline.core.blame import responsible
from pipeline.core.clauses import MADE, Clause
from pipeline.core.deals import is_getting, leads, partners, sides
from pipeline.core.mentions import Mention
from pipeline.core.places import CLASSES, Named, written
from pipeline.core.positions import agent_of, compound_of, given, maker_of, object_of, owner_of, taken_up, under
from pipeline.core.reading import Sentence
from pipeline.core.speech import as_party, speeches
from pipeline.core.story import Party
from pipeline.core.subjects import asker_of, has_pronoun, leader_of, subject_of
from pipeline.core.text import stem

HOME: Final = "home-missiles"
"""The list of weapons that only the state that makes them has; the class is its code."""

SIDES: Final = ("supplier", "actor", "recipient")
_BEFORE_NOUNS: Final = frozenset(
    "the a an any this that such its their his her planned alleged reported proposed possible secret recent illegal"
    " new further more further".split()
)
_CRAFT: Final = frozenset("submarine cruiser destroyer frigate corvette warship ship crew crews scientists".split())
_UNKNOWN: Final = frozenset("unidentified unknown enemy hostile foreign".split())
_WATCHERS: Final = ("KR", "JP")
"""States that tell of another's launches every week."""
_DEEDS: Final = frozenset(
    "strike strikes raid raids attack attacks bombing bombings explosion explosions blast blasts assault assaults"
    " shelling fighting clashes clash ambush offensive barrage bombardment airstrike airstrikes shooting"
    " shootings".split()
)
_AFTER_DEEDS: Final = frozenset(
    "on of by in at from that which has have had was were is are killed kill killing wounded wounding against"
    " near using with".split()
)
_OF_PLACES: Final = frozenset("used held controlled occupied owned run ruled manned inhabited operated visited".split())
_ANEW: Final = frozenset("paid financed funded is are was were being been has have had that which who".split())
"""Between an act and "by": another verb has begun, and "by" is of that one."""

_SUFFERS: Final = frozenset(map(stem, "face escape suffer endure withstand weather".split()))
"""Stems of what is done by whoever is under sanctions."""
_NO_SIDE: Final = frozenset(("un", "iaea"))
"""Organisations that tell of weapons, and neither fire nor supply any."""
_NOBODYS: Final = frozenset("under amid after bound destined headed en intended meant".split())
"""First words of acts that nobody is told to do."""
_ANSWERS: Final = frozenset("after following over against despite".split())
"""Before an act that others answer."""
_GOING: Final = frozenset(("to", "for", "into"))
_DOING: Final = frozenset(("subject", "by", "agent", "owner"))

_SUPPLIERS: Final = frozenset("supplier suppliers seller sellers provider providers".split())
_REACH: Final = 16
"""Words after a match in which a preposition still belongs to it."""
_CLOSE: Final = 3
"""The same for "of", which belongs to the noun beside it: "in the heart of Kyiv"."""


def mend(mention: Mention, rows: dict[str, list[Party]]) -> None:
    """Sides that a position gave and the sentence tells otherwise: two parties to a deal are seller and buyer; whoever
    sends a weapon supplies it, and not whoever made it."""
    clause = mention.sentence.clause
    pair = partners(clause, mention.start, mention.end)
    if pair is not None:
        rows["supplier"], rows["recipient"] = ([_party(clause, one)] for one in pair)
    owner, leader = owner_of(clause, mention.start), leader_of(clause)
    seller = not _SUPPLIERS.isdisjoint(clause.text.words[mention.start : mention.end])
    if seller and owner is not None and clause.owns(owner):  # "Israel is Azerbaijan's top arms supplier"
        rows["recipient"] = [_party(clause, owner)]
        rows.pop("supplier", None)
        if leader is not None and leader != owner:
            rows["supplier"] = [_party(clause, leader)]
    told = [rows[role] for role in ("supplier", "recipient") if role in rows]
    if len(told) == 2 and any(same(one, other) for one in told[0] for other in told[1]):
        del rows["supplier"]
    maker = _maker(mention) if "maker" in mention.rule.roles["supplier"] else None
    if maker is not None and rows.get("supplier") == [maker]:
        sender = sides(clause, mention.start, mention.end).get("supplier")
        if sender is not None and not any(same(_party(clause, sender), one) for one in rows.get("recipient", ())):
            rows["supplier"] = [_party(clause, sender)]


def is_answered(mention: Mention) -> bool:
    """`Israel bombed Gaza after rocket fire`, `sanctions over missile tests`: whoever does what the rest tells answers
    the act, and did not do it."""
    words = mention.sentence.reading.text.words
    return not _ANSWERS.isdisjoint(words[max(mention.sentence.first, mention.start - 2) : mention.start])


def is_place(mention: Mention, row: Sequence[Party]) -> bool:
    """`rockets fired from Gaza`: where from is told, and who only perhaps."""
    named = under(mention.sentence.clause, "from", mention.start, min(mention.sentence.last, mention.end + _REACH))
    return named is not None and any(party == _party(mention.sentence.clause, named) for party in row)


def likely(mention: Mention, rows: Mapping[str, Sequence[Party]]) -> dict[str, Party]:
    """Who probably fills the sides that no position of the rule tells."""
    clause = mention.sentence.clause
    found: dict[str, Party] = {}
    if is_trade(mention) and not ("supplier" in rows and "recipient" in rows):
        found = {role: _party(clause, named) for role, named in sides(clause, mention.start, mention.end).items()}
    if "supplier" not in found and "supplier" in mention.topic.roles:
        maker = _maker(mention)
        if maker is not None:
            found["supplier"] = maker
    if is_trade(mention) and "recipient" not in rows and "recipient" not in found:
        asker = asker_of(clause, mention.act.start)
        taker = taken_up(mention.sentence, mention.act.start, mention.act.end) or asker
        if taker is not None and not (taker is asker and leads(taker)):
            found["recipient"] = _party(clause, taker)
    if "actor" in mention.topic.roles and "actor" not in rows:
        doer = responsible(mention.sentence) or (
            None if _is_only_maker(mention) else _maker(mention)
        ) or _crew(mention, rows)
        if doer is not None:
            found["actor"] = doer
    return found


def filled(mention: Mention) -> dict[str, list[Party]]:
    """Who stands in the positions that the rule names."""
    rows = {role: found for role, where in _positions(mention).items() if (found := _fill(mention, role, where))}
    inner = _inner(mention) if "imposer" in mention.rule.roles else None
    return rows if inner is None else {**rows, "imposer": [_party(mention.sentence.clause, inner)]}


def _inner(mention: Mention) -> Named | None:
    """`tightening U.S. sanctions`, `faces UN sanctions`: whose measure it is stands between the act and its name."""
    noun = max(hit.start for hit in mention.hits)
    clause = mention.sentence.clause
    return next((party for party in clause.parties if mention.start < party.start and 0 <= noun - party.end <= 2
                 and clause.tie(party) is None and party.label in ("people", "organisation", "name")), None)


def _positions(mention: Mention) -> Mapping[str, tuple[str, ...]]:
    """Where each role stands: as the rule says; of a verb of getting ("bought by") the doer is the recipient."""
    roles, clause = mention.rule.roles, mention.sentence.clause
    if "supplier" in roles and any(clause.compounded(party) and party.end == mention.act.start
                                   for party in clause.parties):  # "Iranian-supplied drones"
        roles = {**roles, "supplier": ("compound", *(where for where in roles["supplier"] if where not in _DOING))}
    before = clause.text.stems[max(clause.first, mention.start - 6) : mention.end]
    if "imposer" in roles and not _SUFFERS.isdisjoint(before):
        kept = tuple(where for where in roles["imposer"] if where not in _DOING or where == "owner")
        return {**roles, "imposer": kept, "target": (*roles.get("target", ()), "subject", "agent")}
    if not is_trade(mention) or not any(is_getting(clause, hit.start, hit.end) for hit in mention.hits):
        return roles
    doing = [where for where in roles["supplier"] if where in _DOING]
    rest = [where for where in roles["supplier"] if where not in _DOING]
    own = [where for where in roles["recipient"] if where in _DOING]
    recipient = dict.fromkeys([*own, *doing, "whose", *roles["recipient"]])
    return {**roles, "supplier": (*rest, "there"), "recipient": tuple(recipient)}


def is_trade(mention: Mention) -> bool:
    return "supplier" in mention.rule.roles and "recipient" in mention.rule.roles


def home(mention: Mention) -> list[Party]:
    """The state whose own weapon it is ("an Agni plunged into the sea"), if the story names it."""
    reading = mention.sentence.reading
    for hit in mention.sentence.present.of(HOME):
        if mention.start - 3 <= hit.start < mention.end + 3:
            party = next((one for one in reading.parties if one.code == hit.kind), None)
            if party is not None:
                return [Party(written(reading.text, party), party.code)]
    return []


def _maker(mention: Mention) -> Party | None:
    maker = _stand(mention, "maker")
    return None if maker is None else _party(mention.sentence.clause, maker)


def _made_by(mention: Mention, named: Named) -> bool:
    """`parts for Iranian drones`, `gave Russian tanks`: whether a party only tells whose make a weapon is."""
    clause = mention.sentence.clause
    return named.label == "people" and not clause.is_body(named) and any(
        maker_of(clause, hit.start) == named for hit in mention.hits if hit.symbol in mention.rule.things
    )


def _is_only_maker(mention: Mention) -> bool:
    """`Soviet-made Scuds`, `British-supplied missiles`: whoever made or gave a weapon need not have fired it."""
    maker, clause = _stand(mention, "maker"), mention.sentence.clause
    return maker is not None and clause.text.words[maker.end] in MADE


def _crew(mention: Mention, rows: Mapping[str, Sequence[Party]]) -> Party | None:
    """`a submarine fired a missile, the U.S. Navy said`: who tells of its own ship; neighbours tell of others'."""
    sentence = mention.sentence
    words = sentence.reading.text.words[max(sentence.first, mention.start - 8) : mention.act.start]
    if _CRAFT.isdisjoint(words) or not _UNKNOWN.isdisjoint(words):
        return None
    aimed = [party.code for party in rows.get("target", ())]
    for one in speeches(sentence, mention.start, mention.end):
        if one.speaker is not None and one.speaker.code and one.speaker.code not in (*_WATCHERS, *aimed):
            return as_party(sentence, one.speaker)
    return None


def _fill(mention: Mention, role: str, where: tuple[str, ...]) -> list[Party]:
    clause, act = mention.sentence.clause, mention.act
    for position in where:
        if position == "subject":
            inside = next((party for party in clause.parties if party.start <= act.start < party.end), None)
            if inside is not None and inside.kind not in _NO_SIDE and not clause.names_a_matter(inside):
                # "Israeli troops killed"
                return [replace(_party(clause, inside), code=inside.code or _whose(mention, inside))]
        if position == "maker" and role == "actor" and _is_only_maker(mention):
            continue
        if position.startswith("@"):
            things = [hit for hit in mention.hits if hit.symbol == position[1:]]
            if things:
                return [Party(clause.text.slice(hit.start, hit.end - 1), None, hit.kind) for hit in things]
            continue
        named = _stand(mention, position)
        if named is not None and (
            (named.kind in _NO_SIDE and role in SIDES) or (named.label == "place" and position in _DOING)
        ):
            continue
        if named is not None and role == "recipient" and position in _GOING and _made_by(mention, named):
            continue
        if named is not None and role == "target" and named.label == "people" and (
            not _DEEDS.isdisjoint(clause.text.words[named.end : named.end + 4])  # "in a Russian rocket strike"
        ):
            continue
        if named is not None and named not in clause.parties:  # told in the sentence before
            return [_party(clause, named)]
        if named is not None and (named.end <= act.start or named.start >= act.end):
            alone = position == "owner" and clause.owns(named) and clause.tie(named) is not None
            row = [replace(_party(clause, one), code=one.code or _home(one, role) or _whose(mention, one))
                   for one in ((named,) if alone else clause.row(named))]  # "threats to Taiwan and Korea's tests"
            return [one for one in row if one.code or role not in mention.topic.several or one.kind != "forces"]
    return []


def _home(named: Named, role: str) -> str | None:
    """`arms for the rebels in Angola`: where a group that gets something has its home."""
    return named.home if role == "recipient" else None


def _stand(mention: Mention, position: str) -> Named | None:
    clause, act = mention.sentence.clause, mention.act
    if position == "subject" and _is_noun(mention):
        return owner_of(clause, act.start) or agent_of(clause, mention.start, mention.end)
    if position == "subject":
        if clause.text.words[act.start] in _NOBODYS:  # "amid a barrage of missiles", "rifles bound for"
            return None
        if act.symbol == "missiles":  # they do nothing of themselves
            return owner_of(clause, act.start) or maker_of(clause, act.start)
        thing = max((hit.end - 1 for hit in mention.hits if hit.end <= act.start), default=mention.start)
        return None if clause.is_passive(act.start, thing) else _subject(mention.sentence, act.start)
    if position == "owner":
        return owner_of(clause, mention.start)
    if position == "maker":
        return next((maker_of(clause, hit.start) for hit in mention.hits if hit.symbol in mention.rule.things), None)
    if position == "there":
        return under(clause, "in", act.start, mention.end + 3)
    if position == "whose":
        return under(clause, "of", mention.start, act.start)
    if position == "given":
        urged = object_of(clause, act.start) if "object" in mention.rule.roles.get("supplier", ()) else None
        named = given(clause, act.start if urged is None else urged.end - 1, mention.end)
        return None if named is not None and _made_by(mention, named) else named
    if position == "object":
        return object_of(clause, act.start)
    if position == "agent":
        return agent_of(clause, mention.start, mention.end)
    if position == "compound":
        return compound_of(clause, mention.start, mention.end)
    if position == "by" and not clause.takes_by(act.start, mention.start):
        return None
    reach = _CLOSE if position == "of" and "actor" in mention.rule.roles else _REACH
    found = under(clause, position, mention.start, min(clause.last, mention.end + reach))
    if position == "by" and found is not None and found.start >= mention.end:
        text = clause.text
        if "," in text.raw[text.ends[mention.end - 1] : text.starts[found.start]]:
            return None
        if not _OF_PLACES.isdisjoint(text.words[mention.end : found.start]):  # "strikes on barracks used by Ukraine"
            return None
        if not _ANEW.isdisjoint(text.words[mention.end : found.start]):
            return None
    return found


def _is_noun(mention: Mention) -> bool:
    """`the supply of`, `a planned sale of`, `three missile strikes have`: a word that is also a verb names the deed."""
    text, act = mention.sentence.reading.text, mention.act
    word, before = text.words[act.end - 1], text.words[act.start - 1 : act.start]
    if word in _DEEDS:
        after = text.words[act.end : act.end + 1]
        return before == ["s"] or not _AFTER_DEEDS.isdisjoint(after) or not _BEFORE_NOUNS.isdisjoint(before)
    if word in _BEFORE_NOUNS:  # "such drills"
        return True
    if before == ["for"] and text.words[act.end : act.end + 1] == ["of"]:  # "calls for transfer of"
        return True
    return act.start > mention.sentence.first and before[0] in _BEFORE_NOUNS and not word.endswith(("ed", "ing"))


def _subject(sentence: Sentence, head: int) -> Named | None:
    """Who acts; for a pronoun with nobody named before it, the party that the sentence before is about."""
    found = subject_of(sentence.clause, head)
    if found is None and has_pronoun(sentence.clause, head):
        named_here = any(party.end <= head for party in sentence.clause.parties)
        before = next(sentence.before(1), None)
        if before is not None and not named_here:
            return leader_of(before.clause, )
    return found


def _party(clause: Clause, named: Named) -> Party:
    return Party(written(clause.text, named), named.code, named.kind)


def _whose(mention: Mention, named: Named) -> str | None:
    """Whose forces "the army" is: of the state whose own weapon it fires, whose army was named before, of the place
    that the story was filed from, or that alone it names."""
    if named.kind != "forces":
        return None
    sentence, reading = mention.sentence, mention.sentence.reading
    home = next((hit.kind for hit in sentence.present.of(HOME) if hit.start < mention.end + 3), None)
    if home is not None and "actor" in mention.rule.roles:
        return home
    if reading.text.words[named.start - 1] in ("its", "their"):
        owner = next((party for party in reversed(sentence.clause.parties)
                      if party.end < named.start and party.code), None)
        if owner is not None:
            return owner.code
    noun = reading.text.words[named.end - 1]
    for before in sentence.before(sentence.index):
        for party in before.clause.parties:
            if party.code and reading.text.words[party.end - 1] == noun:
                return party.code
    first = next(iter(sentence.clause.parties)) == named and sentence.index == 0
    if reading.dateline is not None and (first or not reading.states):
        return reading.dateline
    return next(iter(reading.states)) if len(reading.states) == 1 else None


def same(one: Party, two: Party) -> bool:
    """Whether two parties may be one; "the rebels" may be Libyan ones or UNITA; a group of a state is not the state."""
    if one.code and two.code and one.code != two.code:
        return False
    if any(party.kind == "militants" and not party.code for party in (one, two)):
        return bool(one.kind and two.kind) and "forces" not in (one.kind, two.kind)
    if one.kind not in CLASSES or two.kind not in CLASSES:
        return one.kind == two.kind
    if one.code or two.code:
        return one.code == two.code
    return (one.kind or one.text.lower()) == (two.kind or two.text.lower())

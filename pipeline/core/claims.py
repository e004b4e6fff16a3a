"""How an act stands in the text: reported, alleged, denied, planned or hypothetical, and who holds that."""

from collections.abc import Iterator, Mapping

from pipeline.core.clauses import Clause
from pipeline.core.lexicon import Hit
from pipeline.core.story import Claim, ClaimStatus, Evidence, Party, TextField

CUES = "claims"


def claims_of(
    clause: Clause, field: TextField, act: Hit, start: int, end: int, present: Mapping[str, list[Hit]]
) -> Iterator[Claim]:
    """The claims that the sentence of an act makes about it; `reported` where no cue says otherwise."""
    found: set[ClaimStatus] = set()
    for cue in present.get(CUES, ()):
        status: ClaimStatus = cue.kind  # type: ignore[assignment]
        distance = act.start - cue.end
        reach = {"hypothetical": 6, "planned": 6}.get(status, 20)
        if not 0 <= distance <= reach or status in found:
            continue
        found.add(status)
        holder = clause.subject(cue.start) if status in ("alleged", "denied") else None
        text = clause.text
        begin, stop = text.starts[cue.start], text.ends[cue.end - 1]
        yield Claim(
            status,
            Party(text.slice(holder.start, holder.end - 1), holder.code, holder.kind) if holder else None,
            Evidence(field, begin, stop, text.raw[begin:stop], "claims"),
        )
    if not found:
        yield Claim("reported")

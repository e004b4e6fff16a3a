"""A first topic file to fill in: what `wirewatch topics new NAME` writes."""

from pipeline.core.errors import WirewatchError

_SKELETON = '''\
# A topic: rules that find it, and sentences that test them. `wirewatch topics test {name}` runs the sentences.
# docs/topics.md explains every key in ten minutes.
topic: {name}
title: {title}
about: What must be told for a story to have this topic, in one sentence.

match:
  # Each rule looks at one sentence. Any form of a word counts (ship, ships, shipped, shipping).
  - name: phrases
    any:
      - "peace (talks|deal|accord)"          # either word
      - "(signed|reached) ..4 ceasefire"      # at most four words between, within one clause
    # with: ["@parties"]                      # something else that must stand in the sentence: here a state or group
    # unless: ["box office"]                  # words that spoil the sentence

  # - name: two things near each other
  #   near: ["truce", "@states"]             # in any order; @states is a list, see configs/lists/
  #   words: 8

# A mention inside these words does not count; the rest of the story still does.
# except: ["peace and quiet"]

examples:
  yes:                                        # at least twelve that must be found
    - Rebels and the government reached a ceasefire on Friday.
  no:                                         # at least twelve that must not, near misses above all
    - The neighbours agreed on a new fence.
'''


def skeleton(name: str) -> str:
    """A commented topic file that loads and passes its own examples; raises WirewatchError for a bad name."""
    if not name or name.strip("-") != name or not all(c.isdigit() or c == "-" or "a" <= c <= "z" for c in name):
        raise WirewatchError(f'"{name}" cannot name a topic: use small letters, digits and hyphens, as "arms-transfer"')
    return _SKELETON.format(name=name, title=name.replace("-", " ").capitalize())

"""Rules made at run time, and what is set for those of files."""

from datetime import timedelta

import pytest

from pipeline.core.errors import ConfigError, WirewatchError
from pipeline.stores import saved_rules
from pipeline.stores.base import Ledger
from tests.alerts.conftest import NOW, rule

FILES = [rule("of-file")]


def names(ledger: Ledger) -> list[str]:
    return [one.name for one in saved_rules.all_rules(ledger, FILES)]


def test_the_life_of_a_rule(ledger: Ledger) -> None:
    assert names(ledger) == ["of-file"]
    assert saved_rules.version(ledger) == 0
    made = rule("mine", "missiles", cooldown="30m", digest="0 7 * * *", quiet="22:00-06:00", severity="high")
    saved_rules.add(ledger, made, FILES)
    assert saved_rules.all_rules(ledger, FILES)[1] == made
    with pytest.raises(WirewatchError, match="there is a rule mine already"):
        saved_rules.add(ledger, made, FILES)
    with pytest.raises(WirewatchError, match="there is a rule of-file already"):
        saved_rules.add(ledger, rule("of-file"), FILES)
    saved_rules.edit(ledger, rule("mine", "drones"), FILES)
    assert str(saved_rules.all_rules(ledger, FILES)[1].query) == "drones"
    saved_rules.remove(ledger, "mine", FILES)
    assert names(ledger) == ["of-file"]
    assert saved_rules.version(ledger) == 3


@pytest.mark.parametrize("name", ["of-file", "mine"])
def test_disabling_and_silencing(ledger: Ledger, name: str) -> None:
    saved_rules.add(ledger, rule("mine"), FILES)

    def now() -> tuple[bool, object]:
        [one] = [r for r in saved_rules.all_rules(ledger, FILES) if r.name == name]
        return one.enabled, one.silenced_until

    assert now() == (True, None)
    until = NOW + timedelta(hours=2)
    saved_rules.silence(ledger, name, until, FILES)
    assert now() == (True, until)
    saved_rules.enable(ledger, name, False, FILES)
    assert now() == (False, until)
    saved_rules.silence(ledger, name, None, FILES)
    saved_rules.enable(ledger, name, True, FILES)
    assert now() == (True, None)
    assert saved_rules.version(ledger) == 5


def test_rules_of_files_are_changed_in_their_files(ledger: Ledger) -> None:
    with pytest.raises(WirewatchError, match=r"stands in a file of configs/alerts; edit it there"):
        saved_rules.edit(ledger, rule("of-file"), FILES)
    with pytest.raises(WirewatchError, match=r"stands in a file of configs/alerts; remove it there"):
        saved_rules.remove(ledger, "of-file", FILES)


def test_a_rule_that_there_is_not(ledger: Ledger) -> None:
    told = r'there is no rule of-fil; did you mean "of-file"\?'
    with pytest.raises(WirewatchError, match=told):
        saved_rules.edit(ledger, rule("of-fil"), FILES)
    with pytest.raises(WirewatchError, match=told):
        saved_rules.remove(ledger, "of-fil", FILES)
    with pytest.raises(WirewatchError, match=told):
        saved_rules.enable(ledger, "of-fil", True, FILES)
    with pytest.raises(WirewatchError, match=told):
        saved_rules.silence(ledger, "of-fil", NOW, FILES)


def test_a_channel_that_is_gone_is_told(ledger: Ledger) -> None:
    saved_rules.add(ledger, rule("mine"), FILES)
    with pytest.raises(ConfigError, match=r"rule mine, made at run time: channels\[0\]: there is no channel hook"):
        saved_rules.all_rules(ledger, FILES, ["console"])


def test_settings_of_a_file_rule_that_is_gone_do_no_harm(ledger: Ledger) -> None:
    saved_rules.silence(ledger, "of-file", NOW, FILES)
    assert saved_rules.all_rules(ledger, []) == ()

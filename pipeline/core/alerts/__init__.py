"""Alert rules, the stories that answer them, when to say so, and what to say; all of it pure.

rule       AlertRule
rules      load_rules, and the form in which a rule is written
index      RuleIndex: which of very many rules a story answers
times      when a match may go out: cool-down, quiet hours, digests
message    Item, Message, Channel: what is said
triggers   what no story fires: silences, feeds that are not well, bursts
unfolding  what is new in a thread
trial      a rule tried on the past
"""

from pipeline.core.alerts.index import RuleIndex, RuleMatch
from pipeline.core.alerts.message import Channel, Found, Item, Message
from pipeline.core.alerts.rule import AlertRule, When
from pipeline.core.alerts.rules import load_rules, rule_from_plain, rule_to_plain
from pipeline.core.alerts.trial import Trial, try_rule
from pipeline.core.alerts.triggers import Trouble

__all__ = [
    "AlertRule", "Channel", "Found", "Item", "Message", "RuleIndex", "RuleMatch", "Trial", "Trouble", "When",
    "load_rules", "rule_from_plain", "rule_to_plain", "try_rule",
]

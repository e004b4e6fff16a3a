"""Denials: in which words, by whom and where in a story an act is denied, and what is no denial of it."""

import pytest

from tests.core.detection import events

ARMS, LAUNCH = "arms-transfer", "missile-launch"


def _statuses(body: str, topic: str) -> set[str]:
    return {claim.status for event in events(body, topic) for claim in event.claims}


@pytest.mark.parametrize("body", [
    "U.S. officials have charged that China sold Iran the anti-ship missiles. On Monday the Chinese premier called the"
    ' U.S. charges "completely groundless."',
    "Russia accused the United States of shipping arms to Georgia. A White House spokesman said the accusation was"
    " ridiculous.",
    'Greek officials said two freighters were carrying Libyan arms to the IRA. "It\'s a lie," a Libyan diplomat said.',
    "Iran seized the missiles in battle and did not buy them from China, a deputy minister said. Western officials say"
    " Beijing sold the missiles to Tehran.",
    '"There is no truth whatsoever in these reports," a spokesman for the arms firm said when asked about a newspaper'
    " report that it had sold howitzers to Iraq.",
    "The Israeli military said it had stopped a ship with arms from Iran for Gaza. Hamas leaders denied the charges.",
    "A U.S. court indicted the dealer on charges of selling missiles to Iran. He pleaded not guilty.",
    "Washington believes Beijing shipped missile parts to Pakistan, something China has always denied.",
    "Despite Israeli denials, U.S. officials remain convinced that Israel sold Patriot missiles to China.",
    "The Administration insisted that China is supplying missiles to Iran, notwithstanding Beijing's denial.",
    "Tehran says it has not provided Russia with drones, contrary to what Kyiv and its allies say.",
    "Vietnam said it was not supplying weapons to rebels in Cambodia. Phnom Penh accused it of doing so last week.",
])
def test_an_act_is_alleged_and_denied(body: str) -> None:
    assert _statuses(body, ARMS) == {"alleged", "denied"}


@pytest.mark.parametrize(("body", "topic"), [
    ("South Korea reaffirmed that it would not provide weapons to Ukraine.", ARMS),
    ("No new missiles have been supplied to Iran, a Russian official said.", ARMS),
    ("Norway rejected a request from Kyiv for F-16 fighters.", ARMS),
    ("Beijing has disavowed any shipments of missiles to Pakistan.", ARMS),
    ("Hezbollah said it had no part in firing the rockets at Israel.", LAUNCH),
])
def test_an_act_is_denied(body: str, topic: str) -> None:
    assert _statuses(body, topic) == {"denied"}


def test_who_denies_is_who_speaks() -> None:
    body = ("Sudan blamed Chad for handing guns to rebels. Chad's prime minister told French radio that his"
            " government was not involved.")
    held = {claim.holder.code for event in events(body, ARMS) for claim in event.claims
            if claim.status == "denied" and claim.holder is not None}
    assert held == {"TD"}


@pytest.mark.parametrize(("body", "topic"), [
    ("Iran denied on Monday that the missiles it bought from China were aimed at its neighbours.", ARMS),
    ("A spokesman would neither confirm nor deny a report that Israel sold missiles to Baku.", ARMS),
    ("Israel's government refused to confirm or deny a report that it sold missiles to Baku.", ARMS),
    ("The deal under which Moscow is to deliver missiles to Cyprus was in the news when its president denied on"
     " Sunday that there would be any delay.", ARMS),
    ("The U.S. Air Force fired a Minuteman missile on Wednesday. A colonel said it had nothing to do with events in"
     " Ukraine.", LAUNCH),
    ("Moscow sold tanks to Syria. Reagan disclosed nothing new about the arms sales.", ARMS),
    ("India tested a missile on Friday. An official who asked not to be named said it was the fourth test.", LAUNCH),
    ("Sweden asked how rebels got hold of rockets that it sold to Venezuela. Venezuela's minister denied that his"
     " government had ever helped terrorists.", ARMS),
    ("Rockets fired from Gaza hit a town. The mayor gave no proof that anybody was hurt.", LAUNCH),
    ("Iran has not explained how Russia got its drones.", ARMS),
    ("Seoul says that it cannot yet confirm shells went to Russia from North Korea.", ARMS),
])
def test_what_denies_something_else(body: str, topic: str) -> None:
    assert "denied" not in _statuses(body, topic)


@pytest.mark.parametrize(("body", "topic", "wanted"), [
    ("India will test-fire its Agni-V missile next week, the defence research agency announced.", LAUNCH, {"planned"}),
    ("A wave of missiles was fired at Kyiv by Russia, protesters in Berlin said.", LAUNCH, {"reported"}),
    ("SEOUL (Corvin Press) - The North Korean army fired a missile on Saturday.", LAUNCH, {"reported"}),
])
def test_a_word_of_one_stem_is_no_cue(body: str, topic: str, wanted: set[str]) -> None:
    assert _statuses(body, topic) == wanted

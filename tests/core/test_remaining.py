"""A side that nothing tells goes to the one party of the title and lede that may fill it, else to nobody."""

import pytest

from tests.core.detection import events, roles


@pytest.mark.parametrize(("title", "body", "wanted"), [
    # one state is left
    ("Peru courts an old friend", "Moscow hopes for new arms sales, a paper said.", "RU>PE"),
    ("Iran explains a fire", "The fire comes amid talk of a supply of drones to Sudan.", "IR>SD"),
    ("Chad buys fighter jets", "The jets are French and will come by ship, the buyer said.", "FR>TD"),
    # several are: of two one exports
    ("France and Chad talk", "They spoke of a sale of tanks.", "FR>TD"),
    ("France and Italy talk", "They spoke of a sale of tanks.", "->-"),
    # who is no candidate: enemies, accusers, judges, hosts, and anybody where others without a state supply
    ("Chad fights Libya's invasion", "The country needs a supply of tanks, Chad said.", "->TD"),
    ("Chad court jails dealer", "Italian police seized rifles on a ship bound for Togo.", "->TG"),
    ("Libya slams arms sales to Chad", "The sales must stop, it said.", "->TD"),
    ("Arms deliveries to Chad", "Talks went on in Berlin.", "->TD"),
    ("Arms deliveries to Chad", "The West will send tanks to Chad, a writer in Paris hopes.", "->TD"),
])
def test_who_is_left_of_a_transfer(title: str, body: str, wanted: str) -> None:
    told = [roles(event) for event in events(body, "arms-transfer", title)]
    assert {f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told} == {wanted}


@pytest.mark.parametrize(("title", "body", "wanted"), [
    ("Libya pounds the capital", "The first missile hit at dawn and the second at noon.", "LY"),
    ("Libya targets Chad in ninth raid", "Explosions were heard as gunners shot down the missiles.", "LY"),
    ("A night in Chad", "The first missile hit at dawn.", "-"),
    ("Chad intercepts it all", "The first missile hit at dawn.", "-"),
    ("Chad says it is safe", "The first missile hit at dawn.", "-"),
])
def test_who_is_left_of_a_launch(title: str, body: str, wanted: str) -> None:
    assert {roles(event).get("actor", "-") for event in events(body, "missile-launch", title)} == {wanted}


@pytest.mark.parametrize(("body", "wanted"), [
    ("The minister condemned France for harming Chad by giving it all kinds of lethal arms.", "FR>TD"),
    ("Iran backs Hezbollah. Tehran has supplied the group with rockets.", "IR>hezbollah"),
    ("A leader of the Free Syrian Army said that Britain will not arm the group.", "GB>syrian-rebels"),
    ("Moscow gives arms to the Lebanese group Hezbollah.", "RU>LB"),
    ("Moscow gives arms to pro-Russian separatists in Ukraine.", "RU>UA"),
    ("A ship brought arms to the Tamil Tigers from North Korea.", "KP>ltte"),
    ("Israel has been Azerbaijan's top arms supplier for years.", "IL>AZ"),
    ("BAE Systems has secured an order from Qatar for 24 Typhoon jets.", "GB>QA"),
    ("Chad begs its allies to supply tanks.", "->TD"),
    ("Chad wants France to supply tanks.", "FR>TD"),
    ("Madrid is ready to send six tanks, the minister said. Chad has asked for ten.", "ES>TD"),
    ("The junta in Niger bought six fighter jets from Russia.", "RU>NE"),
    ("Italian police found a plane full of rifles for Togo.", "->TG"),
])
def test_whom_words_and_names_mean(body: str, wanted: str) -> None:
    told = [roles(event) for event in events(body, "arms-transfer")]
    assert {f"{one.get('supplier', '-')}>{one.get('recipient', '-')}" for one in told} == {wanted}


@pytest.mark.parametrize(("title", "body", "wanted"), [
    ("Rebels fire rockets", "UNITA rebels fired rockets into the city of Kuito, state radio said.", {"unita"}),
    ("Rebels fire rockets", "Syrian rebels fired rockets into Hama, state radio said.", {"SY"}),
    ("Rockets fly", "Hamas fired rockets at Ashdod. Palestinian militants fired rockets at Sderot.", {"hamas", "PS"}),
    ("Sirens", "Sirens sounded in Haifa as a missile from Yemen was intercepted.", {"YE"}),
    ("Test", "Kim Jong-un fired a missile into the sea.", {"KP"}),
    ("Threat", "Moscow will use the Oreshnik missile again if Kyiv strikes, Putin said.", {"RU"}),
    ("Arms", "Dozens of rockets lay in a shed in Syria.", set()),
    ("Arms", "The system is good at intercepting rockets, Israel says.", set()),
])
def test_who_fires_when_named_twice(title: str, body: str, wanted: set[str]) -> None:
    assert {roles(event).get("actor", "-") for event in events(body, "missile-launch", title)} == wanted

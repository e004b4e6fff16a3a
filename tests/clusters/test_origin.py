"""From which agency a text came."""

import pytest

from pipeline.core.origin import AGENCIES, origin_of

TEXT = "Officials said on Monday that talks would go on. Nobody gave a date."


@pytest.mark.parametrize(("body", "origin"), [
    (f"WASHINGTON (AP) — {TEXT}", "AP"),
    (f"WASHINGTON (AP) -- {TEXT}", "AP"),
    (f"SEOUL, South Korea (AP) — {TEXT}", "AP"),
    (f"LONDON, March 4 (Reuters) - {TEXT}", "Reuters"),
    (f"(Reuters) - {TEXT}", "Reuters"),
    (f"Pyongyang, September 9 (KCNA) -- {TEXT}", "KCNA"),
    (f"Pyongyang, September 9 (KCNA) --{TEXT}", "KCNA"),
    (f"MOSCOW/KYIV, Feb 3 (Reuters) - {TEXT}", "Reuters"),
    (f"Berlin (dpa) - {TEXT}", "DPA"),
    (f"BEIRUT (AFP) – {TEXT}", "AFP"),
    (f"TOKYO [Kyodo] — {TEXT}", "Kyodo"),
    (f"New Delhi, Jan 5 (PTI): {TEXT}", "PTI"),
    (f"By Jane Doe\n\nPARIS (AP) — {TEXT}", "AP"),
    (f"\u201cWASHINGTON (AP) — {TEXT}", "AP"),
    (f"AFP - {TEXT}", "AFP"),
    (f"GENEVA (Meridian Wire) - {TEXT}", "Meridian Wire"),
    (f"GENEVA (Meridian Wire) — {TEXT}", "Meridian Wire"),
    (f"Geneva (Town Hall) — {TEXT}", ""),
    (f"A spokesperson (Reuters is not naming him) said - {TEXT}", ""),
    (f"Some officials (AP) said {TEXT}", ""),
    (f"KYIV — {TEXT}", ""),
    (f"By The Associated Press\n{TEXT}", "AP"),
    (f"By JANE DOE AP Diplomatic Writer\n{TEXT}", "AP"),
    (f"Source: Xinhua\n{TEXT}", "Xinhua"),
    (f"{TEXT}\n\n© 2026 AFP", "AFP"),
    (f"{TEXT}\n\n© AFP", "AFP"),
    (f"{TEXT}\nCopyright 2023 The Associated Press. All rights reserved.", "AP"),
    (f"{TEXT}\n(c) Reuters 2024", "Reuters"),
    (f"{TEXT}\n\n(Reuters)", "Reuters"),
    (f"{TEXT}\n\n-- dpa", ""),
    (f"{TEXT}\nThe Associated Press contributed to this report.", ""),
    (f"{TEXT}\nWith inputs from PTI", ""),
    (f"{TEXT} Reuters could not confirm that.", ""),
    (f"{TEXT}\n\nIt told Reuters.", ""),
    (TEXT, ""),
    ("", ""),
])
def test_of_a_body(body: str, origin: str) -> None:
    assert origin_of("Courier", (), body) == origin


@pytest.mark.parametrize(("authors", "origin"), [
    (("Associated Press",), "AP"), (("The Associated Press",), "AP"), (("AFP",), "AFP"), (("Nan",), ""),
    (("Reuters Staff",), "Reuters"),
    (("Jane Doe, Associated Press",), "AP"), (("Jane Doe", "Reuters"), "Reuters"), (("By Reuters",), "Reuters"),
    (("JANE DOE and JOHN ROE Associated Press",), "AP"), (("Jane Doe | AP",), "AP"), (("Jane Doe",), ""),
    (("Anna Petra",), ""), (("Ria Sharma",), ""), (("Ana Spa",), ""), (("Agence France-Presse",), "AFP"), ((), ""),
])
def test_of_authors(authors: tuple[str, ...], origin: str) -> None:
    assert origin_of("Courier", authors, TEXT) == origin


@pytest.mark.parametrize(("source", "origin"), [
    ("Reuters", "Reuters"), ("apnews.com", "AP"), ("AP", "AP"), ("kcna.kp", "KCNA"), ("Example", ""), ("", ""),
])
def test_of_an_agencys_own_feed(source: str, origin: str) -> None:
    assert origin_of(source, ("Jane Doe",), TEXT) == origin


def test_an_agency_signs_by_one_name_only() -> None:
    names = [name.lower() for names in AGENCIES.values() for name in names]
    assert len(names) == len(set(names))

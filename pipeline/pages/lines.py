"""Lines of an extracted text that are not the article: known by what they say, in a dozen languages.

Every rule is about a whole short line, never about words within a sentence of prose.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from pipeline.pages.pieces import words

_SHORT: Final = 250
_MORE: Final = (  # "read more" and its kind, alone or before the title of another story
    r"(?:read|see|learn|watch|find out) (?:more|also|next|this)|also read|explore further|most read"
    r"|related(?: (?:post|story|stories|articles?|content|news|topics|coverage|links?|reading))?"
    r"|more(?: on this| from .{1,30}| stories| news| coverage)?"
    r"|don['’]?t miss|must read|recommended(?: (?:videos?|for you|stories|reading))?|editor['’]s picks?"
    r"|(?:you|readers) (?:may|might)(?: also)? (?:like|be interested in)|popular on .{1,30}"
    r"|lesen sie (?:auch|hier|dazu)|mehr (?:zum thema|dazu|lesen)|auch interessant|das könnte sie auch interessieren"
    r"|dazu passend|ähnliche(?: artikel)?|weitere (?:artikel|nachrichten)"
    r"|(?:à )?lire (?:aussi|également)|à lire|voir aussi|sur le même sujet"
    r"|leggi (?:anche|pure)|ti potrebbe interessare"
    r"|le[ae] (?:también|más)|ver también|(?:le|te) puede interesar|noticias? relacionadas?|más información"
    r"|le(?:ia|r) (?:também|mais)|veja (?:também|mais)|saiba mais|notícias relacionadas"
    r"|les (?:også|mer)|læs (?:også|mere)|läs (?:också|mer|även)|lue myös|lees (?:ook|meer|verder)"
    r"|czytaj (?:też|także|również|więcej)|zobacz (?:też|także)|čtěte také|citeşte şi|citește și|olvassa el"
    r"|читайте (?:также|також|ещ[её]|ще)|смотрите также|по теме"
    r"|ilgili haber(?:ler)?|baca juga|xem thêm"
    r"|διαβάστε (?:επίσης|ακόμη)|اقرأ (?:أيضا|أيضًا|المزيد)|بیشتر بخوانید"
    r"|関連(?:記事|キーワード|ニュース|リンク)|おすすめ(?:情報|記事)"
    r"|相关(?:新闻|阅读|报道)|延伸閱讀|관련 ?(?:기사|뉴스)"
)
_LEAD_IN: Final = re.compile(rf"^\W*(?:{_MORE})\s*(?:[:：|»>–—-]|\.\.\.|…|$)", re.IGNORECASE)
_LOUD: Final = re.compile(
    r"^\W*(?:READ (?:MORE|ALSO|NEXT)|SEE (?:MORE|ALSO)|ALSO READ|RELATED|DON['’]T MISS|MUST READ|WATCH|MORE:"
    r"|Lesen Sie auch|À lire aussi|Lire aussi|Leggi anche|Les også|Läs också|Læs også|Lees ook|Le[ea] también"
    r"|Leia também|Читайте также|Читайте також|Baca juga)\b"
)
_CALL: Final = re.compile(
    r"^\W*(?:advertisement\b.{0,40}$|article content\W*$|(?:the )?(?:story|article) continues\b"
    r"|(?:click|tap) here\b|.{0,40}\bby clicking here\W*$|sign[- ]?up\b.{0,3}(?:to|for|here|now|today|:)"
    r"|subscribe (?:to|now|for|here|today)\b|get (?:the latest|daily|our|breaking|more from)\b.{0,120}"
    r"(?:inbox|newsletters?|news|updates?|e-?mail)\b|follow (?:ap['’]?s|our) .{0,80}coverage\b"
    r"|follow (?:us|\w+(?: \w+){0,3}) on (?:twitter|x|facebook|instagram|google|whatsapp|telegram|linkedin|threads"
    r"|bluesky|youtube)\b"
    r"|download (?:the|our) .{0,40}\bapp\b"
    r"|for (?:the latest|more (?:news|info(?:rmation)?|details|stories|on|of|coverage))\b"
    r".{0,80}\b(?:sign up|follow|subscribe|click|visit)\b"
    r"|(?:copyright\W*(?:\d{4}|by\b|$)|[©ⓒ]|\(c\) ?\d{4}).{0,140}$|copyright.{0,3}[©@ⓒ].{0,140}$"
    r"|.{0,100}all rights reserved\W*.{0,40}$|filed under\b"
    r"|(?:tags?|keywords|topics|categories|schlagwörter|etiquetas|mots[- ]clés)\s*:.{0,150}$"
    r"|(?:sources?|quellen?|fuentes?|fontes?|fonte)\s*:\s.{0,60}$"
    r"|write to .{3,60} at \S+@\S+|e-?mail\s*:?\s*\S+@\S+\W*$|(?:have|got) a tip\b|contact .{3,60} at \S+@\S+"
    r"|listen to this (?:article|story)|(?:tempo de leitura|lesedauer|reading time|temps de lecture)\b"
    r"|\d+[- ]min(?:ute)?s? read\W*$|passer la publicité|skip (?:ad|advertisement|to)\b"
    r"|support (?:our|independent|quality) journalism|hat ihnen dieser artikel|this copy is for your personal"
    r"|we (?:independently select|may earn)\b|this (?:article|story|post) (?:contains affiliate|was originally)"
    r"|(?:photos?|image|picture|foto|bild|crédit|credit)\s*(?:by|credit|:).{0,80}$|share this\b|print this\b"
    r"|(?:we|this (?:web)?site) uses? cookies|by (?:using|continuing) .{0,60}cookies|enable javascript"
    r"|please (?:enable|turn on) javascript|(?:accept|manage) (?:all )?cookies)",
    re.IGNORECASE,
)
_CREDIT: Final = re.compile(
    r"^\W*(?:(?:additional |with )?(?:reporting|writing|editing|compiled|translated|edited|written) (?:by\b|from\b)"
    r"|with (?:reports|files|input|information|agency inputs?) from\b|with agenc(?:y|ies)"
    r"|\S.{0,160}\bcontributed to (?:this|the) (?:report|story|article)\W*$"
    r"|mit agenturmaterial|mit material (?:von|der)|dieser artikel ist zuerst|fehler gefunden"
    r"|this (?:article|story) (?:first )?appeared)",
    re.IGNORECASE,
)
_DATE_LINE: Final = re.compile(
    r"^\W*(?:(?:first )?(?:published|updated|posted|last modified|stand|aktualisiert|veröffentlicht|uppdaterad"
    r"|publicerad|actualizado|publicado|publié|mis à jour|pubblicato|aggiornato|opublikowano|güncelleme|기사입력)"
    r"\b.{0,60}"
    r"|(?:\w{2,12}[,.]? )?\d{1,2}[./ -]\w{2,12}[./ -]\d{2,4}.{0,40}|\w{3,9} \d{1,2}, \d{4}.{0,40}|\d{1,2}:\d\d.{0,30}"
    r"|.{0,12}\d{4}年\d+月\d+日.{0,40})$",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟۔।॥።:;\"”’»›)\]）」』]\W*$")


def strip_lines(lines: Sequence[str], *, headings: Collection[str], titles: Collection[str]) -> list[str]:
    """The lines of the article alone: no repeated title, calls to action, pointers elsewhere, credits at the end.

    `headings` are the lines that are headings on the page; `titles` what the page calls itself.
    """
    kept = _without_calls(_without_head(lines, [words(title) for title in titles]))
    return _without_tail(kept, headings)


def _without_head(lines: Sequence[str], titles: Collection[str]) -> list[str]:
    def repeats(line: str) -> bool:
        own = words(line)
        return any(
            own == title
            or (len(own) > 15 and own in title)
            or (len(title) > 15 and title in own and len(own) < 1.8 * len(title))
            for title in titles
        )

    return [
        line for place, line in enumerate(lines)
        if place >= 6 or not (repeats(line) or (len(line) < 90 and _DATE_LINE.match(line)))
    ]  # fmt: skip


def _without_calls(lines: Sequence[str]) -> list[str]:
    kept = []
    labels = Counter(label for line in lines if len(line) <= _SHORT and (label := _label(line)))
    in_list = False  # the list under a bare "Read more:" goes with it
    for line in lines:
        text = line.strip().removeprefix("- ")
        item = line.lstrip().startswith("- ")
        if len(text) <= _SHORT:
            lead_in = _LEAD_IN.match(text)
            repeated = labels[_label(line)] > 1  # "MORE ON THIS | title", in any language
            if lead_in or repeated or _LOUD.match(text) or _CALL.match(text):
                in_list = bool(lead_in) and len(text) < 40
                continue
            if in_list and item and len(text) < 160:
                continue
        in_list = False
        kept.append(line)
    return kept


def _label(line: str) -> str:
    """What stands before the only bar of a line: `` in a table, or where it is one word."""
    label, bar, rest = line.strip().partition("|")
    return label if bar and "|" not in rest and len(label.split()) > 1 else ""


def _without_tail(lines: list[str], headings: Collection[str]) -> list[str]:
    """Credits, signatures and headings of what follows: short last lines that are no sentences."""
    kept = list(lines)
    for _ in range(8):
        if len(kept) <= 3:
            break
        text = kept[-1].strip()
        if text.startswith("- "):
            break
        signature = len(text) < 70 and not _SENTENCE_END.search(text)
        agency = len(text) < 40 and text.startswith("(") and text.endswith(")")
        if not (signature or agency or text in headings or (len(text) <= _SHORT and _CREDIT.match(text))):
            break
        kept.pop()
    return kept

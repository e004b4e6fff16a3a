"""How frequent stems are in English news, roughly: where a pattern has a rarer item, that one is looked for first."""

from typing import Final

from pipeline.core.text import stem

_FUNCTION: Final = (
    "the a an and or but of to in on at by for from with without as is are was were be been being has have had do does"
    " did will would could can may might must should not no it its he his him she her they their them we our us you"
    " your i me my this that these those there here who whom whose which what when where why how if than then so such"
    " more most many much some any all both each few other another own same very just only also even still yet again"
    " once now up down out off over under into onto about against between among through during before after above"
    " below since until while because although though however said say told new first last one two three"
)
_FREQUENT: Final = (
    "next four five year month week day time people man men woman women government president minister country state"
    " world city company group official police court law bill house party leader member plan deal talk work use make"
    " made take took taken get got give gave given go went come came see seen show call ask seek want need hold held"
    " keep kept lead led run move part place report news story case end begin began start open close hit strike attack"
    " kill war fight force power right left back long high low big large small great good bad old young late early"
    " public national international american foreign political economic military security trade business market money"
    " million billion percent price rise fall help meet order sign sale buy sell pay cost support offer send sent bring"
    " turn put set near area land launch test program service home school family life death dead body head hand line"
    " level number point question issue problem side way"
)
EXPECTED: Final = {
    **dict.fromkeys(map(stem, _FREQUENT.split()), 20.0),
    **dict.fromkeys(map(stem, _FUNCTION.split()), 400.0),
}
"""Stem -> how often it is to be expected, in no particular unit; a stem that is not here counts `OTHERWISE`."""

OTHERWISE: Final = 0.3
A_NAME: Final = 0.02
"""What a word that must begin with a capital counts."""

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
_COMMON: Final = (  # stems, one by one
    "unit like offic live found shoot charg fire face train south continu announc alleg accus shot claim includ"
    " north murder accord warn releas top investig east republican star chief suspect white air reveal media"
    " latest win critic team arrest tri author video find game best leav miss amid play student around second"
    " expect secretari car morn rule across six return share record email west night final ban democrat children"
    " read super campaign free social prime worker water respons york black protest border least appear cup sever"
    " union know defens post administr bank stop major resid leagu search film feder agenc energi food depart oper"
    " system bowl human cut action prison name region local hope concern base person build job park target crime"
    " well victim council crisi despit communiti rate provid northern general love effort hear relat receiv fail"
    " cnn ahead threat footbal polici european season rais race girl friend think aid allow milit decis gun tell"
    " expert town invas never watch crash manag far thousand confirm push boy carri possibl develop speak los"
    " perform travel mark risk demand space away consid defend due statement control abus daili believ street seri"
    " hospit dog oil labour player injur won join urg full attempt candid drug vote half rescu legal fund britain"
    " stand step fear involv club judg research staff insid fan wife protect trial director product event press"
    " surpris act potenti storm coast challeng david governor break inform propos sen special role add driver"
    " lawmak address whether sex reach probe mean clear suggest execut pass medic violenc hat celebr"
    " design industri anti tax troop slam fli battl result spend japan actor bid global data sport"
    " per real champion account island import western speech deni award cover third ever green threaten father"
    " jail chemic known arriv wound short futur aim letter red met assault independ climat soldier privat"
    " publish mass europ hill bag drop light activ key firm suspend pro seven describ attorney"
    " focus secret sea prepar capit sourc justic board within project guilti jet poll remov drive"
    " access march tie happen rep guardian rang suprem counti raid thought blast link fighter"
    " onlin suppli agre economi alli flight australian respond eight safeti winter prosecutor photo figur"
    " commit armi peac block financi answer enough direct pressur activist produc juri let appl list himself evid"
    " lawyer diplomat intellig anniversari babi plane site convict requir gas declar organiz journalist"
    " husband lake station deliv stab road vehicl ground messag prevent front file impact seem"
    " massiv premier repres match limit emergenc inflat las weather posit senior stage fuel grand refus beat"
    " multipl invest technolog femal hundr mission track footag promis owner loss document cultur word victori"
    " ministri along associ blame nine huge impos center toward tech royal transport network admit field"
    " disast french heat biggest opposit cancel central strong reject further sky survivor express coach cold"
    " budget self debat islam heart profit provinc cross offens generat main conduct measur plant plead"
    " present centr shock discov approv imag commiss camp angel store avoid damag phone round congress ten"
    " mayor beach hotel suicid initi explos illeg abl appeal apart liber custom note lawsuit kick process"
    " agreement boss shop wit captur largest roll worri goal contract caught dozen princ complet defeat"
    " pilot assist river electr partner tour wait check eye ship contain scientist rebel"
    " spent aircraft score worth legisl lie negoti helicopt cours cyclon quak reduc civil"
    " ice labor origin eastern noth situat bar summer civilian cell properti disput non wrote struck"
    " collect crimin fine blue decid togeth airport guard spring argu regul farm room cancer safe"
    " titl district defenc eagl longer lack ben box fast materi seat spoke user parliament"
    " primari advanc leg unidentifi class certain boost annual terror immedi recov"
)
_PARTS: Final = "s t u e m d b c j k l n p v x re de al la un pro anti non ex mr mrs"
"""What is left of words where apostrophes, hyphens and full stops stood; figures are as common."""
EXPECTED: Final = {
    **dict.fromkeys(_COMMON.split(), 4.0),
    **dict.fromkeys([*_PARTS.split(), *map(str, range(61))], 40.0),
    **dict.fromkeys(map(stem, _FREQUENT.split()), 20.0),
    **dict.fromkeys(map(stem, _FUNCTION.split()), 400.0),
}
"""Stem -> how often it is to be expected, in no particular unit; a stem that is not here counts `OTHERWISE`."""

OTHERWISE: Final = 0.3
A_NAME: Final = 0.02
"""What a word that must begin with a capital counts."""

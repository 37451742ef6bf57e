"""What stands around a name: countries and railways, (эксп.), station, port, brackets, several names at once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from optimizer.letters import fold, key
from optimizer.network.names.model import ALIAS, OWN, PART

# Words that say the border point of the tariffs is meant, not the town's own station.
_EXPORT = frozenset(("эксп", "экспорт", "exp", "export"))
# Words around a name that say nothing about which place it is.
_NOISE = _EXPORT | {
    *("имп", "импорт", "imp", "import", "транзит", "transit"),
    *("перев", "перевалка", "перегруз"),
    *("ст", "станция", "station", "st", "стансасы", "станциясы", "бекет", "бекети", "stansiyasy", "ایستگاه"),
    *("г", "гор", "город", "city", "к", "каласы", "saheri", "شهر"),
    *("код", "еср", "esr", "code"),
}
# Words for a border post, which tell it from its town where we have both.
_POST = frozenset(("кпп", "мапп", "checkpoint", "погранпереход", "مرز", "گمرک"))
_PORT = frozenset(("порт", "port", "порты", "porty", "بندر"))
_PORT_OR_VILLAGE = re.compile(r"\s*[пp](?:\.\s*|\s+)(?=\w{3})", re.IGNORECASE)
# Words of two pieces once folded: ж/д, ст-я.
_SPLIT_NOISE = re.compile(r"\b(ж д|жд|ст (я|ция)|р ж д)\b")
_DROPPED_ENDINGS = ("checkpoint and dry port", "checkpoint", "junction", "border post")
_SIDES = frozenset({"afghan side", "pakistan side", "port", "план"})

_COUNTRY_WORDS = {
    "KZ": "kazakhstan казахстан рк kaz қазақстан кзх ктж ktz кзт",
    "TM": "turkmenistan туркменистан туркмения tkm трк тдй tdy türkmenistan",
    "UZ": "uzbekistan узбекистан uzb уз рузб ути утй uti uty",
    "IR": "iran иран iri ири irn ایران раи rai",
    "AF": "afghanistan афганистан afg афг افغانستان",
    "PK": "pakistan пакистан pak пак",
    "RU": "russia россия рф rus ржд rzd",
    "CN": "china китай кнр chn кжд",
    "AZ": "azerbaijan азербайджан aze азж",
    "AE": "uae оаэ emirates",
    "OM": "oman оман",
    "IN": "india индия",
}
COUNTRY_OF = {fold(word): iso for iso, words in _COUNTRY_WORDS.items() for word in (*words.split(), iso)}

_PARENTHESIS = re.compile(r"\(([^()]*)\)")
_BESIDE = re.compile(r"[/|]")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:\s{1,2}[^\W\d_]){3,}(?!\w)")
_LANE = re.compile(r"\s+[-–—]+>?\s+|\s*(?:->|→|=>)\s*")


def parts(name: str) -> Iterable[tuple[str, int]]:
    """A name of ours and the shorter names it holds, with their ranks.

    >>> list(parts("Garabogaz (Bekdash)"))
    [('Garabogaz (Bekdash)', 0), ('Garabogaz', 0), ('Bekdash', 2)]
    """
    yield name, OWN
    bare = " ".join(_PARENTHESIS.sub(" ", name).split())
    if bare != name:
        yield bare, OWN
        for inner in _PARENTHESIS.findall(name):
            if _worth_finding(inner):
                yield inner, PART
    for ending in _DROPPED_ENDINGS:
        if bare.endswith(" " + ending):
            yield bare.removesuffix(ending).strip(), ALIAS
            break
    if "/" in bare:
        yield from ((piece.strip(), PART) for piece in bare.split("/") if _worth_finding(piece))


def _worth_finding(inner: str) -> bool:
    words = fold(inner)
    return (
        words not in _SIDES
        and words not in COUNTRY_OF
        and not words.isdigit()
        and not set(words.split()) & {"border", "and", "planned", "to", "transhipment"}
    )


def split_country(text: str) -> tuple[str, str]:
    """("Sarakhs", "IR") from "Sarakhs, Iran", "Sarakhs (IR)", "Sarakhs IR" or "Сарахс РАИ".

    >>> split_country("Сарахс (ТРК)"), split_country("Kostanay")
    (('Сарахс', 'TM'), ('Kostanay', ''))
    """
    for inner in _PARENTHESIS.findall(text):
        if country := COUNTRY_OF.get(fold(inner)):
            return _PARENTHESIS.sub(" ", text).strip(), country
    head, comma, tail = text.rpartition(",")
    if comma and (country := COUNTRY_OF.get(fold(tail))):
        return head.strip(), country
    words = text.split()
    if len(words) > 1 and (country := COUNTRY_OF.get(fold(words[-1]))):
        return " ".join(words[:-1]).rstrip(" ,"), country
    return text, ""


def says_export(text: str) -> bool:
    """Whether the text asks for the border point that tariffs name.

    >>> says_export("Сарахс (эксп.)"), says_export("Экспортная")
    (True, False)
    """
    return not _EXPORT.isdisjoint(fold(text).split())


def without_noise(words: str) -> str:
    """Folded words less those that say nothing of which place it is."""
    return " ".join(word for word in _SPLIT_NOISE.sub(" ", words).split() if word not in _NOISE and word not in _POST)


def variants(text: str) -> list[str]:
    """The text; the text without words such as (эксп.) or station; "порт" at the other end.

    >>> variants("ст. Костанай"), variants("Курык-порт перев.")
    (['ст. Костанай', 'костанай'], ['Курык-порт перев.', 'курык порт', 'порт курык'])
    """
    words = fold(text)
    quiet = without_noise(words)
    with_post = " ".join(word for word in words.split() if word not in _NOISE)
    found = [text, *dict.fromkeys(name for name in (with_post, quiet) if name and name != words)]
    bare = quiet.split()
    if len(bare) > 1 and bare[-1] in _PORT:
        found.append(" ".join((bare[-1], *bare[:-1])))
    elif len(bare) > 1 and bare[0] in _PORT:
        found.append(" ".join((*bare[1:], bare[0])))
    return found


def port_or_village(text: str) -> tuple[str, str] | None:
    """Both readings of "п. Актау", порт and посёлок; None when the text does not begin so.

    >>> port_or_village("п. Актау"), port_or_village("Павлодар")
    (('порт Актау', 'Актау'), None)
    """
    if not (start := _PORT_OR_VILLAGE.match(text)):
        return None
    return f"порт {text[start.end() :]}", text[start.end() :]


def named_together(text: str) -> tuple[list[str], list[str]]:
    """Names beside each other and names in brackets: "Тобол/Тобыл", "Тегеран (Априн)".

    >>> named_together("Тобол/Тобыл"), named_together("Тегеран (Апрін)"), named_together("Сарахс эксп/имп")
    ((['Тобол', 'Тобыл'], []), (['Тегеран'], ['Апрін']), (['Сарахс эксп'], []))
    """
    beside = [piece.strip() for piece in _BESIDE.split(_PARENTHESIS.sub(" ", text))]
    inside = [remark.strip() for remark in _PARENTHESIS.findall(text)]
    return [p for p in beside if _names_something(p)] or [text], [r for r in inside if _names_something(r)]


def _names_something(text: str) -> bool:
    return bool(key(without_noise(fold(text))))


def along_a_lane(text: str) -> list[str]:
    """The names of "Болашак - Акяйла"; one name when the text is no lane.

    >>> along_a_lane("Алтынколь -> Андхой"), along_a_lane("Бендер-Аббас")
    (['Алтынколь', 'Андхой'], ['Бендер-Аббас'])
    """
    return [piece.strip() for piece in _LANE.split(text) if _names_something(piece)] or [text]


def close_up(text: str) -> str:
    """Letter-spaced words closed up, as printed tables space them.

    >>> close_up("К о с т а н а й  эксп."), close_up("Порт Т у р к м е н б а ш и")
    ('Костанай  эксп.', 'Порт Туркменбаши')
    """
    return _SPACED.sub(lambda found: "".join(found[0].split()), text)

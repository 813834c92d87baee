"""A near copy of a sentence in which a word, a conjunction or an order was changed says something else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from research.engine.domain.claims import Part

from .alignment import closest, tokens
from .matching import SAME, related
from .numerals import NUMBER_WORDS, SCALES
from .words import STOPWORDS, fold, names, sentences, stem, word_set

NAME = "replaced"
# With a single place changed, a sentence is a copy from a lower share of common words on: short sentences have few.
ONE_PLACE = 0.6
# From this share on, each of several changed places counts; below, they make it a restatement, which `entail` judges.
COPY = 0.85
_WORD_FOR_WORD = 2  # content words at most on either side of a change; whoever changes more says it in other words
# How much, when and how surely is judged by the checks of figures, periods and hedges.
_ELSEWHERE = (
    word_set(
        "percent percentage point points basis dollar dollars euro euros pound pounds sterling approximately roughly "
        "around nearly almost january february march april june july august september october november december not no "
        "never none cannot without however additionally therefore thus instead example"
    )
    | frozenset(SCALES)
    | frozenset(NUMBER_WORDS)
)
# Who speaks may be named or called this.
_SPEAKER = frozenset(
    map(stem, word_set("company firm group business corporation organisation organization we our us it they"))
)
# Besides `matching.SAME`, words that may stand for each other in a copy without changing what it says.
_ALIKE = """
total totalled totaled amount amounted reach reached come came stand stood
require need oblige must
permit allow authorise authorize
forbid prohibit ban bar
primarily mainly largely chiefly mostly
obtain get receive got
monthly month
yearly annual annually year
provide offer give supply
introduce launch
fee charge price
rule regulation
law act statute legislation
person individual people
current now present today
also additionally
remain stay
expand broaden
contain include comprise
conduct perform carry
attorney lawyer
worldwide global globally international
because due owing
compare versus against
while whereas although though but
client customer
licence license
shop store
raise lift increase
large greater big high
sing sang sung
""".strip()
_GROUPS = tuple(frozenset(stem(word) for word in line.split()) for line in _ALIKE.splitlines())
_CONDITIONS = re.compile(
    r"\b(?:even if|only if|as if|unless|except|if|until|only|whether or not|whether|despite|because of|regardless of)\b"
)
# Conditions that may stand for each other.
_SAME_CONDITION = (
    frozenset({"even if", "whether or not", "regardless of", "despite"}),
    frozenset({"if", "only if", "only"}),
)
_ASIDE = re.compile(r", [^,.;]{3,80},(?=\s)")
_LONGEST = 3  # tokens that come for others
_ARTICLES = word_set("a an the their its his her our your these those this that")
_JOINS = word_set("and or as well both either")
_LEADS = word_set("from to by than over into against before after")


def check(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when the claim is a near copy of a sentence that has another word, condition or order, else 1000.

    Free restatements (see `ONE_PLACE`) are not judged here, nor are words left out, figures, names and negations.
    """
    mine = tokens(claim)
    turned = _turned(mine, quotes)
    if turned:
        return _wrong(turned)
    # A claim may leave out what stands between commas.
    short = [_ASIDE.sub("", quote) for quote in quotes]
    theirs, ratio = closest(mine, [*quotes, *short], least=ONE_PLACE)
    if ratio < ONE_PLACE:
        return Part(name=NAME, score=1000, reason="not a copy of a sentence")
    changed = _condition(mine, theirs) or _exchanged(mine, theirs)
    swaps = list(_swaps(mine, theirs))
    if not changed and (ratio >= COPY or len(swaps) == 1):
        named = names(fold(claim)) | frozenset().union(*(names(fold(quote)) for quote in quotes))
        whole = Counter(map(stem, mine)), Counter(map(stem, theirs))
        changed = next(filter(None, (_replaced(gone, came, named, *whole) for gone, came in swaps)), None)
    if changed:
        return _wrong(changed)
    return Part(name=NAME, score=1000, reason="no word stands in another's place")


def _wrong(changed: tuple[str, str]) -> Part:
    return Part(name=NAME, score=0, reason=f"says “{changed[0]}” where the quote says “{changed[1]}”")


def _swaps(mine: list[str], theirs: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    for tag, i, j, k, m in SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes():
        gone, came = (sum(map(_tells, row)) for row in (theirs[i:j], mine[k:m]))
        if tag == "replace" and gone and came:
            yield theirs[i:j], mine[k:m]


def _tells(token: str) -> bool:
    return len(token) > 1 and token[0].isalpha() and token not in STOPWORDS and token not in _ELSEWHERE


def _binds(token: str) -> bool:
    return token in STOPWORDS and token not in _ARTICLES


def _replaced(
    gone: list[str], came: list[str], named: frozenset[str], mine: Counter[str], theirs: Counter[str]
) -> tuple[str, str] | None:
    """Return what came and what is gone when a word in `came` is new and stands for none in `gone`, else None."""
    if max(sum(map(_tells, row)) for row in (gone, came)) > _WORD_FOR_WORD:
        return None
    # "to obtain" for "a valid passport and" is another turn of phrase, not a word in another's place.
    if len(came) > _LONGEST or [w for w in gone if _binds(w)] != [w for w in came if _binds(w)]:
        return None
    lost = [stem(w) for w in gone if _tells(w) and theirs[stem(w)] > mine[stem(w)]]
    if not lost or all(each in _SPEAKER for each in lost):
        return None
    for word in came:
        new = stem(word)
        if not _tells(word) or mine[new] <= theirs[new] or word.removesuffix("'s") in named:
            continue
        speaks = new in _SPEAKER and any(w.removesuffix("'s") in named for w in gone)
        if not speaks and not any(_alike(new, old) for old in lost):
            return " ".join(came), " ".join(gone)
    return None


def _alike(new: str, old: str) -> bool:
    if related(new, old) or old in SAME.get(new, ()):
        return True
    # Stems of one word may differ in their last letter ("attorney", "attorneys").
    return any(all(any(related(word, each) for each in group) for word in (new, old)) for group in _GROUPS)


def _condition(mine: list[str], theirs: list[str]) -> tuple[str, str] | None:
    """Return the condition that came and the one it replaced ("even if", "unless"), None where none was."""
    said, quoted = (Counter(_CONDITIONS.findall(" ".join(row))) for row in (mine, theirs))
    came, gone = list((said - quoted).elements()), list((quoted - said).elements())
    if not came or not gone or any(came[0] in group and gone[0] in group for group in _SAME_CONDITION):
        return None
    return came[0], gone[0]


def _exchanged(mine: list[str], theirs: list[str]) -> tuple[str, str] | None:
    """Return the two stretches in which two words took each other's place, None where none did.

    "and" between them joins equals, and a passive ("by" on one side alone) turns the order without the sense.
    """
    if ("by" in mine) != ("by" in theirs):
        return None
    said, quoted = ([(at, stem(w)) for at, w in enumerate(row) if _tells(w)] for row in (mine, theirs))
    if Counter(s for _, s in said) != Counter(s for _, s in quoted):
        return None
    off = [n for n, (one, other) in enumerate(zip(said, quoted, strict=True)) if one[1] != other[1]]
    pair = 2
    if len(off) == pair and said[off[0]][1] == quoted[off[1]][1]:
        stretches = [row[side[off[0]][0] : side[off[1]][0] + 1] for side, row in ((said, mine), (quoted, theirs))]
        if not set(stretches[0]) & _JOINS and not set(stretches[1]) & _JOINS:
            return " ".join(stretches[0]), " ".join(stretches[1])
    return None


def _turned(mine: list[str], quotes: Sequence[str]) -> tuple[str, str] | None:
    """Return what changed places between the claim and a sentence that holds all its words, None where nothing did.

    Whole sentences are compared: of phrases that changed places no stretch is near.
    """
    wanted = {stem(w) for w in mine if _tells(w)}
    for sentence in (sentence for quote in quotes for sentence in sentences(quote)):
        theirs = tokens(sentence)
        if wanted <= set(map(stem, theirs)) and ("by" in mine) == ("by" in theirs):
            found = _exchanged(mine, theirs) or _led(mine, theirs)
            if found:
                return found
    return None


def _led(mine: list[str], theirs: list[str]) -> tuple[str, str] | None:
    """Return the leads that two words exchanged ("from" and "to") as they stand on both sides, None where none did."""
    said, quoted = _leads(mine), _leads(theirs)
    for one, lead in said.items():
        for other, second in said.items():
            if lead < second and (quoted.get(one), quoted.get(other)) == (second, lead):
                return f"{lead} {one}… {second} {other}…", f"{second} {one}… {lead} {other}…"
    return None


def _leads(row: list[str]) -> dict[str, str]:
    """Return by the stem of a word which of `_LEADS` stands before it, first come; articles between do not count."""
    found: dict[str, str] = {}
    lead = ""
    for token in row:
        if token in _LEADS:
            lead = token
        elif _tells(token) or token[0].isdigit():
            if lead:
                found.setdefault(stem(token), lead)
            lead = ""
    return found

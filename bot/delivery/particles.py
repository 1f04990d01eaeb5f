"""Korean particles by the last sound of what stands before them: 서비스가, 시크릿이. Pure.

A sentence names both, as in 이(가); here one of them is kept where the sound is certain, and both where it is not.
"""

import re

_PAIR = re.compile(r"(?P<before>\S) ?(?P<pair>을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로)")
_CLOSING = "\"'`)]}”’"
_FIRST, _LAST, _FINALS = "가", "힣", 28
_RIEUL = 8
# 영 (십, 백, 천), 일, 삼, 육, 칠, 팔 end in a consonant; 일, 칠, 팔 in ㄹ.
_DIGITS, _DIGITS_IN_RIEUL = "013678", "178"
_WORD = re.compile(r"[A-Za-z]+$")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_CAPITALS = re.compile(r"[A-Z]{2,4}$")
# How names and words of English end when they are read in Korean. What fits neither is not certain.
_CLOSED = re.compile(r"(?:[lmn]|[lmn]e|[aiou]ng|[^aeo]at|[^o]ot|out|[ei]t|[aeiu]p|[^o]op|[aeou]b|ook|ic)$")
_OPEN = re.compile(r"(?:[aiouyrsxzfvdhwjq]|[bcdghkrstuvz]e|[aeiou]g|[nrlscfx]t|[nrls]k)$")


def settled(text: str) -> str:
    """The same text with the particles that are certain."""
    return _PAIR.sub(_chosen, text)


def _chosen(match: re.Match[str]) -> str:
    pair = match["pair"]
    end = match.start() + 1
    final = _final(match.string[max(end - 40, 0) : end].rstrip(_CLOSING))
    if final is None:
        return match["before"] + pair
    if pair == "(으)로":
        return match["before"] + ("로" if final in {"", "ㄹ"} else "으로")
    return match["before"] + (pair[0] if final else pair[2])


def _final(text: str) -> str | None:
    """The consonant that the last syllable ends in: empty for none, ㄹ for itself, + for any other; None is unknown."""
    last = text[-1:]
    if _FIRST <= last <= _LAST:
        place = (ord(last) - ord(_FIRST)) % _FINALS
        return "" if place == 0 else "ㄹ" if place == _RIEUL else "+"
    if last.isascii() and last.isdigit():
        return "" if last not in _DIGITS else "ㄹ" if last in _DIGITS_IN_RIEUL else "+"
    word = _WORD.search(text)
    if word is None:
        return None
    read, spelled = _read(word[0].lower()), _spelled(word[0].lower())
    if _CAPITALS.fullmatch(word[0]) and read != spelled:
        return None
    return read if _VOWEL.search(word[0]) else spelled


def _read(word: str) -> str | None:
    if _CLOSED.search(word):
        return "ㄹ" if word.endswith(("l", "le")) else "+"
    return "" if _OPEN.search(word) else None


def _spelled(word: str) -> str:
    """Letter by letter, as URL is 유아르엘."""
    return {"l": "ㄹ", "m": "+", "n": "+"}.get(word[-1], "")

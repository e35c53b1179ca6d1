"""Invented, readable names for the simulated world: tags, people and songs in several scripts.

Owns no state: every name comes from the `random.Random` that is handed in. Names are made of syllables,
so none is meant to be the name of a person, a place or an event.
"""

import random

from trendwire.domain.subjects import hashtag_identity

_LATIN = (
    "ba be bi bo bu ca ce co da de di do fa fe fi ga go ha hi jo ka ke ki ko la le li lo lu ma "
    "me mi mo mu na ne ni no pa pe pi po ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo za zo"
)
_WRITTEN = {
    "latin": _LATIN,
    "accents": _LATIN + " ção lã nhê mé cô ví ñu dê phố thư ấn ôn ướ ră şi ğa öl ün åk øy",
    "cyrillic": "ба ве ги до жа зи ка ле ми но па ре си то ду фе ха цы че шу щи эл ю я",
    "arabic": "با ته سي لو مر نا قم كر شا دو في عا هل وي جا",
    "devanagari": "का मी रा लो ने सु ता वि पा जो दे ही बा गु",
    "thai": "กา มี ลำ นา ทอง ใจ ดี สุข วัน ฟ้า พล",
    "kana": "あ か き く さ し す た つ な の は ひ ま み も や ゆ ら り る わ",
    "hangul": "가 나 다 라 마 바 사 아 자 차 하 고 노 도 로 모 보 소 오 조 주 미 리 비",
}
SYLLABLES: dict[str, list[str]] = {script: text.split() for script, text in _WRITTEN.items()}
"""Script -> syllables."""

REGIONS = {
    "US": "latin", "ID": "latin", "BR": "accents", "MX": "accents", "VN": "accents", "RU": "cyrillic",
    "JP": "kana", "TH": "thai", "PH": "latin", "TR": "accents", "SA": "arabic", "IN": "devanagari",
    "GB": "latin", "FR": "accents", "DE": "accents", "KR": "hangul", "EG": "arabic", "ES": "accents",
    "IT": "latin", "PL": "accents", "AR": "accents", "CO": "accents", "MY": "latin", "UA": "cyrillic",
    "CA": "latin", "AU": "latin", "NL": "latin", "RO": "accents", "PE": "accents", "CL": "accents",
    "SE": "accents", "KZ": "cyrillic", "PT": "accents", "GR": "latin", "CZ": "accents", "NO": "accents",
    "HU": "accents", "AE": "arabic", "SG": "latin", "NZ": "latin",
}  # fmt: skip
"""The regions a world takes first, largest first, and the script of their names."""


def word(rng: random.Random, script: str, least: int = 2, most: int = 3) -> str:
    """A word of `least` to `most` syllables."""
    return "".join(rng.choices(SYLLABLES[script], k=rng.randint(least, most)))


class TagNames:
    """Hands out hashtag names, each once and each equal to its own identity."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def new(self, script: str, suffix: str = "") -> str:
        while True:
            name = word(self._rng, script, 2, 4) + suffix
            if name not in self._taken and hashtag_identity(name) == name:
                self._taken.add(name)
                return name


def person(rng: random.Random, script: str) -> str:
    """A nickname: two words."""
    return f"{word(rng, script).capitalize()} {word(rng, script).capitalize()}"

"""The language of a text, told by its letters and, in Latin letters, by its smallest words.

It rather says nothing than something wrong: short texts, code, names and mixtures have no language here.
"""

import re
from collections import Counter

# Names in the language itself; where letters are all that is known, the name of the letters.
NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "zh": "中文",
    "ja": "日本語",
    "ko": "한국어",
    "cyrl": "Кириллица",
    "arab": "العربية",
    "hebr": "עברית",
    "grek": "Ελληνικά",
    "deva": "देवनागरी",
    "thai": "ไทย",
    "latn": "ABC",
}
LATIN = "latn"
# Letters that one language (or group) alone uses, and how many of them weigh as much as a word.
SCRIPTS = {
    "han": (re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"), 2),
    "kana": (re.compile("[\u3040-\u30ff]"), 2),
    "ko": (re.compile("[\uac00-\ud7af]"), 3),
    "cyrl": (re.compile("[\u0400-\u04ff]"), 5),
    "arab": (re.compile("[\u0600-\u06ff]"), 5),
    "hebr": (re.compile("[\u0590-\u05ff]"), 5),
    "grek": (re.compile("[\u0370-\u03ff]"), 5),
    "deva": (re.compile("[\u0900-\u097f]"), 5),
    "thai": (re.compile("[\u0e00-\u0e7f]"), 5),
}
# Words that stand in every few words of their language, without keywords of programming languages.
WORDS_BY_LANGUAGE = {
    "en": "the of to is are that with you your this was were have they which what how my it be",
    "de": "der die und das ist nicht mit ein eine für auf sie ich den von zu auch wird werden dem sind wie",
    "fr": "le la les des est une dans pour que qui pas vous avec sur cette et du sont je il un au",
    "es": "el los las que una por con para del está es y como pero su más se lo un en la",
    "it": "il che di una per non sono con della gli anche più è nel lo le un dei",
    "pt": "que não uma para os da em é você são mais dos um ao na isso também",
    "nl": "de het een van niet dat voor met zijn op ook je wordt te aan bij uit",
}
SMALL_WORDS = {
    word: tuple(lang for lang, words in WORDS_BY_LANGUAGE.items() if word in words.split())
    for words in WORDS_BY_LANGUAGE.values()
    for word in words.split()
}
LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+", re.DOTALL)
LOOKED_AT_LETTERS = 2_000
# Sure from four small words on, where every eighth word is one, and twice as many as of the next language.
LEAST_SMALL_WORDS = 4
SMALL_WORD_RATIO = 1 / 8
CLEAR_TIMES = 2.0
# A text is of a script when four fifths of it are; brand names in between do not count.
SCRIPT_RATIO = 0.8
LEAST_WEIGHT = 2
LEAST_LATIN_WORDS = 2
# Where an example speaks of languages, its two sides may well be in two.
SPEAKS_OF_LANGUAGE = re.compile(
    r"(?i)translat|language|english|french|german|spanish|italian|portuguese|dutch|russian|chinese|mandarin|cantonese|"
    r"japanese|korean|arabic|hebrew|greek|hindi|latin\b|übersetz|englisch|deutsch|französisch|sprache|tradui|anglais|"
    r"français|traduc|traduz|inglés|español|inglese|italiano|翻译|翻譯|语言|語言|[英中汉日韩法德俄西]语|[英中法德日韩俄]文|"
    r"[汉漢]字|拼音|英語|日本語|訳|번역|영어|перев[ео]д|английск"
)


# Three Latin words in a row inside another script quote a foreign phrase: the answer may be about it.
QUOTED = re.compile(r"[A-Za-z]+(?:[ '-][A-Za-z]+){2,}")


def language_of(text: str) -> str | None:
    """Give the language of a text (a key of `NAMES`), or None where it cannot be told."""
    text = CODE.sub(" ", text[:LOOKED_AT_LETTERS])
    latin = LATIN_WORD.findall(text)
    weights = {"latin": float(len(latin))}
    if not text.isascii():
        weights |= {
            name: len(letters.findall(text)) / weight for name, (letters, weight) in SCRIPTS.items()
        }
    total = sum(weights.values())
    if total < LEAST_WEIGHT:
        return None
    east = weights.get("han", 0) + weights.get("kana", 0)
    if east >= SCRIPT_RATIO * total:
        # Japanese has kana in every sentence, Chinese none.
        return "ja" if weights["kana"] > east / 10 else "zh"
    main = max(weights, key=weights.__getitem__)
    if weights[main] < SCRIPT_RATIO * total:
        return None
    return latin_language(latin) if main == "latin" else main


def is_latin(text: str) -> bool:
    """Tell whether a text has a few words, all in Latin letters: of which language may be unknown."""
    latin = LATIN_WORD.findall(text[:LOOKED_AT_LETTERS])
    letters = sum(sign.isalpha() for sign in text[:LOOKED_AT_LETTERS])
    return len(latin) >= LEAST_LATIN_WORDS and sum(map(len, latin)) >= SCRIPT_RATIO * letters


def latin_language(words: list[str]) -> str | None:
    """Give the language of words in Latin letters, told by the smallest of them."""
    counts = Counter(lang for word in words for lang in SMALL_WORDS.get(word.casefold(), ()))
    ranked = counts.most_common(2)
    if not ranked:
        return None
    language, hits = ranked[0]
    next_hits = ranked[1][1] if len(ranked) > 1 else 0
    is_sure = hits >= max(LEAST_SMALL_WORDS, SMALL_WORD_RATIO * len(words))
    return language if is_sure and hits >= CLEAR_TIMES * next_hits else None


def speaks_of_language(text: str) -> bool:
    """Tell whether a text is about languages, asks for another one, or quotes one."""
    if SPEAKS_OF_LANGUAGE.search(text):
        return True
    return not text.isascii() and QUOTED.search(text) is not None and language_of(text) != "en"

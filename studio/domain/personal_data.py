"""Personal data in a text: addresses, telephone, card and identity numbers.

A false alarm costs trust and, once masked, data. So a number counts only with the form and the checksum of its kind, and
never behind a word such as "order" or inside a longer number.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

KINDS = ("mail", "phone", "card", "id")

# Addresses of an office, and words that stand for a name.
NOBODY_WORDS = (
    "info support help helpdesk service services sales contact office admin hello team press jobs careers hr billing "
    "feedback orders shop noreply no-reply donotreply newsletter postmaster webmaster privacy security "
    "user username name you someone somebody boss recipient sender customer client email mail example test abc xyz"
)
NOBODY = frozenset(NOBODY_WORDS.split())
NOBODY_FORM = re.compile(r"(?i)(?:your|my)(?:[._-]\w+|e?mail|name|address)$")
NOWHERE = frozenset(("company.com", "domain.com", "yourcompany.com", "yourdomain.com"))
MAIL = re.compile(
    r"(?<![\w.+-])([A-Za-z0-9](?:[\w.+-]{0,62}[\w-])?)@([A-Za-z0-9](?:[\w-]*\.)+[A-Za-z]{2,24})(?![\w-])"
)

# No number of a person is shorter; most texts end here.
MANY_DIGITS = re.compile(r"\d\d.*\d\d", re.DOTALL)
ALONE_BEFORE = r"(?<![0-9A-Za-z_#$€£¥./+-])"
ALONE_AFTER = r"(?![0-9A-Za-z_]|[./:-]\d)"
PHONE = re.compile(
    ALONE_BEFORE
    + r"(?:(?:\+[1-9]\d{0,2}|00[1-9]\d{0,2}(?=[ (./-]))(?:[ .-]?\(\d{1,4}\))?(?:[ ./-]?\d{2,4}){2,5}"  # +49 30 1234567
    r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}"  # (415) 555-0132
    r"|1[3-9]\d([ -]?)\d{4}\1\d{4}"  # 138 1234 5678, mobile phones in China
    r"|\(?0\d{2,4}\)?[ /-]\d{3,4}[ -]?\d{3,5})" + ALONE_AFTER
)
# Below 8 it may be anything. E.164 allows 15, but more than 13 are sums, not telephones.
PHONE_DIGITS = range(8, 14)
# A number that only looks national is one where a word says so.
PHONE_WORD = re.compile(
    r"(?i)(?:tel|phone|fon|call|cell|mobile|handy|number|whatsapp|fax|电话|手机|致电|联系|拨打)[^\d\n]{0,20}$"
)
# Numbers of things: what stands before them in the same line.
THING_WORD = re.compile(
    r"(?i)(?:order|invoice|ticket|tracking|parcel|shipment|reference|ref|sku|isbn|serial|item|article|product|model|case|"
    r"booking|transaction|bestell\w*|rechnung\w*|auftrag\w*|sendung\w*|订单|单号|编号|发票|快递|运单)"
    r"(?:[ -]?(?:number|no|nr|id|code|nummer|号码|号))?[ .:：#＃=\"']{0,4}(?:(?:is|was|ist|是|为)[ :：]?)?$"
)
LOOK_BACK = 40

CARD = re.compile(
    ALONE_BEFORE
    + r"\d(?:\d{12,18}|\d{3}(?:([ -])\d{4}){1}\1\d{4}\1\d{1,7}|\d{3}([ -])\d{6}\2\d{4,5})"
    r"(?![0-9A-Za-z_]|[.-]\d)"
)
# First digits and lengths. Source: ISO/IEC 7812; https://en.wikipedia.org/wiki/Payment_card_number
CARD_FORMS = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|2(?:2[2-9]|[3-6]\d|7[01])"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|65|64[4-9]|35"), (16,)),
    (re.compile(r"62"), (16, 17, 18, 19)),
    (re.compile(r"30[0-5]|3[68]"), (14,)),
)
# The result or a part of a sum.
SUM = re.compile(r"[=+*×÷]\s*$")

SOCIAL_SECURITY = re.compile(
    ALONE_BEFORE + r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}" + ALONE_AFTER
)
CHINESE_ID = re.compile(
    r"(?<![0-9A-Za-z_-])[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z_])"
)
IBAN = re.compile(
    r"(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![0-9A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where personal data of a kind stands in a text."""

    start: int
    end: int
    kind: str


def find_personal(text: str) -> list[Place]:
    """Give all personal data in a text, from left to right."""
    found: list[Place] = []
    if "@" in text:
        take(found, text, ("mail", MAIL, is_mail))
    if MANY_DIGITS.search(text):
        for search in NUMBERS:
            take(found, text, search)
    return sorted(found, key=lambda place: place.start)


def mask_personal(text: str, kinds: Collection[str]) -> str:
    """Give the text with the name of the kind in place of the data: `[mail]`, `[phone]`, `[card]`, `[id]`."""
    parts, last = [], 0
    for place in find_personal(text):
        if place.kind in kinds:
            parts += [text[last : place.start], f"[{place.kind}]"]
            last = place.end
    return "".join([*parts, text[last:]])


Search = tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]]


def take(found: list[Place], text: str, search: Search) -> None:
    """Add what one search finds, where nothing was found before."""
    kind, pattern, holds = search
    for match in pattern.finditer(text):
        start, end = match.span()
        is_free = all(end <= place.start or start >= place.end for place in found)
        if is_free and holds(match):
            found.append(Place(start, end, kind))


def is_mail(match: re.Match[str]) -> bool:
    """Tell whether an address is a person's."""
    is_nobody = match[1].casefold() in NOBODY or NOBODY_FORM.match(match[1])
    return not is_nobody and match[2].casefold() not in NOWHERE and ".." not in match[0]


def is_phone(match: re.Match[str]) -> bool:
    """Tell whether digits in the form of a telephone number are one."""
    if is_thing(match):
        return False
    digits = digits_of(match[0])
    if match[0].lstrip("(").startswith("0") and not match[0].startswith("00"):
        return bool(PHONE_WORD.search(before(match)))
    return len(digits) in PHONE_DIGITS


def is_card(match: re.Match[str]) -> bool:
    """Tell whether digits are the number of a card: its form, and the checksum of Luhn."""
    digits = digits_of(match[0])
    has_form = any(form.match(digits) and len(digits) in lengths for form, lengths in CARD_FORMS)
    is_number = has_form and len(set(digits)) > 1 and luhn(digits)
    return is_number and not is_thing(match) and not SUM.search(before(match))


def luhn(digits: str) -> bool:
    """Tell whether digits pass the check of Luhn (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_chinese_id(match: re.Match[str]) -> bool:
    """Tell whether the last sign is the checksum of a resident identity number (GB 11643)."""
    number = match[0].upper()
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


def is_iban(match: re.Match[str]) -> bool:
    """Tell whether an account number's check digits are right (ISO 13616: 1 modulo 97)."""
    number = match[0].replace(" ", "")
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def is_social_security(match: re.Match[str]) -> bool:
    """Tell whether digits with two dashes are no number of a thing."""
    return not is_thing(match)


def is_thing(match: re.Match[str]) -> bool:
    """Tell whether a word before a number says that it counts things."""
    return bool(THING_WORD.search(before(match)))


def before(match: re.Match[str]) -> str:
    """Give the end of the text before a match."""
    return match.string[max(0, match.start() - LOOK_BACK) : match.start()]


def digits_of(text: str) -> str:
    """Give the digits of a text."""
    return "".join(sign for sign in text if sign.isdecimal())


NUMBERS: tuple[Search, ...] = (
    ("id", CHINESE_ID, is_chinese_id),
    ("id", IBAN, is_iban),
    ("id", SOCIAL_SECURITY, is_social_security),
    ("card", CARD, is_card),
    ("phone", PHONE, is_phone),
)

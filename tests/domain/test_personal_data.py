"""Personal data: found by form and checksum, and nothing else taken for it."""

import pytest

from studio.domain.personal_data import KINDS, find_personal, mask_personal

FOUND = [
    ("Write to anna.schmidt@firma.de today", "Write to [mail] today"),
    ("call +49 30 1234567 now", "call [phone] now"),
    ("Tel. 030 1234567", "Tel. [phone]"),
    ("(415) 555-0132 or 415-555-0133", "[phone] or [phone]"),
    ("我的电话是13812345678。", "我的电话是[phone]。"),
    ("pay with 4111 1111 1111 1111 please", "pay with [card] please"),
    ("4242424242424242", "[card]"),
    ("Amex 3782 822463 10005", "Amex [card]"),
    ("SSN 219-09-9999", "SSN [id]"),
    ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [id]"),
    ("身份证号码11010519491231002X", "身份证号码[id]"),
]
NOT_PERSONAL = [
    "Write to support@firma.de or your_name@example.com",
    "order number 415-555-0132",
    "Order #4155550123456789",
    "Order 4111111111111111",
    "订单号：13912345678",
    "tracking 138 1234 5678",
    "4111 1111 1111 1112",  # the check digit is wrong
    "11010519491231002Y and 110105194912310021",
    "IBAN DE88 3704 0044 0532 0130 00",
    "pi is 3.14159265358979",
    "2024-01-05 10:30:22, version 1.2.3.4567, 192.168.100.200",
    "ISBN 978-3-16-148410-0",
    "550e8400-e29b-41d4-a716-446655440000",
    "$1,000,000,000 in 1999-2024",
    "472547338 + 960397912423686 = 960398384971024",
    "472547338\n+960397912423686",
    "the total is 00123456789",
    "a@b, @name, x@y.z@w",
]


@pytest.mark.parametrize(("text", "masked"), FOUND)
def test_personal_data_is_masked_with_its_kind(text: str, masked: str) -> None:
    assert mask_personal(text, KINDS) == masked


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_numbers_of_things_and_addresses_of_offices_are_left_alone(text: str) -> None:
    assert find_personal(text) == []


def test_only_the_chosen_kinds_are_masked() -> None:
    text = "anna@firma.de, +49 30 1234567"
    assert mask_personal(text, ["phone"]) == "anna@firma.de, [phone]"

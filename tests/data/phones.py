"""Writes phones.tsv: phone numbers in many writings, with what Google's libphonenumber makes of them.

    pip install phonenumbers==9.0.43 && python3 tests/data/phones.py > tests/data/phones.tsv

Columns: region, kind, writing, text, E.164 (empty: Google reads no valid number in it).
Every region's example numbers of every kind, in every writing below; the text is what a lead form
may hold, the region what would be known of the lead.
"""

import phonenumbers as p

KINDS = {
    "fixed": p.PhoneNumberType.FIXED_LINE,
    "mobile": p.PhoneNumberType.MOBILE,
    "toll_free": p.PhoneNumberType.TOLL_FREE,
    "voip": p.PhoneNumberType.VOIP,
}
FULL_WIDTH = str.maketrans("0123456789+", "０１２３４５６７８９＋")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def writings(number):
    """How people write one number, by name."""
    national = p.format_number(number, p.PhoneNumberFormat.NATIONAL)
    international = p.format_number(number, p.PhoneNumberFormat.INTERNATIONAL)
    e164 = p.format_number(number, p.PhoneNumberFormat.E164)
    digits = "".join(c for c in national if c.isdigit())
    yield "national", national
    yield "national_digits", digits
    yield "national_dots", ".".join(part for part in national.replace("-", " ").split())
    yield "significant", p.national_significant_number(number)
    yield "international", international
    code, _, rest = international.partition(" ")
    head, tail = rest[:2], rest[2:]
    yield "brackets", f"{code} ({head}) {tail}"
    if p.PhoneMetadata.metadata_for_region(p.region_code_for_number(number)).national_prefix == "0":
        yield "trunk_in_brackets", f"{code} (0) {rest}"
    yield "e164", e164
    yield "no_plus", e164[1:]
    yield "lost_plus", " " + e164[1:]
    yield "double_zero", "00" + e164[1:]
    yield "extension", national + " ext. 12"
    yield "extension_x", international + " x12"
    yield "rfc3966", p.format_number(number, p.PhoneNumberFormat.RFC3966)
    yield "full_width", e164.translate(FULL_WIDTH)
    yield "full_width_national", national.translate(FULL_WIDTH)
    yield "arabic_indic", e164.translate(ARABIC)
    yield "arabic_indic_national", national.translate(ARABIC)


def oracle(text, region, writing):
    # What we know and Google does not: a space before the digits is a plus that a URL lost, and 00 is
    # a plus from everywhere, also from countries that dial something else.
    if writing == "lost_plus":
        return read("+" + text.strip(), region)
    if writing == "double_zero":
        return read(text, region) or read("+" + text[2:], region)
    return read(text, region)


def read(text, region):
    try:
        number = p.parse(text, region)
    except p.NumberParseException:
        return ""
    number.extension = None
    return p.format_number(number, p.PhoneNumberFormat.E164) if p.is_valid_number(number) else ""


for region in sorted(p.SUPPORTED_REGIONS):
    for kind, code in KINDS.items():
        number = p.example_number_for_type(region, code)
        if number is None:
            continue
        for writing, text in writings(number):
            print(region, kind, writing, text, oracle(text, region, writing), sep="\t")

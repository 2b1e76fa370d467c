"""Writes the table of src/identity/phone_lengths.rs from the metadata of Google's libphonenumber.

    pip install phonenumbers==9.0.43 && python3 tests/data/phone_lengths.py

For each region outside North America: the lengths of valid national numbers that begin with the digits
of the region's own country code. Found by trying: 100 continuations of the code, 30 random fillings each.
"""

import random

import phonenumbers as p

random.seed(1)


def lengths(region):
    data = p.PhoneMetadata.metadata_for_region(region)
    code = str(data.country_code)
    for length in data.general_desc.possible_length:
        if length <= len(code):
            continue
        fillings = (
            f"{code}{pre:02}{random.randrange(10**20):020}"[:length] for pre in range(100) for _ in range(300)
        )
        numbers = (p.PhoneNumber(country_code=data.country_code, national_number=int(f)) for f in fillings)
        if any(p.is_valid_number_for_region(number, region) for number in numbers):
            yield length


for region in sorted(p.SUPPORTED_REGIONS):
    found = list(lengths(region))
    if found and p.country_code_for_region(region) != 1:
        print(f'    ("{region}", &{found}),')

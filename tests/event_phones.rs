//! Phone numbers against Google's libphonenumber, over its example numbers of every region in the
//! writings of `tests/data/phones.tsv` (made by `tests/data/phones.py`).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may say what it expects and stop when it is not so"
)]

use clickjoin::identity::{Country, E164};
use std::collections::BTreeMap;

/// Same, left out, different.
type Tally = [usize; 3];

/// What the issue and the traps name, one by one.
#[test]
fn writings_and_traps() {
    let table = [
        ("(+1)2133734253", "", "+12133734253"),
        ("0812-3456-7890", "ID", "+6281234567890"),
        ("6281234567890", "ID", "+6281234567890"),
        ("(213) 373-4253", "US", "+12133734253"),
        ("213.373.4253", "US", "+12133734253"),
        ("2133734253", "CA", "+12133734253"),
        ("1-213-373-4253", "US", "+12133734253"),
        ("12133734253", "", "+12133734253"),
        (" 12133734253", "DE", "+12133734253"),
        (" 442079460958", "US", "+442079460958"),
        (" 442079460958", "", "+442079460958"),
        ("442079460958", "GB", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("+44 (0) 20 7946 0958", "", "+442079460958"),
        ("+4402079460958", "", "+442079460958"),
        ("020 7946 0958 ext. 12", "GB", "+442079460958"),
        ("020 7946 0958 x12", "GB", "+442079460958"),
        ("020 7946 0958 #12", "GB", "+442079460958"),
        ("tel:+44-20-7946-0958;ext=12", "", "+442079460958"),
        ("Tel. +49 30 123456", "", "+4930123456"),
        ("+39 06 698 12345", "US", "+390669812345"),
        ("06 698 12345", "IT", "+390669812345"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("06 1 234 5678", "HU", "+3612345678"),
        ("011 15-2345-6789 ext. 12", "AR", "+5491123456789"),
        ("0223 15-412-3456", "AR", "+5492234123456"),
        ("０９０−１２３４−５６７８", "JP", "+819012345678"),
        ("٠٥٠١٢٣٤٥٦٧", "AE", "+971501234567"),
        ("\u{202a}+1 213 373 4253\u{202c}", "", "+12133734253"),
        ("+1\u{a0}213\u{2011}373\u{2011}4253", "", "+12133734253"),
        ("++12133734253", "", "+12133734253"),
        ("+ 1 213 373 4253", "", "+12133734253"),
        ("383 43 201 234", "XK", "+38343201234"),
    ];
    for (text, region, wanted) in table {
        let read = E164::parse(text, Country::parse(region));
        assert_eq!(read.as_ref().map(E164::expose), Some(wanted), "{text} in {region:?}");
    }
    let unusable = [
        ("", "US"),
        (" ", "US"),
        ("+", "US"),
        ("n/a", "US"),
        ("12345", "US"),
        ("0000000000", "US"),
        ("1111111111", "US"),
        ("+999 123456789", "US"),
        ("2133734253", ""),
        ("020 7946 0958", ""),
        ("+1234567890123456789", "US"),
        ("alice@example.com", "US"),
        ("2133734253 2133734254", "US"),
        ("4930123456", "DE"),
        ("c3fcd3d76192e4007dfb496cca67e13b", "US"),
    ];
    for (text, region) in unusable {
        let read = E164::parse(text, Country::parse(region));
        assert_eq!(read.as_ref().map(E164::expose), None, "{text} in {region:?}");
    }
    assert_eq!(E164::parse(&"1".repeat(5_000), None), None);
}

#[test]
fn as_google_reads_them() {
    let table = include_str!("data/phones.tsv");
    let mut by_writing: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut total: Tally = [0; 3];
    let mut different = Vec::new();
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [region, _kind, writing, text, expected] = columns[..] else {
            panic!("five columns: {line}");
        };
        let country = Country::parse(region).expect("a region");
        let read = E164::parse(text, Some(country));
        let verdict = match read {
            Some(number) if number.expose() == expected => 0,
            None => {
                println!("left out {line}");
                1
            }
            Some(number) => {
                different.push((region, writing, text, number.expose().to_owned()));
                2
            }
        };
        by_writing.entry(writing).or_default()[verdict] += 1;
        total[verdict] += 1;
    }
    for (writing, tally) in &by_writing {
        println!("{writing:24} same {} left out {} different {}", tally[0], tally[1], tally[2]);
    }
    let rows: usize = total.iter().sum();
    assert!(rows > 13_000, "{rows} rows");
    assert!(total[0] * 1_000 >= rows * 998, "at least 99.8 % as Google reads them: {total:?}");
    let plain =
        ["national", "international", "e164", "national_digits", "double_zero", "lost_plus"];
    for writing in plain {
        assert_eq!(
            by_writing[writing][1..],
            [0, 0],
            "{writing}: every example number as Google reads it"
        );
    }
    let different: Vec<(&str, &str, &str, &str)> = different
        .iter()
        .map(|(region, writing, text, ours)| (*region, *writing, *text, ours.as_str()))
        .collect();
    assert_eq!(different, KNOWN, "numbers other than Google's");
}

/// Where we read a number and Google another or none: region, writing, text, ours.
///
/// The text of all but one was made from the very number that we read, and leads leave mobile numbers:
/// Google prefers the national reading (`04915…` of Leer, `0628…` of Sumatra, a number of Kosovo's that
/// begins with 383), or none. The one of Belarus is a toll-free `801…` without its trunk prefix, 8, which
/// `phonelib` takes for the prefix itself.
const KNOWN: [(&str, &str, &str, &str); 6] = [
    ("BR", "no_plus", "55800123456", "+55800123456"),
    ("BY", "significant", "8011234567", "+37511234567"),
    ("CO", "trunk_in_brackets", "+57 (0) 321 1234567", "+573211234567"),
    ("DE", "no_plus", "4915123456789", "+4915123456789"),
    ("ID", "no_plus", "62812345678", "+62812345678"),
    ("XK", "no_plus", "38343201234", "+38343201234"),
];

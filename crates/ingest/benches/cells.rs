//! Readers of single cells, each over a column as reports have it: mostly well-formed, some empty, some wrong.

use chrono_tz::America::Los_Angeles;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use leadq_contract::IdentifierKind;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::cells::{boolean, date, hash, place, state, text, timestamp, zip};

/// Cells of a column.
const CELLS: usize = 1_000;

fn main() {
    divan::main();
}

/// Reads a column in which the nth cell is `cell(n)`, except that every 20th is empty and every 50th wrong.
fn column<T>(bencher: Bencher, cell: impl Fn(usize) -> String, read: impl Fn(&'static str) -> T + Sync) {
    let cells: Vec<String> = (0..CELLS)
        .map(|n| match n {
            n if n % 50 == 7 => "#REF!".to_owned(),
            n if n % 20 == 3 => String::new(),
            n => cell(n),
        })
        .collect();
    // What is read borrows from its cell: the cells stay as long as the process.
    let cells: &'static [String] = cells.leak();
    let bytes: usize = cells.iter().map(String::len).sum();
    bencher.counter(ItemsCount::new(CELLS)).counter(BytesCount::new(bytes)).bench(|| {
        for cell in cells {
            black_box(read(black_box(cell.as_str())));
        }
    });
}

/// As many hexadecimal digits as a hash has, other ones for each `n`.
fn digits(n: usize, length: usize) -> String {
    let mixed = (n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    format!("{mixed:032x}{:032x}", mixed.rotate_left(41)).chars().take(length).collect()
}

#[divan::bench]
fn date_of_us(bencher: Bencher) {
    column(bencher, |n| format!("{:02}/{:02}/2023", n % 12 + 1, n % 28 + 1), date::read);
}

#[divan::bench]
fn date_of_iso(bencher: Bencher) {
    column(bencher, |n| format!("2023-{:02}-{:02}", n % 12 + 1, n % 28 + 1), date::read);
}

#[divan::bench]
fn timestamp_of_us(bencher: Bencher) {
    let cell = |n: usize| {
        let half = if n.is_multiple_of(2) { "AM" } else { "PM" };
        format!("{:02}/{:02}/2023  {}:{:02}{half}", n % 12 + 1, n % 28 + 1, n % 12 + 1, n % 4 * 15)
    };
    column(bencher, cell, |cell| timestamp::read(cell, Los_Angeles));
}

#[divan::bench(args = [64, 40, 32])]
fn hash_of_digits(bencher: Bencher, length: usize) {
    let read = |cell| hash::read(cell, IdentifierKind::Email, HashAlgorithm::Sha256);
    column(bencher, |n| digits(n, length), read);
}

#[divan::bench]
fn hash_of_plain_email(bencher: Bencher) {
    let read = |cell| hash::read(cell, IdentifierKind::Email, HashAlgorithm::Sha256);
    column(bencher, |n| format!("Somebody.{n}@example.com"), read);
}

#[divan::bench]
fn zip_of_number(bencher: Bencher) {
    let cell =
        |n: usize| if n.is_multiple_of(10) { format!("{}.0", 2_000 + n) } else { format!("{}", 96_000 + n) };
    column(bencher, cell, zip::read);
}

#[divan::bench]
fn state_of_code(bencher: Bencher) {
    column(bencher, |n| ["WA", "or", "Nevada", " CA "][n % 4].to_owned(), state::read);
}

#[divan::bench]
fn boolean_of_digit(bencher: Bencher) {
    column(bencher, |n| ["0", "1"][n % 2].to_owned(), boolean::read);
}

#[divan::bench]
fn boolean_of_word(bencher: Bencher) {
    column(bencher, |n| ["TRUE", "no", "Yes", "f"][n % 4].to_owned(), boolean::read);
}

#[divan::bench]
fn text_as_it_is(bencher: Bencher) {
    column(bencher, |n| format!("DQ - R/P/C {}", n % 25), text::plain);
}

#[divan::bench]
fn text_with_spaces(bencher: Bencher) {
    column(bencher, |n| format!("  Left   Message {}      ", n % 25), text::plain);
}

#[divan::bench]
fn city_padded(bencher: Bencher) {
    column(bencher, |n| format!("{:<28}", ["Bremerton", "LAUGHLIN HILLS", "van prise"][n % 3]), place::city);
}

#[divan::bench]
fn lead_number(bencher: Bencher) {
    column(bencher, |n| (200_000 + n).to_string(), text::lead_number);
}

//! Numbers, times and counted things as people read them.

use chrono::{NaiveDateTime, NaiveTime};
use leadq_metrics::Rate;

/// A number with its thousands apart.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A fraction as a percentage. Only all is 100 %, and only none is 0 %.
#[must_use]
pub fn percent(fraction: f64) -> String {
    match fraction {
        f if f < 1.0 && f > 0.9995 => ">99.9 %".to_owned(),
        f if f > 0.0 && f < 0.0005 => "<0.1 %".to_owned(),
        f => format!("{:.1} %", 100.0 * f),
    }
}

/// An amount of money, to the hundredth.
#[must_use]
pub fn money(amount: f64) -> String {
    let cents = (amount * 100.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of prices, for people to read"
    )]
    let whole = (cents.abs() / 100.0) as u64;
    let sign = if cents < 0.0 { "-" } else { "" };
    format!("{sign}{}.{:02.0}", thousands(whole), cents.abs() % 100.0)
}

/// A change, with its sign.
#[must_use]
pub fn signed(change: i64) -> String {
    match change {
        0 => "0".to_owned(),
        1.. => format!("+{}", thousands(change.unsigned_abs())),
        _ => format!("\u{2212}{}", thousands(change.unsigned_abs())),
    }
}

/// So many of something: `1 lead`, `4,364 leads`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// An interval in words.
#[must_use]
pub fn between(rate: Rate) -> String {
    format!("between {} and {}", percent(rate.low), percent(rate.high))
}

/// A wall time; a day alone, where the time only says its end.
#[must_use]
pub fn time(at: NaiveDateTime) -> String {
    let end = NaiveTime::from_hms_opt(23, 59, 59);
    let form = if Some(at.time()) == end { "%-d %b %Y" } else { "%-d %b %Y, %H:%M" };
    at.format(form).to_string()
}

/// Marks that turn the direction of text, or hide: what follows them would be read otherwise than it is written.
#[must_use]
pub const fn is_direction(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character has no place in text for people, nor in the XML of a workbook.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || is_direction(c) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The first items of a list, and how many more there are.
pub(crate) fn cut<T>(items: &[T], most: usize) -> (&[T], usize) {
    let shown = items.len().min(most);
    (&items[..shown], items.len() - shown)
}

/// A count as a coordinate or cell.
#[expect(clippy::cast_precision_loss, reason = "counts of leads and rows stay far under 2^53")]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// A position in a list as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "lists are far shorter than 2^53")]
pub(crate) const fn place(index: usize) -> f64 {
    index as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(
            [0, 999, 1000, 82_287, 1_234_567].map(thousands),
            ["0", "999", "1,000", "82,287", "1,234,567"]
        );
        assert_eq!(percent(0.2154), "21.5 %");
        assert_eq!(
            [0.0, 0.0001, 0.9994, 0.9998, 1.0].map(percent),
            ["0.0 %", "<0.1 %", "99.9 %", ">99.9 %", "100.0 %"]
        );
        assert_eq!([1234.5, 0.0, -0.5].map(money), ["1,234.50", "0.00", "-0.50"]);
        assert_eq!([0, 1200, -3].map(signed), ["0", "+1,200", "\u{2212}3"]);
        assert_eq!([1, 2].map(|n| counted(n, "lead", "leads")), ["1 lead", "2 leads"]);
    }

    #[test]
    fn intervals_and_times_in_words() {
        let rate = Rate::of(940, 4364).unwrap();
        assert_eq!(between(rate), "between 20.3 % and 22.8 %");
        let day = chrono::NaiveDate::from_ymd_opt(2023, 4, 6).unwrap();
        assert_eq!(time(day.and_hms_opt(23, 59, 59).unwrap()), "6 Apr 2023");
        assert_eq!(time(day.and_hms_opt(8, 5, 0).unwrap()), "6 Apr 2023, 08:05");
    }
}

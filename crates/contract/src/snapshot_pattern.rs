//! A client's pattern for the time in its files' names (spec 1.8), as `Leads %d.%m.%y`.

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A character as it stands, case apart.
    Literal(char),
    /// Year of four digits.
    Year,
    /// Year of two digits, of this century.
    ShortYear,
    /// Month, one or two digits.
    Month,
    /// English name of the month, whole or abbreviated.
    MonthName,
    /// Day of the month, one or two digits.
    Day,
    /// Hour of 24.
    Hour,
    /// Hour of 12.
    Hour12,
    /// Minute, two digits.
    Minute,
    /// Second, two digits.
    Second,
    /// `AM` or `PM`.
    Half,
}

impl Piece {
    const LETTERS: [(char, Self); 11] = [
        ('Y', Self::Year),
        ('y', Self::ShortYear),
        ('m', Self::Month),
        ('b', Self::MonthName),
        ('B', Self::MonthName),
        ('d', Self::Day),
        ('H', Self::Hour),
        ('I', Self::Hour12),
        ('M', Self::Minute),
        ('S', Self::Second),
        ('p', Self::Half),
    ];

    /// Whether it tells a time of day.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Hour12 | Self::Minute | Self::Second | Self::Half)
    }
}

/// A pattern that is searched in the names of a client's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPattern {
    pieces: Vec<Piece>,
    text: String,
}

impl SnapshotPattern {
    /// Its pieces, from left to right.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::str::FromStr for SnapshotPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut letters = text.chars();
        while let Some(c) = letters.next() {
            pieces.push(match (c, if c == '%' { letters.next() } else { None }) {
                ('%', Some('%')) => Piece::Literal('%'),
                ('%', letter) => piece(letter)?,
                (c, _) => Piece::Literal(c),
            });
        }
        check(&pieces)?;
        Ok(Self { pieces, text: text.to_owned() })
    }
}

fn piece(letter: Option<char>) -> Result<Piece, String> {
    let known = || Piece::LETTERS.map(|(letter, _)| format!("%{letter}")).join(" ");
    let Some(letter) = letter else { return Err("ends in %; write %% for the sign".to_owned()) };
    Piece::LETTERS
        .iter()
        .find(|(known, _)| *known == letter)
        .map(|(_, piece)| *piece)
        .ok_or_else(|| format!("has %{letter}, which is none; use {}", known()))
}

/// A pattern tells a whole day, each part of it once, and an hour that is one of 24.
fn check(pieces: &[Piece]) -> Result<(), String> {
    let count = |wanted: &[Piece]| pieces.iter().filter(|piece| wanted.contains(piece)).count();
    let groups: [(&[Piece], &str); 3] = [
        (&[Piece::Year, Piece::ShortYear], "year (%Y or %y)"),
        (&[Piece::Month, Piece::MonthName], "month (%m, %b or %B)"),
        (&[Piece::Day], "day (%d)"),
    ];
    for (group, name) in groups {
        if count(group) != 1 {
            return Err(format!("needs one {name}; it has {}", count(group)));
        }
    }
    let [hour, hour12, minute, second, half] =
        [Piece::Hour, Piece::Hour12, Piece::Minute, Piece::Second, Piece::Half].map(|piece| count(&[piece]));
    if hour + hour12 > 1 || minute > 1 || second > 1 || half > 1 {
        return Err("has a part of the time twice; name each once".to_owned());
    }
    if hour12 != half {
        return Err("has only one of %I and %p; they need each other".to_owned());
    }
    if hour + hour12 == 0 && minute + second > 0 || minute == 0 && second > 0 {
        return Err("has a part of a time without the larger one; begin with %H".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_1_8() {
        for text in ["Leads %d.%m.%y", "%Y%m%d-%H%M%S", "%B %d, %Y %I%M%p", "100%% %Y-%b-%d", "%Y%m%d %H"] {
            assert_eq!(text.parse::<SnapshotPattern>().unwrap().as_str(), text);
        }
        let wrong = [
            ("leads", "year"),
            ("%Y-%m", "day"),
            ("%Y%y%m%d", "year"),
            ("%Y%m%b%d", "month"),
            ("%Y-%m-%d %I%M", "%p"),
            ("%Y-%m-%d %H%H", "twice"),
            ("%Y-%m-%d %M", "%H"),
            ("%Y-%m-%d %Q", "%Q"),
            ("%Y-%m-%d %", "%%"),
        ];
        for (text, expected) in wrong {
            let told = text.parse::<SnapshotPattern>().unwrap_err();
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}

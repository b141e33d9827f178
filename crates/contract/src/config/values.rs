//! Values of the configuration: text to what it means, with the fix where it means nothing.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use toml::Spanned;

use crate::identity::Named;
use crate::text_error::suggestion;

/// A size in bytes, written as `8 GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<ByteSize>() {
            Ok(size) if size.as_u64() > 0 => Ok(Self(size.as_u64())),
            _ => Err(format!("{text:?} is no size; write it as 4GiB or 800MB")),
        }
    }
}

/// Memory of the process, in bytes; as much as a run needs at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub u64);

impl Memory {
    /// Least memory that a run can be held to.
    pub const LEAST: u64 = 256 << 20;
}

impl FromStr for Memory {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Size(bytes) = text.parse()?;
        if bytes < Self::LEAST {
            return Err(format!("{text:?} is too little; give at least {}", ByteSize(Self::LEAST)));
        }
        Ok(Self(bytes))
    }
}

/// A text that a function makes a value of.
struct Text<T, F> {
    what: &'static str,
    parse: F,
    made: PhantomData<T>,
}

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<T, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

/// Reads a text and makes a value of it.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text { what, parse, made: PhantomData })
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a size in quotes, as \"8 GiB\"", str::parse)
    }
}

impl<'de> Deserialize<'de> for Memory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a size in quotes, as \"4 GiB\"", str::parse)
    }
}

/// Reads a value that parses by itself.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    text(deserializer, "a text", |text| text.parse().map(Some).map_err(|error| format!("{text:?} {error}")))
}

/// Reads one of the names of a value.
pub(super) fn named<'de, D: Deserializer<'de>, T: Named>(deserializer: D) -> Result<Option<T>, D::Error> {
    text(deserializer, "a text", |text| {
        let known: Vec<_> = T::NAMES.iter().map(|(name, _)| *name).collect();
        let found = T::NAMES.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| format!("{text:?} is none; {}", suggestion(text, &known)))
    })
}

/// Reads a time zone.
pub(super) fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tz>, D::Error> {
    text(deserializer, "the name of a time zone", |text| {
        text.parse().map(Some).map_err(|_| {
            let names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
            let near = suggestion(text, &names);
            let near =
                if near.starts_with("is ") { near } else { "write it as America/Los_Angeles".to_owned() };
            format!("{text:?} is no time zone; {near}")
        })
    })
}

/// Reads an interval.
pub(super) fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    text(deserializer, "a text, as \"24h\"", |text| {
        humantime::parse_duration(text)
            .map(Some)
            .map_err(|_| format!("{text:?} is no interval; write it as 24h or 7days"))
    })
}

/// Reads a text that says something, with its place.
pub(super) fn nonempty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Spanned<String>, D::Error> {
    let text = Spanned::<String>::deserialize(deserializer)?;
    if text.get_ref().trim().is_empty() {
        return Err(D::Error::custom("is empty; give each [[client]] an id of its own"));
    }
    Ok(text)
}

/// Reads a number of at least one.
pub(super) fn count<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    struct Number<T>(PhantomData<T>);
    impl<T: TryFrom<i64>> Visitor<'_> for Number<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number")
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
            let positive =
                Some(number).filter(|number| *number > 0).and_then(|number| T::try_from(number).ok());
            positive.map(Some).ok_or_else(|| {
                E::custom(format!("{number} is too small or too large; give a number from 1 on"))
            })
        }
    }
    deserializer.deserialize_i64(Number(PhantomData))
}

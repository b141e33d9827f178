//! `[drops]` and `[client.drops]`: how files are taken from where clients put them.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::values::{interval, text};

/// What becomes of a file, where it came from, once it is in the archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum After {
    /// It stays.
    #[default]
    Keep,
    /// It is deleted.
    Delete,
    /// It is moved into a folder below the root of the drop.
    Move(String),
}

/// Most transfers at once from one place.
const MOST_PARALLEL: i64 = 64;

/// `[drops]`, and `[client.drops]` over it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropsConfig {
    /// How long a file has to stand still.
    #[serde(default, deserialize_with = "interval")]
    pub settle: Option<Duration>,
    /// What the name of a marker file has behind the name of the file that it says is complete.
    #[serde(default, deserialize_with = "marker")]
    pub marker: Option<String>,
    /// What becomes of a file once it is in the archive.
    pub after: Option<After>,
    /// Transfers at once from one place.
    #[serde(default, deserialize_with = "parallel")]
    pub parallel: Option<usize>,
}

impl DropsConfig {
    /// What holds where these are laid over those of all clients.
    #[must_use]
    pub fn over(&self, all: &Self) -> Self {
        Self {
            settle: self.settle.or(all.settle),
            marker: self.marker.clone().or_else(|| all.marker.clone()),
            after: self.after.clone().or_else(|| all.after.clone()),
            parallel: self.parallel.or(all.parallel),
        }
    }
}

/// The ways to write it.
const FORMS: &str = "write it as \"keep\", \"delete\" or { move = \"taken\" }";

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AfterVisitor)
    }
}

struct AfterVisitor;

impl<'de> Visitor<'de> for AfterVisitor {
    type Value = After;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"keep\", \"delete\" or { move = \"taken\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<After, E> {
        match text {
            "keep" => Ok(After::Keep),
            "delete" => Ok(After::Delete),
            _ => Err(E::custom(format!("{text:?} is none; {FORMS}"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<After, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((key, folder)) if key == "move" && map.next_key::<String>()?.is_none() => {
                let is_below = folder.split('/').all(|part| !matches!(part.trim(), "" | "." | ".."));
                if is_below {
                    Ok(After::Move(folder))
                } else {
                    let told = "is no folder below the drop; write it as taken or taken/acme";
                    Err(A::Error::custom(format!("{folder:?} {told}")))
                }
            }
            _ => Err(A::Error::custom(format!("one thing can be done; {FORMS}"))),
        }
    }
}

fn marker<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    text(deserializer, "a text, as \".done\"", |text| {
        if text.trim().is_empty() || text.contains(['/', '*', '?', '[', '{']) {
            return Err(format!("{text:?} cannot end a name; write it as .done"));
        }
        Ok(Some(text.to_owned()))
    })
}

fn parallel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let fits = Some(number).filter(|number| (1..=MOST_PARALLEL).contains(number));
    fits.and_then(|number| usize::try_from(number).ok()).map(Some).ok_or_else(|| {
        D::Error::custom(format!(
            "{number} is too small or too large; give a number from 1 to {MOST_PARALLEL}"
        ))
    })
}

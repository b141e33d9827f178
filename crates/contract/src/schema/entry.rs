//! One entry of a schema, checked while it is read, so that an error has its line.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::{SchemaColumn, Target, TimeFormat};
use crate::column::{CellType, normalise_header};
use crate::text_error::suggestion;

/// What a file says of some headers and of the column that they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<C> {
    /// The headers.
    pub names: Vec<String>,
    /// What they mean.
    pub target: Target<C>,
    /// As what the column's cells are read, if it says so.
    pub cell_type: Option<CellType>,
    /// Notations of its dates.
    pub formats: Vec<TimeFormat>,
    /// Words that count as null in it.
    pub placeholders: Vec<String>,
    /// Words that mean true in it.
    pub yes: Vec<String>,
    /// Words that mean false in it.
    pub no: Vec<String>,
}

/// The entries of a section; no header stands in two of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<C>(pub Vec<Entry<C>>);

impl<C> Default for Entries<C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// An entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: OneOrMany,
    #[serde(default, deserialize_with = "given")]
    new_name: Option<Option<String>>,
    #[serde(rename = "type")]
    cell_type: Option<TypeName>,
    #[serde(default)]
    format: Formats,
    #[serde(default)]
    placeholders: Vec<String>,
    #[serde(default, rename = "true")]
    yes: Vec<String>,
    #[serde(default, rename = "false")]
    no: Vec<String>,
}

/// Tells `null` from a key that is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One text, or a list of them.
#[derive(Default)]
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_many(deserializer, |text| Ok(text.to_owned())).map(Self)
    }
}

/// One pattern, or a list of them.
#[derive(Default)]
struct Formats(Vec<TimeFormat>);

impl<'de> Deserialize<'de> for Formats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_many(deserializer, str::parse).map(Self)
    }
}

/// A type by its name, as Spark writes it where it differs.
#[derive(Clone, Copy)]
enum TypeName {
    /// A type of leadq's.
    Type(CellType),
    /// `string`: whatever type of text the column has by itself. Spark knows no other, and a schema that was
    /// written for it must not switch the cleaning of states and ZIP codes off.
    SparkString,
}

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = |text: &str| {
            if text == "string" {
                return Ok(Self::SparkString);
            }
            CellType::from_name(text).map(Self::Type).ok_or_else(|| {
                let names = CellType::ALL.map(CellType::name);
                format!("type {text:?} is none; {}", suggestion(text, &names))
            })
        };
        deserializer.deserialize_str(Texts { parse: known, found: PhantomData })
    }
}

/// Reads one text, or a list of texts, by a function; what it objects to gets the text's place.
fn one_or_many<'de, T, D, F>(deserializer: D, parse: F) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    F: Fn(&str) -> Result<T, String> + Copy,
{
    deserializer.deserialize_any(Many { parse, found: PhantomData })
}

struct Texts<T, F> {
    parse: F,
    found: PhantomData<T>,
}

impl<T, F: Fn(&str) -> Result<T, String>> Visitor<'_> for Texts<T, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }
}

impl<'de, T, F: Fn(&str) -> Result<T, String>> DeserializeSeed<'de> for Texts<T, F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

struct Many<T, F> {
    parse: F,
    found: PhantomData<T>,
}

impl<'de, T, F: Fn(&str) -> Result<T, String> + Copy> Visitor<'de> for Many<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        (self.parse)(text).map(|one| vec![one]).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element_seed(Texts { parse: self.parse, found: PhantomData })? {
            all.push(one);
        }
        Ok(all)
    }
}

impl<'de, C: SchemaColumn> Deserialize<'de> for Entries<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<C>(PhantomData<C>);
        impl<'de, C: SchemaColumn> Visitor<'de> for List<C> {
            type Value = Entries<C>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of entries")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries<C>, A::Error> {
                let mut before = Vec::new();
                while let Some(entry) = list.next_element_seed(Next { before: &before })? {
                    before.push(entry);
                }
                Ok(Entries(before))
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// The entry that comes after others, which it must not contradict.
struct Next<'a, C> {
    before: &'a [Entry<C>],
}

impl<'de, C: SchemaColumn> DeserializeSeed<'de> for Next<'_, C> {
    type Value = Entry<C>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry<C>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, C: SchemaColumn> Visitor<'de> for Next<'_, C> {
    type Value = Entry<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry: an object with name and new_name")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry<C>, A::Error> {
        let written = Written::deserialize(MapAccessDeserializer::new(map))?;
        let entry = Entry::check(written).map_err(de::Error::custom)?;
        agrees(&entry, self.before).map_err(de::Error::custom)?;
        Ok(entry)
    }
}

impl<C: SchemaColumn> Entry<C> {
    fn check(written: Written) -> Result<Self, String> {
        let names = written.name.0;
        if names.is_empty() || names.iter().any(|name| normalise_header(name).is_empty()) {
            return Err("name is empty; give the header, or a list of headers".to_owned());
        }
        let target = match written.new_name {
            Some(None) => Target::Nothing,
            Some(Some(new_name)) => target(&new_name)?,
            None => target(&names[0]).map_err(|_| {
                format!("the entry of {:?} has no new_name; name the column that it means", names[0])
            })?,
        };
        let mut entry = Self {
            names,
            target,
            cell_type: None,
            formats: written.format.0,
            placeholders: written.placeholders,
            yes: written.yes,
            no: written.no,
        };
        match entry.target {
            Target::Column(column) => entry.fits(column, written.cell_type)?,
            _ if entry.has_rule() => {
                return Err(format!(
                    "the entry of {:?} is no column of leadq's; leave out format, placeholders, true and false",
                    entry.names[0]
                ));
            }
            _ => {}
        }
        Ok(entry)
    }

    const fn has_rule(&self) -> bool {
        !(self.formats.is_empty()
            && self.placeholders.is_empty()
            && self.yes.is_empty()
            && self.no.is_empty())
    }

    /// Takes the type, and refuses what the column cannot have.
    fn fits(&mut self, column: C, wanted: Option<TypeName>) -> Result<(), String> {
        let (name, types) = (column.name(), column.types());
        let wanted = wanted.map(|name| match name {
            TypeName::Type(wanted) => wanted,
            TypeName::SparkString if types[0].is_textual() => types[0],
            TypeName::SparkString => CellType::Text,
        });
        self.cell_type = match wanted {
            Some(wanted) if !types.contains(&wanted) => {
                let allowed: Vec<_> = types.iter().map(|t| t.name()).collect();
                return Err(format!(
                    "{name} cannot be of type {}; allowed for it: {}",
                    wanted.name(),
                    allowed.join(", ")
                ));
            }
            wanted => wanted,
        };
        let has_time = types.iter().any(|t| matches!(t, CellType::Date | CellType::Timestamp));
        if !self.formats.is_empty() && !has_time {
            return Err(format!(
                "{name} has no format; leave it out, only columns of dates and times have one"
            ));
        }
        if !(self.yes.is_empty() && self.no.is_empty()) && types != [CellType::Boolean] {
            return Err(format!("{name} has no words for true and false; leave them out"));
        }
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        match self.yes.iter().find(|word| self.no.iter().any(|other| same(word, other))) {
            Some(word) => Err(format!("{word:?} means both true and false; leave it out of one")),
            None => Ok(()),
        }
    }
}

/// What a new name means: a canonical name, or a header that leadq knows by itself.
fn target<C: SchemaColumn>(new_name: &str) -> Result<Target<C>, String> {
    let wanted = normalise_header(new_name);
    let known = C::all().iter().find(|column| {
        std::iter::once(&column.name()).chain(column.aliases()).any(|alias| normalise_header(alias) == wanted)
    });
    match known {
        Some(column) => Ok(Target::Column(*column)),
        None if C::DIMENSIONS && !wanted.is_empty() => Ok(Target::Dimension(new_name.to_owned())),
        None => {
            let names: Vec<_> = C::all().iter().map(|column| column.name()).collect();
            Err(format!("new_name {new_name:?} is no column of leadq's; {}", suggestion(new_name, &names)))
        }
    }
}

/// No header stands in two entries, and a column has one type.
fn agrees<C: SchemaColumn>(entry: &Entry<C>, before: &[Entry<C>]) -> Result<(), String> {
    for name in &entry.names {
        let same = |other: &String| normalise_header(other) == normalise_header(name);
        if before.iter().flat_map(|other| &other.names).any(same) {
            return Err(format!("the header {name:?} is named twice; leave it in one entry"));
        }
    }
    let Target::Column(column) = entry.target else { return Ok(()) };
    let other = before
        .iter()
        .filter(|other| other.target == entry.target)
        .find_map(|other| other.cell_type)
        .filter(|other| entry.cell_type.is_some_and(|own| own != *other));
    match other {
        Some(other) => Err(format!(
            "{} is of type {} in an entry above; a column has one type",
            column.name(),
            other.name()
        )),
        None => Ok(()),
    }
}

//! The leads as far as linking needs all of them: what is held of each row, and which rows stand (spec 1.2, 2.3).

use std::cmp::Ordering;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use hashbrown::{HashMap, HashSet, HashTable};
use leadq_contract::SurrogateKey;

use super::details::Details;
use super::hubs::Hub;
use super::{Id, LinkError, LinkInput, NONE, id};
use crate::fold::DAY;

/// A time that is not known.
pub(super) const UNKNOWN: i64 = i64::MIN;
/// A day that is not known.
pub(super) const NO_DAY: i32 = i32::MIN;

const STANDING: u8 = 1;
const IN_SCOPE: u8 = 2;
const DUPLICATE: u8 = 4;

/// Leads by row, in the order of a pass.
#[derive(Debug, Default)]
pub(super) struct Leads {
    /// Surrogate keys.
    keys: Vec<Id>,
    emails: Vec<Id>,
    phones: Vec<Id>,
    /// Instants, in microseconds since the epoch.
    delivered: Vec<i64>,
    /// Days of the client's zone.
    days: Vec<i32>,
    flags: Vec<u8>,
    /// Rows that share email and phone with an earlier row: that row, and this one.
    pairs: Vec<(u32, u32)>,
    /// Flags as the table has them, as far as a row is from it.
    stored: Vec<u8>,
    /// In-scope leads with an identifier, and those of them that find a record by it, for email and phone.
    pub(super) found: [[u64; 2]; 2],
}

/// The columns of a batch that are held or looked at.
pub(super) struct LeadColumns<'b> {
    pub(super) key: &'b BinaryArray,
    pub(super) uuid: &'b StringArray,
    file: &'b StringArray,
    row: &'b Int64Array,
    pub(super) email: &'b BinaryArray,
    pub(super) phone: &'b BinaryArray,
    delivered: &'b TimestampMicrosecondArray,
    /// Whether it is a duplicate, and in scope, as the table has it; rows just read are not from it.
    stored: Option<[&'b BooleanArray; 2]>,
    pub(super) local: &'b TimestampMicrosecondArray,
}

impl<'b> LeadColumns<'b> {
    pub(super) fn of(batch: &'b RecordBatch) -> Result<Self, LinkError> {
        let column = |name: &'static str| -> Result<&ArrayRef, LinkError> {
            batch.column_by_name(name).ok_or(LinkError::Schema(name))
        };
        let keys = |name| column(name)?.as_binary_opt::<i32>().ok_or(LinkError::Schema(name));
        let texts = |name| column(name)?.as_string_opt::<i32>().ok_or(LinkError::Schema(name));
        let times = |name| column(name)?.as_primitive_opt().ok_or(LinkError::Schema(name));
        let flags = |name| batch.column_by_name(name).and_then(|column| column.as_boolean_opt());
        let stored = flags("duplicate_lead").zip(flags("in_scope"));
        Ok(Self {
            stored: stored.map(|(duplicate, in_scope)| [duplicate, in_scope]),
            key: keys("lead_key")?,
            uuid: texts("lead_uuid")?,
            file: texts("leads_file")?,
            row: column("leads_row")?.as_primitive_opt().ok_or(LinkError::Schema("leads_row"))?,
            email: keys("email_key")?,
            phone: keys("phone_key")?,
            delivered: times("delivered_at")?,
            local: times("delivered_local")?,
        })
    }
}

impl LeadColumns<'_> {
    /// Whether a row has neither email nor phone.
    pub(super) fn is_unmatchable(&self, row: usize) -> bool {
        self.email.is_null(row) && self.phone.is_null(row)
    }
}

/// An identifier of a cell.
fn cell(column: &BinaryArray, row: usize) -> Id {
    if column.is_null(row) { NONE } else { id(column.value(row)) }
}

impl Leads {
    /// The first pass.
    pub(super) fn read(input: &LinkInput<'_>) -> Result<Self, LinkError> {
        let places: HashMap<&str, u64> = input.files.iter().map(String::as_str).zip(0..).collect();
        let mut reading = Reading::with_room(input.leads.rows());
        for batch in input.leads.pass()? {
            reading.batch(&LeadColumns::of(&batch?)?, &places, input)?;
        }
        let mut leads = reading.leads;
        leads.find_pairs();
        Ok(leads)
    }

    /// Rows of a pass.
    pub(super) const fn rows(&self) -> usize {
        self.flags.len()
    }

    /// Whether a row is its lead's last.
    pub(super) fn stands(&self, row: u32) -> bool {
        self.flags[row as usize] & STANDING != 0
    }

    /// Whether the client can have reported on it.
    pub(super) fn in_scope(&self, row: u32) -> bool {
        self.flags[row as usize] & (STANDING | IN_SCOPE) == STANDING | IN_SCOPE
    }

    pub(super) fn is_duplicate(&self, row: u32) -> bool {
        self.flags[row as usize] & DUPLICATE != 0
    }

    /// A lead's surrogate key.
    pub(super) fn key(&self, row: u32) -> SurrogateKey {
        SurrogateKey(self.keys[row as usize].to_le_bytes())
    }

    pub(super) fn email(&self, row: u32) -> Id {
        self.emails[row as usize]
    }

    pub(super) fn phone(&self, row: u32) -> Id {
        self.phones[row as usize]
    }

    pub(super) fn delivered(&self, row: u32) -> i64 {
        self.delivered[row as usize]
    }

    pub(super) fn day(&self, row: u32) -> i32 {
        self.days[row as usize]
    }

    /// Whether the table has all of this already.
    pub(super) fn are_stored(&self) -> bool {
        self.stored == self.flags
    }

    /// First and last day on which any was delivered.
    pub(super) fn days(&self) -> Option<(i32, i32)> {
        let known = || (0..self.rows() as u32).filter(|row| self.stands(*row)).map(|row| self.day(row));
        let known = || known().filter(|day| *day != NO_DAY);
        known().min().zip(known().max())
    }

    /// Rows in scope.
    pub(super) fn scope(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.rows() as u32).filter(|row| self.in_scope(*row))
    }

    /// Rows whose place among duplicates is told by their id, where they were delivered at once.
    pub(super) fn paired(&self) -> impl Iterator<Item = u32> + '_ {
        self.pairs.iter().flat_map(|(first, row)| [*first, *row])
    }

    /// Hubs count as null from here on.
    pub(super) fn pass_over(&mut self, hubs: &[Hub]) {
        let hubs: HashSet<Id> = hubs.iter().map(|hub| hub.id).collect();
        for row in (0..self.rows() as u32)
            .filter(|row| self.flags[*row as usize] & (STANDING | IN_SCOPE) == STANDING | IN_SCOPE)
        {
            for (found, ids) in self.found.iter_mut().zip([&mut self.emails, &mut self.phones]) {
                let id = &mut ids[row as usize];
                found[0] += u64::from(*id != NONE);
                if hubs.contains(id) {
                    *id = NONE;
                }
            }
        }
    }

    /// Finds leads with the email and phone of another one.
    fn find_pairs(&mut self) {
        let both = |row: &u32| self.stands(*row) && self.email(*row) != NONE && self.phone(*row) != NONE;
        let hash = |row: u32| (self.email(row) ^ self.phone(row).rotate_left(64)) as u64;
        let mut pairs = Vec::new();
        let mut seen: HashTable<u32> = HashTable::with_capacity(self.rows());
        for row in (0..self.rows() as u32).filter(both) {
            let same =
                |first: &u32| self.email(*first) == self.email(row) && self.phone(*first) == self.phone(row);
            match seen.find(hash(row), same) {
                Some(first) => pairs.push((*first, row)),
                None => {
                    seen.insert_unique(hash(row), row, |row| hash(*row));
                }
            }
        }
        self.pairs = pairs;
    }

    /// Of leads that share email and phone, all but the one delivered first are duplicates; those without a time come
    /// last, and ties go by id.
    pub(super) fn mark_duplicates(&mut self, details: &Details) {
        let order = |a: u32, b: u32| -> Ordering {
            let time = |row| match self.delivered(row) {
                UNKNOWN => i64::MAX,
                time => time,
            };
            time(a).cmp(&time(b)).then_with(|| details.uuid(a).cmp(details.uuid(b)))
        };
        let mut earliest: HashMap<u32, u32> = HashMap::new();
        for (first, row) in &self.pairs {
            let earliest = earliest.entry(*first).or_insert(*first);
            if order(*row, *earliest).is_lt() {
                *earliest = *row;
            }
        }
        let earliest: HashSet<u32> = earliest.into_values().collect();
        for row in self.pairs.iter().flat_map(|(first, row)| [*first, *row]) {
            if !earliest.contains(&row) {
                self.flags[row as usize] |= DUPLICATE;
            }
        }
    }
}

/// The first pass under way.
struct Reading {
    leads: Leads,
    /// The row that stands, by lead.
    standing: HashTable<u32>,
    /// Where each row stands among all: its file's place, and its own.
    ordinals: Vec<u64>,
}

impl Reading {
    fn with_room(rows: usize) -> Self {
        let leads = Leads {
            keys: Vec::with_capacity(rows),
            emails: Vec::with_capacity(rows),
            phones: Vec::with_capacity(rows),
            delivered: Vec::with_capacity(rows),
            days: Vec::with_capacity(rows),
            flags: Vec::with_capacity(rows),
            ..Leads::default()
        };
        Self { leads, standing: HashTable::with_capacity(rows), ordinals: Vec::with_capacity(rows) }
    }

    fn batch(
        &mut self,
        columns: &LeadColumns<'_>,
        places: &HashMap<&str, u64>,
        input: &LinkInput<'_>,
    ) -> Result<(), LinkError> {
        let mut file: Option<(&str, u64)> = None;
        for row in 0..columns.key.len() {
            let name = columns.file.value(row);
            let place = match file {
                Some((known, place)) if known == name => place,
                _ => *places.get(name).ok_or_else(|| LinkError::File(name.to_owned()))?,
            };
            file = Some((name, place));
            let time = |column: &TimestampMicrosecondArray| column.is_valid(row).then(|| column.value(row));
            let delivered = time(columns.delivered);
            let in_scope = match (delivered, input.latest) {
                (Some(delivered), Some(latest)) => delivered <= latest,
                _ => true,
            };
            let leads = &mut self.leads;
            leads.keys.push(id(columns.key.value(row)));
            leads.emails.push(cell(columns.email, row));
            leads.phones.push(cell(columns.phone, row));
            leads.delivered.push(delivered.unwrap_or(UNKNOWN));
            leads.days.push(time(columns.local).map_or(NO_DAY, |local| local.div_euclid(DAY) as i32));
            leads.flags.push(STANDING | if in_scope { IN_SCOPE } else { 0 });
            if let Some([duplicate, scope]) = columns.stored {
                let flag = |column: &BooleanArray, flag| if column.value(row) { flag } else { 0 };
                leads.stored.push(STANDING | flag(duplicate, DUPLICATE) | flag(scope, IN_SCOPE));
            }
            self.ordinals.push((place << 40) + columns.row.value(row).unsigned_abs());
            self.settle();
        }
        Ok(())
    }

    /// Of a lead's rows the last one stands.
    fn settle(&mut self) {
        let (leads, ordinals) = (&mut self.leads, &self.ordinals);
        let row = leads.keys.len() as u32 - 1;
        let keys = &leads.keys;
        let key = keys[row as usize];
        match self.standing.find_mut(key as u64, |other| keys[*other as usize] == key) {
            Some(other) => {
                let passed = if ordinals[*other as usize] < ordinals[row as usize] {
                    std::mem::replace(other, row)
                } else {
                    row
                };
                leads.flags[passed as usize] &= !STANDING;
            }
            None => {
                self.standing.insert_unique(key as u64, row, |row| keys[*row as usize] as u64);
            }
        }
    }
}

//! What lines came to, by a digest of their text.

use std::mem::size_of;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Place;

use crate::raw::LineKey;
use crate::row::{BadCell, Says};

/// What a line came to: a row, kept or a duplicate.
#[derive(Debug)]
pub(crate) struct Remembered {
    /// The row's number.
    pub(crate) row: u32,
    /// What it adds to the counts of its file, if it is kept.
    pub(crate) says: Says,
    /// What was wrong with its cells.
    pub(crate) bad: Box<[BadCell]>,
}

/// A line. Most files have their lines in the order of the file before, so each knows which came after it: that one
/// is looked at first, and lies close by in memory.
struct Entry {
    key: LineKey,
    what: Remembered,
    /// Place of the line that stood below it when it was read last, or [`NOWHERE`].
    next: u32,
    /// Number of the file that had it last; [`FREE`] for a place that is empty.
    file: u32,
}

const FREE: u32 = 0;
const NOWHERE: u32 = u32::MAX;

/// The lines of the file read last, and those of the file being read.
pub(super) struct Lines {
    entries: Vec<Entry>,
    /// Places in `entries`, by key.
    places: HashTable<u32>,
    /// Places that are empty.
    free: Vec<u32>,
    /// Place of the line read last.
    last: u32,
}

impl Default for Lines {
    fn default() -> Self {
        Self { entries: Vec::new(), places: HashTable::new(), free: Vec::new(), last: NOWHERE }
    }
}

impl Lines {
    /// Bytes of a line, its share of the table included.
    pub(super) const ENTRY_BYTES: usize = size_of::<Entry>() + 2 * (size_of::<u32>() + 1);

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// A file begins: its first line is below no other.
    pub(super) fn begin(&mut self) {
        self.last = NOWHERE;
    }

    /// A line's entry, if there is one; it is noted that `file` has the line.
    pub(super) fn find(&mut self, key: LineKey, file: u32) -> Option<&Remembered> {
        let below = self.below_last();
        let expected = self.entries.get(below as usize);
        let place = match expected {
            Some(entry) if entry.key == key && entry.file != FREE => below,
            _ => {
                let entries = &self.entries;
                *self.places.find(hash(key), |place| entries[*place as usize].key == key)?
            }
        };
        if place != below {
            self.link(place);
        }
        self.last = place;
        let entry = &mut self.entries[place as usize];
        entry.file = file;
        Some(&entry.what)
    }

    /// Adds a line that was not found.
    pub(super) fn insert(&mut self, key: LineKey, what: Remembered, file: u32) {
        // In most cases it stands where another one stood: what came below that one comes below this one.
        let next = self.entries.get(self.below_last() as usize).map_or(NOWHERE, |replaced| replaced.next);
        let entry = Entry { key, what, next, file };
        let entries = &self.entries;
        let same = |place: &u32| entries[*place as usize].key == key;
        let vacant = match self.places.entry(hash(key), same, |place| hash(entries[*place as usize].key)) {
            Place::Vacant(vacant) => vacant,
            Place::Occupied(_) => return,
        };
        let place = self.free.pop().unwrap_or(self.entries.len() as u32);
        vacant.insert(place);
        match self.entries.get_mut(place as usize) {
            Some(empty) => *empty = entry,
            None => self.entries.push(entry),
        }
        self.link(place);
        self.last = place;
    }

    /// Drops the lines that `file` does not have.
    pub(super) fn retain(&mut self, file: u32) {
        for (place, entry) in (0..).zip(&mut self.entries) {
            if entry.file != file && entry.file != FREE {
                entry.file = FREE;
                entry.what.bad = Box::default();
                self.free.push(place);
                if let Ok(found) = self.places.find_entry(hash(entry.key), |known| *known == place) {
                    found.remove();
                }
            }
        }
        // Where most is gone, their memory goes too.
        if self.entries.len() > 1024 && self.free.len() > self.entries.len() / 2 {
            self.compact();
        }
    }

    /// Lays the lines close together, in their order.
    fn compact(&mut self) {
        self.entries.retain(|entry| entry.file != FREE);
        self.entries.shrink_to_fit();
        self.entries.iter_mut().for_each(|entry| entry.next = NOWHERE);
        (self.free, self.places, self.last) = (Vec::new(), HashTable::new(), NOWHERE);
        let entries = &self.entries;
        for place in 0..entries.len() as u32 {
            let hash_of = |place: &u32| hash(entries[*place as usize].key);
            self.places.insert_unique(hash_of(&place), place, hash_of);
        }
    }

    /// Place of the line that stood below the one read last.
    fn below_last(&self) -> u32 {
        self.entries.get(self.last as usize).map_or(NOWHERE, |last| last.next)
    }

    /// This line stands below the one read last.
    fn link(&mut self, place: u32) {
        if let Some(last) = self.entries.get_mut(self.last as usize) {
            last.next = place;
        }
    }
}

/// A key is random already.
const fn hash(key: LineKey) -> u64 {
    key as u64
}

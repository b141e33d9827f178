//! Places that leads' outcomes have: one key a distinct city, state and ZIP code, not one a row; and `dim_place`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, BinaryBuilder, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use hashbrown::HashMap;
use leadq_contract::{SurrogateKey, Table};

/// Distinct places of a client.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: HashMap<Box<[u8]>, SurrogateKey>,
    buffer: Vec<u8>,
}

/// Ends a part of a place; no text holds this byte.
const END: u8 = 0xff;
/// Stands for a part that is null; nor does any text hold this one.
const NULL: u8 = 0xfe;

impl Places {
    /// Keys of places by city, state and ZIP code; null where all three are.
    pub(super) fn keys(&mut self, place: &[StringArray; 3]) -> ArrayRef {
        let rows = place[0].len();
        let mut keys = BinaryBuilder::with_capacity(rows, rows * size_of::<SurrogateKey>());
        for row in 0..rows {
            let parts =
                place.each_ref().map(|column| column.is_valid(row).then(|| column.value(row).as_bytes()));
            keys.append_option(self.key(parts).map(|key| key.0));
        }
        Arc::new(keys.finish())
    }

    fn key(&mut self, parts: [Option<&[u8]>; 3]) -> Option<SurrogateKey> {
        if parts == [None; 3] {
            return None;
        }
        self.buffer.clear();
        for part in parts {
            self.buffer.extend_from_slice(part.unwrap_or(&[NULL]));
            self.buffer.push(END);
        }
        if let Some(key) = self.known.get(&self.buffer[..]) {
            return Some(*key);
        }
        let key = SurrogateKey::of("place", &parts);
        self.known.insert(self.buffer.as_slice().into(), key);
        Some(key)
    }

    /// Rows of `dim_place`, in an order that is always the same.
    pub(super) fn table(&self) -> Result<RecordBatch, ArrowError> {
        let mut all: Vec<(&[u8], &SurrogateKey)> =
            self.known.iter().map(|(text, key)| (&**text, key)).collect();
        all.sort_unstable_by_key(|(text, _)| *text);
        let part = |number: usize| -> ArrayRef {
            let text = |(text, _): &(&[u8], &SurrogateKey)| {
                let part = text.split(|byte| *byte == END).nth(number).filter(|part| *part != [NULL]);
                part.map(|part| String::from_utf8_lossy(part).into_owned())
            };
            Arc::new(all.iter().map(text).collect::<StringArray>())
        };
        let keys = BinaryArray::from_iter_values(all.iter().map(|(_, key)| key.0));
        RecordBatch::try_new(Table::DimPlace.schema(&[]), vec![Arc::new(keys), part(0), part(1), part(2)])
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;

    #[test]
    fn a_place_is_its_three_parts() {
        let cities: StringArray =
            [Some("Reno"), Some("Reno"), None, Some(""), Some("Reno")].into_iter().collect();
        let states: StringArray = [Some("NV"), None, None, Some("NV"), Some("NV")].into_iter().collect();
        let zips: StringArray = vec![None::<&str>; 5].into_iter().collect();
        let mut places = Places::default();
        let keys = places.keys(&[cities, states, zips]);
        let keys = keys.as_binary::<i32>();
        let of = |parts: [Option<&str>; 3]| {
            SurrogateKey::of("place", &parts.map(|part| part.map(str::as_bytes))).0
        };
        assert_eq!(keys.value(0), of([Some("Reno"), Some("NV"), None]));
        assert_eq!(keys.value(1), of([Some("Reno"), None, None]));
        assert!(keys.is_null(2));
        assert_eq!(keys.value(3), of([Some(""), Some("NV"), None]));
        assert_eq!(keys.value(4), keys.value(0));
        let table = places.table().unwrap();
        let cities = table.column(1).as_string::<i32>();
        let states = table.column(2).as_string::<i32>();
        let shown: Vec<_> = cities.iter().zip(states).collect();
        assert_eq!(shown, [(Some("Reno"), Some("NV")), (Some("Reno"), None), (Some(""), Some("NV"))]);
    }
}

//! The leads that were delivered, and the Parquet file of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::SampleError;
use super::days::{self, Day, LAST, WINDOW};
use super::draws::Draws;
use super::person::{PLACEHOLDER, People, Person, sha1_hex};
use super::source::{SOURCES, Source};

/// How many leads were delivered.
pub(super) const LEADS: u32 = 480;

/// The last of them were delivered after the last snapshot: nobody can have reported on them yet.
const AFTER_LAST: u32 = 3;

/// A lead that was delivered.
pub(super) struct Lead {
    uuid: String,
    pub(super) person: Person,
    email_hash: Option<String>,
    phone_hash: Option<String>,
    pub(super) day: Day,
    second: i64,
    pub(super) source: &'static Source,
    cents: i64,
    pub(super) fate: Fate,
}

/// What the client's office makes of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// What chance brings.
    Usual,
    /// The same person had been delivered before, and the office says so.
    Again,
    /// An appointment is set and then taken back, before the eyes of the snapshots.
    TakenBack,
}

/// All leads, by the time of delivery.
pub(super) fn leads(draws: &mut Draws, people: &mut People) -> Vec<Lead> {
    let mut leads: Vec<Lead> = Vec::new();
    for index in 0..LEADS {
        let fate = match index {
            365 | 378 | 390 => Fate::TakenBack,
            _ if index % 100 == 60 => Fate::Again,
            _ => Fate::Usual,
        };
        let person = match leads.len().checked_sub(25).and_then(|earlier| leads.get(earlier)) {
            Some(earlier) if fate == Fate::Again => earlier.person.clone(),
            _ => people.next(draws),
        };
        leads.push(lead(draws, index, person, fate));
    }
    leads.sort_by_key(|lead| (lead.day, lead.second));
    leads
}

/// One lead; deliveries are spread evenly over the time that the snapshots can see.
fn lead(draws: &mut Draws, index: u32, person: Person, fate: Fate) -> Lead {
    let in_sight = LEADS - AFTER_LAST;
    let day = if index < in_sight {
        i64::from(index) * (LAST + WINDOW + 1) / i64::from(in_sight) - WINDOW
    } else {
        LAST + 1
    };
    let weights = SOURCES.each_ref().map(|source| source.weight);
    let source = &SOURCES[draws.index_by(&weights)];
    let (email_hash, phone_hash) = hashes(draws, index, &person);
    Lead {
        uuid: uuid(draws),
        person,
        email_hash,
        phone_hash,
        day,
        second: draws.between(6 * 3600, 23 * 3600),
        source,
        cents: source.cents + draws.between(0, 8) * 25,
        fate,
    }
}

/// The hashes of a lead's contact details: a few are missing, two leads have none, two carry the placeholder.
fn hashes(draws: &mut Draws, index: u32, person: &Person) -> (Option<String>, Option<String>) {
    let (email, phone) = (Some(sha1_hex(&person.email())), Some(sha1_hex(&person.phone())));
    let no_email = draws.chance(12);
    let no_phone = !no_email && draws.chance(12);
    match index {
        90 | 330 => (None, None),
        150 => (Some(sha1_hex(PLACEHOLDER)), phone),
        270 => (email, Some(sha1_hex(PLACEHOLDER))),
        _ => (email.filter(|_| !no_email), phone.filter(|_| !no_phone)),
    }
}

/// A random UUID (version 4).
fn uuid(draws: &mut Draws) -> String {
    let high = draws.word() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = draws.word() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// The leads as a Parquet file. Uncompressed and signed by the sample itself, so that its bytes do not hang on
/// a compressor's or the writer's version.
pub(super) fn parquet(leads: &[Lead]) -> Result<Vec<u8>, SampleError> {
    let text = |of: fn(&Lead) -> Option<&str>| -> ArrayRef {
        Arc::new(leads.iter().map(of).collect::<StringArray>())
    };
    let delivered = leads.iter().map(|lead| Some(days::micros(lead.day) + lead.second * 1_000_000));
    let price = leads.iter().map(|lead| Some(i128::from(lead.cents))).collect::<Decimal128Array>();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("lead_uuid", text(|lead| Some(&lead.uuid)), true),
        ("email_hash", text(|lead| lead.email_hash.as_deref()), true),
        ("phone_hash", text(|lead| lead.phone_hash.as_deref()), true),
        ("delivered_at", Arc::new(delivered.collect::<TimestampMicrosecondArray>()) as ArrayRef, true),
        ("source", text(|lead| Some(lead.source.name)), true),
        ("state", text(|lead| Some(lead.person.place.state)), true),
        ("price", Arc::new(price.with_precision_and_scale(10, 2)?) as ArrayRef, true),
    ])?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_created_by("leadq sample".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

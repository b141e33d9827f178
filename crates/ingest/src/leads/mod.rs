//! A leads file (Parquet): columns found by name, identifiers keyed, every row accounted for (spec 1.2).

mod columns;
mod place;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryBuilder, Int64Builder, StringArray, StringBuilder, TimestampMicrosecondBuilder,
    UInt32Array,
};
use arrow::datatypes::{DataType, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use leadq_contract::{
    ClientId, ClientSettings, FindingCode, IdentifierKey, IdentifierKind, IdentifierSecret, LeadColumn,
    LeadSchema, QuarantinedRow, SurrogateKey, rows,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use crate::category::Category;
use crate::cells::hash::{self, HashAlgorithm, HashRead, PlainRule};
use crate::forget::{Forgotten, Search};
use crate::keying::Keying;
use crate::tally::{FileFinding, Tally};
use crate::{IngestError, RowSink};
use columns::{Columns, RawLeads};

/// Rows in a batch.
const BATCH_ROWS: usize = 2048;

/// What a leads file is read with.
#[derive(Debug, Clone, Copy)]
pub struct LeadOptions<'a> {
    /// The clients that are configured.
    pub clients: &'a [ClientSettings],
    /// What the columns are called, and how their cells are read.
    pub schema: &'a LeadSchema,
    /// The client of a file's leads without `client_id`, where it is known.
    pub owner: Option<&'a ClientId>,
    /// Columns kept as dimensions.
    pub dimensions: &'a [String],
    /// What identifiers are keyed with.
    pub secret: &'a IdentifierSecret,
    /// How plain text is hashed where a hash should be, by client; SHA-256 where none is named.
    pub algorithms: &'a BTreeMap<ClientId, HashAlgorithm>,
    /// Whose leads are stripped of what tells who they are.
    pub forgotten: &'a Forgotten,
    /// Name of the file, as the rows shall have it.
    pub file: &'a str,
}

/// What was read of a leads file, beside its rows.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct LeadReading {
    /// Rows in the file.
    pub rows_read: u64,
    /// Rows that went on, by client.
    pub kept: BTreeMap<ClientId, u64>,
    /// What was found, by client (rows without a known one under the empty id).
    pub findings: Vec<(ClientId, FileFinding)>,
    /// By client: usable hashes as received by digits (64, 40, 32), for email and phone.
    pub hash_digits: BTreeMap<ClientId, [[u64; 3]; 2]>,
    /// Clients with plain text where a hash should be.
    pub with_plain_text: BTreeSet<ClientId>,
    /// By dimension, whether the file has its column.
    pub dimensions: Vec<bool>,
}

/// Whether a file is one of leads, told by its footer; reads no rows. `client_known`: all leads are of one
/// client, so that no column need say it.
///
/// # Errors
/// As [`read_leads`].
pub fn check_leads<F: ChunkReader + 'static>(
    input: F,
    schema: &LeadSchema,
    client_known: bool,
) -> Result<(), IngestError> {
    open(input, schema, &[], client_known).map(drop)
}

/// The file's reader, and where its columns are.
fn open<'a, F: ChunkReader + 'static>(
    input: F,
    schema: &'a LeadSchema,
    dimensions: &[String],
    client_known: bool,
) -> Result<(ParquetRecordBatchReaderBuilder<F>, Columns<'a>), IngestError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(input)?;
    let columns = Columns::find(builder.schema(), schema, dimensions, client_known)?;
    Ok((builder, columns))
}

/// Reads a leads file; batches have the schema of [`rows::lead_rows`].
///
/// # Errors
/// If it is no readable Parquet, or lacks a column that it needs: an error of the run (1.2).
pub fn read_leads<F: ChunkReader + 'static>(
    input: F,
    options: &LeadOptions<'_>,
    sink: &mut dyn RowSink,
) -> Result<LeadReading, IngestError> {
    let (builder, columns) = open(input, options.schema, options.dimensions, options.owner.is_some())?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.roots());
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
    let mut leads = Leads::new(options);
    leads.reading.dimensions = columns.dimensions();
    for batch in reader {
        let batch = batch?;
        let clean = leads.batch(&columns.pick(&batch)?)?;
        for row in leads.aside.drain(..) {
            sink.quarantine(row).map_err(IngestError::Sink)?;
        }
        if clean.num_rows() > 0 {
            sink.rows(clean).map_err(IngestError::Sink)?;
        }
    }
    Ok(leads.finish())
}

/// Turns raw batches into clean ones.
struct Leads<'a> {
    options: &'a LeadOptions<'a>,
    schema: SchemaRef,
    keying: Keying<'a>,
    /// Who is forgotten, if anybody is.
    search: Option<Search<'a>>,
    reading: LeadReading,
    /// What is counted, by client as configured.
    counts: Vec<Counts>,
    tallies: BTreeMap<ClientId, Tally>,
    aside: Vec<QuarantinedRow>,
    /// Clean texts of the dimensions, by what cells say.
    texts: Vec<Category>,
}

/// What is counted of a client's rows.
#[derive(Debug, Clone, Default)]
struct Counts {
    kept: u64,
    hash_digits: [[u64; 3]; 2],
    has_plain_text: bool,
}

/// Builders of the columns that are made row by row.
struct Built {
    lead_key: BinaryBuilder,
    client: StringBuilder,
    lead_uuid: StringBuilder,
    row: Int64Builder,
    keys: [BinaryBuilder; 2],
    local: TimestampMicrosecondBuilder,
    city: StringBuilder,
    state: StringBuilder,
    zip: StringBuilder,
    kept: Vec<u32>,
}

impl Built {
    /// Builders for so many rows: what they hold is kept, and should not take twice its room.
    fn with_room(rows: usize) -> Self {
        let texts = || StringBuilder::with_capacity(rows, 0);
        Self {
            lead_key: BinaryBuilder::with_capacity(rows, rows * size_of::<SurrogateKey>()),
            client: texts(),
            lead_uuid: StringBuilder::with_capacity(rows, rows * 36),
            row: Int64Builder::with_capacity(rows),
            keys: [(); 2].map(|()| BinaryBuilder::with_capacity(rows, rows * size_of::<IdentifierKey>())),
            local: TimestampMicrosecondBuilder::with_capacity(rows),
            city: texts(),
            state: texts(),
            zip: texts(),
            kept: Vec::with_capacity(rows),
        }
    }
}

impl<'a> Leads<'a> {
    fn new(options: &'a LeadOptions<'a>) -> Self {
        Self {
            schema: rows::lead_rows(options.dimensions),
            keying: Keying::new(options.secret),
            search: Search::of(options.forgotten, options.secret),
            reading: LeadReading::default(),
            counts: vec![Counts::default(); options.clients.len()],
            texts: options.dimensions.iter().map(|_| Category::exact()).collect(),
            tallies: BTreeMap::new(),
            aside: Vec::new(),
            options,
        }
    }

    fn batch(&mut self, raw: &RawLeads<'_>) -> Result<RecordBatch, IngestError> {
        let mut built = Built::with_room(raw.rows);
        for index in 0..raw.rows {
            self.row(raw, index, &mut built);
        }
        self.assemble(raw, built)
    }

    fn row(&mut self, raw: &RawLeads<'_>, index: usize, built: &mut Built) {
        self.reading.rows_read += 1;
        let position = self.reading.rows_read;
        let named = raw.client.text(index);
        let place = match named.as_deref().or(self.options.owner.map(|owner| owner.0.as_str())) {
            Some(id) => self.options.clients.iter().position(|client| client.id.0 == id),
            None => None,
        };
        let lead_uuid = raw.lead_uuid.text(index);
        let (Some(place), Some(lead_uuid)) = (place, &lead_uuid) else {
            let code = if lead_uuid.is_none() { FindingCode::NoLeadUuid } else { FindingCode::UnknownClient };
            let known = place.map(|place| self.options.clients[place].id.clone());
            return self.set_aside(code, position, known, lead_uuid.as_deref());
        };
        let client = &self.options.clients[place];
        built.kept.push(index as u32);
        self.counts[place].kept += 1;
        let parts = [Some(client.id.0.as_bytes()), Some(lead_uuid.as_bytes())];
        built.lead_key.append_value(SurrogateKey::of("lead", &parts).0);
        built.client.append_value(&client.id.0);
        built.lead_uuid.append_value(lead_uuid);
        built.row.append_value(position as i64);
        let mut found = Vec::new();
        let is_forgotten = self.search.as_ref().is_some_and(|search| raw.is_of(index, search));
        if is_forgotten {
            built.keys.iter_mut().for_each(BinaryBuilder::append_null);
        } else {
            self.identifiers(place, raw, index, built, &mut found);
        }
        let delivered = raw.delivered.as_ref();
        let instant = delivered.and_then(|delivered| delivered.instant(index));
        built.local.append_option(instant.map(|instant| wall_time(instant, client.timezone)));
        if delivered.is_some_and(|delivered| delivered.is_invalid(index)) {
            found.push((FindingCode::InvalidTimestamp, LeadColumn::DeliveredAt.name()));
        }
        if is_forgotten {
            [&mut built.city, &mut built.state, &mut built.zip]
                .into_iter()
                .for_each(StringBuilder::append_null);
        } else {
            place::append(raw, index, self.options.schema, built, &mut found);
        }
        for (code, column) in found {
            let tally = self.tallies.entry(client.id.clone()).or_default();
            tally.add(code, Some(column), Some(position), || format!("row {position}"));
        }
    }

    fn identifiers(
        &mut self,
        place: usize,
        raw: &RawLeads<'_>,
        index: usize,
        built: &mut Built,
        found: &mut Vec<(FindingCode, &'static str)>,
    ) {
        let (client, counts) = (&self.options.clients[place], &mut self.counts[place]);
        let usual = self.options.algorithms.get(&client.id).copied().unwrap_or_default();
        let rule = PlainRule::of_client(&client.identity, usual);
        let sides = [(IdentifierKind::Email, &raw.email), (IdentifierKind::Phone, &raw.phone)];
        for (side, (kind, column)) in sides.into_iter().enumerate() {
            let read = hash::read_by(column.cell(index), kind, rule);
            let codes: &[FindingCode] = match &read {
                HashRead::Null | HashRead::Hash(_) => &[],
                HashRead::Junk => &[FindingCode::JunkHash],
                HashRead::PlainText(_) => &[FindingCode::PlaintextPii],
                HashRead::PlainJunk => &[FindingCode::PlaintextPii, FindingCode::JunkHash],
                HashRead::Invalid => &[FindingCode::InvalidHash],
            };
            found.extend(codes.iter().map(|code| (*code, kind.column())));
            match &read {
                HashRead::Hash(hash) => {
                    counts.hash_digits[side][hash.algorithm() as usize] += 1;
                }
                HashRead::PlainText(_) => counts.has_plain_text = true,
                _ => {}
            }
            built.keys[side].append_option(read.hash().map(|hash| self.keying.key(hash.as_bytes()).0));
        }
    }

    fn set_aside(
        &mut self,
        code: FindingCode,
        position: u64,
        client: Option<ClientId>,
        lead_uuid: Option<&str>,
    ) {
        let client = client.unwrap_or_else(|| ClientId(String::new()));
        let tally = self.tallies.entry(client).or_default();
        tally.add(code, None, Some(position), || format!("row {position}"));
        let text = lead_uuid.map_or_else(String::new, |uuid| format!("lead_uuid {uuid}"));
        self.aside.push(QuarantinedRow { line: position, reason: code.name(), text });
    }

    fn assemble(&mut self, raw: &RawLeads<'_>, mut built: Built) -> Result<RecordBatch, IngestError> {
        let kept = UInt32Array::from(built.kept);
        let rows = kept.len();
        let take = |array: Option<&ArrayRef>, data_type: &DataType| -> Result<ArrayRef, IngestError> {
            match array {
                Some(array) => Ok(arrow::compute::take(array, &kept, None)?),
                None => Ok(arrow::array::new_null_array(data_type, rows)),
            }
        };
        let instants = raw.delivered.as_ref().map(|d| -> ArrayRef { Arc::new(d.instants.clone()) });
        let delivered = take(instants.as_ref(), &rows::WALL_TIME)?;
        let delivered = delivered.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC");
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(built.lead_key.finish()),
            Arc::new(built.client.finish()),
            Arc::new(built.lead_uuid.finish()),
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(self.options.file, rows))),
            Arc::new(built.row.finish()),
            Arc::new(built.keys[0].finish()),
            Arc::new(built.keys[1].finish()),
            Arc::new(delivered),
            Arc::new(built.local.finish()),
            Arc::new(built.city.finish()),
            Arc::new(built.state.finish()),
            Arc::new(built.zip.finish()),
        ];
        for (dimension, texts) in raw.dimensions.iter().zip(&mut self.texts) {
            let clean: ArrayRef = Arc::new(dimension.masked(raw.rows, texts));
            columns.push(take(Some(&clean), &DataType::Utf8)?);
        }
        columns.push(take(raw.price.as_ref(), &rows::PRICE)?);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn finish(mut self) -> LeadReading {
        for (client, counts) in self.options.clients.iter().zip(self.counts) {
            let id = || client.id.clone();
            if counts.kept > 0 {
                self.reading.kept.insert(id(), counts.kept);
            }
            if counts.hash_digits != [[0; 3]; 2] {
                self.reading.hash_digits.insert(id(), counts.hash_digits);
            }
            if counts.has_plain_text {
                self.reading.with_plain_text.insert(id());
            }
        }
        self.reading.findings = self
            .tallies
            .into_iter()
            .flat_map(|(client, tally)| tally.finish().into_iter().map(move |found| (client.clone(), found)))
            .collect();
        self.reading
    }
}

/// An instant (microseconds in UTC) as wall time of a zone.
fn wall_time(instant: i64, zone: Tz) -> i64 {
    if zone == Tz::UTC {
        return instant;
    }
    DateTime::from_timestamp_micros(instant).map_or(instant, |utc| {
        zone.from_utc_datetime(&utc.naive_utc()).naive_local().and_utc().timestamp_micros()
    })
}

//! A leads file (Parquet): columns found by name, identifiers keyed, every row accounted for (spec 1.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, Int64Builder, StringArray, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use leadq_contract::column::normalise_header;
use leadq_contract::{
    ClientId, ClientSettings, FindingCode, IdentifierKind, IdentifierSecret, LeadColumn, QuarantinedRow,
    SurrogateKey, rows,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use crate::cells::hash::{self, HashAlgorithm, HashRead};
use crate::cells::{place, state, text, timestamp, zip};
use crate::keying::Keying;
use crate::tally::{FileFinding, Tally};
use crate::{IngestError, RowSink};

/// What a leads file is read with.
#[derive(Debug, Clone, Copy)]
pub struct LeadOptions<'a> {
    /// The clients that are configured.
    pub clients: &'a [ClientSettings],
    /// The client of a file's leads without `client_id`, where it is known.
    pub owner: Option<&'a ClientId>,
    /// Columns kept as dimensions.
    pub dimensions: &'a [String],
    /// What identifiers are keyed with.
    pub secret: &'a IdentifierSecret,
    /// Position of the file's first row among all rows of all files.
    pub first_ordinal: i64,
}

/// What was read of a leads file, beside its rows.
#[derive(Debug, Clone, Default)]
pub struct LeadReading {
    /// Rows in the file.
    pub rows_read: u64,
    /// Rows that went on.
    pub kept: u64,
    /// What was found, by client (rows without a known one under the empty id).
    pub findings: Vec<(ClientId, FileFinding)>,
    /// By client: usable hashes by digits (64, 40, 32), for email and phone.
    pub hash_digits: BTreeMap<ClientId, [[u64; 3]; 2]>,
}

/// Reads a leads file; batches have the schema of [`rows::lead_rows`].
///
/// # Errors
/// If it is no readable Parquet, or lacks `lead_uuid` or both hash columns: an error of the run (1.2).
pub fn read_leads<F: ChunkReader + 'static>(
    input: F,
    options: &LeadOptions<'_>,
    sink: &mut dyn RowSink,
) -> Result<LeadReading, IngestError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(input)?;
    let columns = Columns::find(builder.schema(), options.dimensions)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), columns.roots());
    let reader = builder.with_projection(mask).build()?;
    let mut leads = Leads::new(options);
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

/// Where the columns of a leads file are.
struct Columns {
    known: [Option<usize>; LeadColumn::ALL.len()],
    dimensions: Vec<Option<usize>>,
}

impl Columns {
    fn find(schema: &SchemaRef, dimensions: &[String]) -> Result<Self, IngestError> {
        let names: Vec<_> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let position = |test: &dyn Fn(&str) -> bool| names.iter().position(|name| test(name));
        let known =
            LeadColumn::ALL.map(|column| position(&|name| LeadColumn::recognise(name) == Some(column)));
        let has = |column: LeadColumn| known[column as usize].is_some();
        if !has(LeadColumn::LeadUuid) {
            return Err(IngestError::MissingLeadColumn("lead_uuid"));
        }
        if !has(LeadColumn::EmailHash) && !has(LeadColumn::PhoneHash) {
            return Err(IngestError::MissingLeadColumn("email_hash or phone_hash"));
        }
        let dimensions = dimensions
            .iter()
            .map(|dimension| {
                let wanted = normalise_header(dimension);
                position(&|name| normalise_header(name) == wanted)
            })
            .collect();
        Ok(Self { known, dimensions })
    }

    fn roots(&self) -> Vec<usize> {
        let mut roots: Vec<_> = self.known.iter().chain(&self.dimensions).flatten().copied().collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// The columns of a projected batch, cast to what they are read as.
    fn pick(&self, batch: &RecordBatch) -> Result<RawLeads, IngestError> {
        let roots = self.roots();
        let column = |at: &Option<usize>| {
            at.and_then(|at| roots.iter().position(|root| *root == at)).map(|i| batch.column(i).clone())
        };
        let text = |at: &Option<usize>| column(at).map(|array| as_text(&array)).transpose();
        let known = |c: LeadColumn| &self.known[c as usize];
        Ok(RawLeads {
            rows: batch.num_rows(),
            lead_uuid: text(known(LeadColumn::LeadUuid))?,
            email: text(known(LeadColumn::EmailHash))?,
            phone: text(known(LeadColumn::PhoneHash))?,
            client: text(known(LeadColumn::ClientId))?,
            state: text(known(LeadColumn::State))?,
            city: text(known(LeadColumn::City))?,
            zip: text(known(LeadColumn::Zip))?,
            delivered: column(known(LeadColumn::DeliveredAt)).map(|a| as_instants(&a)).transpose()?,
            price: column(known(LeadColumn::Price))
                .map(|a| cast_column(&a, &rows::PRICE, "price"))
                .transpose()?,
            dimensions: self.dimensions.iter().map(text).collect::<Result<_, _>>()?,
        })
    }
}

/// A batch of a leads file as it came, column by column; a column that the file lacks is `None`.
struct RawLeads {
    rows: usize,
    lead_uuid: Option<StringArray>,
    email: Option<StringArray>,
    phone: Option<StringArray>,
    client: Option<StringArray>,
    state: Option<StringArray>,
    city: Option<StringArray>,
    zip: Option<StringArray>,
    delivered: Option<ArrayRef>,
    price: Option<ArrayRef>,
    dimensions: Vec<Option<StringArray>>,
}

fn cast_column(array: &ArrayRef, to: &DataType, column: &str) -> Result<ArrayRef, IngestError> {
    cast_with_options(array, to, &CastOptions { safe: true, ..CastOptions::default() })
        .map_err(|error| IngestError::Column { column: column.to_owned(), reason: error.to_string() })
}

fn as_text(array: &ArrayRef) -> Result<StringArray, IngestError> {
    Ok(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// Delivery times as microseconds in UTC; a naive time is UTC.
fn as_instants(array: &ArrayRef) -> Result<ArrayRef, IngestError> {
    let wall = DataType::Timestamp(TimeUnit::Microsecond, None);
    match array.data_type() {
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => {
            let instants = cast_column(
                array,
                &DataType::Timestamp(TimeUnit::Microsecond, array_zone(array)),
                "delivered_at",
            )?;
            // Dropping the zone of an instant would shift it to wall time: its number is what is wanted.
            let numbers = instants.as_primitive::<TimestampMicrosecondType>().values().clone();
            Ok(Arc::new(arrow::array::TimestampMicrosecondArray::new(numbers, instants.nulls().cloned())))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            let texts = as_text(array)?;
            let mut times = TimestampMicrosecondBuilder::with_capacity(texts.len());
            for text in &texts {
                times.append_option(text.and_then(|text| timestamp::read(text, chrono_tz::UTC).value()));
            }
            Ok(Arc::new(times.finish()))
        }
        _ => cast_column(array, &wall, "delivered_at"),
    }
}

fn array_zone(array: &ArrayRef) -> Option<Arc<str>> {
    match array.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    }
}

/// Turns raw batches into clean ones.
struct Leads<'a> {
    options: &'a LeadOptions<'a>,
    schema: SchemaRef,
    keying: Keying<'a>,
    ordinal: i64,
    reading: LeadReading,
    tallies: BTreeMap<ClientId, Tally>,
    aside: Vec<QuarantinedRow>,
}

/// Builders of the columns that are made row by row.
#[derive(Default)]
struct Built {
    lead_key: BinaryBuilder,
    client: StringBuilder,
    lead_uuid: StringBuilder,
    ordinal: Int64Builder,
    keys: [BinaryBuilder; 2],
    local: TimestampMicrosecondBuilder,
    city: StringBuilder,
    state: StringBuilder,
    zip: StringBuilder,
    kept: Vec<u32>,
}

impl<'a> Leads<'a> {
    fn new(options: &'a LeadOptions<'a>) -> Self {
        Self {
            schema: rows::lead_rows(options.dimensions),
            keying: Keying::new(options.secret),
            ordinal: options.first_ordinal,
            reading: LeadReading::default(),
            tallies: BTreeMap::new(),
            aside: Vec::new(),
            options,
        }
    }

    fn batch(&mut self, raw: &RawLeads) -> Result<RecordBatch, IngestError> {
        let mut built = Built::default();
        for index in 0..raw.rows {
            self.row(raw, index, &mut built);
        }
        self.assemble(raw, built)
    }

    fn row<'r>(&mut self, raw: &'r RawLeads, index: usize, built: &mut Built) {
        self.reading.rows_read += 1;
        let position = self.reading.rows_read;
        self.ordinal += 1;
        let named = clean_text(cell(raw.client.as_ref(), index));
        let known = named.as_deref().map_or(self.options.owner, |id| {
            self.options.clients.iter().map(|client| &client.id).find(|known| known.0 == id)
        });
        let lead_uuid = clean_text(cell(raw.lead_uuid.as_ref(), index));
        let (Some(client), Some(lead_uuid)) = (known.and_then(|id| self.client(id)), &lead_uuid) else {
            let code = if lead_uuid.is_none() { FindingCode::NoLeadUuid } else { FindingCode::UnknownClient };
            return self.set_aside(code, position, known.cloned(), lead_uuid);
        };
        built.kept.push(index as u32);
        self.reading.kept += 1;
        let parts = [Some(client.id.0.as_bytes()), Some(lead_uuid.as_bytes())];
        built.lead_key.append_value(SurrogateKey::of("lead", &parts).0);
        built.client.append_value(&client.id.0);
        built.lead_uuid.append_value(lead_uuid);
        built.ordinal.append_value(self.ordinal);
        self.identifiers(client, raw, index, position, built);
        let delivered = raw.delivered.as_ref().filter(|array| array.is_valid(index));
        let delivered = delivered.map(|a| a.as_primitive::<TimestampMicrosecondType>().value(index));
        built.local.append_option(delivered.map(|instant| wall_time(instant, client.timezone)));
        let read = |column: &'r Option<StringArray>| cell(column.as_ref(), index);
        built.city.append_option(read(&raw.city).and_then(|t| place::city(t).value()));
        built.state.append_option(read(&raw.state).and_then(|t| state::read(t).value()));
        built.zip.append_option(read(&raw.zip).and_then(|t| zip::read(t).value()));
    }

    fn client(&self, id: &ClientId) -> Option<&'a ClientSettings> {
        self.options.clients.iter().find(|client| client.id == *id)
    }

    fn identifiers(
        &mut self,
        client: &ClientSettings,
        raw: &RawLeads,
        index: usize,
        position: u64,
        built: &mut Built,
    ) {
        let sides = [(IdentifierKind::Email, &raw.email), (IdentifierKind::Phone, &raw.phone)];
        for (side, (kind, column)) in sides.into_iter().enumerate() {
            let raw = cell(column.as_ref(), index).unwrap_or_default();
            let read = hash::read(raw, kind, HashAlgorithm::Sha256);
            let tally = self.tallies.entry(client.id.clone()).or_default();
            let mut found =
                |code| tally.add(code, Some(kind.column()), Some(position), || format!("row {position}"));
            match &read {
                HashRead::Null | HashRead::Hash(_) => {}
                HashRead::Junk => found(FindingCode::JunkHash),
                HashRead::PlainText(_) => found(FindingCode::PlaintextPii),
                HashRead::PlainJunk => {
                    found(FindingCode::PlaintextPii);
                    found(FindingCode::JunkHash);
                }
                HashRead::Invalid => found(FindingCode::InvalidHash),
            }
            let (HashRead::Hash(hash) | HashRead::PlainText(hash)) = read else {
                built.keys[side].append_null();
                continue;
            };
            built.keys[side].append_value(self.keying.key(hash.as_bytes()).0);
            let digits = self.reading.hash_digits.entry(client.id.clone()).or_default();
            if let Some(place) = HashAlgorithm::of_digits(hash.as_bytes().len()) {
                digits[side][place as usize] += 1;
            }
        }
    }

    fn set_aside(
        &mut self,
        code: FindingCode,
        position: u64,
        client: Option<ClientId>,
        lead_uuid: Option<String>,
    ) {
        let client = client.unwrap_or_else(|| ClientId(String::new()));
        let tally = self.tallies.entry(client).or_default();
        tally.add(code, None, Some(position), || format!("row {position}"));
        let text = lead_uuid.map_or_else(String::new, |uuid| format!("lead_uuid {uuid}"));
        self.aside.push(QuarantinedRow { line: position, reason: code.name(), text });
    }

    fn assemble(&self, raw: &RawLeads, mut built: Built) -> Result<RecordBatch, IngestError> {
        let kept = arrow::array::UInt32Array::from(built.kept);
        let rows = kept.len();
        let take = |array: Option<&ArrayRef>, data_type: &DataType| -> Result<ArrayRef, IngestError> {
            match array {
                Some(array) => Ok(arrow::compute::take(array, &kept, None)?),
                None => Ok(arrow::array::new_null_array(data_type, rows)),
            }
        };
        let delivered = take(raw.delivered.as_ref(), &rows::WALL_TIME)?;
        let delivered = delivered.as_primitive::<TimestampMicrosecondType>().clone().with_timezone("UTC");
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(built.lead_key.finish()),
            Arc::new(built.client.finish()),
            Arc::new(built.lead_uuid.finish()),
            Arc::new(built.ordinal.finish()),
            Arc::new(built.keys[0].finish()),
            Arc::new(built.keys[1].finish()),
            Arc::new(delivered),
            Arc::new(built.local.finish()),
            Arc::new(built.city.finish()),
            Arc::new(built.state.finish()),
            Arc::new(built.zip.finish()),
        ];
        for dimension in &raw.dimensions {
            let clean = dimension
                .as_ref()
                .map(|texts| -> ArrayRef { Arc::new(texts.iter().map(clean_text).collect::<StringArray>()) });
            columns.push(take(clean.as_ref(), &DataType::Utf8)?);
        }
        columns.push(take(raw.price.as_ref(), &rows::PRICE)?);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn finish(mut self) -> LeadReading {
        self.reading.findings = self
            .tallies
            .into_iter()
            .flat_map(|(client, tally)| tally.finish().into_iter().map(move |found| (client.clone(), found)))
            .collect();
        self.reading
    }
}

fn cell(column: Option<&StringArray>, index: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(index)).map(|column| column.value(index))
}

fn clean_text(raw: Option<&str>) -> Option<String> {
    text::plain(raw?).value().map(|text| text.into_owned())
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

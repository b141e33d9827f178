//! Leads of forgotten people stay delivered, and nothing says whose they are.

use std::collections::BTreeMap;

use arrow::array::{Int32Array, StringDictionaryBuilder};
use arrow::datatypes::Int32Type;
use arrow::util::display::array_value_to_string;
use leadq_contract::{ClientId, ClientSettings, LeadSchema};

use super::*;
use crate::cells::hash::HashAlgorithm;
use crate::forget::tests::{EMAIL, PHONE, base64, hex, jane, secret};
use crate::report::tests::Taken;
use crate::{Forgotten, LeadReading, read_leads};

fn with_options<T>(forgotten: &Forgotten, use_them: impl FnOnce(&LeadOptions<'_>) -> T) -> T {
    let clients = [ClientSettings::with_id(ClientId::default_client())];
    let options = LeadOptions {
        clients: &clients,
        schema: &LeadSchema::default(),
        owner: Some(&clients[0].id),
        dimensions: &["source".to_owned()],
        secret: &secret(),
        algorithms: &BTreeMap::new(),
        forgotten,
        file: "leads.parquet",
    };
    use_them(&options)
}

/// Leads, Jane's among them in every form: schema with a column that takes no null.
fn leads() -> RecordBatch {
    let joe = hex(HashAlgorithm::Sha256, "joe@example.com");
    let emails = [hex(HashAlgorithm::Sha1, EMAIL), joe.clone(), String::new(), "bad".to_owned(), joe];
    let phones = ["", "", PHONE, &base64("+15550101234"), "5550109999"].map(str::to_owned);
    let text = |cells: &[String]| -> ArrayRef { Arc::new(cells.iter().map(Some).collect::<StringArray>()) };
    let mut source = StringDictionaryBuilder::<Int32Type>::new();
    ["web", "web", "call", "call", &format!("from {EMAIL}")].iter().for_each(|s| source.append_value(s));
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("lead_uuid", Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e"])), false),
        ("Email", text(&emails), false),
        ("phone_hash", text(&phones), true),
        ("city", Arc::new(StringArray::from(vec!["Reno", "Reno", "Reno", "Reno", "Reno"])), true),
        ("state", Arc::new(StringArray::from(vec!["NV", "XX", "XX", "NV", "NV"])), true),
        ("zip", Arc::new(Int32Array::from(vec![89501; 5])), false),
        ("price", Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5])), true),
        ("source", Arc::new(source.finish()), true),
    ];
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, array, null)| Field::new(*name, array.data_type().clone(), *null))
        .collect();
    let metadata = [("made by".to_owned(), "a test".to_owned())].into();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, array, _)| array).collect()).unwrap()
}

fn parquet(batch: &RecordBatch) -> bytes::Bytes {
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file.into()
}

fn cells(batch: &RecordBatch) -> Vec<String> {
    let cell = |row, column: &ArrayRef| match column.is_null(row) {
        true => "-".to_owned(),
        false => array_value_to_string(column, row).unwrap(),
    };
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|c| cell(row, c)).collect::<Vec<_>>().join("|"))
        .collect()
}

fn read(file: bytes::Bytes) -> (LeadReading, Vec<String>) {
    let mut taken = Taken::default();
    let reading = with_options(&jane(), |options| read_leads(file, options, &mut taken)).unwrap();
    (reading, taken.batches.iter().flat_map(cells).collect())
}

#[test]
fn a_forgotten_lead_stays_delivered_without_identifiers_and_place() {
    let (reading, rows) = read(parquet(&leads()));
    assert_eq!((reading.rows_read, reading.kept.values().sum::<u64>()), (5, 5));
    let forgotten: Vec<_> = rows.iter().filter(|row| row.contains("|-|-|-|-|-|-|-|")).collect();
    assert_eq!(forgotten.len(), 3, "{rows:#?}");
    assert!(
        forgotten[0].contains("|a|leads.parquet|1|") && forgotten[0].ends_with("|web|1.0000"),
        "{rows:#?}"
    );
    // Of the others alone: the state of lead b, the plain phone of e.
    let found: Vec<_> = reading.findings.iter().map(|(_, found)| (found.code.name(), found.count)).collect();
    assert_eq!(found, [("invalid_state", 1), ("plaintext_pii", 1)]);
}

#[test]
fn what_is_left_of_a_leads_file_reads_as_the_file_does_and_holds_nobody() {
    let before = leads();
    let file = parquet(&before);
    let left: bytes::Bytes =
        with_options(&jane(), |options| redact_leads(file.clone(), options)).unwrap().unwrap().into();
    let (was, is) = (read(file), read(left.clone()));
    assert_eq!(was.1, is.1);
    assert_eq!(format!("{:?}", was.0), format!("{:?}", is.0));
    let builder = ParquetRecordBatchReaderBuilder::try_new(left.clone()).unwrap();
    assert_eq!(builder.schema().metadata(), before.schema().metadata());
    let after = builder.build().unwrap().next().unwrap().unwrap();
    let types = |batch: &RecordBatch| -> Vec<_> {
        batch.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
    };
    assert_eq!(types(&after), types(&before));
    let (old, new) = (cells(&before), cells(&after));
    assert_eq!(new[0], "a|-|-|-|-|-|1|web");
    assert_eq!(
        (&new[1], new[2].as_str(), new[3].as_str()),
        (&old[1], "c|-|-|-|-|-|3|call", "d|-|-|-|-|-|4|call")
    );
    assert_eq!(new[4], old[4].replace(EMAIL, "xxxx.xxx@xxxxxxx.xxx"));
    let none = with_options(&jane(), |options| redact_leads(left, options)).unwrap();
    assert_eq!(none, None, "nothing is left to take out");
}

#[test]
fn a_leads_file_of_others_stays() {
    let file = parquet(&leads().slice(1, 1));
    assert_eq!(with_options(&jane(), |options| redact_leads(file.clone(), options)).unwrap(), None);
    let nobody = Forgotten::nobody();
    assert_eq!(with_options(nobody, |options| redact_leads(parquet(&leads()), options)).unwrap(), None);
}

//! Leads files of every kind that spec 1.2 speaks of.

use arrow::array::{
    Array, Date32Array, Decimal128Array, Float64Array, StringArray, TimestampMillisecondArray,
    TimestampNanosecondArray,
};
use arrow::util::display::array_value_to_string;
use leadq_contract::schema::SchemasFile;
use parquet::arrow::ArrowWriter;

use super::*;
use crate::report::tests::Taken;

impl Taken {
    /// A column as text, null as `-`.
    fn column(&self, name: &str) -> Vec<String> {
        let cells = |batch: &RecordBatch| -> Vec<String> {
            let column = batch.column_by_name(name).unwrap();
            let cell = |row| {
                if column.is_null(row) { "-".to_owned() } else { array_value_to_string(column, row).unwrap() }
            };
            (0..column.len()).map(cell).collect()
        };
        self.batches.iter().flat_map(cells).collect()
    }

    fn set_aside(&self) -> Vec<String> {
        self.aside.iter().map(|row| format!("{} {} {}", row.line, row.reason, row.text)).collect()
    }
}

fn texts(cells: &[&str]) -> ArrayRef {
    Arc::new(cells.iter().map(|cell| Some(*cell).filter(|cell| !cell.is_empty())).collect::<StringArray>())
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> bytes::Bytes {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file.into()
}

struct Case {
    clients: Vec<ClientSettings>,
    owner: Option<ClientId>,
    dimensions: Vec<String>,
    schema: LeadSchema,
}

impl Case {
    fn of(clients: &[&str]) -> Self {
        let clients: Vec<_> =
            clients.iter().map(|id| ClientSettings::with_id(ClientId((*id).to_owned()))).collect();
        let owner = if let [only] = &clients[..] { Some(only.id.clone()) } else { None };
        Self { clients, owner, dimensions: Vec::new(), schema: LeadSchema::default() }
    }

    fn read(&self, columns: Vec<(&str, ArrayRef)>) -> Result<(LeadReading, Taken), IngestError> {
        let secret = IdentifierSecret::new(&[1; 32]).unwrap();
        let options = LeadOptions {
            clients: &self.clients,
            schema: &self.schema,
            owner: self.owner.as_ref(),
            dimensions: &self.dimensions,
            secret: &secret,
            algorithms: &BTreeMap::new(),
            file: "leads.parquet",
            forgotten: Forgotten::nobody(),
        };
        let mut taken = Taken::default();
        let reading = read_leads(parquet(columns), &options, &mut taken)?;
        Ok((reading, taken))
    }
}

fn with(mut columns: Vec<(&'static str, ArrayRef)>) -> Vec<(&'static str, ArrayRef)> {
    let rows = columns[0].1.len();
    let ids: Vec<_> = (0..rows).map(|row| format!("lead-{row}")).collect();
    columns.push(("lead_UUID", texts(&ids.iter().map(String::as_str).collect::<Vec<_>>())));
    columns.push(("Email", texts(&vec![""; rows])));
    columns
}

#[test]
fn whose_a_lead_is_1_2() {
    let ids = || with(vec![("Client ID", texts(&["a", "", "b", "c"]))]);
    type Clients<'a> = &'a [&'a str];
    let cases: [(Clients<'_>, Option<&str>, Clients<'_>, Clients<'_>); 4] = [
        // one client: a null is its own
        (&["a"], None, &["a", "a"], &["3 unknown_client", "4 unknown_client"]),
        // several: a null is nobody's
        (&["a", "b"], None, &["a", "b"], &["2 unknown_client", "4 unknown_client"]),
        // a location of b: a null is b's, another configured client keeps its own
        (&["a", "b"], Some("b"), &["a", "b", "b"], &["4 unknown_client"]),
        (&["c"], None, &["c", "c"], &["1 unknown_client", "3 unknown_client"]),
    ];
    for (clients, owner, kept, aside) in cases {
        let mut case = Case::of(clients);
        case.owner = owner.map(|id| ClientId(id.to_owned())).or(case.owner);
        let (reading, taken) = case.read(ids()).unwrap();
        assert_eq!(taken.column("client_id"), kept, "{clients:?} {owner:?}");
        let found: Vec<_> = taken.aside.iter().map(|row| format!("{} {}", row.line, row.reason)).collect();
        assert_eq!(found, aside, "{clients:?} {owner:?}");
        assert_eq!((reading.rows_read, reading.kept.values().sum()), (4, kept.len() as u64));
    }
    let without = || with(vec![("x", texts(&["1"]))]);
    let (_, taken) = Case::of(&["a"]).read(without()).unwrap();
    assert_eq!(taken.column("client_id"), ["a"]);
    let error = Case::of(&["a", "b"]).read(without()).err().unwrap().to_string();
    assert!(error.contains("client_id"), "{error}");
    let owned = Case { owner: Some(ClientId("b".to_owned())), ..Case::of(&["a", "b"]) };
    assert_eq!(owned.read(without()).unwrap().1.column("client_id"), ["b"]);
}

#[test]
fn leads_without_an_id_are_quarantined_1_2() {
    let columns = vec![
        ("lead_uuid", texts(&["x", "", "n/a", "  "])),
        ("phone_hash", texts(&["", "", "", ""])),
        ("city", texts(&["", "", "", ""])),
    ];
    let (reading, taken) = Case::of(&["a"]).read(columns).unwrap();
    assert_eq!(taken.column("lead_uuid"), ["x"]);
    assert_eq!(taken.set_aside(), ["2 no_lead_uuid ", "3 no_lead_uuid ", "4 no_lead_uuid "]);
    let (client, found) = &reading.findings[0];
    assert_eq!((client.0.as_str(), found.code, found.count), ("a", FindingCode::NoLeadUuid, 3));
}

#[test]
fn when_a_lead_was_delivered_1_2() {
    let instant = "2023-01-02T17:30:00Z";
    let micros = DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros();
    let millis = TimestampMillisecondArray::from(vec![micros / 1000]);
    let nanos = TimestampNanosecondArray::from(vec![micros * 1000]);
    let text = |text: &str| texts(&[text]);
    let cases: [(ArrayRef, &str, &str); 9] = [
        (Arc::new(millis.clone()), instant, "2023-01-02T12:30:00"),
        (Arc::new(nanos), instant, "2023-01-02T12:30:00"),
        (Arc::new(millis.clone().with_timezone("UTC")), instant, "2023-01-02T12:30:00"),
        (Arc::new(millis.with_timezone("America/Los_Angeles")), instant, "2023-01-02T12:30:00"),
        (Arc::new(Date32Array::from(vec![19_359])), "2023-01-02T00:00:00Z", "2023-01-01T19:00:00"),
        (text("2023-01-02 17:30"), instant, "2023-01-02T12:30:00"),
        (text("2023-01-02T17:30:00+02:00"), "2023-01-02T15:30:00Z", "2023-01-02T10:30:00"),
        (text("soon"), "-", "-"),
        (Arc::new(Date32Array::from(vec![-1])), "-", "-"),
    ];
    for (array, expected, local) in cases {
        let kind = format!("{:?}", array.data_type());
        let mut case = Case::of(&["a"]);
        case.clients[0].timezone = chrono_tz::America::New_York;
        let (reading, taken) = case.read(with(vec![("Delivered At", array)])).unwrap();
        assert_eq!(taken.column("delivered_at"), [expected], "{kind}");
        assert_eq!(taken.column("delivered_local"), [local], "{kind}");
        let codes: Vec<_> = reading.findings.iter().map(|(_, found)| found.code).collect();
        let invalid: &[FindingCode] = if expected == "-" { &[FindingCode::InvalidTimestamp] } else { &[] };
        assert_eq!(codes, invalid, "{kind}");
    }
    let number: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let error = Case::of(&["a"]).read(with(vec![("delivered_at", number)])).err().unwrap().to_string();
    assert!(error.contains("delivered_at") && error.contains("timestamp"), "{error}");
}

#[test]
fn what_a_lead_cost_1_2() {
    let decimal = Decimal128Array::from(vec![1250]).with_precision_and_scale(10, 2).unwrap();
    let arrays: [ArrayRef; 3] =
        [Arc::new(decimal), Arc::new(Float64Array::from(vec![12.5])), texts(&["12.5"])];
    for array in arrays {
        let kind = format!("{:?}", array.data_type());
        let (_, taken) = Case::of(&["a"]).read(with(vec![("Price", array)])).unwrap();
        assert!(taken.column("price")[0].starts_with("12.50"), "{kind}: {:?}", taken.column("price"));
    }
    let error = Case::of(&["a"]).read(with(vec![("price", texts(&["a lot"]))])).err().unwrap().to_string();
    assert!(error.contains("price"), "{error}");
}

#[test]
fn dimensions_and_other_headers_by_schema_1_2() {
    let text = r#"{"input_schemas": {"leads": {"placeholders": ["?"], "entries": [
        {"name": "utm_source", "new_name": "source"},
        {"name": "product", "new_name": null},
        {"name": "bought", "new_name": "delivered_at", "format": "%d/%m/%Y %H:%M"},
        {"name": "plz", "new_name": "zip", "type": "text", "placeholders": ["ohne"]}]}}}"#;
    let mut case = Case::of(&["a"]);
    case.schema.lay(&SchemasFile::parse(text).unwrap().leads);
    case.dimensions = ["source", "campaign", "product"].map(str::to_owned).into();
    let columns = with(vec![
        ("UTM Source", texts(&["ads", "jane@example.com", ""])),
        ("Campaign", texts(&["spring", "", "x"])),
        ("product", texts(&["roof", "roof", "roof"])),
        ("bought", texts(&["05/02/2023 10:30", "?", "02/05/2023"])),
        ("PLZ", texts(&["A-1010", "Ohne", "98311"])),
    ]);
    let (reading, taken) = case.read(columns).unwrap();
    assert_eq!(taken.column("source")[0], "ads");
    assert!(!taken.column("source")[1].contains("jane"), "{:?}", taken.column("source"));
    assert_eq!(taken.column("campaign"), ["spring", "-", "x"]);
    assert_eq!(taken.column("product"), ["-", "-", "-"]);
    assert_eq!(taken.column("delivered_at"), ["2023-02-05T10:30:00Z", "-", "-"]);
    assert_eq!(taken.column("zip"), ["A-1010", "-", "98311"]);
    assert_eq!(reading.dimensions, [true, true, false]);
    let codes: Vec<_> = reading.findings.iter().map(|(_, found)| (found.code, found.count)).collect();
    assert_eq!(codes, [(FindingCode::InvalidTimestamp, 1)]);
}

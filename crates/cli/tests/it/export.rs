//! `leadq export`: workbooks and Parquet, read back.

use calamine::{Data, Reader, Xlsx, open_workbook};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::place::{Place, failed, lead, succeeded};

fn place() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("=1+1", "a", "a", "2023-01-01T10:00:00"), lead("b", "b", "b", "")]);
    place.report(
        "2023-01-10.csv",
        &[
            "01/02/2023,007,a,a,98311,01/09/2023 5:30PM,1,0,=cmd|'/c calc'!A0",
            "01/02/2023,8,,,98311,,0,0,Data",
        ],
    );
    place.run();
    place
}

/// A sheet as rows of cells.
fn sheet(place: &Place, file: &str, name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook(place.path(file)).unwrap();
    book.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[test]
fn a_workbook_keeps_types() {
    let place = place();
    let told = succeeded(place.leadq(&["export", "fact_lead_outcome", "--to", "f.xlsx", "--as", "xlsx"]));
    assert!(told.contains("fact_lead_outcome: 2 rows") && told.contains("f.xlsx"), "{told}");
    let rows = sheet(&place, "f.xlsx", "fact_lead_outcome");
    let header: Vec<_> = rows[0].iter().map(ToString::to_string).collect();
    let cell = |row: usize, name: &str| &rows[row][header.iter().position(|h| h == name).unwrap()];
    assert_eq!(header[..3], ["lead_uuid", "client_id", "delivered_at"]);
    assert_eq!(cell(1, "lead_uuid"), &Data::String("=1+1".to_owned()));
    assert_eq!(cell(1, "dispo"), &Data::String("=cmd|'/c calc'!A0".to_owned()));
    assert_eq!(cell(1, "zip"), &Data::String("98311".to_owned()));
    assert_eq!((cell(1, "set"), cell(1, "records")), (&Data::Bool(true), &Data::Float(1.0)));
    // Excel's serials of 2023-01-02, 2023-01-09 17:30 and 2023-01-01 10:00
    for (name, days, hours) in
        [("entry_date", 44_928.0, 0.0), ("appt_at", 44_935.0, 17.5), ("delivered_at", 44_927.0, 10.0)]
    {
        let Data::DateTime(time) = cell(1, name) else { panic!("{name}: {:?}", cell(1, name)) };
        assert!((time.as_f64() - days - hours / 24.0).abs() < 1e-6, "{name}: {time:?}");
    }
    assert_eq!((cell(2, "entry_date"), cell(2, "delivered_at")), (&Data::Empty, &Data::Empty));
    let mut book: Xlsx<_> = open_workbook(place.path("f.xlsx")).unwrap();
    assert!(book.worksheet_formula("fact_lead_outcome").unwrap().is_empty());
}

#[test]
fn one_workbook_has_all_tables() {
    let place = place();
    succeeded(place.leadq(&["export", "all", "--to", "out", "--as", "xlsx"]));
    succeeded(place.leadq(&["export", "all", "--to", "named.XLSX", "--as", "xlsx"]));
    for file in ["out/leadq.xlsx", "named.XLSX"] {
        let mut book: Xlsx<_> = open_workbook(place.path(file)).unwrap();
        let names = book.sheet_names();
        assert!(names.contains(&"record_version".to_owned()) && names.len() >= 14, "{names:?}");
        // the same cells as in CSV, where they are text in both
        let records = place.table("crm_record");
        let rows = book.worksheet_range("crm_record").unwrap();
        let column = rows
            .rows()
            .next()
            .unwrap()
            .iter()
            .position(|header| header == &Data::String("lead_number".to_owned()))
            .unwrap();
        let numbers: Vec<_> = rows.rows().skip(1).map(|row| row[column].to_string()).collect();
        assert_eq!(numbers, records.iter().map(|row| row["lead_number"].clone()).collect::<Vec<_>>());
        assert_eq!(numbers, ["007", "8"]);
        let keys = rows.rows().nth(1).unwrap()[0].to_string();
        assert_eq!(keys, records[0]["record_key"]);
    }
    assert_eq!(place.tree("out").len(), 1, "no temporary file is left");
}

#[test]
fn places_that_do_not_fit_the_kind() {
    let place = place();
    for (arguments, expected) in [
        (["all", "x.csv", "csv"], "a file a table"),
        (["lead_link", "x.csv", "xlsx"], "--as csv"),
        (["lead_link", "x.xlsx", "parquet"], "--as xlsx"),
        (["all", "x.parquet", "xlsx"], "a file a table"),
    ] {
        let [table, to, kind] = arguments;
        let told = failed(place.leadq(&["export", table, "--to", to, "--as", kind]), 2);
        assert!(told.contains(expected), "{arguments:?}: {told}");
        assert!(!place.path(to).exists(), "{to}");
    }
}

#[test]
fn parquet_comes_back_as_csv_tells_it() {
    let place = place();
    place.leadq_export("fact_lead_outcome", &[]);
    succeeded(place.leadq(&["export", "fact_lead_outcome", "--to", "f.parquet", "--as", "parquet"]));
    let file = std::fs::File::open(place.path("f.parquet")).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<_> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let rows: usize = builder.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    let csv = std::fs::read_to_string(place.path("fact_lead_outcome.csv")).unwrap();
    assert_eq!((names.join(","), rows), (csv.lines().next().unwrap().to_owned(), csv.lines().count() - 1));
    assert!(csv.contains("'=cmd") && csv.contains("\n=1+1,"), "{csv}");
}

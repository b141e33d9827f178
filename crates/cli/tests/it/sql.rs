//! `leadq sql`: what may be asked, what is refused, and each form of the answer.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value as Json, json};

use crate::place::{Place, failed, lead, succeeded, texts};

/// Two leads, the first of them set.
fn place() -> Place {
    let place = Place::new();
    place.leads("leads.parquet", &[lead("a", "a", "a", "2023-01-01T10:00:00"), lead("b", "b", "b", "")]);
    place.report("2023-01-10.csv", &["01/02/2023,1,a,a,98311,01/09/2023 5:30PM,1,0,Set"]);
    place.run();
    place
}

fn ask(place: &Place, query: &str, more: &[&str]) -> Output {
    let arguments: Vec<_> = ["sql", query].into_iter().chain(more.iter().copied()).collect();
    place.leadq(&arguments)
}

fn piped(place: &Place, arguments: &[&str], input: &str) -> Output {
    let mut command = place.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn each_kind_of_value_in_each_form() {
    let place = place();
    let query = "SELECT lead_uuid, set, records, delivered_at, appt_at, entry_date, price, zip, outcome, \
                 1.5::double AS float, CAST(-2.50 AS DECIMAL(9,2)) AS exact, [1, NULL] AS list, lead_uuid AS again \
                 FROM fact_lead_outcome ORDER BY lead_uuid";
    let text = succeeded(ask(&place, query, &["--format", "json"]));
    assert!(text.contains("\"exact\":-2.50,"), "every digit: {text}");
    let rows: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(
        rows[0],
        json!({
            "lead_uuid": "a", "set": true, "records": 1, "delivered_at": "2023-01-01T10:00:00Z",
            "appt_at": "2023-01-09T17:30:00", "entry_date": "2023-01-02", "price": null, "zip": "98311",
            "outcome": "pending", "float": 1.5, "exact": -2.5, "list": [1, null], "again": "a",
        })
    );
    assert_eq!(rows[1]["appt_at"], Json::Null);
    let csv = succeeded(ask(&place, query, &["--format", "csv"]));
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines[1],
        "a,true,1,2023-01-01T10:00:00Z,2023-01-09T17:30:00,2023-01-02,,98311,pending,1.5,-2.50,1 | ,a"
    );
    let table = succeeded(ask(&place, "SELECT lead_uuid, appt_at FROM fact_lead_outcome ORDER BY 1", &[]));
    assert!(table.contains("NULL") && table.contains("2 rows"), "{table}");
    // keys as exports have them, empty results, two columns of one name
    let keys =
        place.json(&["sql", "SELECT lead_key, arrow_cast('é', 'Binary') AS raw FROM dim_lead LIMIT 1"]);
    assert_eq!((keys[0]["lead_key"].as_str().unwrap().len(), &keys[0]["raw"]), (36, &json!("c3a9")));
    assert_eq!(place.json(&["sql", "SELECT 1 AS a WHERE false"]), json!([]));
    let both = "SELECT * FROM (SELECT 1 AS n) a CROSS JOIN (SELECT 2 AS n) b";
    assert_eq!(place.json(&["sql", both]), json!([{"n": 1, "n_2": 2}]));
}

#[test]
fn parquet_keeps_types() {
    let place = place();
    let query = "SELECT records, lead_key FROM fact_lead_outcome ORDER BY lead_uuid";
    let output = ask(&place, query, &["--format", "parquet"]);
    assert!(output.status.success());
    place.write("result.parquet", &output.stdout);
    let file = fs::File::open(place.path("result.parquet")).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1, 0]);
    assert_eq!(batch.column(1).data_type(), &DataType::Binary);
}

#[test]
fn a_query_from_a_file_or_a_pipe() {
    let place = place();
    place.write("query.sql", "\u{feff}-- how many\nSELECT count(*) AS n\nFROM dim_lead;\n");
    let csv = ["--format", "csv"];
    for arguments in [vec!["sql", "-f", "query.sql"], vec!["sql", "--file", "query.sql", "--run", "1"]] {
        assert_eq!(succeeded(place.leadq(&[arguments, csv.to_vec()].concat())), "n\n2\n");
    }
    for arguments in [vec!["sql"], vec!["sql", "-"], vec!["sql", "-f", "-"]] {
        assert_eq!(succeeded(piped(&place, &[arguments, csv.to_vec()].concat(), "SELECT 7 AS n;")), "n\n7\n");
    }
    assert!(failed(piped(&place, &["sql"], ""), 2).contains("it is empty"));
    assert!(failed(place.leadq(&["sql", "-f", "none.sql"]), 2).contains("none.sql"));
    assert!(failed(place.leadq(&["sql", "SELECT 1", "--run", "9"]), 3).contains("no such run"));
}

#[test]
fn nothing_but_queries() {
    let place = place();
    place.write("x.parquet", "PAR1");
    let before = place.tree("");
    for query in [
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE DATABASE x",
        "CREATE SCHEMA x",
        "INSERT INTO dim_lead SELECT * FROM dim_lead",
        "DELETE FROM dim_lead",
        "UPDATE dim_lead SET zip = '1'",
        "TRUNCATE TABLE dim_lead",
        "DROP TABLE dim_lead",
        "ALTER TABLE dim_lead ADD COLUMN x INT",
        "SELECT * INTO x FROM dim_lead",
        "COPY dim_lead TO 'stolen.csv'",
        "COPY (SELECT 1) TO 'stolen.parquet' STORED AS PARQUET",
        "EXPLAIN COPY dim_lead TO 'stolen.csv'",
        "EXPLAIN ANALYZE COPY dim_lead TO 'stolen.csv'",
        "EXPLAIN ANALYZE INSERT INTO dim_lead SELECT * FROM dim_lead",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "BEGIN",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DEALLOCATE p",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE dim_lead",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'x.parquet'",
        "SELECT * FROM \"x.parquet\"",
        "SELECT * FROM 'file:///etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM parquet_metadata('x.parquet')",
        "",
    ] {
        let told = failed(ask(&place, query, &[]), 2);
        assert!(!told.contains("DataFusion") && !told.contains("root:"), "{query}: {told}");
    }
    assert_eq!(place.tree(""), before, "nothing was written");
    let told = failed(ask(&place, "COPY dim_lead TO 'stolen.csv'", &[]), 2);
    assert!(told.contains("SELECT, WITH, VALUES, EXPLAIN"), "{told}");
    for (query, expected) in [
        ("SHOW TABLES", "fact_lead_outcome"),
        ("DESCRIBE lead_link", "match_type"),
        ("EXPLAIN SELECT * FROM dim_lead", "DataSourceExec"),
        ("WITH x AS (SELECT 41 + 1 AS n) SELECT n FROM x", "42"),
        ("SELECT 1 UNION ALL SELECT 2", "2 rows"),
        ("SELECT lead_uuid, row_number() OVER (ORDER BY lead_uuid) FROM dim_lead", "2 rows"),
        ("SELECT sum(value) AS s FROM generate_series(1, 4)", "10"),
        ("VALUES (1, 'x')", "x"),
    ] {
        let told = succeeded(ask(&place, query, &[]));
        assert!(told.contains(expected), "{query}: {told}");
    }
}

#[test]
fn a_wrong_query_is_told_with_its_place() {
    let place = place();
    for (query, expected) in [
        ("SELECT mached FROM fact_lead_outcome", "is matched meant?"),
        ("SELECT 1 FROM fact_lead_outcom", "is fact_lead_outcome meant?"),
        ("SELECT *\nFROM dim_lead\nWHRE zip = '1' AND", "query:3:"),
        ("SELECT 'open", "Unterminated string literal"),
        ("SELECT CAST('x' AS INT)", "'x'"),
        ("SELECT 1 / 0", "ivide by zero"),
    ] {
        let told = failed(ask(&place, query, &[]), 2);
        assert!(told.contains(expected), "{query}: {told}");
    }
}

#[test]
fn a_table_is_for_people() {
    let place = place();
    let told = succeeded(ask(&place, "SELECT * FROM generate_series(1, 2500)", &["--limit", "3"]));
    assert!(told.contains("3 of 2,500 rows, 2,497 left out"), "{told}");
    assert_eq!(told.lines().count(), 6, "{told}");
    // a terminal is not steered by what somebody wrote into a cell, or a name of a column
    let hostile = "SELECT concat(chr(27), ']0;x', chr(7), chr(8238)) AS \"a\u{1b}[2J\"";
    let told = succeeded(ask(&place, hostile, &[]));
    assert!(!told.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{told:?}");
    let json = succeeded(ask(&place, hostile, &["--format", "json"]));
    assert!(json.contains("\\u001b]0;x\\u0007\\u202e") && !json.contains('\u{1b}'), "{json:?}");
    let csv = succeeded(ask(&place, "SELECT '=1+1' AS a, '-2' AS b, -2 AS c", &["--format", "csv"]));
    assert_eq!(csv, "a,b,c\n'=1+1,'-2,-2\n");
    // wide rows are shown one below the other
    let wide = succeeded(ask(&place, "SELECT * FROM fact_lead_outcome", &[]));
    assert!(wide.contains("── row 2 ──") && wide.contains("\nlead_uuid"), "{wide}");
}

#[test]
fn hostile_values_in_the_tables() {
    let place = Place::new();
    place.leads_of(
        "leads.parquet",
        vec![("lead_uuid", texts(&["x'; DROP TABLE dim_lead; --"])), ("email_hash", texts(&["a"]))],
    );
    place.run();
    assert_eq!(
        place.json(&["sql", "SELECT lead_uuid AS u FROM dim_lead"])[0]["u"],
        "x'; DROP TABLE dim_lead; --"
    );
}

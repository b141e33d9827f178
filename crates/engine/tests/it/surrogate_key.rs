//! `surrogate_key` in SQL gives what [`SurrogateKey::of`] gives.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, DictionaryArray, LargeStringArray, StringArray, StringViewArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use leadq_contract::SurrogateKey;
use leadq_pipeline::ports::Engine as _;

use crate::support::{Place, batch};

const CITIES: [Option<&str>; 3] = [Some("Reno"), None, Some("")];
const STATES: [Option<&str>; 3] = [None, Some("NV"), Some("é")];

async fn place() -> Place {
    let place = Place::new();
    let columns: [(&str, ArrayRef); 4] = [
        ("plain", Arc::new(StringArray::from(CITIES.to_vec()))),
        ("view", Arc::new(StringViewArray::from(CITIES.to_vec()))),
        ("large", Arc::new(LargeStringArray::from(STATES.to_vec()))),
        ("dictionary", Arc::new(STATES.into_iter().collect::<DictionaryArray<Int32Type>>())),
    ];
    place.table("t", vec![RecordBatch::try_from_iter(columns).unwrap()]).await;
    place
}

async fn check(place: &Place, call: &str, expected: &[[u8; 16]]) {
    let rows = place.rows(&format!("SELECT {call} AS key FROM t")).await.unwrap();
    let rows = concat_batches(&rows[0].schema(), &rows).unwrap();
    let field = rows.schema().field(0).clone();
    assert_eq!((field.data_type(), field.is_nullable()), (&DataType::Binary, false), "{call}");
    let keys: Vec<_> = rows.column(0).as_binary::<i32>().iter().map(Option::unwrap).collect();
    assert_eq!(keys, expected, "{call}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_encoding_of_text_gives_the_same_key() {
    let place = place().await;
    let of = |city: Option<&str>, state: Option<&str>| {
        SurrogateKey::of("place", &[city.map(str::as_bytes), state.map(str::as_bytes), Some(b"x")]).0
    };
    let expected: Vec<_> = CITIES.into_iter().zip(STATES).map(|(city, state)| of(city, state)).collect();
    for (city, state) in
        [("plain", "large"), ("plain", "dictionary"), ("view", "large"), ("view", "dictionary")]
    {
        check(&place, &format!("surrogate_key('place', {city}, {state}, 'x')"), &expected).await;
    }
    assert_ne!(expected[0], of(Some("Reno"), Some("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn constants_and_nulls_are_parts_too() {
    let place = place().await;
    let constant = SurrogateKey::of("client", &[Some(b"acme"), None]).0;
    check(&place, "surrogate_key('client', 'acme', NULL)", &[constant; 3]).await;
    let column = CITIES.map(|city| SurrogateKey::of("c", &[city.map(str::as_bytes), None]).0);
    check(&place, "surrogate_key('c', plain, CAST(NULL AS TEXT))", &column).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_is_refused() {
    let place = place().await;
    place.table("numbers", vec![batch(0, 3)]).await;
    for (call, said) in [
        ("surrogate_key('lead', id)", "argument 2 is Int64; cast it to text"),
        ("surrogate_key('lead', key)", "argument 2 is Binary"),
        ("surrogate_key('lead')", "an entity and a part at least"),
        ("surrogate_key(city, 'x')", "the entity is null"),
    ] {
        let error = place.rows(&format!("SELECT {call} FROM numbers")).await.unwrap_err();
        assert!(error.reason.contains(said), "{call}: {error}");
    }
    drop(place.engine.query("SELECT surrogate_key('lead', CAST(id AS TEXT)) FROM numbers").await.unwrap());
}

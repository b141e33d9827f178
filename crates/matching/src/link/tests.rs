//! Linking as a whole: against the rules of 2.3 and 2.5, followed to the letter over every pair of a record and a lead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    Array as _, AsArray as _, BinaryArray, Decimal128Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Int64Type;
use leadq_contract::{ClientSettings, FindingCode, SurrogateKey, rows};
use proptest::prelude::*;

use super::*;
use crate::fold::DAY;
use crate::fold::tests::{Row, client, folded};

/// A row of leads in short: id, email and phone (0 is null), day of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lead(&'static str, u8, u8, Option<i64>);

struct Rows(Vec<Lead>);

impl LeadPasses for Rows {
    fn pass(&self) -> Result<LeadBatches<'_>, LinkError> {
        Ok(Box::new(self.0.chunks(3).enumerate().map(|(number, rows)| Ok(batch(number * 3, rows)))))
    }

    fn rows(&self) -> usize {
        self.0.len()
    }
}

fn batch(before: usize, leads: &[Lead]) -> RecordBatch {
    let key = |lead: &Lead| SurrogateKey::of("lead", &[Some(b"c"), Some(lead.0.as_bytes())]).0;
    let keys = |id: fn(&Lead) -> u8| -> BinaryArray {
        leads.iter().map(|lead| (id(lead) > 0).then(|| vec![id(lead); 32])).collect()
    };
    let text = |text: &'static str| StringArray::from_iter_values(leads.iter().map(|_| text));
    let times =
        || leads.iter().map(|lead| lead.3.map(|day| day * DAY)).collect::<TimestampMicrosecondArray>();
    let nothing = || Arc::new(StringArray::new_null(leads.len()));
    let price = Decimal128Array::from_iter(leads.iter().map(|lead| lead.3.map(i128::from)));
    let numbers = (before + 1..).map(|row| row as i64).take(leads.len());
    RecordBatch::try_new(
        rows::lead_rows(&[]),
        vec![
            Arc::new(BinaryArray::from_iter_values(leads.iter().map(key))),
            Arc::new(text("c")),
            Arc::new(StringArray::from_iter_values(leads.iter().map(|lead| lead.0))),
            Arc::new(text("leads.parquet")),
            Arc::new(Int64Array::from_iter_values(numbers)),
            Arc::new(keys(|lead| lead.1)),
            Arc::new(keys(|lead| lead.2)),
            Arc::new(times().with_timezone("UTC")),
            Arc::new(times()),
            nothing(),
            nothing(),
            nothing(),
            Arc::new(price.with_precision_and_scale(18, 4).unwrap()),
        ],
    )
    .unwrap()
}

fn settings() -> ClientSettings {
    ClientSettings { max_leads_per_key: 2, max_records_per_key: 2, ..client() }
}

fn input<'a>(fold: &'a ClientFold, leads: &'a Rows, files: &'a [String], latest: i64) -> LinkInput<'a> {
    let digits = [[[1, 0, 0]; 2]; 2];
    LinkInput { fold, leads, files, latest: Some(latest * DAY), digits, dimensions: &[] }
}

fn files() -> Vec<String> {
    vec!["leads.parquet".to_owned()]
}

/// The last row of each lead.
fn standing(leads: &[Lead]) -> Vec<Lead> {
    let last: BTreeMap<&str, Lead> = leads.iter().map(|lead| (lead.0, *lead)).collect();
    last.into_values().collect()
}

/// A pair that a record ever carried: record, email, phone, last version, whether it is the latest.
type Pair = (u32, u8, u8, u32, bool);

fn pairs(fold: &ClientFold) -> Vec<Pair> {
    let first = |key: Option<IdentifierKey>| key.map_or(0, |key| key.0[0]);
    let of = |c: crate::fold::view::Carried| {
        (c.record, first(c.identifiers.0), first(c.identifiers.1), c.last_version, c.is_latest)
    };
    fold.carried().map(of).collect()
}

/// Identifiers that are not used (2.3), counted one by one.
fn hubs_of(fold: &ClientFold, scope: &[Lead]) -> BTreeSet<u8> {
    let pairs = pairs(fold);
    let distinct = |id: fn(&Pair) -> u8, wanted: u8| {
        pairs.iter().filter(|pair| id(pair) == wanted).map(|pair| pair.0).collect::<BTreeSet<_>>().len()
    };
    let is_hub = |id: &u8| {
        let emails = scope.iter().filter(|lead| lead.1 == *id).count();
        let phones = scope.iter().filter(|lead| lead.2 == *id).count();
        let (by_email, by_phone) = (distinct(|pair| pair.1, *id), distinct(|pair| pair.2, *id));
        let first = |key: Option<IdentifierKey>| key.is_some_and(|key| key.0[0] == *id);
        let in_rows = [
            fold.passed_over().any(|(email, _)| first(email)),
            fold.passed_over().any(|(_, phone)| first(phone)),
        ];
        let in_both = (emails + by_email > 0 || in_rows[0]) && (phones + by_phone > 0 || in_rows[1]);
        [emails, phones, by_email, by_phone].into_iter().any(|count| count > 2) || in_both
    };
    (1..=u8::MAX).filter(is_hub).collect()
}

/// A link: record, lead, tier, name of the match, by the latest version.
type Link = (u32, &'static str, u8, &'static str, bool);

/// Links in their order, followed to the letter.
fn expected_links(fold: &ClientFold, scope: &[Lead]) -> Vec<Link> {
    let hubs = hubs_of(fold, scope);
    let usable = |id: u8| if hubs.contains(&id) { 0 } else { id };
    let pairs = pairs(fold);
    let mut links = Vec::new();
    for record in 0..fold.held().len() as u32 {
        let entry = fold.held()[record as usize].state.entry_date.map(i64::from);
        let mut of_record = Vec::new();
        for lead in scope {
            let (email, phone) = (usable(lead.1), usable(lead.2));
            let found = pairs.iter().filter(|pair| pair.0 == record).filter_map(|pair| {
                let (e, p) = (usable(pair.1), usable(pair.2));
                let (same_email, same_phone) = (e > 0 && e == email, p > 0 && p == phone);
                let (tier, name, kind) = match (same_email, same_phone) {
                    (true, true) => (1, "email_and_phone", 0),
                    (true, false) if p == 0 || phone == 0 => (2, "email", 0),
                    (true, false) => (3, "email_conflict", 0),
                    (false, true) if e == 0 || email == 0 => (2, "phone", 1),
                    (false, true) => (3, "phone_conflict", 1),
                    (false, false) => return None,
                };
                Some((tier, std::cmp::Reverse(pair.3), name, kind, pair.4))
            });
            let Some((tier, _, name, kind, latest)) = found.min() else { continue };
            let time = match (entry, lead.3) {
                (None, _) => (0, 0),
                (Some(_), None) => (2, 0),
                (Some(entry), Some(day)) if day <= entry => (0, -day),
                (Some(_), Some(day)) => (1, day),
            };
            of_record.push(((tier, !latest, kind, time, lead.0), (record, lead.0, tier, name, latest)));
        }
        of_record.sort_unstable();
        links.extend(of_record.into_iter().take(11).map(|(_, link)| link));
    }
    links
}

fn a_row() -> impl Strategy<Value = Row> {
    let flag = || prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
    let number = prop::sample::select(vec!["1", "2", "3", "4", "5", "6", ""]);
    let dispo = prop::sample::select(vec!["Data", "Sale", "DQ - Duplicate", "DQ-Out of Area", "???"]);
    (number, 0..9u8, 0..9u8, prop::option::of(0..6), prop::option::of(0..9i64), flag(), flag(), dispo)
        .prop_map(|(number, email, phone, entry, appt, set, demo, dispo)| {
            // Phones are others than emails, but for one identifier in both.
            let phone = if phone == 0 || phone == 8 { phone } else { phone + 20 };
            Row(number, email, phone, entry, appt.map(|at| at * DAY), set, demo, Some(dispo))
        })
}

fn a_lead() -> impl Strategy<Value = Lead> {
    let ids = vec!["a", "b", "c", "d", "e", "f", "g", "h"];
    (prop::sample::select(ids), 0..9u8, 0..9u8, prop::option::of(0..9i64))
        .prop_map(|(id, email, phone, day)| Lead(id, email, if phone == 0 { 0 } else { phone + 20 }, day))
}

proptest! {
    #[test]
    fn links_and_outcomes_follow_the_rules_to_the_letter(
        snapshots in prop::collection::vec(prop::collection::vec(a_row(), 0..9), 1..4),
        leads in prop::collection::vec(a_lead(), 0..14),
        latest in 2..9i64,
    ) {
        let (fold, files) = (folded(&settings(), &snapshots), files());
        let all = Rows(leads.clone());
        let linked = Linked::new(input(&fold, &all, &files, latest)).unwrap();
        let standing = standing(&leads);
        let scope: Vec<Lead> =
            standing.iter().filter(|lead| lead.3.is_none_or(|day| day <= latest)).copied().collect();

        let expected = expected_links(&fold, &scope);
        let found: Vec<(u32, &str, u8, &str, bool)> = linked
            .links
            .ranked()
            .map(|(c, _)| (c.record, linked.details.uuid(c.lead), c.tier, c.match_type(), c.is_latest))
            .collect();
        prop_assert_eq!(&found, &expected);

        let mut outcomes = BTreeMap::new();
        let mut rows = 0;
        for tables in linked.lead_tables().unwrap() {
            let [dim_lead, fact] = tables.unwrap();
            rows += fact.num_rows();
            let text = |name: &str| fact.column_by_name(name).unwrap().as_string::<i32>().clone();
            let flag = |name: &str| fact.column_by_name(name).unwrap().as_boolean().clone();
            let records = fact.column_by_name("records").unwrap().as_primitive::<Int64Type>().clone();
            let (ids, stages, set, in_scope) = (text("lead_uuid"), text("stage"), flag("set"), flag("in_scope"));
            let duplicate = dim_lead.column_by_name("duplicate_lead").unwrap().as_boolean().clone();
            for row in 0..fact.num_rows() {
                let told = (records.value(row), set.value(row), stages.value(row).to_owned());
                outcomes.insert(ids.value(row).to_owned(), (told, in_scope.value(row), duplicate.value(row)));
            }
        }
        prop_assert_eq!(rows, standing.len(), "one row a lead");
        for lead in &standing {
            let mut first = BTreeMap::new();
            expected.iter().for_each(|link| { first.entry(link.0).or_insert(link.1); });
            let records: Vec<_> =
                fold.held().iter().zip(0u32..).filter(|(_, place)| first.get(place) == Some(&lead.0)).collect();
            let any = |test: &dyn Fn(&crate::fold::Record) -> bool| records.iter().any(|(record, _)| test(record));
            let stage = match () {
                () if any(&|r| fold.is_sold(r)) => "sold",
                () if any(&|r| r.demo()) => "demo",
                () if any(&|r| r.set) => "set",
                () if !records.is_empty() => "matched",
                () => "delivered",
            };
            let earlier = |other: &&Lead| {
                let time = |lead: &Lead| lead.3.unwrap_or(i64::MAX);
                other.1 == lead.1 && other.2 == lead.2 && (time(other), other.0) < (time(lead), lead.0)
            };
            let duplicate = lead.1 > 0 && lead.2 > 0 && standing.iter().any(|other| earlier(&other));
            let told = (records.len() as i64, any(&|r| r.set), stage.to_owned());
            prop_assert_eq!(&outcomes[lead.0], &(told, scope.contains(lead), duplicate), "{:?}", lead);
        }
    }
}

#[test]
fn a_second_order_of_rows_changes_nothing() {
    // The same rows, but the last of lead a is read first: its place among all decides.
    let fold = folded(&settings(), &[vec![Row("1", 1, 21, Some(5), None, None, None, None)]]);
    let (files, rows) = (files(), Rows(vec![Lead("a", 2, 22, Some(1)), Lead("a", 1, 21, Some(1))]));
    let linked = Linked::new(input(&fold, &rows, &files, 9)).unwrap();
    assert_eq!(linked.links.selected().count(), 1);
    let rows = Rows(vec![Lead("a", 1, 21, Some(1)), Lead("a", 2, 22, Some(1))]);
    let linked = Linked::new(input(&fold, &rows, &files, 9)).unwrap();
    assert_eq!(linked.links.selected().count(), 0, "the row that matched is not the last");
}

#[test]
fn claims_are_judged_by_who_was_there_before() {
    let claim =
        |number, email, day, dispo| Row(number, email, 0, Some(day), None, Some(true), None, Some(dispo));
    let rows = vec![
        claim("1", 1, 5, "DQ - Duplicate"),
        claim("2", 2, 5, "DQ - Duplicate"),
        claim("3", 3, 5, "DQ - Duplicate"),
        claim("4", 3, 4, "Data"),
        claim("5", 5, 5, "DQ - Robocall"),
    ];
    let fold = folded(&settings(), &[rows]);
    let files = files();
    let leads = Rows(vec![
        Lead("a", 1, 21, Some(3)),
        Lead("b", 1, 22, Some(2)),
        Lead("c", 2, 23, Some(3)),
        Lead("d", 3, 24, Some(3)),
        Lead("e", 5, 25, Some(3)),
    ]);
    let linked = Linked::new(input(&fold, &leads, &files, 9)).unwrap();
    let claims = linked.claims().unwrap();
    let text = |name: &str, row: usize| {
        let column = claims.column_by_name(name).unwrap().as_string::<i32>().clone();
        if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
    };
    let shown: Vec<String> = (0..claims.num_rows())
        .map(|row| {
            let names = [
                "lead_number",
                "lead_uuid",
                "claim",
                "verdict",
                "evidence",
                "evidence_lead_uuid",
                "shared_by",
            ];
            names.map(|name| text(name, row)).join(" ").trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1 a duplicate supported lead b email",
            "2 c duplicate contradicted",
            "3 d duplicate supported record d email",
            "5 e other unchecked",
        ]
    );
    let codes: Vec<_> = linked.findings().iter().map(|finding| (finding.code, finding.count)).collect();
    assert!(codes.contains(&(FindingCode::ClaimSupported, 2)), "{codes:?}");
    assert!(codes.contains(&(FindingCode::ClaimContradicted, 1)), "{codes:?}");
}

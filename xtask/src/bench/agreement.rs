//! Whether leadq and the peer say the same: a time for another result is worth nothing.
//!
//! Compared is what both count. The peer takes the latest state of `set` and tells beside it what was ever so,
//! which is what leadq counts; files that are read counts those of the run on both sides.

use serde_json::Value;

/// A figure that both tell: where it stands in what each prints, as JSON pointers; several are added up.
struct Figure {
    name: &'static str,
    ours: &'static [&'static str],
    peers: &'static str,
}

const fn figure(name: &'static str, ours: &'static [&'static str], peers: &'static str) -> Figure {
    Figure { name, ours, peers }
}

const FIGURES: [Figure; 19] = [
    figure("delivered", &["/metrics/rows/0/delivered"], "/overall/delivered"),
    figure("matched", &["/metrics/rows/0/matched"], "/overall/matched"),
    figure("set", &["/metrics/rows/0/set"], "/ever/set_ever"),
    figure("demos", &["/metrics/rows/0/demos"], "/ever/demo_ever"),
    figure("sold", &["/metrics/rows/0/sold"], "/overall/sold"),
    figure("net sold", &["/metrics/rows/0/net_sold"], "/overall/net_sold"),
    figure("cancelled", &["/metrics/rows/0/cancelled"], "/overall/cancelled"),
    figure("rows read", &["/run/rows/reports.read"], "/buckets/rows_read"),
    figure(
        "separator or blank",
        &["/run/rows/reports.separator", "/run/rows/reports.blank"],
        "/buckets/separator_or_blank",
    ),
    figure("no identity", &["/run/rows/reports.no_identity"], "/buckets/no_identity"),
    figure("duplicate", &["/run/rows/reports.duplicate"], "/buckets/duplicate"),
    figure("kept", &["/run/rows/reports.kept"], "/buckets/kept"),
    figure("records", &["/run/rows/tables.crm_record"], "/counts/records"),
    figure("candidates", &["/run/rows/tables.lead_link"], "/counts/links"),
    figure("gone", &["/run/findings/vanished", "/run/findings/aged_out"], "/counts/vanished"),
    figure("hubs", &["/run/findings/hub_identifier"], "/counts/hubs"),
    figure("conflict links", &["/run/findings/conflict_link"], "/counts/conflict_links"),
    figure("duplicate leads", &["/run/findings/duplicate_lead"], "/counts/duplicate_leads"),
    figure("unmatchable leads", &["/run/findings/unmatchable_lead"], "/counts/unmatchable"),
];

/// What both say, one figure after the other.
///
/// # Errors
///
/// The figures of which they say different things, or of which one says nothing.
pub(super) fn compare(ours: &Value, peers: &Value) -> Result<String, String> {
    let (mut same, mut different) = (Vec::new(), Vec::new());
    for figure in &FIGURES {
        let our_count = figure.ours.iter().map(|pointer| count(ours, pointer)).sum::<Option<u64>>();
        let peers_count = count(peers, figure.peers);
        match (our_count, peers_count) {
            (Some(one), Some(other)) if one == other => same.push(format!("{} {one}", figure.name)),
            (one, other) => {
                let tell = |count: Option<u64>| {
                    count.map_or_else(|| "nothing".to_owned(), |count| count.to_string())
                };
                different.push(format!(
                    "{}: leadq says {}, the peer {}",
                    figure.name,
                    tell(one),
                    tell(other)
                ));
            }
        }
    }
    if different.is_empty() { Ok(same.join(", ")) } else { Err(different.join("; ")) }
}

/// A count; of what was found, nothing means none.
fn count(said: &Value, pointer: &str) -> Option<u64> {
    match said.pointer(pointer) {
        Some(value) => value.as_u64(),
        None => {
            (pointer.starts_with("/run/findings/") && said.pointer("/run/findings").is_some()).then_some(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ours() -> Value {
        json!({
            "metrics": { "rows": [{ "delivered": 100, "matched": 31, "set": 14, "demos": 6, "sold": 3,
                "net_sold": 2, "cancelled": 1 }] },
            "run": {
                "rows": { "reports.read": 70, "reports.separator": 2, "reports.blank": 1, "reports.no_identity": 4,
                    "reports.duplicate": 3, "reports.kept": 60, "tables.crm_record": 50, "tables.lead_link": 40 },
                "findings": { "vanished": 5, "aged_out": 2, "hub_identifier": 4, "conflict_link": 8,
                    "unmatchable_lead": 9 }
            }
        })
    }

    fn peers() -> Value {
        json!({
            "overall": { "delivered": 100, "matched": 31, "set": 13, "demos": 6, "sold": 3, "net_sold": 2,
                "cancelled": 1 },
            "ever": { "set_ever": 14, "demo_ever": 6 },
            "buckets": { "rows_read": 70, "separator_or_blank": 3, "no_identity": 4, "duplicate": 3, "kept": 60 },
            "counts": { "records": 50, "links": 40, "vanished": 7, "hubs": 4, "conflict_links": 8,
                "duplicate_leads": 0, "unmatchable": 9 }
        })
    }

    #[test]
    fn what_was_ever_set_is_compared_and_not_the_latest() {
        let same = compare(&ours(), &peers()).unwrap();
        assert!(same.starts_with("delivered 100, matched 31, set 14, demos 6,"), "{same}");
        assert!(same.contains("separator or blank 3") && same.contains("gone 7"), "{same}");
    }

    #[test]
    fn a_difference_is_told_with_both_numbers() {
        let (mut ours, mut peers) = (ours(), peers());
        ours["metrics"]["rows"][0]["set"] = json!(15);
        peers["buckets"]["kept"] = json!(61);
        let different = compare(&ours, &peers).unwrap_err();
        assert_eq!(different, "set: leadq says 15, the peer 14; kept: leadq says 60, the peer 61");
    }

    #[test]
    fn silence_is_no_agreement() {
        let (mut ours, mut peers) = (ours(), peers());
        ours["run"]["rows"].as_object_mut().unwrap().remove("reports.blank");
        peers["ever"].as_object_mut().unwrap().remove("set_ever");
        let different = compare(&ours, &peers).unwrap_err();
        assert_eq!(
            different,
            "set: leadq says 14, the peer nothing; separator or blank: leadq says nothing, the peer 3"
        );
        assert!(compare(&json!({}), &json!({})).is_err());
    }
}

//! An analysis that resembles the seed's data: one client, 22 daily reports, a column that died.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use leadq_contract::run::FileStatus;
use leadq_contract::vocabulary::{Claim, Verdict};
use leadq_contract::{Bucket, ClientId, Finding, FindingCode, ReportColumn};
use leadq_metrics::{Base, Counts, CurvePoint, Maturation, Segment, Segments, Standing, TrendPoint};

use crate::analysis::*;
use crate::{DeadSince, Feedback, SetAside};

/// The time of the n-th report, from 0.
pub(crate) fn snapshot(n: u64) -> NaiveDateTime {
    let first = NaiveDate::from_ymd_opt(2023, 3, 16).unwrap();
    (first + Days::new(n)).and_hms_opt(23, 59, 59).unwrap()
}

fn counts(delivered: u64, matched: u64, set: u64, demos: u64, sold: u64) -> Counts {
    Counts { delivered, matched: Some(matched), set, demos, sold: Some(sold), ..Counts::default() }
}

/// The analysis.
pub(crate) fn analysis() -> Analysis {
    Analysis {
        run: 3,
        committed_at: DateTime::from_timestamp(1_680_855_300, 0).unwrap(),
        clients: vec![ClientState {
            id: "default".to_owned(),
            name: "Desert Windows & Doors".to_owned(),
            timezone: "America/Los_Angeles".to_owned(),
            latest_snapshot: Some(snapshot(21)),
            snapshots: 22,
        }],
        counts: Counts {
            disqualified: Some(1_204),
            set_inferred: Some(64),
            appointments: Some(938),
            cancelled: Some(30),
            net_sold: Some(108),
            ..counts(4_364, 4_363, 940, 633, 138)
        },
        before: Some(earlier()),
        changes: Some(Changes {
            from: Some(snapshot(20)),
            to: Some(snapshot(21)),
            matched: 31,
            set: 9,
            unset: 1,
            demoed: 6,
            sold: 2,
            rescheduled: 14,
            vanished: 0,
        }),
        trend: trend(22),
        maturation: vec![maturation()],
        segments: vec![states(), cities()],
        columns: columns(22),
        findings: findings(),
        claims: claims(),
        files: Files {
            by_status: vec![
                (FileStatus::Ingested, 22),
                (FileStatus::Superseded, 1),
                (FileStatus::Rejected, 1),
            ],
            rows: vec![
                (Bucket::Kept, 82_287),
                (Bucket::Footer, 17),
                (Bucket::Malformed, 0),
                (Bucket::Duplicate, 41),
                (Bucket::NoIdentity, 3),
            ],
        },
    }
}

fn earlier() -> EarlierRun {
    let row = |cause: &str, delivered, matched, set, demos, sold| BridgeRow {
        cause: cause.to_owned(),
        delivered,
        matched,
        set,
        demos,
        sold,
    };
    EarlierRun {
        run: 2,
        committed_at: DateTime::from_timestamp(1_680_768_900, 0).unwrap(),
        counts: counts(4_364, 4_332, 932, 628, 136),
        bridge: vec![
            row("new files", 0, 31, 9, 6, 2),
            row("relinked", 0, 0, -1, -1, 0),
            row("corrections", 0, 0, 0, 0, 0),
        ],
    }
}

/// A trend of so many reports.
pub(crate) fn trend(reports: u64) -> Vec<TrendPoint> {
    let last = reports - 1;
    let point = |n: u64| TrendPoint {
        client_id: Some("default".to_owned()),
        snapshot_at: snapshot(n),
        base: Base::Matched,
        counts: counts(
            4_364,
            3_785 + 578 * n / last,
            720 + 220 * n / last,
            480 + 153 * n / last,
            100 + 38 * n / last,
        ),
        breaks: match n {
            15 => vec!["column set went dead".to_owned()],
            20 => vec!["column state went dead".to_owned()],
            _ => Vec::new(),
        },
    };
    (0..reports).map(point).collect()
}

fn curve(days: u32, leads: u64, end: f64) -> Vec<CurvePoint> {
    let point = |age_days: u32| {
        let share_set = end * (1.0 - (-f64::from(age_days) / 6.0).exp());
        let at_risk = leads * u64::from(days - age_days) / u64::from(days);
        let half = 1.96 * (share_set * (1.0 - share_set) / crate::figures::number(leads)).sqrt();
        CurvePoint {
            age_days,
            at_risk,
            events: 1,
            share_set,
            low: Some((share_set - half).max(0.0)),
            high: Some(share_set + half),
        }
    };
    (0..days).map(point).collect()
}

fn maturation() -> Maturation {
    let months = [
        ("2022-12", 120, 900, 0.25),
        ("2023-01", 95, 1100, 0.27),
        ("2023-02", 67, 1000, 0.24),
        ("2023-03", 36, 1200, 0.21),
        ("2023-04", 6, 180, 0.22),
    ];
    Maturation {
        client_id: None,
        overall: curve(140, 4363, 0.262),
        by_month: months
            .into_iter()
            .map(|(month, days, leads, end)| (month.to_owned(), curve(days, leads, end)))
            .collect(),
    }
}

fn segment(values: &[Option<&str>], delivered: u64, set: u64, shrunken_rate: f64, q_value: f64) -> Segment {
    Segment {
        values: values.iter().map(|value| value.map(str::to_owned)).collect(),
        counts: counts(delivered, delivered, set, set * 2 / 3, set / 7),
        standing: Standing {
            shrunken_rate: Some(shrunken_rate),
            p_value: Some(q_value / 2.0),
            q_value: Some(q_value),
        },
    }
}

fn states() -> Segments {
    let rows = [
        (Some("NV"), 1_912, 498, 0.259, 0.0001),
        (Some("AZ"), 1_344, 252, 0.189, 0.004),
        (Some("WA"), 688, 121, 0.178, 0.02),
        (Some("CA"), 241, 47, 0.2, 0.6),
        (Some("UT"), 121, 18, 0.175, 0.11),
        (Some("OR"), 41, 3, 0.16, 0.09),
        (Some("TX"), 9, 1, 0.2, 0.8),
        (Some("ID"), 5, 0, 0.19, 0.7),
        (None, 2, 0, 0.21, 0.9),
    ];
    let rows =
        rows.into_iter().map(|(state, n, set, shrunken, q)| segment(&[state], n, set, shrunken, q)).collect();
    Segments { by: vec!["state".to_owned()], base: Base::Matched, rows }
}

fn cities() -> Segments {
    let known = [
        ("Las Vegas", 1_204, 341, 0.28, 0.00001),
        ("Phoenix", 611, 104, 0.174, 0.03),
        ("Rancho Santa Margarita And The Unincorporated Hills", 14, 2, 0.2, 0.9),
    ];
    let known =
        known.into_iter().map(|(city, n, set, shrunken, q)| segment(&[Some(city)], n, set, shrunken, q));
    let others = (0..57_u64).map(|n| {
        let (delivered, name) = (60 - n, format!("Town {}", n + 1));
        let set = delivered * (n % 7 + 8) / 52;
        let rate = crate::figures::number(set) / crate::figures::number(delivered);
        segment(&[Some(&name)], delivered, set, 0.215 + (rate - 0.215) * 0.3, 0.5)
    });
    Segments { by: vec!["city".to_owned()], base: Base::Matched, rows: known.chain(others).collect() }
}

/// The columns of so many reports; `set` dies with the 16th, `state` with the last two.
pub(crate) fn columns(reports: u64) -> Vec<ColumnHealth> {
    let cell = |n: u64, column: ReportColumn| {
        let kept = 3_740 + n * 7 % 90;
        let dead =
            matches!((column.name(), n), ("set", 15..)) || (column.name() == "state" && n + 2 >= reports);
        let present = column.name() != "location" || n >= 12;
        let share = match column.name() {
            "set" | "appt_at" => 216,
            "demo" => 146,
            "job_status" => 34,
            "city" | "zip" => 995,
            _ => 1000,
        };
        ColumnHealth {
            client_id: "default".to_owned(),
            snapshot_at: snapshot(n),
            file: format!("data_{}.csv", n + 1),
            column: column.name().to_owned(),
            kept,
            informative: if dead || !present { 0 } else { kept * share / 1000 },
            present,
            dead,
        }
    };
    (0..reports).flat_map(|n| ReportColumn::ALL.into_iter().map(move |column| cell(n, column))).collect()
}

fn finding(
    code: FindingCode,
    file: Option<&str>,
    column: Option<&str>,
    count: u64,
    samples: &[&str],
) -> Finding {
    Finding {
        code,
        client: ClientId("default".to_owned()),
        file: file.map(str::to_owned),
        line: Some(2),
        column: column.map(str::to_owned),
        count,
        samples: samples.iter().map(|sample| (*sample).to_owned()).collect(),
    }
}

fn findings() -> Vec<Finding> {
    let dead = (16..=22).map(|n| {
        finding(
            FindingCode::DeadColumn,
            Some(&format!("data_{n}.csv")),
            Some("set"),
            1,
            &["share before 21.7 %"],
        )
    });
    let rest = [
        finding(FindingCode::DeadColumn, Some("data_21.csv"), Some("state"), 1, &[]),
        finding(FindingCode::DeadColumn, Some("data_22.csv"), Some("state"), 1, &[]),
        finding(FindingCode::NotAReport, Some("summary.csv"), None, 1, &[]),
        finding(FindingCode::StaleReport, None, None, 1, &["2023-04-06T23:59:59"]),
        finding(FindingCode::SetInferred, None, None, 66, &["LD-10442", "LD-10519"]),
        finding(FindingCode::DemoWithoutSet, None, None, 4, &["LD-10001"]),
        finding(FindingCode::SetWithoutAppt, None, None, 2, &["LD-10077"]),
        finding(
            FindingCode::InvalidDate,
            Some("data_9.csv"),
            Some("entry_date"),
            12,
            &["31/31/2023", "=1+1"],
        ),
        finding(
            FindingCode::HubIdentifier,
            None,
            Some("phone_hash"),
            1,
            &["d34db33fd34db33fd34db33fd34db33f"],
        ),
        finding(FindingCode::SplitIdentity, Some("data_22.csv"), None, 7, &["LD-10420"]),
        finding(FindingCode::UnmappedDisposition, None, Some("dispo"), 31, &["Attempting Contact"]),
        finding(FindingCode::UnknownColumn, Some("data_22.csv"), Some("Region Code"), 1, &[]),
        finding(FindingCode::AgedOut, None, None, 702, &[]),
    ];
    dead.chain(rest).collect()
}

fn claims() -> Claims {
    let sum = |kind, verdict, count| ClaimSum { kind, verdict, count, price: None };
    let single = |n: u64| ContradictedClaim {
        client_id: "default".to_owned(),
        lead_number: Some(format!("LD-{}", 10_400 + n)),
        lead_uuid: format!("00000000-0000-0000-0000-{n:012}"),
        dispo: "DQ - Out of Area".to_owned(),
        evidence: format!("the client set appointments from {} other leads in ZIP 89{n:03}", n + 2),
        price: None,
    };
    Claims {
        entered_twice: 6,
        sums: vec![
            sum(Claim::Duplicate, Verdict::Supported, 41),
            sum(Claim::Duplicate, Verdict::Contradicted, 112),
            sum(Claim::OutOfArea, Verdict::Contradicted, 23),
            sum(Claim::OutOfArea, Verdict::Unchecked, 58),
            sum(Claim::Other, Verdict::Unchecked, 317),
        ],
        contradicted: (0..20).map(single).collect(),
    }
}

/// The note to the same client.
pub(crate) fn feedback() -> Feedback {
    let row = |file: &str, line, reason: &str, text: &str| SetAside {
        file: file.to_owned(),
        line,
        reason: reason.to_owned(),
        text: text.to_owned(),
    };
    Feedback {
        client: "Desert Windows & Doors".to_owned(),
        committed_at: DateTime::from_timestamp(1_680_855_300, 0).unwrap(),
        latest_snapshot: Some(snapshot(21)),
        snapshots: 22,
        findings: findings(),
        dead_columns: vec![
            DeadSince { column: "set".to_owned(), since: snapshot(15), file: "data_16.csv".to_owned() },
            DeadSince { column: "state".to_owned(), since: snapshot(20), file: "data_21.csv".to_owned() },
        ],
        set_aside: vec![
            row("data_22.csv", 218, "malformed", "4/1/2023,LD-10881,[hash],[hash],\"Las Vegas,NV,89101"),
            row("data_22.csv", 1_904, "no_identity", "4/2/2023,,,,Reno,NV,89501,,0,0,Data,"),
            row("data_17.csv", 12, "no_identity", "3/30/2023,,NULL,NULL,Henderson,NV,89002,,0,0,Data,"),
        ],
        set_aside_total: 3,
    }
}

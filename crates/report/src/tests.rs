//! The pages and the workbook as a whole.

use std::io::{Cursor, Read};

use leadq_contract::run::FileStatus;
use leadq_contract::vocabulary::{Claim, Verdict};
use leadq_contract::{Bucket, ClientId, Finding, FindingCode};
use leadq_metrics::{Base, Counts, Maturation, Segment, Segments, Standing, TrendPoint};

use crate::analysis::*;
use crate::{DeadSince, Feedback, SetAside, feedback_html, fixture, html, xlsx};

/// Text that would do harm wherever it is not escaped.
const HOSTILE: &str =
    "=1+1|\u{1b}[2J\u{0}\u{ffff}<script>alert('x')</script>\"><img src=//evil.example onerror=x>&amp;";

/// Writes the pages into the folder that `LEADQ_PAGES` names when the tests are built, to look at them.
#[test]
fn pages_can_be_written() {
    let pages = [
        ("report.html", html(&fixture::analysis()).into_bytes()),
        ("report.xlsx", xlsx(&fixture::analysis()).unwrap()),
        ("feedback.html", feedback_html(&fixture::feedback()).into_bytes()),
        ("many.html", html(&many()).into_bytes()),
        ("hostile.html", html(&hostile()).into_bytes()),
        ("empty.html", html(&Analysis::default()).into_bytes()),
        ("empty.xlsx", xlsx(&Analysis::default()).unwrap()),
    ];
    for (name, bytes) in pages {
        let begin = if name.ends_with(".html") { "<!DOCTYPE html>" } else { "PK" };
        assert!(bytes.starts_with(begin.as_bytes()) && bytes.len() > 5_000, "{name}");
        if let Some(folder) = option_env!("LEADQ_PAGES") {
            std::fs::write(std::path::Path::new(folder).join(name), bytes).unwrap();
        }
    }
}

/// 220 reports, three clients, and prices.
fn many() -> Analysis {
    let client = |n: u64| ClientState {
        id: format!("client-{n}"),
        name: format!("A Contractor With Quite A Long Name, Branch {n}"),
        timezone: "America/Argentina/ComodRivadavia".to_owned(),
        latest_snapshot: Some(fixture::snapshot(219)),
        snapshots: 220,
    };
    let clients: Vec<ClientState> = (1..=3).map(client).collect();
    let mut analysis = Analysis { clients, ..fixture::analysis() };
    analysis.counts.cost = Some(218_200.0);
    let of = |id: Option<&str>| {
        let points = fixture::trend(220).into_iter().enumerate();
        let id = id.map(str::to_owned);
        points.map(move |(n, mut point)| {
            point.client_id.clone_from(&id);
            point.base = Base::Delivered;
            if n % 30 < 3 {
                point.breaks = vec!["half of the rows are gone".to_owned()];
            }
            point
        })
    };
    let ids = [None, Some("client-1"), Some("client-2"), Some("client-3")];
    analysis.trend = ids.into_iter().flat_map(of).collect();
    analysis.columns = (1..=3)
        .flat_map(|n| {
            let rows = fixture::columns(220).into_iter();
            rows.map(move |row| ColumnHealth { client_id: format!("client-{n}"), ..row })
        })
        .collect();
    for segments in &mut analysis.segments {
        segments.by = vec!["source".to_owned(), "city".to_owned()];
        segments.base = Base::Delivered;
        for row in &mut segments.rows {
            row.values.insert(0, Some("a-campaign-whose-name-nobody-has-broken-into-words".to_owned()));
            row.counts.cost = Some(50.0 * row.counts.delivered as f64);
        }
    }
    analysis
}

/// Every text is hostile.
fn hostile() -> Analysis {
    let text = || HOSTILE.to_owned();
    let at = fixture::snapshot(0);
    let counts =
        Counts { delivered: 9, matched: Some(9), set: 3, demos: 2, sold: Some(1), ..Counts::default() };
    Analysis {
        clients: vec![ClientState {
            id: text(),
            name: text(),
            timezone: text(),
            latest_snapshot: Some(at),
            snapshots: 1,
        }],
        counts,
        before: Some(EarlierRun {
            bridge: vec![BridgeRow { cause: text(), ..BridgeRow::default() }],
            ..EarlierRun::default()
        }),
        trend: vec![TrendPoint {
            client_id: Some(text()),
            snapshot_at: at,
            base: Base::Delivered,
            counts,
            breaks: vec![text()],
        }],
        maturation: vec![Maturation {
            client_id: Some(text()),
            by_month: fixture::analysis().maturation[0]
                .by_month
                .values()
                .map(|curve| (text(), curve.clone()))
                .collect(),
            ..fixture::analysis().maturation[0].clone()
        }],
        segments: vec![Segments {
            by: vec![text()],
            base: Base::Delivered,
            rows: vec![Segment { values: vec![Some(text())], counts, standing: Standing::default() }],
        }],
        columns: vec![ColumnHealth {
            client_id: text(),
            file: text(),
            column: text(),
            kept: 60,
            present: true,
            dead: true,
            ..ColumnHealth::default()
        }],
        findings: vec![Finding {
            code: FindingCode::DeadColumn,
            client: ClientId(text()),
            file: Some(text()),
            line: None,
            column: Some(text()),
            count: 1,
            samples: vec![text()],
        }],
        claims: hostile_claims(),
        ..Analysis::default()
    }
}

fn hostile_claims() -> Claims {
    let text = || HOSTILE.to_owned();
    Claims {
        entered_twice: 1,
        sums: vec![ClaimSum {
            kind: Claim::Other,
            verdict: Verdict::Contradicted,
            count: 1,
            price: Some(-1.0),
        }],
        contradicted: vec![ContradictedClaim {
            client_id: text(),
            lead_number: Some(text()),
            lead_uuid: text(),
            dispo: text(),
            evidence: text(),
            price: None,
        }],
    }
}

fn hostile_feedback() -> Feedback {
    let text = || HOSTILE.to_owned();
    let finding = |code| Finding { code, ..hostile().findings[0].clone() };
    Feedback {
        client: text(),
        findings: FindingCode::ALL.iter().copied().map(finding).collect(),
        dead_columns: vec![DeadSince { column: text(), file: text(), ..DeadSince::default() }],
        set_aside: vec![SetAside { file: text(), line: 1, reason: text(), text: text() }],
        ..Feedback::default()
    }
}

/// The parts of a workbook, by name.
fn parts(workbook: Vec<u8>) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut text = String::new();
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn what_others_wrote_is_text() {
    for page in [html(&hostile()), feedback_html(&hostile_feedback())] {
        assert!(page.contains("&lt;script&gt;"));
        for harm in ["<script", "<img", "\"><img", "\u{1b}", "\u{0}"] {
            assert!(!page.contains(harm), "{harm}");
        }
    }
}

#[test]
fn a_page_loads_nothing_and_runs_nothing() {
    for page in [html(&fixture::analysis()), html(&many()), feedback_html(&fixture::feedback())] {
        for reference in
            ["http:", "https:", "//", "@import", "url(", " src=", "<script", "<link", "javascript"]
        {
            let found = page.find(reference).map(|at| &page[at.saturating_sub(20)..at + 20]);
            assert_eq!(found, None, "{reference}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn every_chart_has_a_name_or_stands_beside_its_numbers() {
    for page in [html(&fixture::analysis()), html(&many())] {
        let charts: Vec<&str> =
            page.split("<svg").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        assert!(charts.len() > 40);
        for chart in charts {
            assert!(chart.contains("aria-label=\"") || chart.contains("aria-hidden=\"true\""), "{chart}");
        }
        assert!(page.contains("class=\"wide\"") && page.contains("class=\"narrow\""));
    }
}

#[test]
fn what_is_missing_is_left_out_or_said() {
    let page = html(&Analysis::default());
    for expected in ["No leads yet", "No error and no warning", "No client claims anything"] {
        assert!(page.contains(expected), "{expected}");
    }
    for absent in ["id=\"trend\"", "id=\"segments\"", "id=\"maturation\"", "NaN", "inf\u{a0}%"] {
        assert!(!page.contains(absent), "{absent}");
    }
    let counts = Counts { delivered: 5, ..Counts::default() };
    let none = |base| TrendPoint {
        client_id: None,
        snapshot_at: fixture::snapshot(0),
        base,
        counts,
        breaks: Vec::new(),
    };
    let zero = Analysis {
        counts,
        before: Some(EarlierRun::default()),
        changes: Some(Changes::default()),
        trend: vec![none(Base::Matched), none(Base::Delivered)],
        maturation: vec![Maturation::default()],
        segments: vec![Segments { by: Vec::new(), base: Base::Rows, rows: Vec::new() }],
        columns: vec![ColumnHealth::default()],
        files: Files { by_status: vec![(FileStatus::Ingested, 0)], rows: vec![(Bucket::Kept, 0)] },
        ..Analysis::default()
    };
    let page = html(&zero);
    assert!(page.contains("No lead changed") && !page.contains("NaN"));
    assert!(xlsx(&zero).is_ok() && xlsx(&Analysis::default()).is_ok());
}

#[test]
fn the_headline_says_how_far_to_trust_it() {
    let page = html(&fixture::analysis());
    for expected in [
        "between 20.3\u{a0}% and 22.8\u{a0}%",
        "has told nothing since 31 Mar 2023 (7 reports)",
        "64 of the 940 appointments (6.8\u{a0}%)",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    let sound = Analysis { findings: Vec::new(), columns: Vec::new(), ..fixture::analysis() };
    let counts = Counts { set_inferred: Some(0), ..sound.counts };
    assert!(html(&Analysis { counts, ..sound }).contains("Nothing was found that puts this number in doubt"));
}

#[test]
fn long_lists_are_cut_with_a_note() {
    let mut analysis = many();
    analysis.findings = FindingCode::ALL
        .iter()
        .map(|code| Finding { code: *code, ..hostile().findings[0].clone() })
        .collect();
    let page = html(&analysis);
    for command in ["leadq metrics --by source,city", "leadq findings", "leadq claims", "leadq trend"] {
        assert!(page.contains(&format!("not shown here: <code>{command}</code>")), "{command}");
    }
    assert!(page.len() < 700_000, "{}", page.len());
}

#[test]
fn a_workbook_holds_no_formula() {
    for (name, text) in parts(xlsx(&hostile()).unwrap()) {
        if name.starts_with("xl/worksheets/sheet") {
            assert!(!text.contains("<f>") && !text.contains("<f ") && !text.contains("<hyperlink"), "{name}");
        }
        assert!(!text.contains("<script"), "{name}");
        assert!(!name.contains("externalLink"), "{name}");
    }
    let strings = parts(xlsx(&hostile()).unwrap());
    let (_, strings) = strings.iter().find(|(name, _)| name == "xl/sharedStrings.xml").unwrap();
    assert!(strings.contains("=1+1|\u{fffd}[2J\u{fffd}\u{fffd}&lt;script&gt;"));
}

#[test]
fn a_workbook_is_the_same_whenever_it_is_made() {
    let once = parts(xlsx(&fixture::analysis()).unwrap());
    let (_, core) = once.iter().find(|(name, _)| name == "docProps/core.xml").unwrap();
    assert!(core.contains("2023-04-07T08:15:00Z"), "{core}");
    let sheets = once.iter().filter(|(name, _)| name.starts_with("xl/worksheets/sheet")).count();
    let charts = once.iter().filter(|(name, _)| name.starts_with("xl/charts/chart")).count();
    assert_eq!((sheets, charts), (11, 3));
}

#[test]
fn a_sheet_that_is_full_says_what_it_leaves_out() {
    let strings = parts(crate::workbook::within(&fixture::analysis(), 20).unwrap());
    let (_, strings) = strings.iter().find(|(name, _)| name == "xl/sharedStrings.xml").unwrap();
    for note in
        ["4 more rows do not fit here: leadq trend", "42 more rows do not fit here: leadq metrics --by city"]
    {
        assert!(strings.contains(note), "{note}");
    }
}

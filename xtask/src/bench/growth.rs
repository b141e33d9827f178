//! How the cost grows: with the history, of which one more snapshot must not depend, and with the rows.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::comparison::Bench;
use super::cost::Cost;
use super::data::Data;
use super::folders::{copy, fresh, link};
use super::generator::Generator;
use super::targets::{TEN_TIMES_THE_HISTORY, TWICE_THE_ROWS, met};
use super::{Size, Stop};

/// Measures both, and tells them.
pub(super) fn run(bench: &Bench, generator: &Generator, out: &mut impl Write) -> Result<(), Stop> {
    history(bench, out)?;
    match bench.size {
        Some(size) if size != Size::Seed => rows(bench, generator, size, out),
        _ => Ok(writeln!(out, "\ntwice the rows: needs data that is made up, --size S")?),
    }
}

/// One more snapshot after those that there are, and after ten times as many.
fn history(bench: &Bench, out: &mut impl Write) -> Result<(), Stop> {
    writeln!(out, "\none more snapshot, by the history before it")?;
    let Some((newest, older)) = bench.data.reports.split_last().filter(|(_, older)| !older.is_empty()) else {
        return Err(Stop::Because("one report is no history; name a folder with two or more".to_owned()));
    };
    let short = one_more(bench, older, older.len(), newest, out)?;
    let long = one_more(bench, older, older.len() * 10, newest, out)?;
    for made in ["reports", "before"] {
        fresh(bench.folder.join(made))?;
    }
    grown(short, long, "ten times the history", TEN_TIMES_THE_HISTORY, out)
}

/// Processor seconds of the newest report after so many snapshots, for each of which one of the older reports stands,
/// in their order.
fn one_more(
    bench: &Bench,
    older: &[impl AsRef<Path>],
    before: usize,
    newest: &Path,
    out: &mut impl Write,
) -> Result<f64, Stop> {
    let leads = &bench.data.leads;
    let reports = fresh(bench.folder.join("reports"))?;
    for number in 0..before {
        link(older[number * older.len() / before].as_ref(), &of_a_day(&reports, number, newest))?;
    }
    let base = fresh(bench.folder.join("before"))?;
    bench.leadq.take_in(&base, leads, &reports)?;
    link(newest, &of_a_day(&reports, before, newest))?;
    let mut costs = Vec::new();
    for _ in 0..bench.runs {
        let place = fresh(bench.last_lake())?;
        copy(&base, &place)?;
        costs.push(bench.leadq.take_in(&place, leads, &reports)?.cost);
    }
    tell(&format!("after {before} snapshots"), &costs, out)
}

/// All of it from nothing, and twice and four times as much (large sizes: twice).
fn rows(bench: &Bench, generator: &Generator, size: Size, out: &mut impl Write) -> Result<(), Stop> {
    writeln!(out, "\nfrom nothing, by the rows")?;
    let factors: &[u32] = if size == Size::S { &[1, 2, 4] } else { &[1, 2] };
    let mut before = None;
    for factor in factors {
        let data: Data = generator.times(size, *factor)?;
        let mut costs = Vec::new();
        for _ in 0..bench.runs {
            let place = fresh(bench.last_lake())?;
            costs.push(bench.leadq.take_in(&place, &data.leads, &data.folder)?.cost);
        }
        let cpu = tell(&data.name, &costs, out)?;
        if let Some(before) = before {
            grown(before, cpu, "twice the rows", TWICE_THE_ROWS, out)?;
        }
        before = Some(cpu);
    }
    Ok(())
}

/// Tells the median of costs; gives its processor seconds.
fn tell(what: &str, costs: &[Cost], out: &mut impl Write) -> Result<f64, Stop> {
    let median = Cost::median(costs);
    writeln!(out, "  {what}: {median}")?;
    Ok(median.cpu)
}

fn grown(before: f64, after: f64, what: &str, at_most: f64, out: &mut impl Write) -> Result<(), Stop> {
    let grown = after / before;
    Ok(writeln!(
        out,
        "  {what}: {grown:.2} times the processor seconds; at most {at_most}: {}",
        met(grown <= at_most)
    )?)
}

/// Name of the snapshot of a day in a folder, with the ending of a report.
fn of_a_day(folder: &Path, number: usize, report: &Path) -> PathBuf {
    let extension = report.extension().unwrap_or_default().to_string_lossy().into_owned();
    let (year, month, day) = (2010 + number / 336, number / 28 % 12 + 1, number % 28 + 1);
    folder.join(format!("report_{year:04}{month:02}{day:02}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snapshot_has_a_day_of_its_own() {
        let names: Vec<_> =
            (0..1_000).map(|n| of_a_day(Path::new("drop"), n, Path::new("data_1.csv"))).collect();
        assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
        assert_eq!(names[340], Path::new("drop/report_20110105.csv"));
    }

    #[test]
    fn growth_is_held_against_what_is_allowed() {
        let told = |before, after, at_most| {
            let mut out = Vec::new();
            assert!(grown(before, after, "twice the rows", at_most, &mut out).is_ok());
            String::from_utf8(out).unwrap()
        };
        let met = "  twice the rows: 2.00 times the processor seconds; at most 2.1: met\n";
        assert_eq!(told(3.0, 6.0, TWICE_THE_ROWS), met);
        assert!(
            told(3.0, 6.5, TWICE_THE_ROWS)
                .ends_with("2.17 times the processor seconds; at most 2.1: missed\n")
        );
    }
}

//! What one more snapshot costs, by how many came before it: it must not grow with the history. And what it costs to
//! find that nothing is new.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{BenchArgs, leadq_run};

/// Measures for each number of snapshots before; false if a run fails.
pub(super) fn run(args: &BenchArgs, binary: &Path, folder: &Path, out: &mut impl Write) -> io::Result<bool> {
    let reports = reports(&args.reports)?;
    let Some((newest, older)) = reports.split_last() else {
        writeln!(out, "no reports in {}", args.reports.display())?;
        return Ok(false);
    };
    if older.is_empty() {
        writeln!(out, "one report in {}: give at least two", args.reports.display())?;
        return Ok(false);
    }
    for before in &args.one_more {
        let place = folder.join("one_more");
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        let drop = place.join("reports");
        std::fs::create_dir_all(&drop)?;
        for number in 0..*before {
            // Each report stands for as many snapshots as it takes, in their order.
            let report = &older[(number * older.len() as u64 / before) as usize];
            take(report, &drop, number)?;
        }
        let Some((history, _)) = leadq_run(args, &drop, binary, &place)? else { return Ok(false) };
        take(newest, &drop, *before)?;
        let Some((one_more, told)) = leadq_run(args, &drop, binary, &place)? else { return Ok(false) };
        let Some((nothing, _)) = leadq_run(args, &drop, binary, &place)? else { return Ok(false) };
        let seconds = &told["run"]["seconds"];
        let stages = ["leads", "reports", "history", "model"]
            .map(|stage| format!("{stage} {:.2}", seconds[stage].as_f64().unwrap_or_default()));
        writeln!(out, "{before} snapshots: {history}")?;
        writeln!(out, "  one more: {one_more}; {}", stages.join(", "))?;
        writeln!(out, "  nothing new: {nothing}")?;
    }
    Ok(true)
}

/// The reports of a folder, in the natural order of their names.
fn reports(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut reports: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            reports.push(path);
        }
    }
    let number = |path: &Path| -> u64 {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or_default()
    };
    reports.sort_by_key(|path| number(path));
    Ok(reports)
}

/// Puts a report into the drop as the snapshot of a day, by a link where that can be.
fn take(report: &Path, drop: &Path, number: u64) -> io::Result<()> {
    let extension = report.extension().unwrap_or_default().to_string_lossy().into_owned();
    let (year, month, day) = (2010 + number / 336, number / 28 % 12 + 1, number % 28 + 1);
    let name = drop.join(format!("report_{year:04}{month:02}{day:02}.{extension}"));
    std::fs::hard_link(report, &name).or_else(|_| std::fs::copy(report, &name).map(|_| ()))
}

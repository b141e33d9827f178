//! A run of the optimised binary, measured: wall and processor seconds, seconds by stage, peak memory.
//!
//! Each repetition starts from an empty lake. The best of them is what the machine can do; the spread says
//! how far to trust it. `--analysis` also asks the last lake what people ask, each question by a process of its own.

mod one_more;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use clap::Args;
use serde_json::Value;

/// What is measured.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Leads to take in
    #[arg(long, default_value = "source/leads", value_name = "PATH")]
    pub leads: PathBuf,
    /// Reports to take in
    #[arg(long, default_value = "source/contractor_reports", value_name = "PATH")]
    pub reports: PathBuf,
    /// Repetitions
    #[arg(long, default_value_t = 3)]
    pub runs: u32,
    /// Measure one report of so many MB instead, made up, in which 100,000 records recur: the memory that a
    /// file takes must not grow with it
    #[arg(long, value_name = "MB")]
    pub large_report: Option<u64>,
    /// Measure instead what one more snapshot costs after so many, and what finding nothing new costs: `22,220`
    #[arg(long, value_name = "N", value_delimiter = ',', num_args = 1..)]
    pub one_more: Vec<u64>,
    /// Measure the questions of the analysis too
    #[arg(long)]
    pub analysis: bool,
    /// Memory that the run promises to stay within
    #[arg(long, default_value = "8GiB", value_name = "SIZE")]
    pub memory: String,
}

/// What people ask, as arguments; the last ones have many segments.
const QUESTIONS: [&str; 8] = [
    "metrics",
    "trend",
    "maturation",
    "changes",
    "report --to report.html",
    "metrics --by state",
    "metrics --by city,dispo",
    "metrics --by city,zip3,entry_month",
];

/// Builds the binary and measures it; false if it fails.
///
/// # Errors
///
/// When `out` cannot be written to, or a program cannot be started.
pub fn run(args: &BenchArgs, out: &mut impl Write) -> io::Result<bool> {
    let mut build = crate::cargo();
    build.args(["build", "--release", "--locked", "--bin", "leadq"]);
    if !build.status()?.success() {
        return Ok(false);
    }
    let target = crate::target_folder()?;
    let made_up = args.large_report.map(|size| large_report(&target.join("bench-data"), size)).transpose()?;
    let reports = made_up.as_deref().unwrap_or(&args.reports);
    if !args.one_more.is_empty() {
        return one_more::run(args, &target.join("release/leadq"), &target.join("bench"), out);
    }
    let mut best: Option<f64> = None;
    for repetition in 1..=args.runs.max(1) {
        let measured = measure(args, reports, &target.join("release/leadq"), &target.join("bench"))?;
        let Some(measured) = measured else { return Ok(false) };
        writeln!(out, "{repetition}: {measured}")?;
        let cpu = measured.cost.cpu;
        best = Some(best.map_or(cpu, |best| best.min(cpu)));
    }
    writeln!(out, "best: {:.2} s of processor", best.unwrap_or_default())?;
    if args.analysis {
        return analysis(args, &target.join("release/leadq"), &target.join("bench"), out);
    }
    Ok(true)
}

/// Asks the lake of the last repetition each question; false if one fails.
fn analysis(args: &BenchArgs, binary: &Path, folder: &Path, out: &mut impl Write) -> io::Result<bool> {
    for question in QUESTIONS {
        let mut command = Command::new(binary);
        command.args(question.split(' ')).args(["--memory", &args.memory, "--lake"]).arg(folder.join("lake"));
        if !question.starts_with("report") {
            command.args(["--format", "json"]);
        }
        let (cost, output) = Cost::of(command.current_dir(folder))?;
        if !output.status.success() {
            io::stderr().write_all(&output.stderr)?;
            return Ok(false);
        }
        let segments = serde_json::from_slice::<Value>(&output.stdout).ok();
        let segments = segments.and_then(|told| told["rows"].as_array().map(Vec::len));
        let segments = segments.map(|segments| format!("; {segments} segments")).unwrap_or_default();
        writeln!(out, "{question}: {cost}{segments}")?;
    }
    Ok(true)
}

/// What a process took.
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Cost {
    /// Runs a program to its end.
    fn of(command: &mut Command) -> io::Result<(Self, Output)> {
        let (begun, before) = (Instant::now(), children_cpu());
        let output = command.output()?;
        Ok((Self { wall: begun.elapsed().as_secs_f64(), cpu: children_cpu() - before }, output))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} s wall, {:.2} s of processor", self.wall, self.cpu)
    }
}

/// What one run took.
struct Measured {
    cost: Cost,
    record: Value,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peak = self.record["peak_memory"].as_f64().unwrap_or_default() / f64::from(1 << 20);
        write!(f, "{}, {peak:.0} MiB at its peak", self.cost)?;
        for stage in ["leads", "reports", "history", "model"] {
            write!(f, "; {stage} {:.2}", self.record["seconds"][stage].as_f64().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// A folder with one report of about `size` MB.
fn large_report(folder: &Path, size: u64) -> io::Result<PathBuf> {
    /// Records that the report has, again and again.
    const RECORDS: u64 = 100_000;
    let reports = folder.join(format!("report_of_{size}_mb"));
    let path = reports.join("2023-03-14.csv");
    if path.exists() {
        return Ok(reports);
    }
    std::fs::create_dir_all(&reports)?;
    let partial = reports.join(".2023-03-14.csv");
    let mut file = io::BufWriter::new(std::fs::File::create(&partial)?);
    let mut written = file.write(b"Entry Date,Lead #,Email,Phone,Set,Demo,Dispo,Comment\n")? as u64;
    let comment = "called, left a message; ".repeat(8);
    for row in 0u64.. {
        if written >= size * 1_000_000 {
            break;
        }
        let record = row % RECORDS;
        let hash = u128::from(record).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let line = format!(
            "{}/{}/2023,{record},{hash:032x},,{},0,Data,\"{row} {comment}\"\n",
            record % 3 + 1,
            record % 28 + 1,
            record % 2
        );
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    file.flush()?;
    std::fs::rename(partial, path)?;
    Ok(reports)
}

fn measure(args: &BenchArgs, reports: &Path, binary: &Path, folder: &Path) -> io::Result<Option<Measured>> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let ran = leadq_run(args, reports, binary, folder)?;
    Ok(ran.map(|(cost, told)| Measured { cost, record: told["run"].clone() }))
}

/// Runs leadq on a lake in a folder: what it took, and what it said; nothing, if it failed.
fn leadq_run(
    args: &BenchArgs,
    reports: &Path,
    binary: &Path,
    folder: &Path,
) -> io::Result<Option<(Cost, Value)>> {
    let mut command = Command::new(binary);
    command
        .args(["run", "--quiet", "--format", "json", "--memory", &args.memory, "--lake"])
        .arg(folder.join("lake"))
        .arg("--leads")
        .arg(&args.leads)
        .arg("--reports")
        .arg(reports)
        .env("LEADQ_SECRET_FILE", folder.join("secret"));
    let (cost, output) = Cost::of(&mut command)?;
    if !output.status.success() {
        io::stderr().write_all(&output.stderr)?;
        return Ok(None);
    }
    Ok(Some((cost, serde_json::from_slice(&output.stdout)?)))
}

/// Processor seconds of the processes that have ended under this one; 0 where the system does not tell.
fn children_cpu() -> f64 {
    /// Ticks a second, as Linux reports them to every program.
    const TICKS: f64 = 100.0;
    let ticks = || -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<_> = after_name.split_whitespace().collect();
        // cutime and cstime, fields 16 and 17 of proc_pid_stat(5); the first two are cut off.
        Some(fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?)
    };
    ticks().unwrap_or_default() / TICKS
}

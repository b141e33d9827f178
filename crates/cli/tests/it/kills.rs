//! A crash loses nothing (promise 2): the binary is killed at random moments of runs over the sample; then it runs
//! again, and the tables are those of a lake that nobody ever killed.
//!
//! The moments are of two kinds: a time within what a run takes, and the appearance of the n-th file below the lake,
//! which falls into storing, staging and committing more often than a time does. The binary has no fault points: those
//! of a commit are hit one by one in the lake's own tests (`crates/lake/tests/it/crash.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::dice::{Dice, number};
use crate::place::{Place, repository};

/// Reports of the first run; the others come before the second.
const FIRST: usize = 12;
/// Kills of one run at most, before one is let live.
const IN_A_ROW: usize = 3;

type Tables = BTreeMap<String, String>;

/// What a lake should come to, and how long that takes.
struct Reference {
    place: Place,
    /// After the first run, and after the second.
    tables: [Tables; 2],
    seconds: [f64; 2],
    /// Files below the lake that a run leaves.
    files: [usize; 2],
}

impl Reference {
    fn make() -> Self {
        let place = Place::new();
        let mut reference = Self { place, tables: Default::default(), seconds: [0.0; 2], files: [0; 2] };
        let mut before = 0;
        for round in 0..2 {
            deliver(&reference.place, round);
            let begun = Instant::now();
            reference.place.run();
            reference.seconds[round] = begun.elapsed().as_secs_f64();
            let files = reference.place.tree("lake").len();
            reference.files[round] = files - before;
            before = files;
            reference.tables[round] = reference.place.export(&format!("x{round}"), &[]);
            if round == 0 {
                copy(&reference.place.path("lake"), &reference.place.path("lake-first"));
            }
        }
        reference
    }
}

/// The sample's files of a round; with the second come a correction and a file from before.
fn deliver(place: &Place, round: usize) {
    let source = repository().join("source");
    let put = |from: &Path, to: &str, seconds: u64| {
        fs::copy(from, place.path(to)).unwrap();
        let file = fs::File::options().write(true).open(place.path(to)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_750_000_000 + seconds)).unwrap();
    };
    put(&source.join("leads/leads.parquet"), "leads/leads.parquet", 0);
    let mut reports: Vec<_> =
        fs::read_dir(source.join("contractor_reports")).unwrap().map(|entry| entry.unwrap().path()).collect();
    reports.sort();
    let late = reports.remove(2);
    let now = if round == 0 { &reports[..FIRST] } else { &reports[FIRST..] };
    for report in now.iter().chain((round == 1).then_some(&late)) {
        put(report, &format!("reports/{}", report.file_name().unwrap().to_str().unwrap()), 0);
    }
    if round == 1 {
        let name = reports[4].file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(place.path(&format!("reports/{name}"))).unwrap();
        let kept: Vec<_> = text.lines().take(text.lines().count() - 3).collect();
        place.write("corrected", kept.join("\n"));
        put(&place.path("corrected"), &format!("reports/{name}"), 100);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// Files below a folder that others write to meanwhile.
fn count(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let kinds =
        entries.flatten().map(|entry| (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir())));
    kinds.map(|(path, is_folder)| if is_folder { count(&path) } else { 1 }).sum()
}

/// When a run is killed.
#[derive(Debug)]
enum Moment {
    After(Duration),
    /// So many files have appeared below the lake, and a moment has passed.
    Files(usize, Duration),
}

fn moment(dice: &mut Dice, reference: &Reference, round: usize) -> Moment {
    let part = f64::from(u32::try_from(dice.below(1000)).unwrap()) / 1000.0;
    if dice.one_in(2) {
        return Moment::After(Duration::from_secs_f64(reference.seconds[round] * part));
    }
    let pause = Duration::from_micros(u64::try_from(dice.below(20_000)).unwrap());
    Moment::Files(1 + dice.below(reference.files[round]), pause)
}

/// Kills the process at the moment; false if it had ended before.
fn kill(child: &mut Child, moment: &Moment, lake: &Path) -> bool {
    let (begun, before) = (Instant::now(), count(lake));
    let is_now = || match moment {
        Moment::After(time) => begun.elapsed() >= *time,
        Moment::Files(files, _) => count(lake) >= before + files,
    };
    while !is_now() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    if let Moment::Files(_, pause) = moment {
        std::thread::sleep(*pause);
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Kills runs of a round a few times, lets one live, and compares. Says how often it killed.
fn check(dice: &mut Dice, reference: &Reference, seed: u64) -> usize {
    let round = dice.below(2);
    let place = Place::new();
    (0..=round).for_each(|round| deliver(&place, round));
    if round == 1 {
        copy(&reference.place.path("lake-first"), &place.path("lake"));
    }
    let arguments = ["run", "--quiet", "--leads", "leads", "--reports", "reports"];
    let mut moments = Vec::new();
    for _ in 0..1 + dice.below(IN_A_ROW) {
        let moment = moment(dice, reference, round);
        let mut command = place.command(&arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if kill(&mut child, &moment, &place.path("lake")) {
            moments.push(moment);
        }
    }
    let told = format!("LEADQ_TEST_SEED={seed}, round {round}, killed {moments:?}");
    let ran = place.leadq(&arguments);
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    let tables = place.export("x", &[]);
    for (name, text) in &reference.tables[round] {
        assert!(tables[name] == *text, "{told}: {name} differs");
    }
    assert_eq!(tables.len(), reference.tables[round].len());
    let again = place.json(&["run", "--quiet", "--leads", "leads", "--reports", "reports"]);
    assert_eq!(again["nothing_new"], true, "{told}");
    // The dead have left no run of theirs.
    let runs = place.json(&["runs"]);
    assert_eq!(runs.as_array().unwrap().len(), round + 1, "{told}: {runs}");
    moments.len()
}

#[test]
fn killed_at_random_moments() {
    let reference = Reference::make();
    let mut seed = Dice::seed(1);
    let mut killed = 0;
    while killed < 5 {
        killed += check(&mut Dice::new(seed), &reference, seed);
        seed += 1;
    }
}

/// As many as `LEADQ_SOAK_KILLS` says, from `LEADQ_TEST_SEED` on.
#[test]
#[ignore = "run by cargo xtask soak"]
fn soak() {
    let reference = Reference::make();
    let (mut seed, kills) = (Dice::seed(1000), number("LEADQ_SOAK_KILLS", 200));
    let (mut killed, mut cases) = (0, 0);
    while killed < kills {
        killed += u64::try_from(check(&mut Dice::new(seed), &reference, seed)).unwrap();
        cases += 1;
        eprintln!("{killed} of {kills} kills in {cases} lakes, seed {seed}: tables equal");
        seed += 1;
    }
}

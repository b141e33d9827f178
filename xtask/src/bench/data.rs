//! The data that is taken in: where it is, how much it is; and one large report, made up.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::generator::Generator;
use super::{BenchArgs, Size, Stop};

/// A folder of leads and the snapshots of one client.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) name: String,
    pub(super) leads: PathBuf,
    pub(super) folder: PathBuf,
    /// The reports of the folder, in the natural order of their names.
    pub(super) reports: Vec<PathBuf>,
}

impl Data {
    pub(super) fn at(name: impl Into<String>, leads: PathBuf, folder: PathBuf) -> Result<Self, Stop> {
        let absent =
            |path: &Path| Stop::Because(format!("{} is no folder; name one that is", path.display()));
        if let Some(path) = [&leads, &folder].into_iter().find(|path| !path.is_dir()) {
            return Err(absent(path));
        }
        let reports = reports(&folder)?;
        if reports.is_empty() {
            return Err(Stop::Because(format!("{} has no report; name a folder that has", folder.display())));
        }
        Ok(Self { name: name.into(), leads, folder, reports })
    }

    /// The folder above, which the peer is told: data that is made up has leads and reports in one.
    pub(super) fn root(&self) -> &Path {
        self.leads.parent().unwrap_or(&self.leads)
    }

    /// Bytes of all reports.
    pub(super) fn bytes(&self) -> u64 {
        self.reports.iter().map(|report| bytes(report)).sum()
    }
}

/// Length of a file; 0 where there is none.
pub(super) fn bytes(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}

/// The data that the arguments ask for; what has to be made up is made up in `made_up`, once.
pub(super) fn of(args: &BenchArgs, generator: &Generator, made_up: &Path) -> Result<Data, Stop> {
    match (args.size, args.large_report) {
        (Some(Size::Seed), _) => seed(args),
        (Some(size), _) => generator.data(size),
        (None, Some(size)) => {
            Data::at(format!("one report of {size} MB"), args.leads.clone(), large_report(made_up, size)?)
        }
        (None, None) => {
            Data::at(args.reports.display().to_string(), args.leads.clone(), args.reports.clone())
        }
    }
}

fn seed(args: &BenchArgs) -> Result<Data, Stop> {
    let folder = args.seed_data.clone().unwrap_or_else(|| crate::root().join("../shared/seed/source"));
    if !folder.is_dir() {
        return Err(Stop::Because(format!(
            "the real data is not at {}; name its folder with --seed-data, or leave --size out to measure on the sample",
            folder.display()
        )));
    }
    Data::at("seed", folder.join("leads"), folder.join("contractor_reports"))
}

/// The files of a folder, in the natural order of their names.
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
    reports.sort_by_key(|path| (number(path), path.clone()));
    Ok(reports)
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
    let partial = folder.join(format!("report_of_{size}_mb.partial"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_stand_in_their_natural_order() {
        let folder = std::env::temp_dir().join(format!("leadq-bench-order-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("folder_0")).unwrap();
        for name in ["data_10.csv", "data_9.csv", "data_1.csv"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        let data = Data::at("made up", folder.clone(), folder.clone());
        std::fs::remove_dir_all(&folder).unwrap();
        let Ok(data) = data else { panic!("there are reports") };
        let names: Vec<_> = data.reports.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["data_1.csv", "data_9.csv", "data_10.csv"]);
    }
}

//! Sample data behind `leadq sample`: made-up leads, and the snapshots of a made-up client that bought them.
//!
//! The files have the quirks of real ones (columns that move, die or change their spelling, corrected contact
//! details, records that age out, rows that cannot be read), so that a run over them shows what leadq does.
//! Everything is made up and follows from the seed alone: [`generate`] is pure, and gives the same bytes on
//! every platform. [`write`] puts them into a folder.

mod days;
mod defect;
mod draws;
mod lead;
mod life;
mod person;
mod record;
mod report;
mod source;
mod write;

use std::path::PathBuf;

use self::draws::Draws;
use self::person::People;
pub(crate) use self::write::write;

/// Why sample data could not be made or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SampleError {
    /// The leads could not be put into columns.
    #[error("could not put the sample's leads into columns")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The leads could not be encoded.
    #[error("could not encode the sample's leads as Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// A file of that name is there, and is another one.
    #[error("{} is there already, with other content", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("could not {operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The files of the sample: paths below the folder for sources, with `/`, and their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampleFiles(Vec<(String, Vec<u8>)>);

impl SampleFiles {
    /// Path and bytes of each file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }
}

impl<const N: usize> From<[(String, Vec<u8>); N]> for SampleFiles {
    fn from(files: [(String, Vec<u8>); N]) -> Self {
        Self(files.into())
    }
}

/// The sample of a seed: one file of leads, 22 snapshots.
pub(crate) fn generate(seed: u64) -> Result<SampleFiles, SampleError> {
    let mut who = Draws::new(seed, 1);
    let mut people = People::new(&mut who);
    let leads = lead::leads(&mut Draws::new(seed, 2), &mut people);
    let records = record::records(&mut Draws::new(seed, 3), &leads, &mut people);
    let mut files = vec![("leads/leads.parquet".to_owned(), lead::parquet(&leads)?)];
    for (number, day) in (1..).zip(days::SNAPSHOTS) {
        let path = format!("contractor_reports/data_{number}.csv");
        files.push((path, report::report(number, day, &records)));
    }
    Ok(SampleFiles(files))
}

#[cfg(test)]
mod tests;

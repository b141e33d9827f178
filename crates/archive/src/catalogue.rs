//! The catalogue: what was received, in files that are written once and never changed.
//!
//! A segment `00000007.jsonl.age` has the entries of one note; `00000001-00000064.jsonl.age` has those of the segments
//! with these numbers, which are deleted then. A reader passes over a segment whose numbers another covers. Numbers
//! have no gaps: one in a listing says that files came or went meanwhile, or that one is lost.

use std::collections::HashSet;
use std::io::Read as _;

use futures::{StreamExt as _, TryStreamExt as _};
use leadq_pipeline::ports::{Fault, PortError, Received};

use crate::blob::Blob;
use crate::fault;
use crate::keys::Keys;
use crate::place::{IfTaken, Place, blocking};
use crate::seal::Sealing;

/// The folder of the segments.
const FOLDER: &str = "catalogue";
/// How their names end.
const SUFFIX: &str = ".jsonl.age";
/// From how many segments on they are put together.
const COMPACT_FROM: usize = 64;
/// Segments that are read at once.
const PARALLEL: usize = 8;
/// How often a listing is tried again that others disturb.
const ATTEMPTS: usize = 20;

/// The catalogue of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    pub(crate) place: Place,
    pub(crate) keys: Keys,
}

/// Which numbers a segment has, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    from: u64,
    to: u64,
}

impl Segment {
    fn parse(path: &str) -> Option<Self> {
        let name = path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(SUFFIX)?;
        let (from, to) = name.split_once('-').unwrap_or((name, name));
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let segment = Self { from: number(from)?, to: number(to)? };
        (segment.from <= segment.to && segment.path() == path).then_some(segment)
    }

    fn path(self) -> String {
        let Self { from, to } = self;
        if from == to {
            format!("{FOLDER}/{from:08}{SUFFIX}")
        } else {
            format!("{FOLDER}/{from:08}-{to:08}{SUFFIX}")
        }
    }
}

/// The segments of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Segments {
    /// Those to read, in order.
    read: Vec<Segment>,
    /// Those that others cover.
    covered: Vec<Segment>,
    /// The first number that is missing, if one is.
    gap: Option<u64>,
}

impl Segments {
    fn of(mut all: Vec<Segment>) -> Self {
        all.sort_by_key(|segment| (segment.from, std::cmp::Reverse(segment.to)));
        let mut segments = Self::default();
        for segment in all {
            let last = segments.last();
            if segment.to <= last {
                segments.covered.push(segment);
                continue;
            }
            if segment.from > last + 1 {
                segments.gap.get_or_insert(last + 1);
            }
            segments.read.push(segment);
        }
        segments
    }

    fn last(&self) -> u64 {
        self.read.last().map_or(0, |segment| segment.to)
    }
}

impl Catalogue {
    /// The entries, each once, in the order in which they were noted.
    pub(crate) async fn read(&self) -> Result<Vec<Received>, PortError> {
        self.read_with_segments().await.map(|(entries, _)| entries)
    }

    async fn read_with_segments(&self) -> Result<(Vec<Received>, Segments), PortError> {
        for _ in 0..ATTEMPTS {
            let segments = self.list().await?;
            let parts: Vec<_> = futures::stream::iter(segments.read.clone())
                .map(|segment| self.read_segment(segment))
                .buffered(PARALLEL)
                .try_collect()
                .await?;
            // One that is gone was put together with others meanwhile.
            if let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() {
                let mut entries: Vec<Received> = parts.into_iter().flatten().collect();
                let mut seen = HashSet::with_capacity(entries.len());
                let firsts: Vec<_> = entries.iter().map(|entry| seen.insert(entry)).collect();
                let mut firsts = firsts.into_iter();
                entries.retain(|_| firsts.next().unwrap_or(true));
                return Ok((entries, segments));
            }
        }
        Err(disturbed("read"))
    }

    /// Adds entries.
    pub(crate) async fn note(&self, entries: &[Received]) -> Result<(), PortError> {
        if entries.is_empty() {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let number = self.list().await?.last() + 1;
            let segment = Segment { from: number, to: number };
            if !self.write(segment, entries).await? {
                continue;
            }
            // Where others wrote and put segments together since the listing, the number may have been used before,
            // and what stands under it now is passed over.
            let segments = self.list().await?;
            if !segments.read.contains(&segment) {
                let known: HashSet<_> = self.read().await?.into_iter().collect();
                if !entries.iter().all(|entry| known.contains(entry)) {
                    continue;
                }
            }
            if segments.read.len() >= COMPACT_FROM || !segments.covered.is_empty() {
                // The entries are noted, whatever becomes of this.
                if let Err(error) = self.compact().await {
                    tracing::warn!(error = %error, "cannot put the archive's catalogue together");
                }
            }
            return Ok(());
        }
        Err(disturbed("write to"))
    }

    /// Puts all segments together, if there are many, and deletes those that are covered.
    async fn compact(&self) -> Result<(), PortError> {
        let (entries, segments) = self.read_with_segments().await?;
        let mut covered = segments.covered;
        if segments.read.len() >= COMPACT_FROM {
            let whole = Segment { from: 1, to: segments.read.last().map_or(1, |segment| segment.to) };
            self.write(whole, &entries).await?;
            covered.extend(segments.read);
        }
        self.place.delete(covered.into_iter().map(Segment::path).collect()).await
    }

    /// The segments that are there, without a gap.
    async fn list(&self) -> Result<Segments, PortError> {
        let mut missing = None;
        for _ in 0..ATTEMPTS {
            let files = self.place.list(FOLDER).await?;
            let segments = Segments::of(files.iter().filter_map(|(name, _)| Segment::parse(name)).collect());
            missing = segments.gap;
            if missing.is_none() {
                return Ok(segments);
            }
        }
        let missing = missing.unwrap_or_default();
        let path = Segment { from: missing, to: missing }.path();
        Err(PortError::permanent("read", "the archive's catalogue", format!("{path} is missing"))
            .hint("put the archive's folder `catalogue` back from a backup"))
    }

    /// The entries of a segment; none if it is gone.
    async fn read_segment(&self, segment: Segment) -> Result<Option<Vec<Received>>, PortError> {
        let path = segment.path();
        let Some(file) = self.place.open(&path).await? else { return Ok(None) };
        let keys = self.keys.clone();
        blocking("read", move || {
            let mut text = String::new();
            let read = Blob::open(file, &path, &keys).and_then(|mut blob| blob.read_to_string(&mut text));
            read.map_err(|error| fault::of_io("read", &path, &error))?;
            let entries = text.lines().map(|line| {
                serde_json::from_str(line).map_err(|error| {
                    // The line itself holds names of files.
                    let place = format!("column {} of an entry", error.column());
                    PortError::permanent("read", &path, format!("{place} is none that this build reads"))
                        .fault(Fault::Incompatible)
                        .hint("use the build that wrote it, or a newer one")
                })
            });
            entries.collect::<Result<Vec<_>, _>>().map(Some)
        })
        .await
    }

    /// Writes a segment; false if its numbers are taken.
    async fn write(&self, segment: Segment, entries: &[Received]) -> Result<bool, PortError> {
        let text: String = entries.iter().map(line).collect();
        let (place, keys, path) = (self.place.clone(), self.keys.clone(), segment.path());
        let draft = blocking("write", move || {
            let draft = place.draft()?;
            let write = || {
                let mut sealing = Sealing::new(draft.handle()?, &keys)?;
                sealing.write(text.as_bytes())?;
                sealing.end()?.finish(&path)
            };
            write().map_err(|error| fault::of_io("write", &path, &error))?;
            Ok(draft)
        })
        .await?;
        self.place.publish(draft, &segment.path(), IfTaken::Keep).await
    }
}

/// An entry as a line of a segment.
fn line(entry: &Received) -> String {
    // Nothing in an entry can fail to be JSON.
    let mut line = serde_json::to_string(entry).unwrap_or_default();
    line.push('\n');
    line
}

fn disturbed(operation: &'static str) -> PortError {
    PortError::permanent(operation, "the archive's catalogue", "others keep changing it")
        .fault(Fault::Transient)
}

#[cfg(test)]
mod tests;

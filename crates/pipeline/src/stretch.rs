//! Report files in stretches: each is read by one thread with one book, so that it knows the lines that it read before.
//!
//! Neighbours in the history are neighbours in a stretch as far as their names say; where they are not, what the book
//! numbered does not fit the order in which snapshots are folded, and the files are read again in that order (see
//! [`out_of_sequence`]).

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use leadq_contract::{BookMark, ClientSettings};
use leadq_ingest::Book;
use leadq_ingest::cells::hash::HashAlgorithm;
use leadq_ingest::timeline::natural;

use crate::error::RunError;
use crate::ingest::{Reading, ReportFile, ReportInput, report, time_by_name};
use crate::observer::Observer;
use crate::ports::Archive;
use crate::state::Entry;

/// Files that make it worth while to begin another stretch: its first file is read the long way.
const LEAST: usize = 4;

/// Which books files are read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Books {
    /// One for each stretch.
    Shared,
    /// One for each file, and for each member of an archive.
    Own,
}

/// Reads stretches of a client's report files, several stretches at once; the result is in their order.
pub(crate) async fn reports(
    stretches: Vec<Vec<Entry>>,
    books: Books,
    archive: &dyn Archive,
    reading: &ReportsReading<'_>,
    threads: usize,
) -> Result<Vec<ReportFile>, RunError> {
    let stretches = stretches.into_iter().map(|files| stretch(files, books, archive, reading));
    let all: Vec<Vec<ReportFile>> =
        futures::stream::iter(stretches).buffered(threads.max(1)).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

/// What a client's reports are read with.
pub(crate) struct ReportsReading<'a> {
    pub(crate) client: &'a Arc<ClientSettings>,
    pub(crate) algorithm: HashAlgorithm,
    pub(crate) with: Reading,
    pub(crate) observer: &'a Arc<dyn Observer>,
}

/// Reads files one after the other, with one book that knows the lines of those before.
async fn stretch(
    files: Vec<Entry>,
    books: Books,
    archive: &dyn Archive,
    reading: &ReportsReading<'_>,
) -> Result<Vec<ReportFile>, RunError> {
    let mut book = Book::new(reading.with.most_lines);
    let mut all = Vec::new();
    for entry in files {
        let file = archive.open(&entry.content).await?;
        let (client, algorithm) = (Arc::clone(reading.client), reading.algorithm);
        let (with, observer) = (reading.with.clone(), Arc::clone(reading.observer));
        let read = tokio::task::spawn_blocking(move || {
            let name = entry.name.clone();
            let read = report(ReportInput { entry, file }, &client, algorithm, &with, &mut book, books);
            if read.is_ok() {
                observer.step(&name);
            }
            (read, book)
        });
        let (read, again) = read.await?;
        book = again;
        all.extend(read?);
    }
    Ok(all)
}

/// Cuts entries into stretches for so many threads, in the order in which they are.
pub(crate) fn stretches(entries: &[Entry], threads: usize) -> Vec<Vec<Entry>> {
    let count = threads.min(entries.len().div_ceil(LEAST)).max(1);
    let size = entries.len().div_ceil(count).max(1);
    entries.chunks(size).map(<[Entry]>::to_vec).collect()
}

/// Puts entries in the order of the history, as far as their names say it.
pub(crate) fn by_name(entries: &mut [Entry], client: &ClientSettings) {
    entries.sort_by_cached_key(|entry| (time_by_name(&entry.name, client), Natural(entry.clone())));
}

/// An entry in natural order.
#[derive(PartialEq, Eq)]
struct Natural(Entry);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural(&self.0.name, &other.0.name).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Which files have to be read again so that they can be folded in this order, the first as the first of all: those
/// that were not read, those with rows whose numbers were given out for a file that is not the one before them, and
/// those that depend on one of these. Each run of neighbours is a list of its own; files are by place in the order.
pub(crate) fn out_of_sequence<'a>(marks: impl Iterator<Item = Option<&'a BookMark>>) -> Vec<Vec<usize>> {
    let mut before = None;
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for (place, mark) in marks.enumerate() {
        before = mark.filter(|mark| mark.follows(before));
        if before.is_some() {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.last() == Some(&(place.wrapping_sub(1))) => run.push(place),
            _ => runs.push(vec![place]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ContentId;
    use leadq_contract::{BookId, ClientId};

    fn entries(names: &[&str]) -> Vec<Entry> {
        let entry =
            |name: &&str| Entry { name: (*name).to_owned(), content: ContentId(String::new()), modified: 0 };
        names.iter().map(entry).collect()
    }

    #[test]
    fn few_files_are_one_stretch() {
        let lengths = |files: usize, threads| {
            let entries = entries(&vec!["a"; files]);
            stretches(&entries, threads).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(lengths(0, 2), [0; 0]);
        assert_eq!(lengths(4, 8), [4]);
        assert_eq!(lengths(5, 8), [3, 2]);
        assert_eq!(lengths(22, 2), [11, 11]);
        assert_eq!(lengths(22, 1), [22]);
    }

    #[test]
    fn names_say_the_order() {
        let client = ClientSettings::with_id(ClientId::default_client());
        let mut files = entries(&["r_10", "b 2023-05-01", "r_9", "a 05-02-2023"]);
        by_name(&mut files, &client);
        let names: Vec<_> = files.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["r_9", "r_10", "b 2023-05-01", "a 05-02-2023"]);
    }

    #[test]
    fn what_is_read_again() {
        let mark = |book, file, fresh| Some(BookMark { book: BookId(book), file, fresh });
        let again = |marks: &[Option<BookMark>]| out_of_sequence(marks.iter().map(Option::as_ref));
        let [a, b, c, d] = [mark(1, 1, 0..5), mark(1, 2, 5..7), mark(1, 3, 7..7), mark(1, 4, 7..9)];
        let other = mark(2, 1, 0..3);
        assert_eq!(again(&[a.clone(), b.clone(), c.clone(), d.clone()]), [[0; 0]; 0]);
        assert_eq!(again(&[a.clone(), b.clone(), d.clone(), other.clone()]), [[0; 0]; 0]);
        assert_eq!(again(&[a.clone(), c.clone(), d.clone()]), [[1, 2]]);
        assert_eq!(again(&[b.clone(), a.clone(), None, other.clone(), d]), [vec![0], vec![2], vec![4]]);
        assert_eq!(again(&[None, b, other]), [[0, 1]]);
    }
}

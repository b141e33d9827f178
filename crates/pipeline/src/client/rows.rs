//! What a client's state says, as rows: files and their fates, snapshots, findings.

use leadq_contract::rows::Bucket;
use leadq_contract::run::FileStatus;
use leadq_contract::{ClientSettings, Finding, FindingCode};
use leadq_ingest::timeline;
use leadq_matching::health::ColumnCounts;

use crate::batches::{FileRow, SnapshotRow};
use crate::leads;
use crate::state::{ClientState, FileState, LeadsState};

/// A client's files, judged.
pub(super) struct Judged {
    /// By place in [`ClientState::files`].
    pub(super) fates: Vec<FileStatus>,
    /// Places of the snapshots, in their order.
    pub(super) order: Vec<usize>,
}

/// Which files stand, and in what order.
pub(super) fn judge(state: &ClientState) -> Judged {
    let judged: Vec<usize> =
        (0..state.files.len()).filter(|place| state.files[*place].aside.is_none()).collect();
    let facts: Vec<_> = judged.iter().map(|place| state.files[*place].facts.clone()).collect();
    let timeline = timeline::arrange(&facts);
    let mut fates: Vec<_> =
        state.files.iter().map(|file| file.aside.unwrap_or(FileStatus::Rejected)).collect();
    for (place, fate) in judged.iter().zip(&timeline.fates) {
        fates[*place] = *fate;
    }
    Judged { fates, order: timeline.order.iter().map(|index| judged[*index]).collect() }
}

pub(super) fn file_rows(client: &ClientSettings, state: &ClientState, judged: &Judged) -> Vec<FileRow> {
    let files = state.files.iter().zip(&judged.fates);
    files
        .map(|(file, fate)| FileRow {
            client: client.id.clone(),
            name: file.facts.name.clone(),
            snapshot_at: file.facts.snapshot_at,
            status: *fate,
            reason: if is_too_late(file) { Some(TOO_LATE.to_owned()) } else { file.reading.rejected.clone() },
            read_as: file.reading.form.clone(),
            content_key: file.facts.digest,
            bytes: file.reading.bytes,
            buckets: file.reading.buckets,
        })
        .collect()
}

/// Whether it would have changed what was frozen.
fn is_too_late(file: &FileState) -> bool {
    file.aside == Some(FileStatus::Rejected)
}

/// Why a file that came too late is rejected.
const TOO_LATE: &str =
    "too_late: its place in the history is frozen, since the files from there on are no longer kept";

pub(super) fn snapshot_rows(state: &ClientState) -> Vec<SnapshotRow> {
    let rows = (1..).zip(&state.snapshots).map(|(number, snapshot)| {
        let reading = &state.files[snapshot.file].reading;
        SnapshotRow {
            file: snapshot.file,
            number,
            rows_set: reading.rows_set,
            entry_range: reading.entry_range,
            columns: ColumnCounts {
                kept: reading.buckets.get(Bucket::Kept),
                present: reading.present,
                informative: reading.informative,
            },
            dead: snapshot.dead.clone(),
        }
    });
    rows.collect()
}

/// What reading and folding found.
pub(super) fn findings(
    client: &ClientSettings,
    state: &ClientState,
    judged: &Judged,
    leads: &LeadsState,
) -> Vec<Finding> {
    let counts = |fate: &FileStatus| matches!(fate, FileStatus::Ingested | FileStatus::Rejected);
    let files = state.files.iter().zip(&judged.fates).filter(|(_, fate)| counts(fate));
    let of_files = files.flat_map(|(file, _)| {
        let finding = |code, line, column, count, samples| Finding {
            code,
            client: client.id.clone(),
            file: Some(file.facts.name.clone()),
            line,
            column,
            count,
            samples,
        };
        let late = is_too_late(file).then(|| {
            finding(
                FindingCode::TooLate,
                None,
                None,
                1,
                vec![format!("snapshot of {}", file.facts.snapshot_at)],
            )
        });
        let found = file.reading.findings.iter().filter(|_| !is_too_late(file));
        let found = found
            .map(move |f| finding(f.code, f.line, f.column.clone(), f.count, f.samples.clone()))
            .collect::<Vec<_>>();
        found.into_iter().chain(late)
    });
    let of_order = state.snapshots.iter().flat_map(|snapshot| snapshot.findings.iter().cloned());
    of_files.chain(of_order).chain(leads::findings_of(leads, &client.id)).collect()
}

/// Cells by digits of the hash as received, for email and phone: of leads, and of the snapshots taken in.
pub(super) fn digits(client: &ClientSettings, state: &ClientState, leads: &LeadsState) -> [[[u64; 3]; 2]; 2] {
    let of_leads = leads.files.iter().filter_map(|file| file.reading.hash_digits.get(&client.id));
    let of_reports = state.snapshots.iter().map(|snapshot| &state.files[snapshot.file].reading.hash_digits);
    [sum(of_leads), sum(of_reports)]
}

fn sum<'a>(digits: impl Iterator<Item = &'a [[u64; 3]; 2]>) -> [[u64; 3]; 2] {
    digits.fold([[0; 3]; 2], |mut total, more| {
        for (total, more) in total.iter_mut().flatten().zip(more.iter().flatten()) {
            *total += more;
        }
        total
    })
}

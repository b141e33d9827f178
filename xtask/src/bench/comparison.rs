//! The three measurements, ours and the peer's in turn, so that what else the machine does falls on both.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::data::{Data, bytes};
use super::folders::{copy, fresh, link};
use super::ours::{Leadq, THREADS};
use super::peer::{Job, Peer};
use super::table::Measurement;
use super::targets::Stage;
use super::{Size, Stop, agreement};

/// What is measured, and on what.
pub(super) struct Bench<'a> {
    pub(super) leadq: Leadq,
    pub(super) peer: Option<Peer<'a>>,
    pub(super) size: Option<Size>,
    pub(super) data: Data,
    pub(super) runs: u32,
    /// Where lakes go, and what the peer makes.
    pub(super) folder: PathBuf,
}

impl Bench<'_> {
    /// A line on what is measured.
    pub(super) fn describe(&self, out: &mut impl Write) -> io::Result<()> {
        let (name, reports, megabytes) =
            (&self.data.name, self.data.reports.len(), self.data.bytes() as f64 / 1e6);
        let (memory, runs) = (&self.leadq.memory, self.runs);
        writeln!(
            out,
            "{name}: {reports} reports, {megabytes:.1} MB; {THREADS} threads, --memory {memory}, median of {runs}"
        )
    }

    /// Measures all three, and tells them.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), Stop> {
        self.everything(out)?;
        let Some((last, earlier)) = self.data.reports.split_last() else { return Ok(()) };
        if earlier.is_empty() {
            return Ok(());
        }
        let reports = fresh(self.folder.join("reports"))?;
        for report in earlier {
            link(report, &reports.join(report.file_name().unwrap_or_default()))?;
        }
        self.one_more(&reports, earlier.len(), last, out)?;
        // The last lake stays, for questions.
        for made in ["reports", "before", "peer", "peer_before"] {
            fresh(self.folder.join(made))?;
        }
        Ok(())
    }

    /// The lake that the last measurement left.
    pub(super) fn last_lake(&self) -> PathBuf {
        self.folder.join("leadq")
    }

    fn everything(&self, out: &mut impl Write) -> Result<(), Stop> {
        let mut measured = Measurement::new(Stage::FromNothing, self.data.bytes());
        writeln!(out, "\n{}", measured.stage.title())?;
        let mut agreed = None;
        for _ in 0..self.runs {
            let place = fresh(self.last_lake())?;
            let ours = self.leadq.take_in(&place, &self.data.leads, &self.data.folder)?;
            if let Some(peer) = &self.peer {
                let peers = peer.run(self.data.root(), &fresh(self.folder.join("peer"))?, &Job::All)?;
                agreed = Some(agree(&ours.said, &peers.said)?);
                measured.peers.push(peers);
            }
            measured.ours.push(ours);
            measured.tell_last(out)?;
        }
        measured.tell(self.size, out)?;
        tell_agreed(agreed, out)
    }

    /// The last report after the others, which are in a folder of their own; and after it, nothing.
    fn one_more(
        &self,
        reports: &Path,
        earlier: usize,
        last: &Path,
        out: &mut impl Write,
    ) -> Result<(), Stop> {
        let mut measured = Measurement::new(Stage::OneMore, bytes(last));
        let mut idle = Measurement::new(Stage::NothingNew, 0);
        writeln!(out, "\n{}", measured.stage.title())?;
        let before = fresh(self.folder.join("before"))?;
        self.leadq.take_in(&before, &self.data.leads, reports)?;
        let peers_before = fresh(self.folder.join("peer_before"))?;
        let state_before = peers_before.join("state.duckdb");
        if let Some(peer) = &self.peer {
            peer.run(self.data.root(), &peers_before, &Job::First(earlier, &state_before))?;
        }
        let arrived = reports.join(last.file_name().unwrap_or_default());
        let mut agreed = None;
        for _ in 0..self.runs {
            let place = fresh(self.last_lake())?;
            copy(&before, &place)?;
            link(last, &arrived)?;
            let ours = self.leadq.take_in(&place, &self.data.leads, reports)?;
            if let Some(peer) = &self.peer {
                let peers_place = fresh(self.folder.join("peer"))?;
                let state = peers_place.join("state.duckdb");
                std::fs::copy(&state_before, &state)?;
                let peers = peer.run(self.data.root(), &peers_place, &Job::Further(&state))?;
                agreed = Some(agree(&ours.said, &peers.said)?);
                measured.peers.push(peers);
            }
            let nothing = self.leadq.take_in(&place, &self.data.leads, reports)?;
            if ours.said["nothing_new"] != Value::Bool(false)
                || nothing.said["nothing_new"] != Value::Bool(true)
            {
                return Err(Stop::Because("leadq did not take the one new report in once".to_owned()));
            }
            std::fs::remove_file(&arrived)?;
            measured.ours.push(ours);
            idle.ours.push(nothing);
            measured.tell_last(out)?;
        }
        measured.tell(self.size, out)?;
        tell_agreed(agreed, out)?;
        writeln!(out, "\n{}", idle.stage.title())?;
        Ok(idle.tell(self.size, out)?)
    }
}

fn agree(ours: &Value, peers: &Value) -> Result<String, Stop> {
    agreement::compare(ours, peers)
        .map_err(|different| Stop::Because(format!("leadq and the peer say different things: {different}")))
}

fn tell_agreed(agreed: Option<String>, out: &mut impl Write) -> Result<(), Stop> {
    if let Some(agreed) = agreed {
        writeln!(out, "  both say: {agreed}")?;
    }
    Ok(())
}

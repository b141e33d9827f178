//! Measurements as people read them.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use super::cost::{Cost, median};
use super::targets::{Stage, verdicts};
use super::{Size, ours, peer};

/// What was measured of one stage, repetition by repetition.
pub(super) struct Measurement {
    pub(super) stage: Stage,
    /// Bytes of the reports that were taken in.
    pub(super) bytes: u64,
    pub(super) ours: Vec<ours::Told>,
    pub(super) peers: Vec<peer::Told>,
}

impl Measurement {
    pub(super) const fn new(stage: Stage, bytes: u64) -> Self {
        Self { stage, bytes, ours: Vec::new(), peers: Vec::new() }
    }

    /// The last repetition in a line.
    pub(super) fn tell_last(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "  {}:", self.ours.len())?;
        if let Some(ours) = self.ours.last() {
            write!(out, " leadq {}", ours.cost)?;
        }
        if let Some(peers) = self.peers.last() {
            write!(out, "; {} {}", peers.name(), peers.cost)?;
        }
        writeln!(out)
    }

    /// The medians, stage by stage, and what is aimed at.
    pub(super) fn tell(&self, size: Option<Size>, out: &mut impl Write) -> io::Result<()> {
        let ours = Cost::median(&self.ours.iter().map(|told| told.cost).collect::<Vec<_>>());
        let peers: Vec<Cost> = self.peers.iter().map(|told| told.cost).collect();
        let peers = (!peers.is_empty()).then(|| Cost::median(&peers));
        writeln!(
            out,
            "  {:<16}{:>9}{:>13}{:>10}{:>8}",
            "median", "wall, s", "processor, s", "peak, MB", "MB/s"
        )?;
        row("leadq", &ours, self.bytes, out)?;
        if let (Some(cost), Some(told)) = (&peers, self.peers.first()) {
            row(told.name(), cost, self.bytes, out)?;
            let memory = (ours.memory as f64, cost.memory as f64);
            writeln!(
                out,
                "  {:<16}{:>9}{:>13}{:>10}",
                "leadq : peer",
                ratio(ours.wall, cost.wall),
                ratio(ours.cpu, cost.cpu),
                ratio(memory.0, memory.1),
            )?;
        }
        for verdict in verdicts(size, self.stage, &ours, peers.as_ref()) {
            writeln!(out, "  {verdict}")?;
        }
        if !matches!(self.stage, Stage::NothingNew) {
            stages("leadq", self.ours.iter().map(ours::Told::stages), out)?;
            let name = self.peers.first().map_or("peer", peer::Told::name);
            stages(name, self.peers.iter().map(peer::Told::stages), out)?;
        }
        Ok(())
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = self.memory as f64 / 1e6;
        write!(f, "{:.2} s wall, {:.2} s of processor, {memory:.0} MB at its peak", self.wall, self.cpu)
    }
}

fn row(name: &str, cost: &Cost, bytes: u64, out: &mut impl Write) -> io::Result<()> {
    let memory = cost.memory as f64 / 1e6;
    write!(out, "  {name:<16}{:>9.2}{:>13.2}{memory:>10.0}", cost.wall, cost.cpu)?;
    if bytes > 0 {
        write!(out, "{:>8.1}", bytes as f64 / 1e6 / cost.wall)?;
    }
    writeln!(out)
}

/// What is ours to what is the peer's, as `1 : 4.1`; where the peer took less, to two places.
fn ratio(ours: f64, peers: f64) -> String {
    let share = peers / ours;
    if share < 1.0 { format!("1 : {share:.2}") } else { format!("1 : {share:.1}") }
}

/// Wall seconds by stage, each the median of the repetitions; the longest first.
fn stages<S: Iterator<Item = (String, f64)>>(
    name: &str,
    repetitions: impl Iterator<Item = S>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut by_stage: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (stage, seconds) in repetitions.flatten() {
        by_stage.entry(stage).or_default().push(seconds);
    }
    if by_stage.is_empty() {
        return Ok(());
    }
    let mut medians: Vec<_> = by_stage.into_iter().map(|(stage, seconds)| (stage, median(seconds))).collect();
    medians.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let told: Vec<String> = medians.iter().map(|(stage, seconds)| format!("{stage} {seconds:.2}")).collect();
    writeln!(out, "  {name} by stage, wall: {}", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ours(wall: f64, model: f64) -> ours::Told {
        let said = json!({ "run": { "seconds": { "leads": 0.5, "model": model } } });
        ours::Told { cost: Cost { wall, cpu: wall * 2.0, memory: 600_000_000 }, said }
    }

    #[test]
    fn a_slower_leadq_is_not_rounded_away() {
        assert_eq!((ratio(10.0, 41.0).as_str(), ratio(25.0, 3.0).as_str()), ("1 : 4.1", "1 : 0.12"));
    }

    fn peers(wall: f64) -> peer::Told {
        let said = json!({ "peer": "duckdb 2", "phases": { "write": { "wall": 1.0, "cpu": 0.5 } } });
        peer::Told { cost: Cost { wall, cpu: wall * 2.0, memory: 1_200_000_000 }, said }
    }

    #[test]
    fn medians_ratios_targets_and_stages() {
        let measurement = Measurement {
            stage: Stage::FromNothing,
            bytes: 1_000_000_000,
            ours: vec![ours(9.0, 1.0), ours(4.0, 3.0), ours(5.0, 2.0)],
            peers: vec![peers(20.0), peers(30.0), peers(10.0)],
        };
        let mut out = Vec::new();
        measurement.tell(Some(Size::M), &mut out).unwrap();
        let expected = "
  median            wall, s processor, s  peak, MB    MB/s
  leadq                5.00        10.00       600   200.0
  duckdb 2            20.00        40.00      1200    50.0
  leadq : peer      1 : 4.0      1 : 4.0   1 : 2.0
  wall at most 1 : 3: met
  processor at most 1 : 4: met
  memory at most 700 MB: met
  leadq by stage, wall: model 2.00, leads 0.50
  duckdb 2 by stage, wall: write 1.00
";
        assert_eq!(String::from_utf8(out).unwrap(), expected.trim_start_matches('\n'));
    }
}

//! What is aimed at, on two threads, and whether it was met.

use super::Size;
use super::cost::Cost;

/// What a measurement is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// All leads and reports into an empty lake.
    FromNothing,
    /// The last report into a lake that has the others.
    OneMore,
    /// A run to which nothing new came.
    NothingNew,
}

impl Stage {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::FromNothing => "from nothing",
            Self::OneMore => "one more snapshot",
            Self::NothingNew => "nothing new",
        }
    }
}

/// Twice the rows: so many times the processor seconds at most.
pub(super) const TWICE_THE_ROWS: f64 = 2.1;

/// Ten times the history: so many times the processor seconds of one more snapshot. The same, as far as two
/// measurements of the same are.
pub(super) const TEN_TIMES_THE_HISTORY: f64 = 1.1;

/// Memory that leadq is told to stay within.
pub(super) const fn memory(size: Option<Size>) -> &'static str {
    match size {
        Some(Size::S | Size::M) => "700MB",
        Some(Size::L) => "2500MB",
        Some(Size::Seed) | None => "8GiB",
    }
}

/// Something that is aimed at.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// At most one so-many-th of the peer's wall seconds.
    WallOfPeer(f64),
    /// At most one so-many-th of the peer's processor seconds.
    CpuOfPeer(f64),
    /// At most so many wall seconds.
    Wall(f64),
    /// At most so many MB at the peak.
    Memory(u32),
}

/// What is aimed at for a size, from issue 6.
const fn of(size: Option<Size>, stage: Stage) -> &'static [Target] {
    use Target::{CpuOfPeer, Memory, Wall, WallOfPeer};
    match (size, stage) {
        (Some(Size::M), Stage::FromNothing) => &[WallOfPeer(3.0), CpuOfPeer(4.0), Memory(700)],
        (Some(Size::L), Stage::FromNothing) => &[CpuOfPeer(3.0), Memory(2500)],
        (Some(Size::M | Size::L), Stage::OneMore) => &[CpuOfPeer(8.0)],
        (Some(Size::Seed), Stage::FromNothing) => &[Wall(0.25)],
        (Some(_), Stage::NothingNew) => &[Wall(0.1)],
        _ => &[],
    }
}

/// Each target of a measurement in words, and how it stands.
pub(super) fn verdicts(size: Option<Size>, stage: Stage, ours: &Cost, peers: Option<&Cost>) -> Vec<String> {
    let of_peer = |what: &str, share: f64, our_seconds: f64, peers_seconds: Option<f64>| {
        let verdict = peers_seconds
            .map_or("not measured without --peer", |seconds| met(our_seconds * share <= seconds));
        format!("{what} at most 1 : {share}: {verdict}")
    };
    let verdict = |target: &Target| match *target {
        Target::WallOfPeer(share) => of_peer("wall", share, ours.wall, peers.map(|cost| cost.wall)),
        Target::CpuOfPeer(share) => of_peer("processor", share, ours.cpu, peers.map(|cost| cost.cpu)),
        Target::Wall(seconds) => format!("wall at most {seconds} s: {}", met(ours.wall <= seconds)),
        Target::Memory(size) => {
            format!("memory at most {size} MB: {}", met(ours.memory <= u64::from(size) * 1_000_000))
        }
    };
    of(size, stage).iter().map(verdict).collect()
}

/// Whether a target was met, in a word.
pub(super) const fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn cost(wall: f64, cpu: f64, memory: u64) -> Cost {
        Cost { wall, cpu, memory }
    }

    #[test]
    fn shares_of_the_peer_are_met_up_to_the_line() {
        let peers = cost(15.0, 28.0, 0);
        let told = |ours: Cost| verdicts(Some(Size::M), Stage::FromNothing, &ours, Some(&peers)).join(", ");
        assert_eq!(
            told(cost(5.0, 7.0, 700_000_000)),
            "wall at most 1 : 3: met, processor at most 1 : 4: met, memory at most 700 MB: met"
        );
        assert_eq!(
            told(cost(5.1, 7.1, 700_000_001)),
            "wall at most 1 : 3: missed, processor at most 1 : 4: missed, memory at most 700 MB: missed"
        );
    }

    #[test]
    fn without_a_peer_nothing_is_claimed_of_it() {
        let told = |size, stage| verdicts(size, stage, &cost(0.2, 0.3, 1), None);
        assert_eq!(
            told(Some(Size::L), Stage::OneMore),
            ["processor at most 1 : 8: not measured without --peer"]
        );
        assert_eq!(told(Some(Size::Seed), Stage::FromNothing), ["wall at most 0.25 s: met"]);
        assert_eq!(told(Some(Size::S), Stage::NothingNew), ["wall at most 0.1 s: missed"]);
        assert!(told(None, Stage::NothingNew).is_empty());
    }
}

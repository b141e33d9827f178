//! Where the leads come from: made-up sources, of clearly different quality.

/// A source of leads.
pub(super) struct Source {
    pub(super) name: &'static str,
    /// Its share of the leads, in 1000.
    pub(super) weight: u32,
    /// What a lead costs at least.
    pub(super) cents: i64,
    /// How many of 1000 leads the client enters into its CRM.
    pub(super) entered: u32,
    /// How many of 1000 that are entered get an appointment, sooner or later.
    pub(super) set: u32,
    /// How many of 1000 without one cannot be reached or are no use.
    pub(super) bad: u32,
}

/// From the best to the worst.
pub(super) const SOURCES: [Source; 5] = [
    Source { name: "Neighbor Referral", weight: 110, cents: 14_000, entered: 990, set: 420, bad: 250 },
    Source { name: "Search Ads", weight: 280, cents: 9_500, entered: 970, set: 290, bad: 400 },
    Source { name: "Quote Compare", weight: 260, cents: 6_000, entered: 950, set: 205, bad: 500 },
    Source { name: "Social Feed", weight: 230, cents: 3_800, entered: 920, set: 125, bad: 560 },
    Source { name: "Banner Network", weight: 120, cents: 2_250, entered: 830, set: 80, bad: 800 },
];

/// What comes to the client from elsewhere: its own web site, walk-ins.
pub(super) const ELSEWHERE: Source =
    Source { name: "", weight: 0, cents: 0, entered: 1000, set: 220, bad: 450 };

//! What the numbers mean, in words for people (spec chapter 3).

/// A number's name in output, its name for people, and what it is.
pub(crate) struct Definition {
    /// The metric's name.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) label: &'static str,
    /// What it is.
    pub(crate) text: &'static str,
}

const fn of(name: &'static str, label: &'static str, text: &'static str) -> Definition {
    Definition { name, label, text }
}

/// The metrics, in the order in which they are given.
pub(crate) const METRICS: &[Definition] = &[
    of("delivered", "Delivered", "Leads delivered. A lead counts once, in however many reports it stands."),
    of(
        "disqualified",
        "Disqualified",
        "Matched leads without an appointment whose disposition is a claim against the seller, or says that the job is none that the client does.",
    ),
    of(
        "valid_conversion_rate",
        "Conversion rate, valid leads",
        "Set out of the leads delivered that are not disqualified.",
    ),
    of(
        "set_inferred",
        "Set by inference",
        "Leads that count as set because of a demo or an appointment date, while no cell of any report says set.",
    ),
    of("matched", "Matched", "Leads that were found in the client's reports, by email or by phone."),
    of("match_rate", "Match rate", "Matched out of delivered."),
    of(
        "set",
        "Set",
        "Leads for which an appointment was ever set. One that was cancelled later still counts.",
    ),
    of("conversion_rate", "Conversion rate", "Set out of delivered."),
    of("set_of_matched_rate", "Set of matched", "Set out of matched."),
    of("appointments", "Appointments", "Leads set with an appointment date."),
    of("demos", "Demos", "Leads set whose sales presentation took place."),
    of("demo_rate", "Demo rate", "Demos out of set."),
    of("sold", "Sold", "Leads that were sold after a demo."),
    of("close_rate", "Close rate", "Sold out of demos."),
    of("net_sold", "Net sold", "Sold and not cancelled."),
    of("cancelled", "Cancelled", "Sold, and cancelled afterwards."),
    of("cancel_rate", "Cancel rate", "Cancelled out of sold."),
    of("cost", "Cost", "Sum of the prices of the leads delivered."),
    of("cost_per_set", "Cost per set", "Cost for each lead set."),
    of("cost_per_demo", "Cost per demo", "Cost for each demo."),
    of("cost_per_sale", "Cost per sale", "Cost for each lead sold and not cancelled."),
];

/// Words of method that stand beside the numbers.
pub(crate) const TERMS: &[(&str, &str)] = &[
    (
        "Between … and …",
        "The 95 % interval (Wilson): if leads like these were delivered again and again, 95 of 100 such intervals would hold the true rate. Few leads make it wide.",
    ),
    (
        "Evened-out rate",
        "A segment's rate drawn towards the rate of all segments, the more the fewer leads it has (empirical Bayes). Of two small segments it tells better which one is likely to do well.",
    ),
    (
        "Clearly above, clearly below",
        "The segment differs from all others together by more than chance explains (q under 0.05: the p-value, adjusted for the number of segments compared, after Benjamini and Hochberg).",
    ),
    (
        "Too few to tell",
        "The interval is so wide that the segment may be good or bad. It needs more leads before anyone decides by it.",
    ),
    (
        "Share set by age",
        "Which share of leads is set by which age in days, estimated so that leads that are still young count for as long as they were watched (Kaplan-Meier with delayed entry). Months are fairly compared at equal age only.",
    ),
    (
        "Dead column",
        "A column that the client's file still has, but that suddenly tells nothing. The last known values are kept; its cells are taken as unknown, not as no.",
    ),
    ("Snapshot", "One report file of a client: how its leads stood at that time."),
    (
        "Claim",
        "A disposition by which the client says that the lead was not worth its price: a duplicate, out of its area, a robocall. Usually it asks for a credit.",
    ),
];

/// A metric's name for people.
pub(crate) fn label(name: &str) -> &str {
    METRICS.iter().find(|metric| metric.name == name).map_or(name, |metric| metric.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_defined_and_no_other() {
        let metrics = leadq_metrics::Counts::default().metrics();
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name).collect();
        assert_eq!(METRICS.iter().map(|metric| metric.name).collect::<Vec<_>>(), names);
    }
}

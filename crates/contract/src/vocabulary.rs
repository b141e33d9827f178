//! What a client's words mean: dispositions to outcomes, job statuses that mean cancelled (spec 2.5, 2.7).

use crate::schema::{Disposition, ReportSection};

/// What became of a lead, told by the disposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    /// The homeowner bought.
    Sale,
    /// A demo without a sale.
    NoSale,
    /// A visit without a demo.
    NoDemo,
    /// The appointment was cancelled.
    Cancelled,
    /// An appointment lies ahead.
    Pending,
    /// Still being worked.
    Open,
    /// Could not be reached, or must not be.
    Uncontactable,
    /// A claim against the seller of the lead, usually to be credited.
    DqSeller,
    /// Not what this client does.
    DqScope,
    /// The vocabulary does not know it.
    Unmapped,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 10] = [
        Self::Sale,
        Self::NoSale,
        Self::NoDemo,
        Self::Cancelled,
        Self::Pending,
        Self::Open,
        Self::Uncontactable,
        Self::DqSeller,
        Self::DqScope,
        Self::Unmapped,
    ];

    /// The outcome of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::NoSale => "no_sale",
            Self::NoDemo => "no_demo",
            Self::Cancelled => "cancelled",
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Uncontactable => "uncontactable",
            Self::DqSeller => "dq_seller",
            Self::DqScope => "dq_scope",
            Self::Unmapped => "unmapped",
        }
    }
}

/// What a disposition claims against the seller of the lead, if it means [`Outcome::DqSeller`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// The client had this homeowner already.
    Duplicate,
    /// The homeowner lives where the client does not work.
    OutOfArea,
    /// Anything else, which the data cannot check.
    Other,
}

impl Claim {
    /// Every kind of claim.
    pub const ALL: [Self; 3] = [Self::Duplicate, Self::OutOfArea, Self::Other];

    /// The claim that an outcome and the text of its disposition make, if they make one. A client's own
    /// vocabulary may give any text that outcome, so that the words count, not only how they begin.
    #[must_use]
    pub fn of(outcome: Outcome, dispo: &str) -> Option<Self> {
        if outcome != Outcome::DqSeller {
            return None;
        }
        let text = compared(dispo);
        let lower = dispo.to_lowercase();
        let word = |fits: fn(&str) -> bool| lower.split(|c: char| !c.is_alphanumeric()).any(fits);
        let duplicate = |word: &str| {
            word.starts_with("duplicat") || matches!(word, "dup" | "dups" | "dupe" | "dupes" | "duped")
        };
        Some(if text.starts_with("dq-duplicate") || word(duplicate) {
            Self::Duplicate
        } else if text.contains("outofarea") || word(|word| word == "area") {
            Self::OutOfArea
        } else {
            Self::Other
        })
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.name() == name)
    }

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OutOfArea => "out_of_area",
            Self::Other => "other",
        }
    }
}

/// What the data say to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// They speak against it.
    Contradicted,
    /// They bear it out.
    Supported,
    /// They say nothing.
    Unchecked,
}

impl Verdict {
    /// Every verdict, those that need a look first.
    pub const ALL: [Self; 3] = [Self::Contradicted, Self::Supported, Self::Unchecked];

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contradicted => "contradicted",
            Self::Supported => "supported",
            Self::Unchecked => "unchecked",
        }
    }

    /// The verdict of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// How a phrase of the vocabulary is compared, case and white space apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phrase {
    /// The whole text.
    Whole(String),
    /// The beginning of the text.
    Prefix(String),
}

impl Phrase {
    /// A whole text.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        Self::Whole(compared(text))
    }

    /// The beginning of a text.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        Self::Prefix(compared(text))
    }
}

/// A client's vocabulary. The first phrase that fits decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    dispositions: Vec<(Phrase, Outcome)>,
    cancelled: Vec<String>,
}

/// The defaults of spec 2.7, in the order in which they are tried.
const DEFAULT_DISPOSITIONS: &[(bool, &[&str], Outcome)] = &[
    (true, &["sale", "sold"], Outcome::Sale),
    (false, &["dns"], Outcome::NoSale),
    (true, &["nd", "cad", "cns"], Outcome::NoDemo),
    (false, &["cxl"], Outcome::Cancelled),
    (true, &["set", "cnf", "issue"], Outcome::Pending),
    (true, &["data"], Outcome::Open),
    (false, &["dnc", "dq-wrong number"], Outcome::Uncontactable),
    (false, &["dq-robocall", "dq-duplicate", "dq-out of area", "dq-r/p/c"], Outcome::DqSeller),
    (false, &["dq"], Outcome::DqScope),
];

/// The defaults of spec 2.5.
const DEFAULT_CANCELLED: [&str; 3] = ["Cancel In Rescission", "Cancel After Rescission", "Credit Decline"];

impl Default for Vocabulary {
    fn default() -> Self {
        let dispositions = DEFAULT_DISPOSITIONS
            .iter()
            .flat_map(|(whole, group, outcome)| {
                group.iter().map(move |text| {
                    (if *whole { Phrase::whole(text) } else { Phrase::prefix(text) }, *outcome)
                })
            })
            .collect();
        Self { dispositions, cancelled: DEFAULT_CANCELLED.iter().map(|s| compared(s)).collect() }
    }
}

impl Vocabulary {
    /// Knows no word.
    #[cfg(test)]
    pub(crate) const fn bare() -> Self {
        Self { dispositions: Vec::new(), cancelled: Vec::new() }
    }

    /// Lays a file's words over this: its dispositions are tried first, its job statuses are added.
    pub fn lay(&mut self, section: &ReportSection) {
        let known = std::mem::take(&mut self.dispositions);
        let of =
            |group: &Disposition| group.phrases().map(|phrase| (phrase, group.outcome)).collect::<Vec<_>>();
        self.dispositions = section.dispositions.iter().flat_map(of).collect();
        for phrase in known {
            if !self.dispositions.contains(&phrase) {
                self.dispositions.push(phrase);
            }
        }
        for status in section.cancelled_job_statuses.iter().map(|status| compared(status)) {
            if !self.cancelled.contains(&status) {
                self.cancelled.push(status);
            }
        }
    }

    /// What a disposition means.
    #[must_use]
    pub fn outcome(&self, dispo: &str) -> Outcome {
        let text = compared(dispo);
        self.dispositions
            .iter()
            .find(|(phrase, _)| match phrase {
                Phrase::Whole(whole) => text == *whole,
                Phrase::Prefix(prefix) => text.starts_with(prefix.as_str()),
            })
            .map_or(Outcome::Unmapped, |(_, outcome)| *outcome)
    }

    /// Whether a job status means that a sale was cancelled.
    #[must_use]
    pub fn is_cancelled(&self, job_status: &str) -> bool {
        self.cancelled.contains(&compared(job_status))
    }
}

/// Text without case and white space.
fn compared(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispositions_of_2_7() {
        let vocabulary = Vocabulary::default();
        let cases = [
            ("Sale", Outcome::Sale),
            ("SOLD", Outcome::Sale),
            ("Sale pending", Outcome::Unmapped),
            ("DNS-Pro", Outcome::NoSale),
            ("ND", Outcome::NoDemo),
            ("NDX", Outcome::Unmapped),
            ("CXL- BT", Outcome::Cancelled),
            ("Set", Outcome::Pending),
            ("Issue", Outcome::Pending),
            ("Data", Outcome::Open),
            ("Database", Outcome::Unmapped),
            ("DNC", Outcome::Uncontactable),
            ("DQ-Wrong Number", Outcome::Uncontactable),
            ("DQ - ROBOCALL", Outcome::DqSeller),
            ("DQ - Duplicate", Outcome::DqSeller),
            ("DQ-Out of Area", Outcome::DqSeller),
            ("DQ - R/P/C", Outcome::DqSeller),
            ("DQ Bath - Condo", Outcome::DqScope),
            ("NR", Outcome::Unmapped),
        ];
        for (dispo, expected) in cases {
            assert_eq!(vocabulary.outcome(dispo), expected, "{dispo:?}");
        }
    }

    #[test]
    fn claims_of_2_7() {
        let vocabulary = Vocabulary::default();
        let cases = [
            ("DQ - Duplicate", Some(Claim::Duplicate)),
            ("dq-DuplicateLead", Some(Claim::Duplicate)),
            ("DQ-Out of Area", Some(Claim::OutOfArea)),
            ("DQ - Out Of Area North", Some(Claim::OutOfArea)),
            ("DQ - Robocall", Some(Claim::Other)),
            ("DQ - R/P/C", Some(Claim::Other)),
            // claims of no one against the seller
            ("DQ Bath - Duplicate", None),
            ("Sale", None),
            ("Area", None),
        ];
        for (dispo, expected) in cases {
            assert_eq!(Claim::of(vocabulary.outcome(dispo), dispo), expected, "{dispo:?}");
        }
    }

    #[test]
    fn claims_in_a_clients_own_words() {
        let cases = [
            ("Bad lead: dup", Claim::Duplicate),
            ("Already a customer (DUPE)", Claim::Duplicate),
            ("Reject/duplicated", Claim::Duplicate),
            ("Not our area", Claim::OutOfArea),
            ("Outofarea", Claim::OutOfArea),
            ("Duplex", Claim::Other),
            ("Areaway", Claim::Other),
            ("", Claim::Other),
        ];
        for (dispo, expected) in cases {
            assert_eq!(Claim::of(Outcome::DqSeller, dispo), Some(expected), "{dispo:?}");
        }
    }

    #[test]
    fn cancelled_job_statuses_of_2_5() {
        let vocabulary = Vocabulary::default();
        assert!(vocabulary.is_cancelled("cancel in rescission"));
        assert!(vocabulary.is_cancelled("Credit Decline"));
        assert!(!vocabulary.is_cancelled("Completed"));
    }
}

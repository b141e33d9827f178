//! What clients claim against the seller of the leads, and what the data say to it (spec 2.7): the queries
//! that list the claims, and the evidence in words.

use leadq_contract::table::literal;
use leadq_contract::vocabulary::{Claim, Verdict};

/// Which claims are asked for; all, unless something is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Only with this verdict.
    pub verdict: Option<Verdict>,
    /// Only of this kind.
    pub claim: Option<Claim>,
    /// Only of this client.
    pub client: Option<String>,
}

impl Asked {
    /// The claims, those that need a look first; at most so many.
    #[must_use]
    pub fn listed(&self, limit: Option<usize>) -> String {
        let limit = limit.map(|limit| format!("LIMIT {limit}")).unwrap_or_default();
        include_str!("sql/claims/listed.sql").replace("{which}", &self.which()).replace("{limit}", &limit)
    }

    /// How many there are of each kind and verdict, of how many leads, and what those cost.
    #[must_use]
    pub fn summary(&self) -> String {
        include_str!("sql/claims/summary.sql").replace("{which}", &self.which())
    }

    /// How many of the supported ones rest on another record of the same lead: the client may have entered it twice.
    #[must_use]
    pub fn entered_twice(&self) -> String {
        format!(
            "SELECT count(*) AS claims FROM claim WHERE verdict = 'supported' AND evidence = 'record' AND \
             evidence_lead_uuid = lead_uuid AND {}",
            self.which()
        )
    }

    fn which(&self) -> String {
        let is = |column: &str, value: &str| format!("{column} = {}", literal(value));
        let conditions = [
            self.verdict.map(|verdict| is("verdict", verdict.name())),
            self.claim.map(|claim| is("claim", claim.name())),
            self.client.as_ref().map(|client| is("client_id", client)),
        ];
        let conditions: Vec<_> = conditions.into_iter().flatten().collect();
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") }
    }
}

/// A claim with what its verdict rests on, as the table `claim` has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// What is claimed.
    pub claim: &'a str,
    /// Of which lead.
    pub lead_uuid: &'a str,
    /// Where the homeowner lives.
    pub zip: Option<&'a str>,
    /// Another lead, another record, or a place; none if there is nothing.
    pub evidence: Option<&'a str>,
    /// How many such leads or records there are.
    pub count: u64,
    /// One such lead, or the lead that the record is linked to.
    pub evidence_lead_uuid: Option<&'a str>,
    /// Lead number of the record.
    pub evidence_lead_number: Option<&'a str>,
    /// When it was delivered, entered, or first seen set.
    pub at: Option<&'a str>,
    /// What it shares with the claimed lead.
    pub shared_by: Option<&'a str>,
}

impl Evidence<'_> {
    /// The evidence in words.
    #[must_use]
    pub fn told(&self) -> String {
        match self.evidence {
            Some("lead") => self.lead(),
            Some("record") => self.record(),
            Some("place") => self.place(),
            _ if self.claim == Claim::Duplicate.name() => {
                "no earlier lead and no earlier record shares its email or phone".to_owned()
            }
            _ if self.claim == Claim::OutOfArea.name() => self.zip.map_or_else(
                || "neither the record nor the lead says in which ZIP code".to_owned(),
                |zip| format!("set no appointment in ZIP {zip} from another lead"),
            ),
            _ => "the data cannot check it".to_owned(),
        }
    }

    fn lead(&self) -> String {
        let when =
            self.at.map_or_else(|| "of unknown time".to_owned(), |at| format!("delivered {}", day(at)));
        let lead = self.evidence_lead_uuid.unwrap_or_default();
        format!("lead {lead} {when} shares {}{}", self.shared(), self.more("lead"))
    }

    fn record(&self) -> String {
        let record = self.evidence_lead_number.map_or_else(
            || "a record without number".to_owned(),
            |number| format!("the record with lead number {number}"),
        );
        let entered = self.at.map(|at| format!(" entered {}", day(at))).unwrap_or_default();
        let linked = match self.evidence_lead_uuid {
            Some(lead) if lead == self.lead_uuid => {
                "; it is linked to the same lead, which the client may have entered twice".to_owned()
            }
            Some(lead) => format!("; it is linked to lead {lead}"),
            None => "; it is linked to no lead".to_owned(),
        };
        format!("{record}{entered} shares {}{}{linked}", self.shared(), self.more("record"))
    }

    fn place(&self) -> String {
        let appointments = if self.count == 1 { "appointment" } else { "appointments" };
        let from = if self.count == 1 { "another lead" } else { "other leads" };
        let zip = self.zip.unwrap_or_default();
        let lead = self.evidence_lead_uuid.unwrap_or_default();
        let seen = self.at.map(|at| format!(", first seen set {}", day(at))).unwrap_or_default();
        let such = if self.count == 1 { "lead" } else { "e.g. lead" };
        format!("set {} {appointments} in ZIP {zip} from {from}: {such} {lead}{seen}", self.count)
    }

    fn shared(&self) -> &'static str {
        match self.shared_by {
            Some("email_and_phone") => "the email and the phone",
            Some("email") => "the email",
            _ => "the phone",
        }
    }

    fn more(&self, what: &str) -> String {
        match self.count {
            0 | 1 => String::new(),
            2 => format!(", as does one more earlier {what}"),
            n => format!(", as do {} more earlier {what}s", n - 1),
        }
    }
}

/// The day of a time.
fn day(at: &str) -> &str {
    at.split_once('T').map_or(at, |(day, _)| day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(evidence: Evidence<'_>, expected: &str) {
        assert_eq!(evidence.told(), expected);
    }

    #[test]
    fn duplicates_in_words() {
        let claimed = Evidence { claim: "duplicate", lead_uuid: "u", ..Evidence::default() };
        check(claimed, "no earlier lead and no earlier record shares its email or phone");
        let lead = Evidence {
            evidence: Some("lead"),
            count: 1,
            evidence_lead_uuid: Some("v"),
            at: Some("2023-01-05T10:00:00"),
            shared_by: Some("phone"),
            ..claimed
        };
        check(lead, "lead v delivered 2023-01-05 shares the phone");
        check(
            Evidence { at: None, count: 3, shared_by: Some("email_and_phone"), ..lead },
            "lead v of unknown time shares the email and the phone, as do 2 more earlier leads",
        );
        let record = Evidence {
            evidence: Some("record"),
            evidence_lead_number: Some("7"),
            shared_by: Some("email"),
            ..lead
        };
        check(
            record,
            "the record with lead number 7 entered 2023-01-05 shares the email; it is linked to lead v",
        );
        check(
            Evidence { evidence_lead_uuid: Some("u"), count: 2, ..record },
            "the record with lead number 7 entered 2023-01-05 shares the email, as does one more earlier record; \
             it is linked to the same lead, which the client may have entered twice",
        );
        check(
            Evidence { evidence_lead_uuid: None, evidence_lead_number: None, ..record },
            "a record without number entered 2023-01-05 shares the email; it is linked to no lead",
        );
    }

    #[test]
    fn other_claims_in_words() {
        let claimed = Evidence { claim: "out_of_area", zip: Some("89123"), ..Evidence::default() };
        check(claimed, "set no appointment in ZIP 89123 from another lead");
        check(Evidence { zip: None, ..claimed }, "neither the record nor the lead says in which ZIP code");
        let place = Evidence {
            evidence: Some("place"),
            count: 4,
            evidence_lead_uuid: Some("v"),
            at: Some("2023-01-31T23:59:59"),
            ..claimed
        };
        check(
            place,
            "set 4 appointments in ZIP 89123 from other leads: e.g. lead v, first seen set 2023-01-31",
        );
        check(
            Evidence { count: 1, ..place },
            "set 1 appointment in ZIP 89123 from another lead: lead v, first seen set 2023-01-31",
        );
        check(Evidence { claim: "other", ..Evidence::default() }, "the data cannot check it");
    }

    #[test]
    fn only_what_is_asked_for() {
        assert!(Asked::default().summary().contains("WHERE true"));
        let asked = Asked {
            verdict: Some(Verdict::Supported),
            claim: Some(Claim::OutOfArea),
            client: Some("o'neill".to_owned()),
        };
        let which = "WHERE verdict = 'supported' AND claim = 'out_of_area' AND client_id = 'o''neill'";
        assert!(asked.listed(Some(3)).contains(which));
        assert!(asked.listed(Some(3)).contains("LIMIT 3") && !asked.listed(None).contains("LIMIT"));
    }
}

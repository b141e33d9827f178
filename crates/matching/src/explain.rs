//! Why a record is linked to a lead, to what else it could have been, or why a lead is linked to none
//! (spec 2.3): the queries that fetch what decides, and the decision in words.

use leadq_contract::table::literal;

/// Which leads or records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// A `lead_uuid`, a lead number, or a record's key as UUID or hexadecimal digits.
    pub id: String,
    /// Only of this client.
    pub client: Option<String>,
}

impl Asked {
    /// The leads with this `lead_uuid`.
    #[must_use]
    pub fn leads(&self) -> String {
        include_str!("sql/explain/lead.sql").replace("{which}", &self.which_lead(""))
    }

    /// What the leads with this `lead_uuid` are looked for by; two rows a lead, email and phone.
    #[must_use]
    pub fn identifiers(&self) -> String {
        include_str!("sql/explain/identifier.sql").replace("{which}", &self.which_lead(""))
    }

    /// The records with this lead number or key.
    #[must_use]
    pub fn records(&self) -> Records {
        let client = self.client_is("r.");
        let mut which = format!("(r.lead_number = {}", literal(&self.id));
        let digits = self.id.replace('-', "").to_lowercase();
        if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            which.push_str(&format!(" OR encode(r.record_key, 'hex') = '{digits}'"));
        }
        Records { which: format!("{which}){client}") }
    }

    /// The records that have the leads with this `lead_uuid` among their candidates.
    #[must_use]
    pub fn records_of_leads(&self) -> Records {
        let which =
            format!("r.record_key IN (SELECT o.record_key FROM lead_link o WHERE {})", self.which_lead("o."));
        Records { which }
    }

    fn which_lead(&self, alias: &str) -> String {
        format!("{alias}lead_uuid = {}{}", literal(&self.id), self.client_is(alias))
    }

    fn client_is(&self, alias: &str) -> String {
        let is = |client: &String| format!(" AND {alias}client_id = {}", literal(client));
        self.client.as_ref().map(is).unwrap_or_default()
    }
}

/// Some records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    which: String,
}

impl Records {
    /// Their latest states.
    #[must_use]
    pub fn states(&self) -> String {
        include_str!("sql/explain/record.sql").replace("{which}", &self.which)
    }

    /// Their candidate leads, by rank.
    #[must_use]
    pub fn candidates(&self) -> String {
        include_str!("sql/explain/candidate.sql").replace("{which}", &self.which)
    }

    /// Their versions, in order.
    #[must_use]
    pub fn versions(&self) -> String {
        include_str!("sql/explain/version.sql").replace("{which}", &self.which)
    }
}

/// What decides among the candidates of a record, in the order of 2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// 1 to 3, best first.
    pub tier: i64,
    /// By the record's latest version at this tier, or by older ones only.
    pub by_latest_version: bool,
    /// By email (or both), or by phone.
    pub by_email: bool,
    /// 0 delivered by the end of the entry date, 1 after it, 2 without a time.
    pub time_group: i64,
    /// Within the group, smallest first.
    pub time_order: i64,
    /// Last of all.
    pub lead_uuid: String,
}

/// Why a candidate was passed over for another.
#[must_use]
pub fn passed_over(selected: &Standing, other: &Standing) -> String {
    if other.tier != selected.tier {
        return format!("tier {} is worse than {}", other.tier, selected.tier);
    }
    if other.by_latest_version != selected.by_latest_version {
        return "only an older version of the record matches it".to_owned();
    }
    if other.by_email != selected.by_email {
        return "it matches by phone, and email goes first".to_owned();
    }
    let reason = match (selected.time_group, other.time_group) {
        (same, group) if same == group && other.time_order == selected.time_order => {
            "its lead_uuid is larger"
        }
        (0, 0) => "it was delivered earlier",
        (1, 1) => "it was delivered later, both after the record's entry date",
        (_, 2) => "it has no delivery time",
        _ => "it was delivered after the record's entry date",
    };
    reason.to_owned()
}

/// What is known of an identifier of a lead, and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// The lead has one.
    pub usable: bool,
    /// Leads in scope with it in the same column.
    pub leads: u64,
    /// Records that ever had it in the same column.
    pub records: u64,
    /// Leads and records with it in the column of the other kind.
    pub elsewhere: u64,
    /// Records of the client that ever had any identifier of the kind.
    pub records_of_kind: u64,
    /// Hub limit of leads.
    pub max_leads: u64,
    /// Hub limit of records.
    pub max_records: u64,
}

impl Looked {
    /// Why it is a hub and not used for matching (2.3); none if it is used, as far as the tables tell.
    #[must_use]
    pub fn hub(&self) -> Option<String> {
        if !self.usable {
            return None;
        }
        if self.elsewhere > 0 {
            return Some("it stands in an email and in a phone column: a placeholder".to_owned());
        }
        if self.leads > self.max_leads {
            return Some(format!("{} leads have it, more than {}", self.leads, self.max_leads));
        }
        (self.records > self.max_records)
            .then(|| format!("{} records have it, more than {}", self.records, self.max_records))
    }

    /// What came of looking for it, in a sentence.
    #[must_use]
    pub fn told(&self, kind: &str) -> String {
        match self.hub() {
            _ if !self.usable => format!("no usable {kind}: nothing to look for"),
            Some(why) => format!("{kind} is a hub and not used for matching: {why}"),
            None if self.records_of_kind == 0 => {
                format!("no record of the client has any {kind}: the column is missing, empty or unreadable")
            }
            None if self.records == 0 => {
                format!(
                    "{kind} is in none of the {} records of the client that have one",
                    self.records_of_kind
                )
            }
            None => {
                format!("{kind} is in {} of {} records of the client", self.records, self.records_of_kind)
            }
        }
    }
}

/// Why a lead is linked to no record. `passed_over` records had it among their candidates; `looked` is what
/// came of its identifiers.
#[must_use]
pub fn why_unmatched(in_scope: bool, passed_over: usize, looked: &[Looked]) -> &'static str {
    let in_use = |looked: &&Looked| looked.usable && looked.hub().is_none();
    if !in_scope {
        "It was delivered after the client's latest snapshot: the client cannot have reported on it yet."
    } else if passed_over > 0 {
        "Records have its identifiers, and each is linked to a lead that goes before it."
    } else if looked.iter().all(|looked| !looked.usable) {
        "It has no usable email or phone: it counts as delivered and can never match."
    } else if looked.iter().filter(in_use).any(|looked| looked.records > 0) {
        // What the tables do not keep: hubs told by rows that no version came from, candidates beyond the eleventh.
        "Records have its identifiers, but they are not used for matching (a row that no version came from has \
         them in the column of the other kind), or more than ten leads go before it."
    } else if looked.iter().any(|looked| in_use(&looked)) {
        "No record of the client ever had its email or phone: the client never entered this lead, or hashes otherwise."
    } else {
        "Its identifiers are hubs, which are not used for matching."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing {
            tier: 2,
            by_latest_version: true,
            by_email: true,
            time_group: 0,
            time_order: -20,
            lead_uuid: "b".to_owned(),
        }
    }

    #[test]
    fn spec_2_3_why_a_candidate_is_passed_over() {
        let cases: [(Standing, &str); 6] = [
            (Standing { tier: 3, time_group: 2, ..standing() }, "tier 3 is worse than 2"),
            (Standing { by_latest_version: false, by_email: false, ..standing() }, "only an older version"),
            (Standing { by_email: false, time_group: 1, ..standing() }, "it matches by phone"),
            (
                Standing { time_group: 1, time_order: 5, ..standing() },
                "it was delivered after the record's entry",
            ),
            (Standing { time_group: 2, time_order: 0, ..standing() }, "it has no delivery time"),
            (Standing { time_order: -10, ..standing() }, "it was delivered earlier"),
        ];
        for (other, expected) in cases {
            let why = passed_over(&standing(), &other);
            assert!(why.starts_with(expected), "{other:?}: {why}");
        }
        let after = Standing { time_group: 1, time_order: 5, ..standing() };
        let later = Standing { time_order: 6, ..after.clone() };
        assert!(passed_over(&after, &later).starts_with("it was delivered later"));
        let timeless = Standing { time_group: 2, time_order: 0, ..standing() };
        for alike in [standing(), after, timeless] {
            let larger = Standing { lead_uuid: "c".to_owned(), ..alike.clone() };
            assert_eq!(passed_over(&alike, &larger), "its lead_uuid is larger");
        }
    }

    #[test]
    fn spec_2_3_what_was_looked_for() {
        let found = Looked {
            usable: true,
            leads: 1,
            records: 2,
            elsewhere: 0,
            records_of_kind: 9,
            max_leads: 25,
            max_records: 25,
        };
        let cases = [
            (Looked { usable: false, ..found }, "no usable email"),
            (Looked { leads: 26, ..found }, "email is a hub and not used for matching: 26 leads"),
            (Looked { records: 26, ..found }, "email is a hub and not used for matching: 26 records"),
            (
                Looked { elsewhere: 1, ..found },
                "email is a hub and not used for matching: it stands in an email",
            ),
            (Looked { records: 0, records_of_kind: 0, ..found }, "no record of the client has any email"),
            (Looked { records: 0, ..found }, "email is in none of the 9 records"),
            (Looked { leads: 25, ..found }, "email is in 2 of 9 records"),
        ];
        for (looked, expected) in cases {
            assert!(looked.told("email").starts_with(expected), "{}", looked.told("email"));
        }
    }

    #[test]
    fn spec_2_3_why_a_lead_is_unmatched() {
        let absent = Looked {
            usable: true,
            leads: 1,
            records: 0,
            elsewhere: 0,
            records_of_kind: 9,
            max_leads: 25,
            max_records: 25,
        };
        let none = Looked { usable: false, ..absent };
        let hub = Looked { records: 26, ..absent };
        let there = Looked { records: 1, ..absent };
        let cases: [(bool, usize, [Looked; 2], &str); 7] = [
            (false, 0, [absent, absent], "It was delivered after"),
            (true, 1, [there, absent], "Records have its identifiers, and each"),
            (true, 0, [none, none], "It has no usable"),
            (true, 0, [there, none], "Records have its identifiers, but"),
            (true, 0, [hub, absent], "No record of the client"),
            (true, 0, [hub, none], "Its identifiers are hubs"),
            (true, 0, [absent, none], "No record of the client"),
        ];
        for (in_scope, passed_over, looked, expected) in cases {
            let why = why_unmatched(in_scope, passed_over, &looked);
            assert!(why.starts_with(expected), "{in_scope} {passed_over} {looked:?}: {why}");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in_and_no_text_gets_out_of_its_quotes() {
        let asked = Asked { id: "x' OR '1' = '1".to_owned(), client: Some("o'neil".to_owned()) };
        let (records, of_leads) = (asked.records(), asked.records_of_leads());
        let queries =
            [asked.leads(), asked.identifiers(), records.states(), records.candidates(), of_leads.versions()];
        for sql in queries {
            assert!(!sql.contains('{'), "{sql}");
            assert!(sql.contains("'x'' OR ''1'' = ''1'") && sql.contains("'o''neil'"), "{sql}");
        }
    }

    #[test]
    fn a_record_is_found_by_its_key_too() {
        let by = |id: &str| Asked { id: id.to_owned(), client: None }.records().states();
        assert!(by("388FFC4D-c3db-4802-9797-ad668b246f5a").contains("= '388ffc4dc3db48029797ad668b246f5a'"));
        assert!(!by("410455").contains("encode(r.record_key, 'hex') ="));
    }
}

//! What leads can be cut by (spec chapter 3, segments).

use leadq_contract::Table;

/// A dimension of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// The client.
    Client,
    /// State, city or three digits of the ZIP code: the outcome's.
    Place(Place),
    /// Month of the record's entry date.
    EntryMonth,
    /// Month of delivery, in the client's zone.
    DeliveredMonth,
    /// ISO week of delivery, in the client's zone.
    DeliveredWeek,
    /// Month of the appointment.
    ApptMonth,
    /// The client's disposition.
    Dispo,
    /// The client's job status.
    JobStatus,
    /// By what the lead was matched.
    MatchType,
    /// How far the lead came: high, medium, low, unmatched.
    Quality,
    /// A dimension of the leads, as the configuration names it.
    Lead(String),
}

/// A part of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// State, two letters.
    State,
    /// City.
    City,
    /// First three digits of the ZIP code.
    Zip3,
}

impl Place {
    /// Column of the leads that it is taken from.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::City => "city",
            Self::Zip3 => "zip",
        }
    }
}

/// No dimension has the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dimension {name:?}; there are {}", known.join(", "))]
pub struct UnknownDimension {
    /// What was asked for.
    pub name: String,
    /// Every name there is.
    pub known: Vec<String>,
}

/// The dimensions that every lake has, by name.
const BUILT_IN: [(&str, Dimension); 12] = [
    ("client", Dimension::Client),
    ("state", Dimension::Place(Place::State)),
    ("city", Dimension::Place(Place::City)),
    ("zip3", Dimension::Place(Place::Zip3)),
    ("entry_month", Dimension::EntryMonth),
    ("delivered_month", Dimension::DeliveredMonth),
    ("delivered_week", Dimension::DeliveredWeek),
    ("appt_month", Dimension::ApptMonth),
    ("dispo", Dimension::Dispo),
    ("job_status", Dimension::JobStatus),
    ("match_type", Dimension::MatchType),
    ("quality", Dimension::Quality),
];

impl Dimension {
    /// The dimension of a name; `lead_dimensions` are those that the run kept of the leads.
    ///
    /// # Errors
    /// If there is none.
    pub fn parse(name: &str, lead_dimensions: &[String]) -> Result<Self, UnknownDimension> {
        let asked = name.trim();
        if let Some((_, built_in)) = BUILT_IN.iter().find(|(known, _)| known.eq_ignore_ascii_case(asked)) {
            return Ok(built_in.clone());
        }
        if let Some(lead) = lead_dimensions.iter().find(|known| known.eq_ignore_ascii_case(asked)) {
            return Ok(Self::Lead(lead.clone()));
        }
        Err(UnknownDimension { name: asked.to_owned(), known: Self::names(lead_dimensions) })
    }

    /// The names of all dimensions, those of the leads first.
    #[must_use]
    pub fn names(lead_dimensions: &[String]) -> Vec<String> {
        let built_in = BUILT_IN.iter().map(|(name, _)| (*name).to_owned());
        lead_dimensions.iter().cloned().chain(built_in).collect()
    }

    /// Its name on the command line and in output.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Lead(name) => name,
            built_in => BUILT_IN.iter().find(|(_, known)| known == built_in).map_or("", |(name, _)| name),
        }
    }

    /// Whether it is taken from the client's report, so that only matched leads have it.
    /// `places_of_leads` says of which parts of the place the leads have values of their own.
    #[must_use]
    pub fn is_of_report(&self, places_of_leads: &[Place]) -> bool {
        match self {
            Self::EntryMonth | Self::ApptMonth | Self::Dispo | Self::JobStatus | Self::MatchType => true,
            Self::Place(place) => !places_of_leads.contains(place),
            Self::Client | Self::DeliveredMonth | Self::DeliveredWeek | Self::Quality | Self::Lead(_) => {
                false
            }
        }
    }

    /// Its value as an SQL expression over the fact `f` and what [`Self::join`] joins.
    pub(crate) fn expression(&self) -> String {
        match self {
            Self::Client => "f.client_id".to_owned(),
            Self::Place(Place::Zip3) => "left(f.zip, 3)".to_owned(),
            Self::Place(place) => format!("f.{}", place.column()),
            Self::EntryMonth => "to_char(f.entry_date, '%Y-%m')".to_owned(),
            Self::ApptMonth => "to_char(f.appt_at, '%Y-%m')".to_owned(),
            Self::DeliveredMonth => "to_char(delivery.delivered_local, '%Y-%m')".to_owned(),
            Self::DeliveredWeek => "to_char(delivery.delivered_local, '%G-W%V')".to_owned(),
            Self::Dispo => "dispo_spelling.spelling".to_owned(),
            Self::JobStatus => "job_status_spelling.spelling".to_owned(),
            Self::MatchType => "f.match_type".to_owned(),
            Self::Quality => "f.quality".to_owned(),
            Self::Lead(name) => format!("f.{}", leadq_contract::table::quoted(name)),
        }
    }

    /// What has to be joined to the fact `f` for it.
    pub(crate) fn join(&self) -> Option<String> {
        match self {
            Self::DeliveredMonth | Self::DeliveredWeek => {
                Some("JOIN dim_lead delivery ON delivery.lead_key = f.lead_key".to_owned())
            }
            Self::Dispo => Some(spelling("dispo", Table::DimDisposition)),
            Self::JobStatus => Some(spelling("job_status", Table::DimStatus)),
            _ => None,
        }
    }
}

/// Words are compared without regard to case (spec 1.6): of several clients' spellings one is shown.
fn spelling(column: &str, words: Table) -> String {
    format!(
        "LEFT JOIN (\n    SELECT lower({column}) AS folded, first_value({column} ORDER BY client_id, {column}) AS spelling\n    \
         FROM {words}\n    GROUP BY lower({column})\n) {column}_spelling ON {column}_spelling.folded = lower(f.{column})",
        words = words.name()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_is_found_by_its_name() {
        let leads = ["Source".to_owned(), "campaign".to_owned()];
        for name in Dimension::names(&leads) {
            assert_eq!(Dimension::parse(&name, &leads).unwrap().name(), name);
        }
        assert_eq!(Dimension::parse(" source", &leads).unwrap(), Dimension::Lead("Source".to_owned()));
        let error = Dimension::parse("campain", &leads).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no dimension \"campain\"; there are Source, campaign, client,"),
            "{error}"
        );
    }

    #[test]
    fn what_the_report_alone_knows() {
        let of_report =
            |name: &str, places: &[Place]| Dimension::parse(name, &[]).unwrap().is_of_report(places);
        for name in ["dispo", "job_status", "entry_month", "appt_month", "match_type"] {
            assert!(of_report(name, &[Place::State, Place::City, Place::Zip3]), "{name}");
        }
        for name in ["client", "delivered_month", "delivered_week", "quality"] {
            assert!(!of_report(name, &[]), "{name}");
        }
        assert!(of_report("state", &[]) && of_report("state", &[Place::City]));
        assert!(!of_report("state", &[Place::State]));
    }
}

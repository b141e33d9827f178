//! Canonical columns of a report and of a leads file, and how headers are recognised (spec 1.2 to 1.4).

/// What a cell of a column is read as (spec 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// Calendar date.
    Date,
    /// Wall time in the client's zone.
    Timestamp,
    /// Digest of an identifier.
    Hash,
    /// True, false or null.
    Boolean,
    /// USPS state code.
    State,
    /// First five digits of a ZIP code.
    Zip,
    /// Title-cased place name.
    City,
    /// Text with a trailing `.0` dropped after digits.
    LeadNumber,
    /// Text as it stands.
    Text,
    /// An amount of money.
    Decimal,
}

impl CellType {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::Date,
        Self::Timestamp,
        Self::Hash,
        Self::Boolean,
        Self::State,
        Self::Zip,
        Self::City,
        Self::LeadNumber,
        Self::Text,
        Self::Decimal,
    ];

    /// Name in `schemas.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Hash => "hash",
            Self::Boolean => "boolean",
            Self::State => "state",
            Self::Zip => "zip",
            Self::City => "city",
            Self::LeadNumber => "lead_number",
            Self::Text => "text",
            Self::Decimal => "decimal",
        }
    }

    /// The type of a name; `bool` is Spark's name for boolean.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "bool" => Some(Self::Boolean),
            _ => Self::ALL.into_iter().find(|t| t.name() == name),
        }
    }

    /// Whether its values are text, of whatever form; to Spark they are all `string`.
    #[must_use]
    pub const fn is_textual(self) -> bool {
        !matches!(self, Self::Date | Self::Timestamp | Self::Boolean)
    }
}

/// The canonical columns of a report, in the order of the clean rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum ReportColumn {
    /// Day on which the client entered the lead in its CRM.
    EntryDate,
    /// The client's own number of the lead.
    LeadNumber,
    /// Hashed email address.
    EmailHash,
    /// Hashed phone number.
    PhoneHash,
    /// City of the home.
    City,
    /// State of the home.
    State,
    /// ZIP code of the home.
    Zip,
    /// City and state in one cell; only fills what is missing.
    Location,
    /// Wall time of the appointment.
    ApptAt,
    /// Whether an appointment was set.
    Set,
    /// Whether the sales presentation took place.
    Demo,
    /// The client's disposition of the lead.
    Dispo,
    /// Status of the job that was sold.
    JobStatus,
}

impl ReportColumn {
    /// How many canonical columns there are.
    pub const COUNT: usize = 13;
    /// Every column, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::EntryDate,
        Self::LeadNumber,
        Self::EmailHash,
        Self::PhoneHash,
        Self::City,
        Self::State,
        Self::Zip,
        Self::Location,
        Self::ApptAt,
        Self::Set,
        Self::Demo,
        Self::Dispo,
        Self::JobStatus,
    ];

    /// Position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Canonical name, as in tables, findings and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EntryDate => "entry_date",
            Self::LeadNumber => "lead_number",
            Self::EmailHash => "email_hash",
            Self::PhoneHash => "phone_hash",
            Self::City => "city",
            Self::State => "state",
            Self::Zip => "zip",
            Self::Location => "location",
            Self::ApptAt => "appt_at",
            Self::Set => "set",
            Self::Demo => "demo",
            Self::Dispo => "dispo",
            Self::JobStatus => "job_status",
        }
    }

    /// What its cells are read as unless `schemas.json` says otherwise.
    #[must_use]
    pub const fn cell_type(self) -> CellType {
        self.types()[0]
    }

    /// What its cells can be read as, the default first.
    #[must_use]
    pub const fn types(self) -> &'static [CellType] {
        match self {
            Self::EntryDate => &[CellType::Date, CellType::Timestamp],
            Self::LeadNumber => &[CellType::LeadNumber, CellType::Text],
            Self::EmailHash | Self::PhoneHash => &[CellType::Hash],
            Self::City => &[CellType::City, CellType::Text],
            Self::State => &[CellType::State, CellType::Text],
            Self::Zip => &[CellType::Zip, CellType::Text],
            Self::ApptAt => &[CellType::Timestamp, CellType::Date],
            Self::Set | Self::Demo => &[CellType::Boolean],
            Self::Location | Self::Dispo | Self::JobStatus => &[CellType::Text],
        }
    }

    /// Recognised headers beside the canonical name (spec 1.3).
    #[must_use]
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::EntryDate => &["Entry Date", "Date Entered", "Lead Date"],
            Self::LeadNumber => &["Lead Number", "Lead No", "Lead #", "Lead ID"],
            Self::EmailHash => &["Hashed Email", "Email SHA256", "Email"],
            Self::PhoneHash => &["Hashed Phone", "Phone SHA256", "Phone"],
            Self::City => &["CityName", "City Name"],
            Self::State => &["ST", "Province"],
            Self::Zip => &["Zip Code", "Postal Code"],
            Self::ApptAt => &["Appt Date", "Appointment Date", "Appt", "Appointment"],
            Self::Set => &["Appt Set", "Is Set"],
            Self::Demo => &["Demoed", "Sit"],
            Self::Dispo => &["Disposition", "Result"],
            Self::Location | Self::JobStatus => &[],
        }
    }
}

/// The columns of a leads file that have a meaning of their own (spec 1.2); dimensions come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadColumn {
    /// Opaque id of the lead.
    LeadUuid,
    /// Hashed email address.
    EmailHash,
    /// Hashed phone number.
    PhoneHash,
    /// The client that bought the lead.
    ClientId,
    /// When the lead was delivered.
    DeliveredAt,
    /// State of the home.
    State,
    /// City of the home.
    City,
    /// ZIP code of the home.
    Zip,
    /// Cost of the lead.
    Price,
}

impl LeadColumn {
    /// Every column.
    pub const ALL: [Self; 9] = [
        Self::LeadUuid,
        Self::EmailHash,
        Self::PhoneHash,
        Self::ClientId,
        Self::DeliveredAt,
        Self::State,
        Self::City,
        Self::Zip,
        Self::Price,
    ];

    /// Canonical name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeadUuid => "lead_uuid",
            Self::EmailHash => "email_hash",
            Self::PhoneHash => "phone_hash",
            Self::ClientId => "client_id",
            Self::DeliveredAt => "delivered_at",
            Self::State => "state",
            Self::City => "city",
            Self::Zip => "zip",
            Self::Price => "price",
        }
    }

    /// The column of a report that holds the same, and so has the same other names.
    #[must_use]
    pub const fn in_reports(self) -> Option<ReportColumn> {
        match self {
            Self::EmailHash => Some(ReportColumn::EmailHash),
            Self::PhoneHash => Some(ReportColumn::PhoneHash),
            Self::City => Some(ReportColumn::City),
            Self::State => Some(ReportColumn::State),
            Self::Zip => Some(ReportColumn::Zip),
            Self::LeadUuid | Self::ClientId | Self::DeliveredAt | Self::Price => None,
        }
    }
}

/// A header as it is compared: lower case, letters, digits and `#` only (spec 1.4).
#[must_use]
pub fn normalise_header(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_lowercase).collect()
}

/// A set of report columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ColumnSet(u16);

impl ColumnSet {
    /// Adds a column.
    pub const fn insert(&mut self, column: ReportColumn) {
        self.0 |= 1 << column as u16;
    }

    /// Whether the column is in the set.
    #[must_use]
    pub const fn contains(self, column: ReportColumn) -> bool {
        self.0 & (1 << column as u16) != 0
    }

    /// The columns in the set, in canonical order.
    pub fn iter(self) -> impl Iterator<Item = ReportColumn> {
        ReportColumn::ALL.into_iter().filter(move |c| self.contains(*c))
    }

    /// How many columns are in the set.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the set has no column.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<ReportColumn> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = ReportColumn>>(columns: I) -> Self {
        let mut set = Self::default();
        columns.into_iter().for_each(|c| set.insert(c));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{LeadSchema, ReportSchema};

    #[test]
    fn headers_of_1_3_and_1_4() {
        let schema = ReportSchema::default();
        let cases = [
            ("ENTRYDATE", Some(ReportColumn::EntryDate)),
            ("Date Entered", Some(ReportColumn::EntryDate)),
            ("lead #", Some(ReportColumn::LeadNumber)),
            ("Lead", None),
            ("Email", Some(ReportColumn::EmailHash)),
            ("Phone SHA256", Some(ReportColumn::PhoneHash)),
            ("City Name", Some(ReportColumn::City)),
            ("S.T.", Some(ReportColumn::State)),
            (" Appt  Date ", Some(ReportColumn::ApptAt)),
            ("appt_at", Some(ReportColumn::ApptAt)),
            ("SIT", Some(ReportColumn::Demo)),
            ("Job Status", Some(ReportColumn::JobStatus)),
            ("", None),
            ("Comment", None),
        ];
        for (header, expected) in cases {
            assert_eq!(schema.recognise(header), expected, "{header:?}");
        }
    }

    #[test]
    fn headers_of_leads() {
        let schema = LeadSchema::default();
        let cases = [
            ("lead_UUID", Some(LeadColumn::LeadUuid)),
            ("Hashed Email", Some(LeadColumn::EmailHash)),
            ("Postal Code", Some(LeadColumn::Zip)),
            ("Lead #", None),
            ("source", None),
        ];
        for (header, expected) in cases {
            assert_eq!(schema.recognise(header), expected, "{header:?}");
        }
    }

    #[test]
    fn a_set_keeps_canonical_order() {
        let set: ColumnSet = [ReportColumn::Demo, ReportColumn::EntryDate].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [ReportColumn::EntryDate, ReportColumn::Demo]);
        assert_eq!(set.len(), 2);
        assert!(!set.contains(ReportColumn::Set));
    }
}

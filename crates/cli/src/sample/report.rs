//! The snapshots: what the client's CRM shows on a day, as the client exports it into a CSV file.
//!
//! The export changes over time, as the real client's did: a row of dashes under the header from the 6th file
//! on, another order of the columns from the 9th, the city at the end and `True` and `False` from the 11th,
//! the place in a column of its own from the 13th, no `Set` any more from the 16th, no `STATE` from the 21st.

use super::days::{Day, american};
use super::defect;
use super::life::Progress;
use super::record::{Contact, Record};

/// The number of a file: 1 for `data_1.csv`.
pub(super) type FileNumber = usize;

/// A column of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    EntryDate,
    LeadNumber,
    Email,
    Phone,
    City,
    State,
    Zip,
    Appointment,
    Set,
    Demo,
    Dispo,
    JobStatus,
    CityName,
    Location,
}

impl Column {
    /// Its header.
    const fn header(self) -> &'static str {
        match self {
            Self::EntryDate => "ENTRYDATE",
            Self::LeadNumber => "LEADNUMBER",
            Self::Email => "email_hash",
            Self::Phone => "phone_hash",
            Self::City => "CITY",
            Self::State => "STATE",
            Self::Zip => "ZIP",
            Self::Appointment => "Appt Date",
            Self::Set => "Set",
            Self::Demo => "Demo",
            Self::Dispo => "Dispo",
            Self::JobStatus => "Job Status",
            Self::CityName => "CityName",
            Self::Location => "location",
        }
    }
}

/// The columns of a file, from left to right.
fn columns(file: FileNumber) -> Vec<Column> {
    use Column::{
        Appointment, City, CityName, Demo, Dispo, Email, EntryDate, JobStatus, LeadNumber, Location, Phone,
        Set, State, Zip,
    };
    let place: &[Column] = match file {
        ..=8 => &[City, State, Zip],
        9..=10 => &[State, City, Zip],
        _ => &[State, Zip],
    };
    let result: &[Column] = if file <= 8 { &[Appointment, Set, Demo] } else { &[Appointment, Demo, Set] };
    let end: &[Column] = match file {
        ..=10 => &[],
        11..=12 => &[CityName],
        _ => &[CityName, Location],
    };
    [&[EntryDate, LeadNumber, Email, Phone], place, result, &[Dispo, JobStatus], end].concat()
}

/// A table on its way into a file: a row has a cell for each column.
pub(super) struct Sheet {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
    /// A line below the rows.
    pub(super) footer: Option<String>,
}

impl Sheet {
    /// The sheet as CSV, with the line ends of Windows. Nothing is quoted: the client's export does not quote.
    fn csv(&self, separator: bool) -> Vec<u8> {
        let header: Vec<&str> = self.columns.iter().map(|column| column.header()).collect();
        let mut lines = vec![header.join(",")];
        if separator {
            lines.push(vec!["-----"; header.len()].join(","));
        }
        lines.extend(self.rows.iter().map(|row| row.join(",")));
        lines.extend(self.footer.iter().flat_map(|footer| [String::new(), footer.clone()]));
        let mut text = lines.join("\r\n");
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// The file of a number, exported on `day`.
pub(super) fn report(file: FileNumber, day: Day, records: &[Record]) -> Vec<u8> {
    let columns = columns(file);
    let rows = records.iter().filter_map(|record| {
        let (contact, progress) = record.on(day)?;
        Some(columns.iter().map(|column| cell(file, *column, record, contact, progress)).collect())
    });
    let mut sheet = Sheet { rows: rows.collect(), columns: columns.clone(), footer: None };
    defect::spoil(file, &mut sheet);
    sheet.csv(file >= 6)
}

/// What stands in a cell.
fn cell(file: FileNumber, column: Column, record: &Record, contact: &Contact, progress: Progress) -> String {
    match column {
        Column::EntryDate => american(record.entry),
        Column::LeadNumber => record.number.to_string(),
        Column::Email => contact.email.clone(),
        Column::Phone => contact.phone.clone(),
        Column::City | Column::CityName => record.city.clone(),
        Column::State => if file >= 21 { "" } else { record.state }.to_owned(),
        Column::Zip => record.zip.clone(),
        Column::Appointment => progress.appointment.map_or_else(String::new, |appointment| {
            format!("{} {}", american(appointment.day), appointment.time)
        }),
        Column::Set => if progress.set && file < 16 { "1" } else { "0" }.to_owned(),
        Column::Demo => match (progress.demo, (11..=20).contains(&file)) {
            (true, true) => "True",
            (false, true) => "False",
            (true, false) => "1",
            (false, false) => "0",
        }
        .to_owned(),
        Column::Dispo => progress.dispo.to_owned(),
        Column::JobStatus => progress.job_status.to_owned(),
        Column::Location => format!("{} | {}", record.city, record.state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(file: FileNumber) -> String {
        columns(file).iter().map(|column| column.header()).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn headers_change_as_the_real_clients_did() {
        let start = "ENTRYDATE,LEADNUMBER,email_hash,phone_hash,";
        let cases = [
            (1, "CITY,STATE,ZIP,Appt Date,Set,Demo,Dispo,Job Status"),
            (8, "CITY,STATE,ZIP,Appt Date,Set,Demo,Dispo,Job Status"),
            (9, "STATE,CITY,ZIP,Appt Date,Demo,Set,Dispo,Job Status"),
            (11, "STATE,ZIP,Appt Date,Demo,Set,Dispo,Job Status,CityName"),
            (13, "STATE,ZIP,Appt Date,Demo,Set,Dispo,Job Status,CityName,location"),
            (22, "STATE,ZIP,Appt Date,Demo,Set,Dispo,Job Status,CityName,location"),
        ];
        for (file, end) in cases {
            assert_eq!(header(file), format!("{start}{end}"), "file {file}");
        }
    }
}

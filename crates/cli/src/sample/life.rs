//! What happens to a CRM record over time: from its entry over an appointment to a sale, or to nothing.
//!
//! Dispositions, job statuses and about how often each of them occurs are those of a remodelling company.

use super::days::Day;
use super::draws::Draws;
use super::source::Source;

/// An appointment: the day and the time, seven characters wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Appointment {
    pub(super) day: Day,
    pub(super) time: &'static str,
}

/// How far a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) dispo: &'static str,
    pub(super) job_status: &'static str,
    pub(super) set: bool,
    pub(super) demo: bool,
    pub(super) appointment: Option<Appointment>,
}

/// A record's progress, step by step, each with the day from which it stands.
#[derive(Debug, Clone)]
pub(super) struct Life(Vec<(Day, Progress)>);

const TIMES: &[(&str, u32)] = &[
    (" 1:00PM", 307),
    (" 9:00AM", 128),
    (" 5:30PM", 84),
    ("10:00AM", 82),
    (" 2:00PM", 63),
    (" 5:00PM", 47),
    ("12:00PM", 36),
    (" 6:00PM", 29),
    ("12:30PM", 10),
];
const BAD: &[(&str, u32)] = &[
    ("DQ-Wrong Number", 409),
    ("DNC", 265),
    ("DQ - R/P/C", 190),
    ("DQ-Out of Area", 116),
    ("DQ-Build a Home", 81),
    ("DQ Bath - Condo", 78),
    ("DQ-Bought Comp", 69),
    ("DQ - Duplicate", 34),
    ("DQ - ROBOCALL", 60),
    ("DQ-Product Only", 59),
    (r"DQ Bath-VA\Med", 19),
    ("DQ - Other", 13),
    ("DQ-Service Call", 8),
    ("NR", 6),
];
const CANCELLED: &[(&str, u32)] = &[
    ("CXL-BT", 71),
    ("CXL-Pro", 22),
    ("CXL-NI", 20),
    ("CXL-MGMT", 14),
    ("CXL-Comp", 10),
    ("CXL-C19", 9),
    ("CXL-PO", 6),
    ("CXL-SMR", 6),
    ("CXL-VA/Med", 3),
    ("CXL", 2),
];
const NO_DEMO: &[(&str, u32)] = &[("ND", 28), ("CNS", 25), ("CAD", 15)];
const NO_SALE: &[(&str, u32)] =
    &[("DNS-P", 144), ("DNS-Pro", 140), ("DNS-OE", 65), ("DNS-1L", 52), ("DNS-3P", 17), ("DNS-Cr", 1)];
const HOLD: &[(&str, u32)] = &[("Remediaton Hold", 4), ("Customer Hold", 3), ("Mgmt Hold", 2)];

impl Life {
    /// A record that has just been entered and that nobody has worked on.
    fn entered(entry: Day) -> Self {
        let progress = Progress { dispo: "Data", job_status: "", set: false, demo: false, appointment: None };
        Self(vec![(entry, progress)])
    }

    /// The life of a record of somebody who came from `source`.
    pub(super) fn of(draws: &mut Draws, entry: Day, source: &Source) -> Self {
        let mut life = Self::entered(entry);
        if draws.chance(source.set) {
            life.be_set(draws);
        } else if draws.chance(source.bad) {
            let dispo = draws.word_of(BAD);
            life.after(draws.between(0, 9), |progress| progress.dispo = dispo);
        }
        life
    }

    /// The life of a record that turns out to be of somebody who is in the CRM already.
    pub(super) fn duplicate(draws: &mut Draws, entry: Day) -> Self {
        let mut life = Self::entered(entry);
        life.after(draws.between(0, 3), |progress| progress.dispo = "DQ - Duplicate");
        life
    }

    /// The life of a record whose appointment is set at once and taken back some days later.
    pub(super) fn taken_back(draws: &mut Draws, entry: Day) -> Self {
        let mut life = Self::entered(entry);
        life.appoint_first(draws, 0);
        life.be_unset(draws);
        life
    }

    /// Where the record stands on `day`; `None` before its entry.
    pub(super) fn on(&self, day: Day) -> Option<Progress> {
        self.0.iter().rev().find(|(from, _)| *from <= day).map(|(_, progress)| *progress)
    }

    /// The day of the last step.
    fn last_day(&self) -> Day {
        self.0.last().map_or(0, |(day, _)| *day)
    }

    /// Another step, `days` after the last one, or on the same day.
    fn after(&mut self, days: Day, change: impl FnOnce(&mut Progress)) {
        if let Some((day, mut progress)) = self.0.last().copied() {
            change(&mut progress);
            self.0.push((day + days, progress));
        }
    }

    /// An appointment is set; most come to a visit, some are cancelled, a few are taken back.
    fn be_set(&mut self, draws: &mut Draws) {
        let waited = match draws.below(100) {
            0..55 => 0,
            55..80 => draws.between(1, 3),
            80..92 => draws.between(4, 10),
            _ => draws.between(11, 30),
        };
        self.appoint_first(draws, waited);
        match draws.below(100) {
            0..4 => self.be_unset(draws),
            4..23 => {
                let dispo = draws.word_of(CANCELLED);
                self.after(draws.between(1, 2), |progress| progress.dispo = dispo);
            }
            23..39 => {
                self.after(1, |_| ());
                self.appoint(draws);
                self.be_visited(draws);
            }
            _ => self.be_visited(draws),
        }
    }

    /// Sets an appointment, `days` after the last step.
    fn appoint_first(&mut self, draws: &mut Draws, days: Day) {
        self.after(days, |progress| {
            progress.dispo = "Set";
            progress.set = true;
        });
        self.appoint(draws);
    }

    /// Fixes the day and time of the visit, or moves them: some days after the last step.
    fn appoint(&mut self, draws: &mut Draws) {
        let ahead = if draws.chance(700) { draws.between(2, 6) } else { draws.between(7, 16) };
        let appointment = Appointment { day: self.last_day() + ahead, time: draws.word_of(TIMES) };
        if let Some((_, progress)) = self.0.last_mut() {
            progress.appointment = Some(appointment);
        }
    }

    /// The appointment is taken back, as if it had never been.
    fn be_unset(&mut self, draws: &mut Draws) {
        let dispo = if draws.chance(500) { "DNC" } else { "DQ - Other" };
        self.after(draws.between(3, 5), |progress| {
            *progress = Progress { dispo, set: false, appointment: None, ..*progress };
        });
    }

    /// The visit: confirmed the day before, issued on the day, then its result.
    fn be_visited(&mut self, draws: &mut Draws) {
        let days = self
            .0
            .last()
            .map_or(0, |(day, progress)| progress.appointment.map_or(0, |appointment| appointment.day - day));
        self.after((days - 1).max(0), |progress| progress.dispo = "Cnf");
        self.after(days.min(1), |progress| progress.dispo = "Issue");
        if draws.chance(840) {
            self.be_demoed(draws);
        } else {
            let dispo = draws.word_of(NO_DEMO);
            self.after(draws.between(1, 2), |progress| progress.dispo = dispo);
        }
    }

    /// The demo, and whether the homeowner bought: at once, later, or not.
    fn be_demoed(&mut self, draws: &mut Draws) {
        let at_once = draws.chance(230);
        let dispo = if at_once { "Sale" } else { draws.word_of(NO_SALE) };
        self.after(draws.between(1, 2), |progress| {
            progress.demo = true;
            progress.dispo = dispo;
        });
        if at_once {
            self.be_built(draws);
        } else if draws.chance(40) {
            self.after(draws.between(3, 15), |progress| progress.dispo = "Sale");
            self.be_built(draws);
        }
    }

    /// The job after a sale: some are cancelled, the others are built.
    fn be_built(&mut self, draws: &mut Draws) {
        self.job(draws.between(1, 3), "New");
        match draws.below(100) {
            0..12 => return self.job(draws.between(1, 3), "Cancel In Rescission"),
            12..20 => return self.job(draws.between(2, 6), "Credit Decline"),
            _ => self.job(draws.between(3, 6), "Rel To Production"),
        }
        match draws.below(100) {
            0..4 => return self.job(draws.between(2, 9), "Cancel After Rescission"),
            4..14 => self.job(draws.between(1, 5), draws.word_of(HOLD)),
            14..60 => self.job(draws.between(2, 6), "Materials Ordered"),
            _ => (),
        }
        self.job(draws.between(2, 7), "Ready to Schedule");
        self.job(draws.between(1, 4), "Scheduled");
        if draws.chance(80) {
            self.job(draws.between(7, 20), "Installed & Unpaid");
        }
        self.job(draws.between(7, 20), "Completed");
    }

    /// Another status of the job, `days` after the last step.
    fn job(&mut self, days: Day, status: &'static str) {
        self.after(days, |progress| progress.job_status = status);
    }
}

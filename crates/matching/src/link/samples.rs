//! How often something was found, and the first samples of it in the order of their text, cut to a length to be read.

use leadq_contract::{ClientId, Finding, FindingCode};

/// A finding under way.
#[derive(Debug)]
pub(super) struct Samples {
    code: FindingCode,
    column: &'static str,
    count: u64,
    /// In order; at most [`Finding::MAX_SAMPLES`].
    least: Vec<String>,
    text: String,
}

impl Samples {
    pub(super) const fn new(code: FindingCode, column: &'static str) -> Self {
        Self { code, column, count: 0, least: Vec::new(), text: String::new() }
    }

    /// Adds an occurrence, which `write` describes.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut String)) {
        self.add_many(1, write);
    }

    /// Adds so many occurrences with one sample.
    pub(super) fn add_many(&mut self, count: u64, write: impl FnOnce(&mut String)) {
        self.count += count;
        self.text.clear();
        write(&mut self.text);
        let is_full = self.least.len() == Finding::MAX_SAMPLES;
        if is_full && self.least.last().is_some_and(|last| *last <= self.text) {
            return;
        }
        if is_full {
            self.least.pop();
        }
        let place = self.least.partition_point(|sample| *sample <= self.text);
        self.least.insert(place, self.text.clone());
    }

    /// The finding; none, if nothing was found.
    pub(super) fn finish(self, client: &ClientId) -> Option<Finding> {
        let cut = |text: String| match text.char_indices().nth(Finding::SAMPLE_LENGTH) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        };
        (self.count > 0).then(|| Finding {
            code: self.code,
            client: client.clone(),
            file: None,
            line: None,
            column: Some(self.column.to_owned()),
            count: self.count,
            samples: self.least.into_iter().map(cut).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_samples_stay_in_order_and_are_cut() {
        let mut samples = Samples::new(FindingCode::Vanished, "lead_number");
        for n in (0..50).rev() {
            samples.add(|text| text.push_str(&format!("{n:02}{}", "é".repeat(300))));
        }
        samples.add_many(7, |text| text.push_str("01"));
        let finding = samples.finish(&ClientId("a".to_owned())).unwrap();
        assert_eq!(finding.count, 57);
        assert_eq!(finding.samples.len(), Finding::MAX_SAMPLES);
        assert_eq!(finding.samples[1], "01");
        assert!(finding.samples[19].starts_with("18") && finding.samples[19].chars().count() == 200);
    }

    #[test]
    fn nothing_found_is_no_finding() {
        assert!(Samples::new(FindingCode::Unset, "set").finish(&ClientId("a".to_owned())).is_none());
    }
}

//! Names of sheets: valid whatever a dimension is called, and unique.

/// The names given so far.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

/// Characters of a name, by Excel's limit.
const LENGTH: usize = 31;

impl Names {
    /// A name for a sheet, as near as can be to what is wanted.
    pub(super) fn of(&mut self, wanted: &str) -> String {
        let valid = |c: char| !c.is_control() && !"[]:*?/\\".contains(c);
        let clean: String = wanted.chars().map(|c| if valid(c) { c } else { ' ' }).collect();
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '\'');
        let base = if clean.is_empty() || clean.eq_ignore_ascii_case("history") { "Sheet" } else { clean };
        let numbered = (1..).map(|number| match number {
            1 => shortened(base, LENGTH),
            _ => {
                let end = format!(" {number}");
                format!("{}{end}", shortened(base, LENGTH - end.len()))
            }
        });
        let free = numbered.into_iter().find(|name| !self.0.contains(&name.to_lowercase()));
        let name = free.unwrap_or_default();
        self.0.push(name.to_lowercase());
        name
    }
}

/// Its beginning, in the units that Excel counts.
fn shortened(text: &str, most: usize) -> String {
    let mut left = most;
    let fits = |c: &char| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let short: String = text.chars().take_while(fits).collect();
    short.trim_end_matches(|c: char| c.is_whitespace() || c == '\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_unique() {
        let mut names = Names::default();
        let long = "a dimension with a very long name indeed";
        for (wanted, name) in [
            ("By state", "By state"),
            ("by State", "by State 2"),
            ("'[a]:*?/\\b'", "a      b"),
            ("", "Sheet"),
            ("History", "Sheet 2"),
            (long, "a dimension with a very long na"),
            (long, "a dimension with a very long 2"),
            (
                "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
                "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
            ),
        ] {
            assert_eq!(names.of(wanted), name);
        }
    }
}

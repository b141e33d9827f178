//! The documented default file, taken apart: what `--help` and the docs are made from.
//!
//! Its form: a comment, then the keys that it speaks of as `#: key = value`. Needs nothing but the
//! standard library, so that the chores can use it without the rest.

/// A key, or the head of a table, and what the file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// The table that it stands in, as `client.identity`; empty at the top.
    pub table: String,
    /// The key; none for the head of the table itself.
    pub key: Option<String>,
    /// Its value in the file: the default, or an example where the comment says what the default is.
    pub value: String,
    /// The comment, its lines joined.
    pub text: String,
}

impl Documented {
    /// As it is spoken of: `client.timezone`.
    #[must_use]
    pub fn path(&self) -> String {
        match (&*self.table, &self.key) {
            ("", Some(key)) => key.clone(),
            (table, Some(key)) => format!("{table}.{key}"),
            (table, None) => table.to_owned(),
        }
    }

    /// The first sentence of the comment, without its full stop.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.text.split_once(". ").map_or_else(|| self.text.trim_end_matches('.'), |(first, _)| first)
    }
}

/// The comment at the head of the file, before its first empty line.
#[must_use]
pub fn introduction(text: &str) -> String {
    let lines = text.lines().map_while(comment);
    lines.collect::<Vec<_>>().join(" ")
}

/// Every key and table of the file, in its order.
#[must_use]
pub fn entries(text: &str) -> Vec<Documented> {
    let mut entries: Vec<Documented> = Vec::new();
    let (mut table, mut said, mut fresh) = (String::new(), String::new(), true);
    for line in text.lines() {
        if let Some(setting) = line.strip_prefix("#: ") {
            fresh = true;
            let head = setting.trim_start_matches('[').trim_end_matches(']');
            let (key, value) = match setting.split_once('=') {
                Some((key, value)) => (Some(key.trim().to_owned()), value.trim().to_owned()),
                None => {
                    head.clone_into(&mut table);
                    (None, String::new())
                }
            };
            entries.push(Documented { table: table.clone(), key, value, text: said.clone() });
        } else if let Some(comment) = comment(line) {
            if std::mem::take(&mut fresh) {
                said.clear();
            }
            said.push_str(if said.is_empty() { "" } else { " " });
            said.push_str(comment);
        } else {
            fresh = true;
        }
    }
    entries
}

fn comment(line: &str) -> Option<&str> {
    line.strip_prefix('#').filter(|rest| !rest.starts_with(':')).map(str::trim)
}

/// The documentation of all keys as a Markdown page.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut page = format!(
        "# Configuration\n\n<!-- Made from leadq.toml by `cargo xtask docs`; change it there. -->\n\n{}\n",
        introduction(text)
    );
    for (place, entry) in entries(text).iter().enumerate() {
        match &entry.key {
            None => page.push_str(&format!("\n## `{}`\n\n{}\n", head(&entry.table), entry.text)),
            Some(key) => {
                if place == 0 {
                    page.push_str("\n## Top level\n");
                }
                page.push_str(&format!("\n### `{key}`\n\n{}\n", entry.text));
                page.push_str(&format!("\n```toml\n{key} = {}\n```\n", entry.value));
            }
        }
    }
    page
}

/// The head of a table as it is written; only clients can stand several times.
fn head(table: &str) -> String {
    if table == "client" { "[[client]]".to_owned() } else { format!("[{table}]") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# The file. All of it.

# Where it is. Really.
# Second line.
#: lake = \"lake\"

# Who.
#: [[client]]
# Limits.
#: a = 1
#: b = [2]
";

    #[test]
    fn comments_belong_to_the_keys_below() {
        let found: Vec<_> =
            entries(TEXT).iter().map(|e| format!("{}|{}|{}", e.path(), e.value, e.text)).collect();
        let expected = [
            "lake|\"lake\"|Where it is. Really. Second line.",
            "client||Who.",
            "client.a|1|Limits.",
            "client.b|[2]|Limits.",
        ];
        assert_eq!(found, expected);
        assert_eq!(entries(TEXT)[0].sentence(), "Where it is");
        assert_eq!(introduction(TEXT), "The file. All of it.");
        let page = markdown(TEXT);
        assert!(
            page.contains("## `[[client]]`\n\nWho.\n") && page.contains("```toml\nb = [2]\n```"),
            "{page}"
        );
    }
}

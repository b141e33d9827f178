//! What Tab offers at the prompt: columns of the tables that a statement names, tables, keywords, functions.

use rustyline::completion::Completer;
use rustyline::{Context, Helper, Highlighter, Hinter, Validator};

/// Words of a query, as far as one begins a part of it.
const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS JOIN",
    "DATE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FILTER",
    "FROM",
    "FULL JOIN",
    "GROUP BY",
    "HAVING",
    "IN",
    "INNER JOIN",
    "INTERSECT",
    "INTERVAL",
    "IS NOT NULL",
    "IS NULL",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "NULLS FIRST",
    "NULLS LAST",
    "OFFSET",
    "ON",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "RIGHT JOIN",
    "SELECT",
    "SHOW TABLES",
    "THEN",
    "TIMESTAMP",
    "TRUE",
    "UNION",
    "UNION ALL",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];
/// Words that a table follows.
const BEFORE_TABLE: [&str; 4] = ["from", "join", "describe", "desc"];
/// The commands of the prompt.
pub(super) const COMMANDS: [&str; 5] = ["\\tables", "\\d", "\\format", "\\help", "\\quit"];
/// The forms that a prompt prints.
const FORMS: [&str; 3] = ["table", "json", "csv"];

/// The names that there are.
#[derive(Helper, Hinter, Highlighter, Validator, Default)]
pub(super) struct Names {
    /// Tables with their columns.
    pub(super) tables: Vec<(String, Vec<String>)>,
    pub(super) functions: Vec<String>,
    /// Lines of the statement before the one that is typed.
    pub(super) before: String,
}

impl Completer for Names {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.offer(line, at))
    }
}

impl Names {
    /// Where the word before the cursor begins, and what it may become, the likeliest first.
    fn offer(&self, line: &str, at: usize) -> (usize, Vec<String>) {
        let head = &line[..at];
        if self.before.is_empty() && head.starts_with('\\') {
            return self.command(head);
        }
        let start = head.rfind(|c: char| !is_word(c)).map_or(0, |place| place + after(head, place));
        let word = &head[start..];
        let statement = format!("{}\n{line}", self.before);
        if let Some((table, _)) = word.rsplit_once('.') {
            let columns = self.columns_of(&statement, table);
            let offered = columns.iter().map(|column| format!("{table}.{column}"));
            return (start, beginning(word, offered));
        }
        let tables = || self.tables.iter().map(|(name, _)| name.clone());
        let previous = format!("{}\n{}", self.before, &head[..start]);
        let previous = words(&previous).last().map(str::to_lowercase).unwrap_or_default();
        if BEFORE_TABLE.contains(&previous.as_str()) {
            return (start, beginning(word, tables()));
        }
        let is_lower = word.chars().any(char::is_lowercase);
        let keyword = |keyword: &&str| if is_lower { keyword.to_lowercase() } else { (*keyword).to_owned() };
        let mut offered = self.columns_of(&statement, "");
        offered.extend(tables().chain(KEYWORDS.iter().map(keyword)).chain(self.functions.iter().cloned()));
        (start, beginning(word, offered.into_iter()))
    }

    /// A command of the prompt, or what follows it.
    fn command(&self, head: &str) -> (usize, Vec<String>) {
        let Some((command, word)) = head.split_once(' ') else {
            return (0, beginning(head, COMMANDS.iter().map(|&command| command.to_owned())));
        };
        let start = head.len() - word.len();
        match command {
            "\\d" => (start, beginning(word, self.tables.iter().map(|(name, _)| name.clone()))),
            "\\format" => (start, beginning(word, FORMS.iter().map(|&form| form.to_owned()))),
            _ => (head.len(), Vec::new()),
        }
    }

    /// Columns of a table by its name or by what a statement calls it; of all tables that the statement
    /// names, if no name is given, and of every table, if it names none yet.
    fn columns_of(&self, statement: &str, table: &str) -> Vec<String> {
        let words: Vec<_> = words(statement).collect();
        let is_named = |name: &String| words.iter().any(|word| word.eq_ignore_ascii_case(name));
        let is_called = |name: &String| {
            let called = |place: usize| {
                let next = words.get(place + 1).copied().unwrap_or_default();
                let next =
                    if next.eq_ignore_ascii_case("as") { words.get(place + 2).copied() } else { Some(next) };
                next.is_some_and(|next| next.eq_ignore_ascii_case(table))
            };
            let mut places = (0..words.len()).filter(|place| words[*place].eq_ignore_ascii_case(name));
            name.eq_ignore_ascii_case(table) || places.any(called)
        };
        let any = self.tables.iter().any(|(name, _)| is_named(name));
        let chosen = self.tables.iter().filter(|(name, _)| match table {
            "" => is_named(name) || !any,
            _ => is_called(name),
        });
        let mut columns: Vec<_> = chosen.flat_map(|(_, columns)| columns.iter().cloned()).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// Bytes of the character at a place.
fn after(text: &str, place: usize) -> usize {
    text[place..].chars().next().map_or(0, char::len_utf8)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c) && c != ',').filter(|word| !word.is_empty())
}

/// Those that begin with a word, each once, in their order.
fn beginning(word: &str, offered: impl Iterator<Item = String>) -> Vec<String> {
    let word = word.to_lowercase();
    let mut fitting: Vec<String> = Vec::new();
    for name in offered {
        if name.to_lowercase().starts_with(&word) && !fitting.contains(&name) {
            fitting.push(name);
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered() {
        let table = |name: &str, columns: &[&str]| {
            (name.to_owned(), columns.iter().map(|&column| column.to_owned()).collect())
        };
        let mut names = Names {
            tables: vec![table("lead", &["lead_uuid", "stage"]), table("link", &["record_key", "rank"])],
            functions: vec!["row_number".to_owned(), "round".to_owned()],
            before: String::new(),
        };
        let cases: [(&str, usize, &[&str]); 9] = [
            ("SELECT * FROM l", 14, &["lead", "link"]),
            ("SELECT sta", 7, &["stage"]),
            // once a table is named, only its columns
            ("SELECT r FROM link", 7, &["rank", "record_key", "right join", "row_number", "round"]),
            ("sel", 0, &["select"]),
            ("SEL", 0, &["SELECT"]),
            ("SELECT x.s FROM lead AS x", 7, &["x.stage"]),
            ("\\d li", 3, &["link"]),
            ("\\t", 0, &["\\tables"]),
            ("\\format ", 8, &["table", "json", "csv"]),
        ];
        for (line, start, expected) in cases {
            let at = line.find(" FROM lin").or_else(|| line.find(" FROM lead")).unwrap_or(line.len());
            assert_eq!(
                names.offer(line, at),
                (start, expected.iter().map(|&s| s.to_owned()).collect()),
                "{line}"
            );
        }
        names.before = "SELECT *\nFROM".to_owned();
        assert_eq!(names.offer("le", 2).1, ["lead"]);
    }
}

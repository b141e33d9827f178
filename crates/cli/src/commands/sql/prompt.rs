//! The prompt of `leadq sql`: statements that end with a semicolon, commands that begin with a backslash.

use std::path::{Path, PathBuf};

use leadq_contract::Table;
use leadq_pipeline::View;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};

use super::complete::Names;
use super::show::show;
use super::statements;
use crate::cells;
use crate::edges::Edges;
use crate::failure::{Failure, Outcome};
use crate::output::{self, RowsFormat, thousands};
use crate::{interrupts, settings};

/// Statements that are kept for the arrow keys.
const KEPT: usize = 1_000;
const HELP: &str = "\
A statement ends with a semicolon and may have several lines. Nothing that is typed here writes.

  \\tables          the tables with their rows
  \\d TABLE         the columns of a table
  \\format FORM     table, json or csv from here on
  \\help            this
  \\quit            leave; so does Ctrl-D

Tab completes; the arrow keys bring back what was typed. Ctrl-C ends a query that runs.
";

/// What a line asks for that is no SQL.
#[derive(Debug, PartialEq)]
enum Command<'a> {
    Tables,
    Describe(&'a str),
    Format(RowsFormat),
    Help,
    Quit,
    Unknown(&'a str),
}

impl<'a> Command<'a> {
    /// Reads a line that begins with a backslash, or one of the words that people try.
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim().trim_end_matches(';').trim_end();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Some(match (word, rest.trim()) {
            ("\\tables" | "\\dt" | "\\d", "") => Self::Tables,
            ("\\d", table) => Self::Describe(table),
            ("\\format", "table") => Self::Format(RowsFormat::Table),
            ("\\format", "json") => Self::Format(RowsFormat::Json),
            ("\\format", "csv") => Self::Format(RowsFormat::Csv),
            ("\\help" | "\\h" | "\\?" | "help", "") => Self::Help,
            ("\\quit" | "\\q" | "quit" | "exit", "") => Self::Quit,
            (word, _) if word.starts_with('\\') => Self::Unknown(line),
            _ => return None,
        })
    }
}

type Lines = Editor<Names, FileHistory>;

/// What one line led to.
enum Read {
    Line(String),
    Cancelled,
    Ended,
}

/// Reads statements and shows what comes of them, until Ctrl-D.
pub(super) async fn run(edges: &Edges, view: &View<'_>, form: RowsFormat, limit: usize) -> Outcome<()> {
    output::print(&format!(
        "Reading run {} of {}, committed {}. \\help for help.\n",
        view.run.run,
        edges.lake_name(),
        view.run.committed_at
    ))?;
    let history = history();
    let mut lines = Some(open(names(view).await?, history.as_deref())?);
    let mut session = Session { view, form, limit, typed: String::new() };
    interrupts::hold();
    loop {
        let Some(mut editor) = lines.take() else { return Ok(()) };
        if let Some(names) = editor.helper_mut() {
            names.before.clone_from(&session.typed);
        }
        let prompt = if session.typed.is_empty() { "leadq> " } else { "    -> " };
        // Reading blocks; signals are looked after meanwhile.
        let reading = tokio::task::spawn_blocking(move || (read(&mut editor, prompt), editor));
        let (line, mut editor) = reading.await.map_err(Failure::bug)?;
        match line? {
            Read::Ended => return output::print("\n"),
            Read::Cancelled => session.typed.clear(),
            Read::Line(line) => {
                let (kept, goes_on) = session.line(&line).await?;
                keep(&mut editor, &kept, history.as_deref());
                if !goes_on {
                    return Ok(());
                }
            }
        }
        lines = Some(editor);
    }
}

fn read(editor: &mut Lines, prompt: &str) -> Outcome<Read> {
    match editor.readline(prompt) {
        Ok(line) => Ok(Read::Line(line)),
        Err(ReadlineError::Interrupted) => Ok(Read::Cancelled),
        Err(ReadlineError::Eof) => Ok(Read::Ended),
        Err(error) => Err(Failure::environment(format!("cannot read from the terminal: {error}"))),
    }
}

/// Opens the line editor with what was typed before.
fn open(names: Names, history: Option<&Path>) -> Outcome<Lines> {
    let failed =
        |error: ReadlineError| Failure::environment(format!("cannot read from the terminal: {error}"));
    let config = Config::builder()
        .max_history_size(KEPT)
        .map_err(failed)?
        .completion_type(CompletionType::List)
        .color_mode(ColorMode::Disabled)
        .build();
    let mut editor = Lines::with_default(config).map_err(failed)?;
    editor.set_helper(Some(names));
    if let Some(path) = history.filter(|path| path.exists()) {
        // Without it the prompt works all the same.
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// Keeps a statement for the arrow keys, in this session and later ones.
fn keep(editor: &mut Lines, statements: &[String], history: Option<&Path>) {
    for statement in statements {
        let added = editor.add_history_entry(statement.as_str());
        if let (Ok(true), Some(path)) = (added, history) {
            // A prompt without a memory is still a prompt.
            let _ = editor.append_history(path);
        }
    }
}

/// The file of what was typed, readable by its owner only; none, if there is no place for it.
fn history() -> Option<PathBuf> {
    let path = settings::state_file("sql_history")?;
    std::fs::create_dir_all(path.parent()?).ok()?;
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(&path).ok()?;
    Some(path)
}

/// The names that Tab knows.
async fn names(view: &View<'_>) -> Outcome<Names> {
    let columns = |table: Table| {
        let schema = table.schema(&view.run.dimensions);
        schema.fields().iter().map(|field| field.name().clone()).collect()
    };
    let tables = Table::ALL.iter().filter(|table| view.has(**table));
    let tables = tables.map(|table| (table.name().to_owned(), columns(*table))).collect();
    let functions = "SELECT DISTINCT routine_name FROM information_schema.routines ORDER BY 1";
    let batches = view.rows(functions).await?;
    let functions = batches.iter().flat_map(|batch| crate::columns::texts(batch, "routine_name"));
    Ok(Names { tables, functions: functions.flatten().collect(), before: String::new() })
}

/// What the lines typed so far have led to.
struct Session<'a> {
    view: &'a View<'a>,
    form: RowsFormat,
    limit: usize,
    /// The beginning of a statement.
    typed: String,
}

impl Session<'_> {
    /// Does what a line says. What is to be kept of it, and whether the prompt goes on.
    async fn line(&mut self, line: &str) -> Outcome<(Vec<String>, bool)> {
        if self.typed.is_empty() {
            match Command::read(line) {
                Some(Command::Quit) => return Ok((Vec::new(), false)),
                Some(command) => {
                    self.command(command)?;
                    return Ok((vec![line.trim().to_owned()], true));
                }
                None => {}
            }
        }
        let text = if self.typed.is_empty() { line.to_owned() } else { format!("{}\n{line}", self.typed) };
        let typed = statements::split(&text);
        for statement in &typed.whole {
            self.statement(statement).await?;
        }
        self.typed = typed.rest;
        Ok((typed.whole.into_iter().map(|statement| statement + ";").collect(), true))
    }

    /// Executes a statement; one that fails or is cancelled does not end the prompt.
    async fn statement(&self, sql: &str) -> Outcome<()> {
        let shown = tokio::select! {
            shown = show(self.view, sql, self.form, self.limit) => shown,
            () = interrupts::interrupted() => return output::print("cancelled\n"),
        };
        if let Err(failure) = shown {
            // Told; the exit code is for queries of the command line.
            failure.report();
        }
        Ok(())
    }

    fn command(&mut self, command: Command<'_>) -> Outcome<()> {
        match command {
            Command::Tables => output::print(&self.tables()),
            Command::Describe(name) => output::print(&self.describe(name)),
            Command::Format(form) => {
                self.form = form;
                Ok(())
            }
            Command::Unknown(what) => {
                output::print(&format!("there is no {what}; \\help tells what there is\n"))
            }
            Command::Help | Command::Quit => output::print(HELP),
        }
    }

    fn tables(&self) -> String {
        let mut table = output::table(&["table", "rows"], &[1]);
        for (name, pinned) in &self.view.run.tables {
            table.add_row([name.clone(), thousands(pinned.rows)]);
        }
        format!("{table}\n")
    }

    fn describe(&self, name: &str) -> String {
        let found = Table::from_name(&name.to_lowercase()).filter(|table| self.view.has(*table));
        let Some(found) = found else {
            return format!("there is no table {name}; \\tables tells which there are\n");
        };
        let mut table = output::table(&["column", "kind", "may be null"], &[]);
        for field in found.schema(&self.view.run.dimensions).fields() {
            let null = if field.is_nullable() { "yes" } else { "no" };
            table.add_row([field.name().clone(), cells::kind(field.data_type()), null.to_owned()]);
        }
        format!("{table}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_sql_are_told_apart() {
        let cases = [
            ("\\tables", Some(Command::Tables)),
            (" \\dt ; ", Some(Command::Tables)),
            ("\\d lead_link", Some(Command::Describe("lead_link"))),
            ("\\format json", Some(Command::Format(RowsFormat::Json))),
            ("\\format parquet", Some(Command::Unknown("\\format parquet"))),
            ("help", Some(Command::Help)),
            ("exit;", Some(Command::Quit)),
            ("SELECT 1;", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(Command::read(line), expected, "{line}");
        }
    }
}

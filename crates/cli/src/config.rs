//! `leadq.toml` and `schemas.json` as files: found, read, and shown where they are wrong. What may stand in
//! them is in the contract.

use std::path::{Path, PathBuf};

use leadq_contract::TextError;
use leadq_contract::config::Config;
use leadq_contract::schema::SchemasFile;

use crate::failure::{Failure, Outcome};

/// The file that is read when it is there and none is named.
pub(crate) const DEFAULT_FILE: &str = "leadq.toml";
/// The file of schemas that is read when it is beside the configuration and none is named.
const DEFAULT_SCHEMAS: &str = "schemas.json";

/// A configuration, and where it came from.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// With its paths below the file's folder.
    pub(crate) config: Config,
    /// The file, if there is one.
    pub(crate) path: Option<PathBuf>,
}

/// Reads the configuration that was named, or the default file if it is there. Paths in it are taken from
/// the file's folder.
pub(crate) fn load(named: Option<&Path>) -> Outcome<Loaded> {
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let shown = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Loaded::default());
        }
        Err(error) => {
            return Err(Failure::usage(format!("cannot read the configuration {shown}: {error}"))
                .help("name an existing file with --config, or leave it out for the built-in defaults"));
        }
    };
    let config = Config::parse(&text).map_err(|error| wrong(&shown, without_secret(&text), error))?;
    Ok(Loaded { config: below(config, folder(path)), path: Some(path.to_owned()) })
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}

/// What is wrong in a file, with its place.
pub(crate) fn wrong(name: &str, text: &str, error: TextError) -> Failure {
    let line = error.line(text).map(|line| format!(", line {line}")).unwrap_or_default();
    let help = error.help.unwrap_or_else(|| {
        "every key is documented: `leadq config` for leadq.toml, docs/schemas.md for schemas.json".to_owned()
    });
    Failure::usage(format!("{name}{line}: {}", error.message)).help(help).at(name, text, error.span)
}

/// What is wrong in the configuration that was read; told later, by whoever knows what its values mean.
pub(crate) fn wrong_in(path: Option<&Path>, error: TextError) -> Failure {
    let path = path.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    wrong(&path.display().to_string(), without_secret(&text), error)
}

/// The text to show beside an error; none, if a secret was written into it by mistake.
fn without_secret(text: &str) -> &str {
    let holds_secret = |line: &str| {
        let line = line.trim_start_matches(['#', ':', ' ', '"', '\'']);
        let is = |key: &str| line.strip_prefix(key).is_some_and(|rest| !rest.starts_with("_file"));
        ["secret", "webhook", "password"].into_iter().any(is)
    };
    if text.lines().any(holds_secret) { "" } else { text }
}

/// The same with its paths below a folder.
fn below(mut config: Config, folder: &Path) -> Config {
    let rebase = |path: &mut String| {
        if !path.contains("://") {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    };
    let top = [&mut config.lake, &mut config.scratch, &mut config.secret_file, &mut config.schemas];
    top.into_iter().flatten().for_each(rebase);
    config.leads.iter_mut().flatten().for_each(rebase);
    config.alerts.webhook_file.iter_mut().for_each(rebase);
    let smtp = config.alerts.smtp.as_mut().and_then(|smtp| smtp.password_file.as_mut());
    smtp.into_iter().for_each(rebase);
    for client in &mut config.client {
        client.reports.iter_mut().chain(client.leads.iter_mut().flatten()).for_each(rebase);
        client.schemas.iter_mut().for_each(rebase);
    }
    config.sftp.iter_mut().for_each(|server| server.rebase(folder));
    config.alerts.webhook_file.iter_mut().for_each(rebase);
    config.alerts.smtp.iter_mut().filter_map(|smtp| smtp.password_file.as_mut()).for_each(rebase);
    config
}

/// A file of schemas, read.
#[derive(Debug)]
pub(crate) struct Schemas {
    pub(crate) path: PathBuf,
    pub(crate) file: SchemasFile,
    text: String,
}

impl Schemas {
    /// Reads a file that was named.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("cannot read the schemas {shown}: {error}")).help(
                "name an existing file with schemas in leadq.toml, or leave it out for the built-in ones",
            )
        })?;
        let file = SchemasFile::parse(&text).map_err(|error| wrong(&shown, &text, error))?;
        Ok(Self { path: path.to_owned(), file, text })
    }

    /// Reads the file of all clients: the one that was named, or the one beside the configuration.
    pub(crate) fn of_all(loaded: &Loaded) -> Outcome<Option<Self>> {
        if let Some(named) = &loaded.config.schemas {
            return Self::read(Path::new(named)).map(Some);
        }
        let folder = loaded.path.as_deref().map_or_else(|| Path::new(""), folder);
        let path = folder.join(DEFAULT_SCHEMAS);
        if path.is_file() { Self::read(&path).map(Some) } else { Ok(None) }
    }

    /// A failure at a text in quotes that the file holds.
    pub(crate) fn wrong_at(&self, quoted: &str, message: String, help: String) -> Failure {
        let quoted = format!("{quoted:?}");
        let span = self.text.find(&quoted).map(|start| start..start + quoted.len());
        wrong(&self.path.display().to_string(), &self.text, TextError { message, help: Some(help), span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        std::fs::write(&path, text).unwrap();
        format!("{:?}", miette::Report::new(load(Some(&path)).unwrap_err()))
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_one() {
        let shown = shown("lake = \"l\"\n\n[[client]]\nid = \"a\"\nreports = []\ntimezoen = \"UTC\"\n");
        assert!(shown.contains("timezoen") && shown.contains("x.toml:6"), "{shown}");
        assert!(shown.contains("is \"timezone\" meant?"), "{shown}");
    }

    #[test]
    fn a_secret_that_was_written_into_it_is_not_shown() {
        for key in ["secret", "\"secret\""] {
            let shown = shown(&format!("{key} = \"0123456789\"\n"));
            assert!(shown.contains("unknown key \"secret\"") && !shown.contains("0123456789"), "{shown}");
        }
        for (table, key) in [("alerts", "webhook"), ("alerts.smtp", "password")] {
            let shown = shown(&format!("[{table}]\n{key} = \"0123456789\"\n"));
            assert!(shown.contains("unknown key") && !shown.contains("0123456789"), "{shown}");
        }
    }

    #[test]
    fn paths_are_taken_from_the_files_folder() {
        let text = "lake = \"l\"\nleads = [\"/abs\", \"rel\"]\nschemas = \"s\"\n\
                    [[client]]\nid = \"a\"\nreports = [\"r\"]\nleads = [\"own\"]\nschemas = \"t\"";
        let config = below(Config::parse(text).unwrap(), Path::new("etc"));
        assert_eq!(config.lake.as_deref(), Some("etc/l"));
        assert_eq!(config.leads, Some(vec!["/abs".to_owned(), "etc/rel".to_owned()]));
        assert_eq!(config.schemas.as_deref(), Some("etc/s"));
        let client = &config.client[0];
        assert_eq!((client.reports[0].as_str(), client.schemas.as_deref()), ("etc/r", Some("etc/t")));
        assert_eq!(client.leads, Some(vec!["etc/own".to_owned()]));
    }
}

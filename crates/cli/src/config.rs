//! `leadq.toml`: what may stand in it, and where it is wrong.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// The file that is read when it is there and none is named.
pub(crate) const DEFAULT_FILE: &str = "leadq.toml";

/// A configuration as it is written. The documented default is `leadq.toml` in the repository.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) lake: Option<String>,
    pub(crate) leads: Option<Vec<String>>,
    pub(crate) dimensions: Option<Vec<String>>,
    pub(crate) memory: Option<String>,
    pub(crate) threads: Option<usize>,
    pub(crate) scratch: Option<PathBuf>,
    pub(crate) secret_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) client: Vec<Client>,
}

/// A `[[client]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) reports: Vec<String>,
    pub(crate) expected_interval: Option<String>,
    pub(crate) max_leads_per_key: Option<u32>,
    pub(crate) max_records_per_key: Option<u32>,
}

/// Reads the configuration that was named, or the default file if it is there. Paths in it are taken from
/// the file's folder.
pub(crate) fn load(named: Option<&Path>) -> Outcome<Config> {
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    let shown = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Config::default());
        }
        Err(error) => {
            return Err(Failure::usage(format!("cannot read the configuration {shown}: {error}"))
                .help("name an existing file with --config, or leave it out for the built-in defaults"));
        }
    };
    let config = parse(&text, &shown)?;
    Ok(config.below(path.parent().unwrap_or_else(|| Path::new(""))))
}

fn parse(text: &str, name: &str) -> Outcome<Config> {
    toml::from_str(text).map_err(|error| {
        Failure::usage(format!("{name} is wrong: {}", error.message()))
            .help("every key that leadq knows is in the documented leadq.toml of its repository")
            .at(name, shown(text), error.span())
    })
}

/// The text to show beside an error; none, if a secret was written into it by mistake.
fn shown(text: &str) -> &str {
    let holds_secret = |line: &str| {
        let line = line.trim_start_matches(['#', ':', ' ']);
        line.starts_with("secret") && !line.starts_with("secret_file")
    };
    if text.lines().any(holds_secret) { "" } else { text }
}

impl Config {
    /// The same with its paths below a folder.
    fn below(mut self, folder: &Path) -> Self {
        let text = |path: &mut String| {
            if !path.contains("://") {
                *path = folder.join(&*path).to_string_lossy().into_owned();
            }
        };
        self.lake.iter_mut().for_each(text);
        self.leads.iter_mut().flatten().for_each(text);
        self.client.iter_mut().flat_map(|client| &mut client.reports).for_each(text);
        for path in [&mut self.scratch, &mut self.secret_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let text = "lake = \"l\"\n\n[[client]]\nid = \"a\"\nreports = []\ntimezoen = \"UTC\"\n";
        let failure = parse(text, "x.toml").unwrap_err();
        let shown = format!("{:?}", miette::Report::new(failure));
        assert!(shown.contains("timezoen") && shown.contains("x.toml:6"), "{shown}");
    }

    #[test]
    fn a_secret_that_was_written_into_it_is_not_shown() {
        let failure = parse("secret = \"0123456789\"\n", "x.toml").unwrap_err();
        let shown = format!("{:?}", miette::Report::new(failure));
        assert!(shown.contains("unknown field `secret`") && !shown.contains("0123456789"), "{shown}");
    }

    #[test]
    fn the_documented_default_is_the_default() {
        let text = include_str!("../../../leadq.toml");
        assert_eq!(parse(text, "leadq.toml").unwrap(), Config::default());
        // and each key in it, without its comment sign, is one that is known
        let set: String =
            text.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let all = parse(&set, "leadq.toml").unwrap();
        assert!(
            all.lake.is_some() && all.leads.is_some() && all.dimensions.is_some() && all.memory.is_some()
        );
        assert!(all.threads.is_some() && all.scratch.is_some() && all.secret_file.is_some());
        let client = &all.client[0];
        assert!(client.name.is_some() && client.timezone.is_some() && client.expected_interval.is_some());
        assert!(client.max_leads_per_key.is_some() && client.max_records_per_key.is_some());
    }

    #[test]
    fn paths_are_taken_from_the_files_folder() {
        let config = parse("lake = \"l\"\nleads = [\"/abs\", \"rel\"]", "x").unwrap().below(Path::new("etc"));
        assert_eq!(config.lake.as_deref(), Some("etc/l"));
        assert_eq!(config.leads, Some(vec!["/abs".to_owned(), "etc/rel".to_owned()]));
    }
}

//! A location: `sftp://user@host:port/path`, where the path may hold globs.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use leadq_ingest::names::shown;
use leadq_pipeline::ports::PortError;
use url::Url;

/// What makes a part of a path a glob.
const GLOB: [char; 4] = ['*', '?', '[', '{'];
/// How it is written.
const FORM: &str = "write it as sftp://user@host:port/folder, sftp://host/folder/**/*.csv, or sftp://host/~/folder for \
                    a folder in the login's home";

/// A folder on a server, and which of its files are meant.
#[derive(Clone)]
pub struct Location {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<String>,
    /// Where the drop begins, as the server is asked for it: absolute, or from the login's home.
    pub(crate) root: String,
    /// The path as it was written, decoded, with a slash before it.
    path: String,
    globs: Option<Globs>,
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// If it is none: its form, a password in it, a path that climbs.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let rest = text
            .strip_prefix("sftp://")
            .ok_or_else(|| wrong(without_password(text), "it does not begin with sftp://"))?;
        let (authority, path) = rest.find('/').map_or((rest, "/~"), |slash| rest.split_at(slash));
        let shown = without_password(text);
        let url = Url::parse(&format!("sftp://{authority}/")).map_err(|error| wrong(&*shown, error))?;
        if url.password().is_some() {
            return Err(wrong(shown, "there is a password in it").hint(
                "take it out, and name a file that holds it with password_file in [[sftp]], or set \
                 LEADQ_SFTP_PASSWORD",
            ));
        }
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let host = host.to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong(shown, "no host is named"));
        }
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded);
        let user = user.transpose().map_err(|reason| wrong(&*shown, reason))?;
        let path = decoded(path).map_err(|reason| wrong(&*shown, reason))?;
        let (root, globs) = split(&path).map_err(|reason| wrong(&*shown, reason))?;
        Ok(Self { host, port: url.port(), user, root, path, globs })
    }

    /// The host that it is on, in lower case, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that it names.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The user that it names.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether a file is meant, by its path below the root.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.globs.as_ref().is_none_or(|globs| globs.file.is_match(name))
    }

    /// Whether files that are meant can be in a folder, by its path below the root.
    pub(crate) fn enters(&self, folder: &str) -> bool {
        self.globs.as_ref().is_none_or(|globs| globs.enters(folder))
    }

    /// The path as it was written.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A name below the root as the server is asked for it.
    pub(crate) fn below(&self, name: &str) -> String {
        match (&*self.root, name) {
            (root, "") => root.to_owned(),
            (root, name) if root.ends_with('/') => format!("{root}{name}"),
            (root, name) => format!("{root}/{name}"),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, path, .. } = self;
        f.debug_struct("Location")
            .field("host", host)
            .field("port", port)
            .field("user", user)
            .field("path", path)
            .finish_non_exhaustive()
    }
}

fn wrong(location: impl Into<String>, reason: impl ToString) -> PortError {
    PortError::permanent("use the location", location, reason).hint(FORM)
}

/// A location to show, whatever is in it.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return shown(text) };
    // A password may hold a slash; up to the last @ nothing is shown but the user.
    match rest.rsplit_once('@') {
        Some((login, rest)) => {
            let user = login.split_once(':').map_or(login, |(user, _)| user);
            shown(&format!("{scheme}://{user}@{rest}"))
        }
        None => shown(text),
    }
}

/// Text with `%20` and the like read.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(
            byte.ok_or("a percent sign in it is not followed by two hexadecimal digits; write it as %25")?,
        );
        rest = &tail[2..];
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    if text.chars().any(char::is_control) {
        return Err("there is a control character in it".to_owned());
    }
    Ok(text)
}

/// A path as root and globs.
fn split(path: &str) -> Result<(String, Option<Globs>), String> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("there is .. in it".to_owned());
    }
    let (at_home, parts) = match parts.split_first() {
        Some((&"~", rest)) => (true, rest),
        _ => (false, &parts[..]),
    };
    let first = parts.iter().position(|part| part.contains(GLOB)).unwrap_or(parts.len());
    let (root, globs) = parts.split_at(first);
    let root = match (at_home, root.join("/")) {
        (true, root) if root.is_empty() => ".".to_owned(),
        (true, root) => root,
        (false, root) => format!("/{root}"),
    };
    let globs = if globs.is_empty() { None } else { Some(Globs::new(globs)?) };
    Ok((root, globs))
}

/// Which files are meant.
#[derive(Debug, Clone)]
struct Globs {
    file: GlobMatcher,
    /// For the folders of each depth on the way to them.
    folders: Vec<GlobMatcher>,
    /// Whether they may be deeper than that.
    deeper: bool,
}

impl Globs {
    fn new(parts: &[&str]) -> Result<Self, String> {
        let file = glob(&parts.join("/"))?;
        let mut folders = Vec::new();
        // An alternative may hold a slash: then parts of it are no globs, and every folder is entered.
        let whole = |part: &str| part.matches('{').count() == part.matches('}').count();
        let plain = parts.iter().take_while(|part| **part != "**" && whole(part)).count();
        for depth in 1..=plain.min(parts.len() - 1) {
            folders.push(glob(&parts[..depth].join("/"))?);
        }
        Ok(Self { file, folders, deeper: plain < parts.len() })
    }

    fn enters(&self, folder: &str) -> bool {
        let depth = folder.split('/').count();
        match self.folders.get(depth - 1) {
            Some(matcher) => matcher.is_match(folder),
            // The folders above matched, or this one would not have been come to.
            None => self.deeper,
        }
    }
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| format!("its globs cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Location {
        Location::parse(text).unwrap()
    }

    #[test]
    fn parts_of_a_location() {
        let cases = [
            ("sftp://host/drops", ("host", None, None, "/drops")),
            ("sftp://ann@Host:2222/drops/", ("host", Some(2222), Some("ann"), "/drops")),
            ("sftp://host", ("host", None, None, ".")),
            ("sftp://host/", ("host", None, None, "/")),
            ("sftp://host/~/", ("host", None, None, ".")),
            ("sftp://host/~/in", ("host", None, None, "in")),
            ("sftp://host/a%20b/%23c", ("host", None, None, "/a b/#c")),
            ("sftp://a%40b@host//x/./y", ("host", None, Some("a@b"), "/x/y")),
            ("sftp://[::1]:22/x", ("::1", Some(22), None, "/x")),
            ("sftp://10.0.0.1/a/*/out/*.csv", ("10.0.0.1", None, None, "/a")),
            ("sftp://host/~/*.csv", ("host", None, None, ".")),
        ];
        for (text, expected) in cases {
            let location = parse(text);
            let parts = (&*location.host, location.port, location.user(), &*location.root);
            assert_eq!(parts, expected, "{text}");
        }
        assert_eq!(parse("sftp://host/").below("a/b"), "/a/b");
        assert_eq!(parse("sftp://host/x").below("a"), "/x/a");
        assert_eq!(parse("sftp://host").below("a"), "./a");
    }

    #[test]
    fn what_is_no_location_says_so_and_shows_no_password() {
        let cases = [
            ("ftp://host/x", "sftp://"),
            ("sftp:///x", "host"),
            ("sftp://host:99999/x", "port"),
            ("sftp://ann:hunter2@host/x", "password"),
            ("sftp://ann:hun/ter2@host/x", "port"),
            ("sftp://host/a/../b", ".."),
            ("sftp://host/a/%2e%2e/b", ".."),
            ("sftp://host/100%", "percent"),
            ("sftp://host/a%00b", "control"),
            ("sftp://host/%ff", "UTF-8"),
            ("sftp://host/a[", "globs"),
        ];
        for (text, reason) in cases {
            let error = Location::parse(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            let all = format!("{error:?}");
            assert!(!all.contains("hunter2") && !all.contains("ter2"), "{all}");
            assert!(error.hint.is_some());
        }
    }

    #[test]
    fn files_and_folders_that_globs_mean() {
        let every = parse("sftp://host/x");
        assert!(every.takes("a/b.csv") && every.enters("a/b"));
        let flat = parse("sftp://host/x/*.csv");
        assert!(flat.takes("a.csv") && !flat.takes("a/b.csv") && !flat.takes("a.txt") && !flat.enters("a"));
        let one = parse("sftp://host/x/*/out/*.csv");
        assert!(one.takes("a/out/b.csv") && !one.takes("a/in/b.csv") && !one.takes("out/b.csv"));
        assert!(one.enters("a") && one.enters("a/out") && !one.enters("a/in") && !one.enters("a/out/b"));
        let deep = parse("sftp://host/x/in?/**/*.csv");
        assert!(deep.takes("in1/b.csv") && deep.takes("in1/2/3/b.csv") && !deep.takes("out/b.csv"));
        assert!(deep.enters("in1") && deep.enters("in1/2/3") && !deep.enters("out"));
        let either = parse("sftp://host/{a,b/c}/*.csv");
        assert!(either.takes("b/c/x.csv") && either.takes("a/x.csv") && !either.takes("b/x.csv"));
        assert!(either.enters("b") && either.enters("b/c"));
    }
}

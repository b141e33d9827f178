//! Stores of objects by their URL: which cloud, with which settings and credentials.

use std::sync::Arc;
use std::time::Duration;

use leadq_pipeline::ports::{Fault, PortError};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::ClientConfigKey;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{Error, ObjectStore, RetryConfig};
use url::{Host, Url};

/// Longest that one request may take, its body included. What takes longer goes on from where it was.
const REQUEST: &str = "5 minutes";

/// Settings of a cloud by the names of its environment variables, as `AWS_ACCESS_KEY_ID`. They hold secrets: there is
/// no `Debug`.
#[derive(Clone, Default)]
pub struct CloudOptions(Vec<(String, String)>);

impl CloudOptions {
    /// Those of the environment: `AWS_…`, `GOOGLE_…`, `AZURE_…`, and the two by which Google and Azure name a file and an
    /// address of credentials (`SERVICE_ACCOUNT`, `IDENTITY_ENDPOINT`).
    #[must_use]
    pub fn from_environment() -> Self {
        let texts = std::env::vars_os()
            .filter_map(|(key, value)| key.into_string().ok().zip(value.into_string().ok()));
        texts.collect()
    }

    /// Keys in lower case that begin so, with their values.
    fn of<'o>(&'o self, prefix: &'o str) -> impl Iterator<Item = (String, &'o str)> {
        self.0.iter().filter_map(move |(key, value)| {
            let key = key.to_ascii_lowercase();
            let key = match &*key {
                "service_account" => "google_service_account".to_owned(),
                "identity_endpoint" => "azure_identity_endpoint".to_owned(),
                _ => key,
            };
            (key.starts_with(prefix) && !value.is_empty()).then_some((key, &**value))
        })
    }
}

impl FromIterator<(String, String)> for CloudOptions {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(options: I) -> Self {
        Self(options.into_iter().collect())
    }
}

/// A cloud that keeps objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Amazon,
    Google,
    Azure,
}

impl Cloud {
    fn of(location: &str) -> Option<Self> {
        match location.split_once("://")?.0 {
            "s3" | "s3a" => Some(Self::Amazon),
            "gs" => Some(Self::Google),
            "az" | "abfs" | "abfss" => Some(Self::Azure),
            _ => None,
        }
    }

    /// What to do when one may not enter.
    const fn credentials(self) -> &'static str {
        match self {
            Self::Amazon => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION (or the machine's role), and that they \
                 may list and read there"
            }
            Self::Google => {
                "check GOOGLE_APPLICATION_CREDENTIALS (or the machine's account), and that it may list and read there"
            }
            Self::Azure => {
                "check AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN (or the \
                 machine's identity), and that they may list and read there"
            }
        }
    }
}

/// Whether a location is in object storage.
#[must_use]
pub fn is_cloud(location: &str) -> bool {
    Cloud::of(location).is_some()
}

/// Opens the store of a URL (`s3://bucket/path`, `gs://bucket/path`, `az://container/path`,
/// `abfss://container@account.dfs.core.windows.net/path`), with credentials from the environment; and the path within
/// it. Nothing is sent yet. Plain HTTP is spoken with this machine only, or where `AWS_ALLOW_HTTP` says so.
///
/// # Errors
/// If the URL is none of these, or a setting is wrong.
pub fn open_store(url: &str) -> Result<(Arc<dyn ObjectStore>, Path), PortError> {
    open_store_with(url, &CloudOptions::from_environment())
}

/// The same, with the settings given.
///
/// # Errors
/// As for [`open_store`].
pub fn open_store_with(url: &str, options: &CloudOptions) -> Result<(Arc<dyn ObjectStore>, Path), PortError> {
    let wrong = |reason: &str| {
        PortError::permanent("open", url, reason).hint(
            "write it as s3://bucket/path, gs://bucket/path, az://container/path or \
                   abfss://container@account.dfs.core.windows.net/path",
        )
    };
    let cloud = Cloud::of(url).ok_or_else(|| wrong("it is no URL of an object store"))?;
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it is no URL"))?;
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(wrong("it names no bucket"));
    }
    if bucket.contains(':') {
        return Err(wrong("a password or port has no place in it"));
    }
    let path = Path::parse(path).map_err(|_| wrong("its path has empty parts, or leaves the bucket"))?;
    let bucket = format!("{scheme}://{bucket}");
    let built = match cloud {
        Cloud::Amazon => amazon(&bucket, options),
        Cloud::Google => google(&bucket, options),
        Cloud::Azure => azure(&bucket, options),
    };
    let store = built.map_err(|error| match error {
        Unopened::Http(endpoint) => {
            PortError::permanent("open", url, format!("its endpoint {endpoint} is not encrypted"))
                .hint("give an endpoint that begins with https://, or set AWS_ALLOW_HTTP=true in a network that you trust")
        }
        Unopened::Store(error) => failed("open", url, url, &error),
    })?;
    Ok((store, path))
}

/// Why a store is not opened.
enum Unopened {
    /// What would be sent could be read on the way.
    Http(String),
    /// What the library says.
    Store(Error),
}

impl From<Error> for Unopened {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() }
}

/// Whether plain HTTP shall be spoken: with this machine. Elsewhere it has to be allowed.
fn is_loopback_http(endpoint: Option<String>, allowed: Option<String>) -> Result<bool, Unopened> {
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.to_ascii_lowercase().starts_with("http:"))
    else {
        return Ok(false);
    };
    let url = Url::parse(&endpoint).ok();
    let is_loopback = match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_allowed = allowed.is_some_and(|allowed| matches!(&*allowed.to_ascii_lowercase(), "true" | "1"));
    if is_loopback || is_allowed { Ok(is_loopback) } else { Err(Unopened::Http(endpoint)) }
}

fn amazon(bucket: &str, options: &CloudOptions) -> Result<Arc<dyn ObjectStore>, Unopened> {
    let mut builder = AmazonS3Builder::new()
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), REQUEST)
        .with_config(AmazonS3ConfigKey::CopyIfNotExists, "multipart")
        .with_retry(retry());
    for (key, value) in options.of("aws_") {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let value = |key: AmazonS3ConfigKey| builder.get_config_value(&key);
    let endpoint = value(AmazonS3ConfigKey::S3Endpoint).or_else(|| value(AmazonS3ConfigKey::Endpoint));
    if is_loopback_http(endpoint, value(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp)))? {
        builder = builder.with_allow_http(true);
    }
    Ok(Arc::new(builder.with_url(bucket).build()?))
}

fn google(bucket: &str, options: &CloudOptions) -> Result<Arc<dyn ObjectStore>, Unopened> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_config(GoogleConfigKey::Client(ClientConfigKey::Timeout), REQUEST)
        .with_retry(retry());
    for (key, value) in options.of("google_") {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let value = |key: GoogleConfigKey| builder.get_config_value(&key);
    let endpoint = value(GoogleConfigKey::BaseUrl);
    if is_loopback_http(endpoint, value(GoogleConfigKey::Client(ClientConfigKey::AllowHttp)))? {
        builder = builder.with_config(GoogleConfigKey::Client(ClientConfigKey::AllowHttp), "true");
    }
    Ok(Arc::new(builder.with_url(bucket).build()?))
}

fn azure(container: &str, options: &CloudOptions) -> Result<Arc<dyn ObjectStore>, Unopened> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_config(AzureConfigKey::Client(ClientConfigKey::Timeout), REQUEST)
        .with_retry(retry());
    for (key, value) in options.of("azure_") {
        if let Ok(key) = key.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let value = |key: AzureConfigKey| builder.get_config_value(&key);
    let endpoint = value(AzureConfigKey::Endpoint);
    if is_loopback_http(endpoint, value(AzureConfigKey::Client(ClientConfigKey::AllowHttp)))? {
        builder = builder.with_allow_http(true);
    }
    Ok(Arc::new(builder.with_url(container).build()?))
}

/// A failure of a store, as people read it: without what the server was asked, since that may hold signatures.
pub(crate) fn failed(operation: &'static str, subject: &str, location: &str, error: &Error) -> PortError {
    let told = |reason: &str| PortError::permanent(operation, leadq_ingest::names::shown(subject), reason);
    let credentials = Cloud::of(location).map(Cloud::credentials);
    let entry = |error: PortError| match credentials {
        Some(credentials) => error.hint(credentials),
        None => error,
    };
    match error {
        Error::NotFound { .. } => told("it is not there").hint("check its name"),
        Error::PermissionDenied { .. } => entry(told("access is denied")),
        Error::Unauthenticated { .. } => entry(told("the credentials are not accepted")),
        Error::AlreadyExists { .. } => told("something of that name is there already"),
        Error::Precondition { .. } | Error::NotModified { .. } => told("it has changed meanwhile"),
        Error::InvalidPath { source } => told(&format!("there is a name that cannot be: {source}")).hint(
            "rename or delete it; names have no empty parts, no . and .. as parts, and no control characters",
        ),
        Error::NotSupported { .. } | Error::NotImplemented { .. } | Error::UnknownConfigurationKey { .. } => {
            told(&error.to_string())
        }
        _ => entry(told(&first_words(&error.to_string())).fault(Fault::Transient)),
    }
}

/// The beginning of what a library says: behind it there may be a server's whole answer.
fn first_words(text: &str) -> String {
    const MOST: usize = 300;
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let line = text.lines().next().unwrap_or_default();
    let line = line.split("<?xml").next().unwrap_or_default();
    let line: String = line.split('<').next().unwrap_or_default().chars().take(MOST).collect();
    match code {
        Some((code, _)) if code.len() < MOST => format!("{} {code}", line.trim_end()),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(of: &[(&str, &str)]) -> CloudOptions {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let open = |endpoint: &str, allow: &str| {
            let options = options(&[("AWS_ENDPOINT_URL", endpoint), ("AWS_ALLOW_HTTP", allow)]);
            open_store_with("s3://bucket/a", &options).err().map(|error| error.to_string())
        };
        for endpoint in
            ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000", "https://s3.example"]
        {
            assert_eq!(open(endpoint, ""), None, "{endpoint}");
        }
        assert_eq!(open("http://s3.example", "true"), None);
        assert!(open("http://s3.example", "").unwrap().contains("is not encrypted"));
        assert!(open("http://127.0.0.1.example", "").unwrap().contains("is not encrypted"));
    }

    #[test]
    fn urls_give_a_path_within_the_bucket() {
        let azure =
            options(&[("AZURE_STORAGE_ACCOUNT_NAME", "a"), ("AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")]);
        let cases = [
            ("s3://bucket", ""),
            ("s3://bucket/drops/acme/", "drops/acme"),
            ("gs://bucket/a b/c#d", "a b/c#d"),
            ("az://container/x", "x"),
            ("abfss://container@account.dfs.core.windows.net/x", "x"),
        ];
        for (url, path) in cases {
            assert_eq!(open_store_with(url, &azure).unwrap().1.as_ref(), path, "{url}");
        }
        for url in ["s3:///a", "http://x/y", "s3://key:secret@bucket/a", "s3://bucket/a/../b"] {
            let error = open_store_with(url, &azure).err().unwrap();
            assert!(error.hint.is_some(), "{url}: {error}");
        }
    }

    #[test]
    fn what_a_server_answers_is_cut() {
        let text =
            "Generic S3 error: status 400: <?xml version=\"1.0\"?><Error><Code>Slow</Code><StringToSign>AKIA";
        assert_eq!(first_words(text), "Generic S3 error: status 400: Slow");
        assert_eq!(first_words("one\ntwo"), "one");
    }
}

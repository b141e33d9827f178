//! Object stores by URL: `s3://bucket/…`, `gs://bucket/…`, `az://container/…`, with the credentials of each cloud's
//! usual environment variables.
//!
//! A commit to a Delta table is a put of the next number if absent, which these stores decide atomically. Delta's
//! library asks who keeps the log of a table by the scheme of its URL; for these it is its default log store, as on a
//! local disk.

use std::sync::{Arc, Once};

use deltalake::DeltaResult;
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ObjectStore, Result, RetryConfig};
use url::Url;

/// The schemes of the stores that are known.
pub(crate) const SCHEMES: [&str; 3] = ["s3", "gs", "az"];

/// The store of a URL, from its root on.
pub(crate) fn store(url: &Url, retry: RetryConfig) -> Result<Arc<dyn ObjectStore>> {
    let text = url.as_str();
    Ok(match url.scheme() {
        "s3" => Arc::new(AmazonS3Builder::from_env().with_url(text).with_retry(retry).build()?),
        "gs" => Arc::new(GoogleCloudStorageBuilder::from_env().with_url(text).with_retry(retry).build()?),
        _ => Arc::new(MicrosoftAzureBuilder::from_env().with_url(text).with_retry(retry).build()?),
    })
}

/// Tells Delta's library, once, how to keep the logs of tables in these stores.
pub(crate) fn register_log_stores() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for scheme in SCHEMES {
            if let Ok(url) = Url::parse(&format!("{scheme}://")) {
                logstore_factories().insert(url, Arc::new(ConditionalPut));
            }
        }
    });
}

/// Log stores that commit by put-if-absent.
struct ConditionalPut;

impl LogStoreFactory for ConditionalPut {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed_store, root_store, location, options))
    }
}

//! The search through all that a lake holds, after somebody was forgotten.

use bytes::Bytes;
use leadq_pipeline::forget::{Proof, Redacted, Scanned, Scope, redact};
use leadq_pipeline::ports::Archive;

use crate::edges::Edges;
use crate::failure::Outcome;
use crate::forgetting::LIST_FILE;
use crate::settings::Settings;
use crate::work;

/// What the search came to.
pub(super) struct Proven {
    /// In the lake.
    pub(super) lake: Scanned,
    /// In the archive.
    pub(super) archive: Redacted,
}

impl Proven {
    /// Whether nobody who is forgotten was found.
    pub(super) fn is_clean(&self) -> bool {
        self.lake.found.is_empty() && self.archive.held.is_empty() && self.archive.unread.is_empty()
    }
}

/// Searches every file of the lake and every content of the archive for all who are forgotten.
pub(super) async fn search(settings: &Settings, edges: &Edges, archive: &dyn Archive) -> Outcome<Proven> {
    let request = work::request(settings, edges, false).await?;
    let mut proof = Proof::new(&request.forgotten, &request.secret);
    for name in edges.lake.every_file().await? {
        // The list itself has them, keyed, so that they are known when they come again.
        if name == LIST_FILE {
            continue;
        }
        if let Some(bytes) = edges.lake.file(&name).await? {
            tokio::task::block_in_place(|| proof.search(&name, Bytes::from(bytes)));
        }
    }
    let archive = redact(&request, archive, Scope::Prove).await?;
    Ok(Proven { lake: proof.into_scanned(), archive })
}

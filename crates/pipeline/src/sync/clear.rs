//! What is done to a file, where it came from, once the archive has it and the catalogue says so.

use leadq_contract::config::After;

use super::fetch::Fetch;
use super::plan::left;
use super::{Left, LeftCause, known};
use crate::ports::{Listed, PortError};

impl Fetch<'_> {
    /// Whether anything is to be done.
    pub(super) fn clears(&self) -> bool {
        self.source.rules.after != After::Keep
    }

    /// Moves or deletes a file and its marker, unless it is another one by now; tells what kept that from being done.
    pub(super) async fn clear(&self, listed: &Listed) -> Option<Left> {
        let error = self.try_to_clear(listed).await.err()?;
        let (done, may) = match self.source.rules.after {
            After::Move(_) => ("moved", "move"),
            After::Keep | After::Delete => ("deleted", "delete"),
        };
        let reason = format!("it is in the archive, but cannot be {done}: {error}");
        let advice = error.hint.unwrap_or_else(|| {
            format!("allow leadq to {may} files there, or set after = \"keep\" in [drops]; it is tried again the next time")
        });
        Some(left(self.source, &listed.name, LeftCause::Uncleared, reason, advice))
    }

    async fn try_to_clear(&self, listed: &Listed) -> Result<(), PortError> {
        let drop = &self.source.drop;
        match drop.look(&listed.name).await? {
            Some(now) if known::is_same(&now, listed) => {}
            // Another one, that the next time reads; or somebody else was faster.
            Some(_) | None => return Ok(()),
        }
        // The marker goes first: one that stays would say of the next file of this name that it is complete.
        if let Some(marker) = self.source.rules.marker_of(&listed.name)
            && drop.look(&marker).await?.is_some()
        {
            self.clear_one(&marker).await?;
        }
        self.clear_one(&listed.name).await
    }

    async fn clear_one(&self, name: &str) -> Result<(), PortError> {
        match &self.source.rules.after {
            After::Keep => Ok(()),
            After::Delete => self.source.drop.delete(name).await,
            After::Move(folder) => self.source.drop.move_into(name, folder).await,
        }
    }
}

//! History that is frozen, since its files are no longer kept, without people who are forgotten.

use std::sync::Arc;

use leadq_contract::identifier::hex;
use leadq_contract::{ClientSettings, SurrogateKey, Table};
use leadq_matching::ClientFold;

use super::ClientState;
use crate::error::RunError;
use crate::run::Stages;
use crate::state::{packed, unpacked};

/// Name of the versions that ended in a stretch, while records are taken out of them.
const FROZEN: &str = "frozen_versions";

impl Stages<'_> {
    /// Takes the records of people who are forgotten out of the stretches that are left of a client's history.
    pub(super) async fn forget_frozen(
        &mut self,
        client: &Arc<ClientSettings>,
        state: &mut ClientState,
    ) -> Result<(), RunError> {
        let forgotten = self.request.forgotten.clone();
        if forgotten.is_empty() {
            return Ok(());
        }
        let failed = |source| RunError::Fold { client: client.id.0.clone(), source };
        let mut gone = Vec::new();
        // Backwards: who had an identifier in the end is gone from the beginning on.
        for segment in state.segments.iter_mut().rev() {
            let kept = self.ports.lake.state(&segment.fold).await?;
            let mut fold = ClientFold::from_bytes(client, &unpacked(&kept)?).map_err(failed)?;
            let here = fold.forget(|key| forgotten.contains(key));
            if !here.is_empty() {
                segment.fold =
                    self.writer.put_state("fold", packed(&fold.to_bytes().map_err(failed)?)?).await?;
            }
            gone.extend(here.into_iter().filter(|key| !gone.contains(key)).collect::<Vec<_>>());
            if !gone.is_empty() && !segment.versions.is_empty() {
                segment.versions = self.without(&segment.versions, &gone).await?;
            }
        }
        Ok(())
    }

    /// Data files of versions without those of some records.
    async fn without(&mut self, names: &[String], gone: &[SurrogateKey]) -> Result<Vec<String>, RunError> {
        let mut files = self.files(Table::RecordVersion, names)?;
        FROZEN.clone_into(&mut files.name);
        self.ports.engine.register(&files)?;
        let keys: Vec<_> = gone.iter().map(|key| format!("X'{}'", hex(&key.0))).collect();
        let sql = format!("SELECT * FROM {FROZEN} WHERE record_key NOT IN ({})", keys.join(", "));
        let rows = self.ports.engine.query(&sql).await?;
        let staged = self.stage_stream(Table::RecordVersion, rows.batches).await?;
        Ok(self.staged(staged))
    }
}

//! The one place that builds a DataFusion session: memory, disk, partitions, functions.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::catalog::Registered;
use crate::pool::HeadroomPool;
use crate::surrogate_key::SurrogateKeyFunction;

/// Names of the one catalog and schema; tables are named without them.
const CATALOG: &str = "leadq";
const SCHEMA: &str = "tables";

/// Part of the promised memory that DataFusion's operators may reserve. What they do not account for
/// (decoded pages, batches in flight, the encoders) was measured at two to five times the pool.
const POOL_SHARE: u64 = 4;
/// Spilled bytes allowed for each promised byte of memory, so that a runaway join ends before the disk does.
const SPILL_SHARE: u64 = 32;
/// The least spill space, for runs with little memory: those are the ones that spill.
const SPILL_FLOOR: u64 = 8 << 30;

/// Bytes that one spilled file takes while it is merged with others: a few batches of wide rows.
const MERGE_STREAM: usize = 8 << 20;

/// What an engine may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineSettings {
    /// Bytes of memory that the process promises to stay within, as a whole.
    pub memory: u64,
    /// Partitions that a plan is executed in; about one a core.
    pub partitions: usize,
    /// Where the engine's temporary folder is made; the system's place if none.
    pub spill_dir: Option<PathBuf>,
}

impl EngineSettings {
    /// Bytes that the operators of all queries may hold together.
    pub(crate) fn pool(&self) -> usize {
        usize::try_from(self.memory / POOL_SHARE).unwrap_or(usize::MAX).max(1)
    }

    /// Spilled files that one sort merges at a time. Left alone, each partition's merge takes all the memory
    /// it can get, and the merge of the partitions above finds none: the sort spills, then fails.
    fn merge_fan_in(&self) -> usize {
        (self.pool() / 2 / self.partitions.max(1) / MERGE_STREAM).max(2)
    }

    fn spill_cap(&self) -> u64 {
        self.memory.saturating_mul(SPILL_SHARE).max(SPILL_FLOOR)
    }
}

/// Builds the session over `tables`, spilling into `folder`.
pub(crate) fn build(
    settings: &EngineSettings,
    folder: &Path,
    tables: Arc<Registered>,
) -> Result<SessionContext> {
    let state = SessionStateBuilder::new()
        .with_config(config(settings))
        .with_runtime_env(runtime(settings, folder)?)
        .with_default_features()
        .with_physical_optimizer_rules(sound_rules())
        .build();
    let context = SessionContext::new_with_state(state);
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, tables)?;
    context.register_catalog(CATALOG, Arc::new(catalog));
    context.register_udf(ScalarUDF::from(SurrogateKeyFunction::default()));
    Ok(context)
}

/// DataFusion's physical rules less the one that pushes filters down before joins are settled. In 55.2 it finds the
/// columns of a filter above a join by their names alone: where both sides of an outer join have a column of that name it
/// moves the filter below the join, to the side that has to be preserved, and rows are lost. Logical filters are
/// pushed down all the same, and a table takes them when it is scanned; what joins find out while they run
/// comes later, by a rule of its own.
fn sound_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let unsound = FilterPushdown::new();
    PhysicalOptimizer::new().rules.into_iter().filter(|rule| rule.name() != unsound.name()).collect()
}

fn runtime(settings: &EngineSettings, folder: &Path) -> Result<Arc<RuntimeEnv>> {
    // Fair: one greedy sort cannot starve the next operator. Tracked: the error names who held the memory.
    let top = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
    let pool = TrackConsumersPool::new(HeadroomPool::new(settings.pool()), top);
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![folder.to_owned()]))
        .with_max_temp_directory_size(settings.spill_cap())
        .with_max_spill_merge_fan_in(settings.merge_fan_in());
    RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).with_disk_manager_builder(disk).build_arc()
}

fn config(settings: &EngineSettings) -> SessionConfig {
    let partitions = settings.partitions.max(1);
    let mut config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA)
        // `SHOW TABLES` and `DESCRIBE` for people; both are queries.
        .with_information_schema(true);
    let options = config.options_mut();
    // Tables say Utf8. Left at its default, `CAST(x AS TEXT)` alone would give Utf8View, and every
    // comparison of the two would convert a column.
    options.sql_parser.map_string_types_to_utf8view = false;
    // Where in a query an unknown name stands, for the error.
    options.sql_parser.collect_spans = true;
    // Each sort sets this aside for its merge, out of a pool that may be small: the default of 10 MB a
    // partition would leave nothing to sort with. Never above the default, never so little that a merge
    // of wide rows fails.
    let share = settings.pool() / (16 * partitions);
    options.execution.sort_spill_reservation_bytes = share.clamp(1 << 20, 10 << 20);
    // Kept at their defaults on purpose:
    // - execution.batch_size (8192): smaller ones slow every operator down, larger ones break small pools.
    // - execution.parquet.pushdown_filters (off): row groups and pages are skipped by their statistics
    //   without it; evaluating row by row while decoding pays only for rare, very selective filters.
    // - execution.parquet.schema_force_view_types has no say here: scans follow the table's own schema.
    // - optimizer.prefer_hash_join (on): the tables' row counts are exact, so the smaller side is built;
    //   it does not spill, which is why the rooms join by key bucket where neither side is small.
    // - sql_parser.enable_ident_normalization (on): the tables' columns are lower-case.
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_get_a_quarter_of_the_promise() {
        let settings = EngineSettings { memory: 2_000_000_000, partitions: 2, spill_dir: None };
        assert_eq!(settings.pool(), 500_000_000);
        assert_eq!(settings.merge_fan_in(), 14);
        assert_eq!(settings.spill_cap(), 64_000_000_000);
        assert_eq!(EngineSettings { memory: 1, ..settings }.spill_cap(), SPILL_FLOOR);
    }
}

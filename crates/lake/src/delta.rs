//! Data files to versions of a Delta table, and back.
//!
//! A commit says what is in a table as a whole: it removes the files of the version before that are not among its
//! own, adds those that are new, and is none at all if nothing changed. Its schema comes from the contract. Columns
//! without a time zone make it a table with the feature `timestampNtz` (reader version 3, writer version 7), which
//! Delta's own library adds when the table is made; only dimensions, which are text, can join later.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deltalake::checkpoints::create_checkpoint;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, Add, LogicalFileView, MetadataExt as _, StructType, Transaction};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::table::state::DeltaTableState;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use leadq_contract::run::TablePin;
use leadq_pipeline::ports::{DataFile, Fault, PortError, TableFiles};
use object_store::path::Path;

use crate::failure;
use crate::location::Location;

/// Name under which runs are noted in a table's log: the highest one tells which run a head is from.
const APPLICATION: &str = "leadq";

/// The table property that says whether columns go by other names in the files.
const COLUMN_MAPPING: &str = "delta.columnMapping.mode";

/// The files of a table at a version that a run pinned.
pub(crate) async fn pinned(location: &Location, name: &str, pin: TablePin) -> Result<TableFiles, PortError> {
    let table = at(location, name, pin.version).await?;
    let state = table.snapshot().map_err(|error| told("read", name, &error))?;
    let files = freeze(location, name, state).map_err(|reason| {
        PortError::permanent("read", name, reason)
            .hint("another tool has changed the table; a next run puts it back to what leadq wrote")
    })?;
    if files.rows() != pin.rows {
        let reason = format!("version {} has {} rows, the run wrote {}", pin.version, files.rows(), pin.rows);
        return Err(PortError::permanent("read", name, reason));
    }
    Ok(files)
}

/// Makes `files` the whole content of a table, which need not exist. Returns the version.
pub(crate) async fn replace(location: &Location, files: &TableFiles, run: u64) -> Result<u64, PortError> {
    let name = files.name.as_str();
    let wanted: StructType = files
        .schema
        .as_ref()
        .try_into_kernel()
        .map_err(|error| PortError::permanent("commit", name, error))?;
    let adds = files.files.iter().map(|file| add(location, name, file)).collect::<Result<Vec<_>, _>>()?;
    let table = open(location, name)?;
    let committed = if exists(&table, name).await? {
        overwrite(table, wanted, adds, run).await
    } else {
        create(&table, name, &wanted, adds, run).await
    };
    committed.map_err(|error| told("commit", name, &error))
}

/// Puts a table back to its pinned version if its head holds anything else. A restored head has a higher
/// version and the same files, so that is what is compared.
pub(crate) async fn restore(location: &Location, name: &str, pin: TablePin) -> Result<(), PortError> {
    let failed = |error: &DeltaTableError| told("restore", name, error);
    // The usual case without loading anything: the pinned version is there, and none after it.
    if location.has(&location.table_commit(name, pin.version)).await?
        && !location.has(&location.table_commit(name, pin.version + 1)).await?
    {
        return Ok(());
    }
    let mut head = open(location, name)?;
    head.load().await.map_err(|error| failed(&error))?;
    if head.version() == Some(pin.version) {
        return Ok(());
    }
    let target = at(location, name, pin.version).await?;
    if content(&head).map_err(|error| failed(&error))? == content(&target).map_err(|error| failed(&error))? {
        return Ok(());
    }
    tracing::info!(
        table.name = name,
        table.version = pin.version,
        "restoring table to its last committed run"
    );
    let restore = head.restore().with_version_to_restore(pin.version);
    restore.with_commit_properties(properties()).await.map_err(|error| failed(&error))?;
    Ok(())
}

/// Names of the data files of a version.
pub(crate) async fn file_names(
    location: &Location,
    name: &str,
    version: u64,
) -> Result<BTreeSet<String>, PortError> {
    let table = at(location, name, version).await?;
    let state = table.snapshot().map_err(|error| told("read", name, &error))?;
    Ok(state.log_data().into_iter().map(|file| file.path().to_string()).collect())
}

/// Writes a checkpoint of a version, from which it and later ones are read.
pub(crate) async fn checkpoint(location: &Location, name: &str, version: u64) -> Result<(), PortError> {
    let table = at(location, name, version).await?;
    create_checkpoint(&table, None).await.map_err(|error| told("write a checkpoint of", name, &error))
}

fn open(location: &Location, name: &str) -> Result<DeltaTable, PortError> {
    let url = location.table_url(name)?;
    DeltaTableBuilder::from_url(url.clone())
        .and_then(|table| table.with_storage_backend(location.store().clone(), url).build())
        .map_err(|error| told("open", name, &error))
}

async fn exists(table: &DeltaTable, name: &str) -> Result<bool, PortError> {
    table.verify_deltatable_existence().await.map_err(|error| told("open", name, &error))
}

async fn at(location: &Location, name: &str, version: u64) -> Result<DeltaTable, PortError> {
    let mut table = open(location, name)?;
    let gone = |reason: String| {
        PortError::permanent("read", name, format!("version {version} of the table is gone: {reason}"))
            .hint("its log or files were cleaned up (vacuum?) or deleted; read a later run (`leadq runs`)")
    };
    if !exists(&table, name).await? {
        return Err(gone("there is no table".to_owned()));
    }
    table.load_version(version).await.map_err(|error| gone(error.to_string()))?;
    Ok(table)
}

async fn create(
    table: &DeltaTable,
    name: &str,
    schema: &StructType,
    adds: Vec<Add>,
    run: u64,
) -> Result<u64, DeltaTableError> {
    let made = table
        .create()
        .with_table_name(name)
        .with_columns(schema.fields().cloned())
        .with_save_mode(SaveMode::ErrorIfExists)
        .with_actions(adds.into_iter().map(Action::Add))
        .with_commit_properties(properties().with_application_transaction(transaction(run)))
        .await?;
    made.version().ok_or(DeltaTableError::NotInitialized)
}

async fn overwrite(
    mut table: DeltaTable,
    schema: StructType,
    adds: Vec<Add>,
    run: u64,
) -> Result<u64, DeltaTableError> {
    table.load().await?;
    let state = table.snapshot()?;
    let same_columns = state.schema().as_ref() == &schema;
    let mut actions = Vec::new();
    if !same_columns {
        actions.push(Action::Metadata(state.metadata().clone().with_schema(&schema)?));
    }
    let mut new: BTreeMap<String, Add> = adds.into_iter().map(|add| (add.path.clone(), add)).collect();
    for file in state.log_data() {
        if new.remove(file.path().as_ref()).is_none() {
            actions.push(Action::Remove(file.remove_action(true)));
        }
    }
    actions.extend(new.into_values().map(Action::Add));
    if actions.is_empty() {
        return table.version().ok_or(DeltaTableError::NotInitialized);
    }
    let operation = DeltaOperation::Write { mode: SaveMode::Overwrite, partition_by: None, predicate: None };
    let committed = CommitBuilder::from(properties().with_application_transaction(transaction(run)))
        .with_actions(actions)
        .build(Some(state), table.log_store(), operation)
        .await?;
    Ok(committed.version())
}

/// No retries: whoever commits to a table of ours at the same time is no leadq with the lock. No clean-up
/// of the log either, which would unpin older runs.
fn properties() -> CommitProperties {
    CommitProperties::default().with_max_retries(0).with_cleanup_expired_logs(Some(false))
}

fn transaction(run: u64) -> Transaction {
    Transaction::new(APPLICATION, i64::try_from(run).unwrap_or(i64::MAX))
}

/// The action that makes a staged file part of a table. Of statistics it has the row count, which readers
/// count by; minima and maxima stand in the Parquet files.
fn add(location: &Location, name: &str, file: &DataFile) -> Result<Add, PortError> {
    let foreign = || PortError::permanent("commit", name, format!("{} is no file of the table", file.path));
    let path = Path::parse(&file.path).map_err(|_| foreign())?;
    let inside = path.prefix_match(&location.table(name)).map(Path::from_iter).ok_or_else(foreign)?;
    Ok(Add {
        path: inside.to_string(),
        partition_values: HashMap::new(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modification_time: chrono::Utc::now().timestamp_millis(),
        data_change: true,
        stats: Some(format!(r#"{{"numRecords":{}}}"#, file.rows)),
        ..Add::default()
    })
}

/// What a reader of the table sees: its columns and its files.
fn content(table: &DeltaTable) -> Result<(StructType, BTreeSet<String>), DeltaTableError> {
    let state = table.snapshot()?;
    let files = state.log_data().into_iter().map(|file| {
        let deleted = file.deletion_vector_descriptor().map(|vector| vector.path_or_inline_dv);
        format!("{} {}", file.path(), deleted.unwrap_or_default())
    });
    Ok((state.schema().as_ref().clone(), files.collect()))
}

fn freeze(location: &Location, name: &str, state: &DeltaTableState) -> Result<TableFiles, String> {
    let metadata = state.metadata();
    if metadata.configuration().get(COLUMN_MAPPING).is_some_and(|mode| mode != "none") {
        return Err("the table uses column mapping, which this build does not read".to_owned());
    }
    if !metadata.partition_columns().is_empty() {
        return Err("the table is partitioned, which this build does not read".to_owned());
    }
    let root = location.table(name);
    let files = state.log_data().into_iter().map(|file| data_file(&root, &file));
    Ok(TableFiles {
        name: name.to_owned(),
        schema: state.snapshot().arrow_schema(),
        store: location.base().to_owned(),
        files: files.collect::<Result<_, _>>()?,
    })
}

fn data_file(root: &Path, file: &LogicalFileView) -> Result<DataFile, String> {
    let path = file.object_store_path();
    if file.deletion_vector_descriptor().is_some() {
        return Err(format!("{path} has a deletion vector, which this build does not read"));
    }
    let rows = file.num_records().ok_or_else(|| format!("{path} has no row count"))?;
    Ok(DataFile {
        path: Path::from_iter(root.parts().chain(path.parts())).to_string(),
        size: u64::try_from(file.size()).unwrap_or_default(),
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
    })
}

fn told(operation: &'static str, name: &str, error: &DeltaTableError) -> PortError {
    let told = failure::of(operation, name, error);
    let overtaken = match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => matches!(
            source,
            TransactionError::VersionAlreadyExists(_)
                | TransactionError::CommitConflict(_)
                | TransactionError::MaxCommitAttempts(_)
        ),
        _ => false,
    };
    if !overtaken {
        return told;
    }
    PortError { reason: format!("another tool committed to the table meanwhile: {error}"), ..told }
        .fault(Fault::Locked)
        .hint("run again; leadq's tables are for others to read, not to write")
}

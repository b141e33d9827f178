//! Batches kept until their turn comes: in memory while there is room, else on local disk.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use tempfile::{NamedTempFile, TempPath};

/// Memory that all spools of a run share, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct SpoolMemory(Arc<AtomicI64>);

impl SpoolMemory {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicI64::new(i64::try_from(bytes).unwrap_or(i64::MAX))))
    }

    fn take(&self, bytes: i64) -> bool {
        let left = self.0.fetch_sub(bytes, Ordering::Relaxed) - bytes;
        if left < 0 {
            self.give_back(bytes);
        }
        left >= 0
    }

    fn give_back(&self, bytes: i64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Batches written once, and read after that.
pub(crate) struct Spool {
    memory: SpoolMemory,
    taken: i64,
    rows: usize,
    held: Vec<RecordBatch>,
    spilled: Spilled,
    folder: PathBuf,
}

/// What is on disk. A file is open only while it is written or read: a run may have thousands.
enum Spilled {
    Nothing,
    Open(Box<StreamWriter<BufWriter<NamedTempFile>>>),
    Closed(TempPath),
}

impl Spool {
    /// A spool that spills to a temporary file in `folder`.
    pub(crate) fn new(memory: &SpoolMemory, folder: &Path) -> Self {
        let spilled = Spilled::Nothing;
        Self {
            memory: memory.clone(),
            taken: 0,
            rows: 0,
            held: Vec::new(),
            spilled,
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn push(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        self.rows += batch.num_rows();
        if let Spilled::Open(writer) = &mut self.spilled {
            return writer.write(&batch);
        }
        let bytes = i64::try_from(batch.get_array_memory_size()).unwrap_or(i64::MAX);
        if self.memory.take(bytes) {
            self.taken += bytes;
            self.held.push(batch);
            return Ok(());
        }
        let file = tempfile::Builder::new().prefix("leadq-spool-").tempfile_in(&self.folder)?;
        let mut writer = StreamWriter::try_new(BufWriter::new(file), &batch.schema())?;
        for held in self.held.drain(..).chain(std::iter::once(batch)) {
            writer.write(&held)?;
        }
        self.memory.give_back(std::mem::take(&mut self.taken));
        self.spilled = Spilled::Open(Box::new(writer));
        Ok(())
    }

    /// Rows pushed.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Ends writing.
    pub(crate) fn close(&mut self) -> Result<(), ArrowError> {
        self.spilled = match std::mem::replace(&mut self.spilled, Spilled::Nothing) {
            Spilled::Open(mut writer) => {
                writer.finish()?;
                let file = writer.into_inner()?.into_inner().map_err(|e| ArrowError::from(e.into_error()))?;
                Spilled::Closed(file.into_temp_path())
            }
            other => other,
        };
        Ok(())
    }

    /// The batches, in the order in which they were pushed; to be had again. Only once it is closed.
    pub(crate) fn batches(&self) -> Result<Batches, ArrowError> {
        match &self.spilled {
            Spilled::Closed(path) => {
                Ok(Box::new(StreamReader::try_new(BufReader::new(File::open(path)?), None)?))
            }
            _ => Ok(Box::new(self.held.clone().into_iter().map(Ok))),
        }
    }

    /// The batches, in the order in which they were pushed.
    pub(crate) fn into_batches(mut self) -> Result<Batches, ArrowError> {
        self.close()?;
        match std::mem::replace(&mut self.spilled, Spilled::Nothing) {
            Spilled::Closed(path) => {
                let reader = StreamReader::try_new(BufReader::new(File::open(&path)?), None)?;
                Ok(Box::new(reader.chain(Kept(path))))
            }
            _ => {
                let held = std::mem::take(&mut self.held);
                Ok(Box::new(held.into_iter().map(Ok).chain(Kept(self))))
            }
        }
    }
}

/// Batches on their way.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

impl Drop for Spool {
    fn drop(&mut self) {
        self.memory.give_back(self.taken);
    }
}

/// Yields nothing; what it keeps goes when the iteration is over: a spool's memory, or its file.
struct Kept<T>(T);

impl<T> Iterator for Kept<T> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, Int64Array};
    use arrow::datatypes::UInt32Type;

    fn batch(n: i64) -> RecordBatch {
        let text = format!("value {n}");
        RecordBatch::try_from_iter([
            ("n", Arc::new(Int64Array::from(vec![n; 100])) as _),
            ("t", Arc::new(DictionaryArray::<UInt32Type>::from_iter(vec![Some(text.as_str()); 100])) as _),
        ])
        .unwrap()
    }

    #[test]
    fn what_spills_comes_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for room in [0, 5000, 1 << 30] {
            let memory = SpoolMemory::new(room);
            let mut spool = Spool::new(&memory, folder.path());
            (0..20).for_each(|n| spool.push(batch(n)).unwrap());
            spool.close().unwrap();
            assert_eq!(matches!(spool.spilled, Spilled::Closed(_)), room < 1 << 30);
            for _ in 0..2 {
                let read: Vec<_> = spool.batches().unwrap().map(Result::unwrap).collect();
                assert_eq!(read, (0..20).map(batch).collect::<Vec<_>>());
            }
            let read: Vec<_> = spool.into_batches().unwrap().map(Result::unwrap).collect();
            assert_eq!(read, (0..20).map(batch).collect::<Vec<_>>());
            assert_eq!(memory.0.load(Ordering::Relaxed), room as i64, "all memory is given back");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file is left");
        }
    }
}

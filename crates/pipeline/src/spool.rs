//! Batches of one file, kept until their turn comes: in memory while there is room, else on local disk.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;

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

/// Batches written once, read once.
pub(crate) struct Spool {
    memory: SpoolMemory,
    taken: i64,
    held: Vec<RecordBatch>,
    spilled: Option<StreamWriter<BufWriter<File>>>,
    folder: std::path::PathBuf,
}

impl Spool {
    /// A spool that spills to an unnamed file in `folder`.
    pub(crate) fn new(memory: &SpoolMemory, folder: &Path) -> Self {
        Self { memory: memory.clone(), taken: 0, held: Vec::new(), spilled: None, folder: folder.to_owned() }
    }

    pub(crate) fn push(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        if self.spilled.is_none() {
            let bytes = i64::try_from(batch.get_array_memory_size()).unwrap_or(i64::MAX);
            if self.memory.take(bytes) {
                self.taken += bytes;
                self.held.push(batch);
                return Ok(());
            }
            self.spill(&batch)?;
        }
        match &mut self.spilled {
            Some(writer) => writer.write(&batch),
            None => Ok(()),
        }
    }

    /// Moves what is held to disk, in order.
    fn spill(&mut self, like: &RecordBatch) -> Result<(), ArrowError> {
        let file = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        let mut writer = StreamWriter::try_new(file, &like.schema())?;
        for batch in self.held.drain(..) {
            writer.write(&batch)?;
        }
        self.memory.give_back(std::mem::take(&mut self.taken));
        self.spilled = Some(writer);
        Ok(())
    }

    /// The batches, in the order in which they were pushed.
    pub(crate) fn into_batches(
        mut self,
    ) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>, ArrowError> {
        match self.spilled.take() {
            None => {
                let held = std::mem::take(&mut self.held);
                Ok(Box::new(held.into_iter().map(Ok).chain(Release(self))))
            }
            Some(writer) => {
                let mut file =
                    writer.into_inner()?.into_inner().map_err(|e| ArrowError::from(e.into_error()))?;
                file.rewind()?;
                Ok(Box::new(StreamReader::try_new(BufReader::new(file), None)?))
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.memory.give_back(self.taken);
    }
}

/// Yields nothing; gives the spool's memory back when the iteration is over.
struct Release(#[expect(dead_code, reason = "held for its drop")] Spool);

impl Iterator for Release {
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
            assert_eq!(spool.spilled.is_some(), room < 1 << 30);
            let read: Vec<_> = spool.into_batches().unwrap().map(Result::unwrap).collect();
            assert_eq!(read, (0..20).map(batch).collect::<Vec<_>>());
            assert_eq!(memory.0.load(Ordering::Relaxed), room as i64, "all memory is given back");
        }
    }
}

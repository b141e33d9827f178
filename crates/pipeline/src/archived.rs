//! Archived files as the readers of room 1 want them.
//!
//! A file that is wrong is its sender's fault and is rejected; an archive that cannot be read is ours, and ends the
//! run: otherwise a damaged disk would look like a client that sends nothing.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::ports::{ArchivedFile, PortError};

/// Remembers whether reading failed below the file's own content.
pub(crate) struct Watched {
    inner: Box<dyn ArchivedFile>,
    failed: Option<String>,
}

impl Watched {
    pub(crate) fn new(inner: Box<dyn ArchivedFile>) -> Self {
        Self { inner, failed: None }
    }

    pub(crate) fn into_inner(self) -> Box<dyn ArchivedFile> {
        self.inner
    }

    /// An error if the archive could not be read, or is damaged where the file was not read: a file that is told to
    /// be wrong was read up to there only.
    pub(crate) fn sound(&mut self, name: &str) -> Result<(), PortError> {
        if self.failed.is_none() {
            let verified = self.inner.verify();
            // What it says is remembered.
            drop(self.watch(verified));
        }
        match &self.failed {
            None => Ok(()),
            Some(reason) => Err(PortError::permanent("read from the archive", name, reason)
                .hint("the archive is damaged or its disk fails; put it back from a backup")),
        }
    }

    fn watch<T>(&mut self, read: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &read
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed.get_or_insert_with(|| error.to_string());
        }
        read
    }
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        self.watch(read)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A place before the beginning is the caller's slip: damaged archives ask for such.
        self.inner.seek(to)
    }
}

/// A Parquet file in the archive.
#[derive(Clone)]
pub(crate) struct Parquet {
    file: Arc<Mutex<Box<dyn ArchivedFile>>>,
    length: u64,
}

impl Parquet {
    pub(crate) fn new(mut file: Box<dyn ArchivedFile>) -> io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file: Arc::new(Mutex::new(file)), length })
    }

    fn read_at(&self, start: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        file.read(into)
    }
}

impl Length for Parquet {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Parquet {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(From { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if start.saturating_add(length as u64) > self.length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} are beyond the file's end")));
        }
        let mut bytes = vec![0; length];
        From { file: self.clone(), at: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// The file from some place on.
pub(crate) struct From {
    file: Parquet,
    at: u64,
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(self.at, into)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that fails where it is read from some place on, or where it was not read.
    struct Damaged {
        bytes: io::Cursor<Vec<u8>>,
        from: u64,
    }

    impl Damaged {
        fn watched(from: u64) -> Watched {
            let bytes = io::Cursor::new(b"Email,Set\n".to_vec());
            Watched::new(Box::new(Self { bytes, from }))
        }
    }

    impl Read for Damaged {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.bytes.position() >= self.from {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged"));
            }
            let most = into.len().min((self.from - self.bytes.position()) as usize);
            self.bytes.read(&mut into[..most])
        }
    }

    impl Seek for Damaged {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.bytes.seek(to)
        }
    }

    impl ArchivedFile for Damaged {
        fn verify(&mut self) -> io::Result<()> {
            let is_whole = self.from >= self.bytes.get_ref().len() as u64;
            if is_whole { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, "it is damaged")) }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_whatever_the_reader_made_of_it() {
        let mut file = Damaged::watched(4);
        let mut bytes = Vec::new();
        assert!(file.read_to_end(&mut bytes).is_err());
        // A reader that seeks away and goes on does not undo it.
        file.rewind().unwrap();
        assert!(file.read(&mut [0; 2]).is_ok());
        let error = file.sound("a.csv").unwrap_err();
        assert!(error.to_string().contains("a.csv") && error.hint.is_some(), "{error}");
    }

    #[test]
    fn damage_behind_what_was_read_is_told() {
        let mut file = Damaged::watched(4);
        assert_eq!(file.read(&mut [0; 2]).unwrap(), 2);
        assert!(file.sound("a.csv").is_err());
        assert!(Damaged::watched(0).sound("a.csv").is_err());
        let mut whole = Damaged::watched(100);
        assert_eq!(whole.read(&mut [0; 2]).unwrap(), 2);
        whole.sound("a.csv").unwrap();
    }
}

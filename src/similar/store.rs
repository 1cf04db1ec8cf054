//! The shingle sets of many texts, in memory while they are few and in a temporary file when they are many.
//!
//! Verifying a pair exactly needs both sets, which together take as much room as the texts; but few of them are asked
//! for, so they may lie on disk. They are written in the order in which they come and read at their place.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Bytes of sets that are held before they go to a file, where nothing else is asked.
pub const HELD: usize = 256 << 20;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Sets of shingles, numbered as they were added.
#[derive(Debug)]
pub struct ShingleStore {
    /// Where each set ends, in elements from the first of all.
    ends: Vec<u64>,
    /// Sets that are in memory: all of them, or the last ones, which are not yet written.
    held: Vec<u32>,
    /// Elements in the file.
    written: u64,
    file: Option<File>,
    limit: usize,
    folder: PathBuf,
}

impl ShingleStore {
    /// A store that holds `limit` bytes in memory, and everything in a nameless file in `folder` once there is more.
    pub fn new(limit: usize, folder: impl Into<PathBuf>) -> Self {
        Self { ends: Vec::new(), held: Vec::new(), written: 0, file: None, limit, folder: folder.into() }
    }

    /// A store that never writes a file.
    pub fn in_memory() -> Self {
        Self::new(usize::MAX, "")
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Elements of a set; 0 for a number that no set has.
    pub fn size(&self, number: usize) -> usize {
        self.place(number).map_or(0, |(start, end)| (end - start) as usize)
    }

    /// Memory taken, in bytes.
    pub fn memory(&self) -> usize {
        self.held.capacity() * size_of::<u32>() + self.ends.capacity() * size_of::<u64>()
    }

    /// Adds a set.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, set: &[u32]) -> io::Result<()> {
        self.held.extend_from_slice(set);
        self.ends.push(self.written + self.held.len() as u64);
        let held = self.held.len() * size_of::<u32>();
        let most = if self.file.is_some() { BUFFER.min(self.limit) } else { self.limit };
        if held > most { self.spill() } else { Ok(()) }
    }

    /// The elements of a set, as they were added; none for a number that no set has.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, number: usize) -> io::Result<Cow<'_, [u32]>> {
        let Some((start, end)) = self.place(number) else { return Ok(Cow::Borrowed(&[])) };
        if start >= self.written {
            let held = (start - self.written) as usize..(end - self.written) as usize;
            return Ok(Cow::Borrowed(self.held.get(held).unwrap_or_default()));
        }
        let mut bytes = vec![0; (end - start) as usize * size_of::<u32>()];
        if let Some(file) = &self.file {
            read_at(file, &mut bytes, start * size_of::<u32>() as u64)?;
        }
        let (elements, _) = bytes.as_chunks();
        Ok(Cow::Owned(elements.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()))
    }

    fn place(&self, number: usize) -> Option<(u64, u64)> {
        let end = *self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        Some((start, end))
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile_in(&self.folder)?),
        };
        // On some systems reading at a place moves the place where writing goes on.
        file.seek(SeekFrom::Start(self.written * size_of::<u32>() as u64))?;
        let mut bytes = Vec::with_capacity(BUFFER);
        for elements in self.held.chunks(BUFFER / size_of::<u32>()) {
            bytes.clear();
            bytes.extend(elements.iter().flat_map(|element| element.to_le_bytes()));
            file.write_all(&bytes)?;
        }
        self.written += self.held.len() as u64;
        self.held.clear();
        self.held.shrink_to(BUFFER / size_of::<u32>());
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, place)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, place)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                bytes = bytes.get_mut(read..).unwrap_or_default();
                place += read as u64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sets_come_back_as_they_were_added_wherever_they_lie(
            sets in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..40), 0..40), limit in 0_usize..3000
        ) {
            let mut store = ShingleStore::new(limit, std::env::temp_dir());
            for (number, set) in sets.iter().enumerate() {
                store.push(set)?;
                prop_assert_eq!(&*store.get(number)?, set);
            }
            for (number, set) in sets.iter().enumerate() {
                prop_assert_eq!(&*store.get(number)?, set);
                prop_assert_eq!(store.size(number), set.len());
            }
            let bytes = sets.iter().map(Vec::len).sum::<usize>() * 4;
            prop_assert_eq!(store.file.is_some(), bytes > limit);
        }
    }

    #[test]
    fn a_number_without_a_set_has_no_elements() -> io::Result<()> {
        let mut store = ShingleStore::in_memory();
        store.push(&[])?;
        assert!(store.get(0)?.is_empty() && store.get(1)?.is_empty());
        Ok(())
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut store = ShingleStore::new(0, "/nowhere/at/all");
        assert!(store.push(&[1]).is_err());
    }
}

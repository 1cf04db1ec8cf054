//! Outputs that appear under their name only when they are whole.
//!
//! An output is written under a temporary name beside its place, synced, and renamed. What stands there already is
//! replaced only if the user said so, and two runs that write to one place lock each other out.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::ThreadPool;
use tempfile::{Builder, NamedTempFile};

use super::blocks::Blocks;
use crate::error::{Error, ErrorKind, Result};
use crate::source::stream::Compression;

/// The folder a path stands in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file that is being written.
pub struct Pending {
    path: PathBuf,
    force: bool,
    blocks: Blocks<NamedTempFile>,
}

impl Pending {
    /// Starts to write what will be `path`, compressed as asked.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(path: &Path, compression: Compression, force: bool, pool: &Arc<ThreadPool>) -> Result<Self> {
        let folder = parent(path);
        std::fs::create_dir_all(folder).map_err(Error::writing(folder))?;
        let file = temporary(path)?;
        Ok(Self { path: path.to_owned(), force, blocks: Blocks::new(file, compression, pool) })
    }

    /// The name it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes plain bytes, which are compressed on the way.
    ///
    /// # Errors
    /// When the disk is full, or fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.blocks.write(bytes).map_err(Error::writing(&self.path))
    }

    /// Writes bytes that are compressed already.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_compressed(&mut self, bytes: &[u8]) -> Result<()> {
        self.blocks.write_compressed(bytes).map_err(Error::writing(&self.path))
    }

    /// Puts the finished file in its place.
    ///
    /// # Errors
    /// When it cannot be written to the end, or something has appeared under its name meanwhile.
    pub fn commit(self) -> Result<()> {
        let file = self.blocks.finish().map_err(Error::writing(&self.path))?;
        persist(file, &self.path, self.force)
    }
}

/// A temporary file in the folder of `path`.
pub fn temporary(path: &Path) -> Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".dehusk-").suffix(".part");
    // The permissions that any new file of the user gets, not the private ones of a temporary file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(parent(path)).map_err(Error::writing(path))
}

/// Syncs a temporary file and gives it its name.
pub fn persist(file: NamedTempFile, path: &Path, force: bool) -> Result<()> {
    file.as_file().sync_all().map_err(Error::writing(path))?;
    let renamed = if force { file.persist(path) } else { file.persist_noclobber(path) };
    if let Err(failed) = renamed {
        return Err(match failed.error.kind() {
            io::ErrorKind::AlreadyExists => ErrorKind::Exists(path.to_owned()).into(),
            _ => Error::writing(path)(failed.error),
        });
    }
    // The name itself is safe only when the folder is synced; not every system lets one open a folder.
    if let Ok(folder) = File::open(parent(path)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Standard output, compressed if asked.
pub struct Stdout(Blocks<io::Stdout>);

impl Stdout {
    /// Starts to write.
    pub fn new(compression: Compression, pool: &Arc<ThreadPool>) -> Self {
        Self(Blocks::new(io::stdout(), compression, pool))
    }

    /// Writes plain bytes.
    ///
    /// # Errors
    /// When the reader is gone (see [`Error::is_broken_pipe`]) or the target is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write(bytes).map_err(|e| ErrorKind::Stdout(e).into())
    }

    /// Writes bytes that are compressed already.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_compressed(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_compressed(bytes).map_err(|e| ErrorKind::Stdout(e).into())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn commit(self) -> Result<()> {
        self.0.finish().and_then(|mut out| out.flush()).map_err(|e| ErrorKind::Stdout(e).into())
    }
}

/// Keeps other runs from writing to the same place; gone when the run ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks a folder, or the place of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] when another run holds the lock.
    pub fn take(target: &Path) -> Result<Self> {
        let path = if target.is_dir() {
            target.join(".dehusk.lock")
        } else {
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            parent(target).join(format!(".{name}.dehusk.lock"))
        };
        loop {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .map_err(Error::writing(&path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => return Err(ErrorKind::Locked(target.to_owned()).into()),
                Err(std::fs::TryLockError::Error(e)) => return Err(Error::writing(&path)(e)),
            }
            // The run that held the lock before may have removed the file between the opening and the locking.
            let locked = file.try_clone().and_then(same_file::Handle::from_file);
            if locked.ok() == same_file::Handle::from_path(&path).ok() {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_under_the_name_before_the_commit() -> Result<()> {
        let dir = tempfile::tempdir().map_err(Error::writing(Path::new("tmp")))?;
        let pool = crate::ordered::pool(1)?;
        let path = dir.path().join("sub/out.txt");
        let mut file = Pending::create(&path, Compression::None, false, &pool)?;
        file.write(b"text")?;
        assert!(!path.exists());
        file.commit()?;
        assert_eq!(std::fs::read(&path).ok(), Some(b"text".to_vec()));
        assert_eq!(std::fs::read_dir(parent(&path)).into_iter().flatten().count(), 1);
        Ok(())
    }

    #[test]
    fn an_existing_output_is_replaced_only_by_force() -> Result<()> {
        let dir = tempfile::tempdir().map_err(Error::writing(Path::new("tmp")))?;
        let pool = crate::ordered::pool(1)?;
        let path = dir.path().join("out");
        std::fs::write(&path, "old").map_err(Error::writing(&path))?;
        let refused = Pending::create(&path, Compression::None, false, &pool)?.commit();
        assert!(refused.is_err_and(|e| matches!(e.kind(), ErrorKind::Exists(_))));
        assert_eq!(std::fs::read(&path).ok(), Some(b"old".to_vec()));
        Pending::create(&path, Compression::None, true, &pool)?.commit()?;
        assert_eq!(std::fs::read(&path).ok(), Some(Vec::new()));
        Ok(())
    }

    #[test]
    fn two_runs_lock_each_other_out_and_leave_nothing() -> Result<()> {
        let dir = tempfile::tempdir().map_err(Error::writing(Path::new("tmp")))?;
        let lock = Lock::take(dir.path())?;
        assert!(Lock::take(dir.path()).is_err_and(|e| matches!(e.kind(), ErrorKind::Locked(_))));
        drop(lock);
        drop(Lock::take(dir.path())?);
        assert_eq!(std::fs::read_dir(dir.path()).into_iter().flatten().count(), 0);
        Ok(())
    }
}

//! Compression of an output in blocks of fixed size, in parallel.
//!
//! Blocks end at fixed positions of the plain bytes, wherever the writes that brought them ended, so the compressed
//! bytes depend on nothing but the plain ones. Gzip members and Zstandard frames concatenate.

use std::io::{self, Write};
use std::sync::Arc;

use rayon::ThreadPool;

use crate::ordered::Queue;
use crate::source::gzip::Deflater;
use crate::source::stream::Compression;

/// Plain bytes of a block. Larger blocks compress little better.
const BLOCK: usize = 1 << 20;

/// Level of gzip for blocks, by libdeflate: nearly the size of its 6 at half the time.
const GZIP_LEVEL: u8 = 3;

/// Level of gzip for single records: they are too short for a higher one to find more.
pub const RECORD_LEVEL: u8 = 1;

/// Level of Zstandard: its own default.
const ZSTD_LEVEL: i32 = 3;

/// A writer that compresses what it is given.
pub struct Blocks<W: Write> {
    out: W,
    compression: Compression,
    block: Vec<u8>,
    jobs: Queue<io::Result<Vec<u8>>>,
    written: bool,
}

impl<W: Write> Blocks<W> {
    /// Writes to `out`, compressing on `pool`.
    pub fn new(out: W, compression: Compression, pool: &Arc<ThreadPool>) -> Self {
        Self { out, compression, block: Vec::new(), jobs: Queue::new(Arc::clone(pool)), written: false }
    }

    /// Takes plain bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if self.compression == Compression::None {
            return self.out.write_all(bytes);
        }
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK {
                self.send();
            }
            while self.jobs.len() > self.jobs.depth() {
                self.receive()?;
            }
        }
        Ok(())
    }

    /// Takes bytes that are whole compressed members or frames.
    pub fn write_compressed(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written |= !bytes.is_empty();
        self.out.write_all(bytes)
    }

    /// Writes what is left and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        // An empty file of a compressed format still has one, empty, member.
        if self.compression != Compression::None && (!self.block.is_empty() || !self.written) {
            self.send();
        }
        while !self.jobs.is_empty() {
            self.receive()?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    /// Has the current block compressed.
    fn send(&mut self) {
        let (block, compression) = (std::mem::take(&mut self.block), self.compression);
        self.block.reserve_exact(BLOCK);
        self.jobs.push(move || compress(&block, compression));
        self.written = true;
    }

    /// Writes the oldest block.
    fn receive(&mut self) -> io::Result<()> {
        match self.jobs.pop() {
            Some(Ok(bytes)) => self.out.write_all(&bytes?),
            Some(Err(e)) => Err(io::Error::other(e)),
            None => Ok(()),
        }
    }
}

fn compress(block: &[u8], compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(block.to_vec()),
        Compression::Zstd => zstd::bulk::compress(block, ZSTD_LEVEL),
        Compression::Gzip => {
            let mut out = Vec::new();
            Deflater::new(GZIP_LEVEL).deflate_member(block, &mut out);
            Ok(out)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn written(compression: Compression, plain: &[u8], chunk: usize) -> Vec<u8> {
        let pool = crate::ordered::pool(2).ok();
        let mut blocks = pool.map(|pool| Blocks::new(Vec::new(), compression, &pool));
        for bytes in plain.chunks(chunk) {
            assert!(blocks.as_mut().is_some_and(|blocks| blocks.write(bytes).is_ok()));
        }
        blocks.and_then(|blocks| blocks.finish().ok()).unwrap_or_default()
    }

    #[test]
    fn the_bytes_do_not_depend_on_how_they_were_written() {
        let plain: Vec<u8> = (0..3_000_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let whole = written(compression, &plain, plain.len());
            assert_eq!(written(compression, &plain, 10_007), whole);
            let mut back = Vec::new();
            let read = match compression {
                Compression::None => (&*whole).read_to_end(&mut back),
                Compression::Gzip => flate2::read::MultiGzDecoder::new(&*whole).read_to_end(&mut back),
                Compression::Zstd => zstd::Decoder::new(&*whole).and_then(|mut d| d.read_to_end(&mut back)),
            };
            assert!(read.is_ok() && back == plain);
        }
    }

    #[test]
    fn an_empty_output_is_still_a_compressed_file() {
        assert_eq!(written(Compression::None, b"", 1), b"");
        assert!(written(Compression::Gzip, b"", 1).starts_with(&[0x1f, 0x8b]));
        assert!(!written(Compression::Zstd, b"", 1).is_empty());
    }
}

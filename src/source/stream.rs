//! A file as blocks of decompressed bytes, each of which knows where in the file it came from.
//!
//! Plain files and Zstandard are read by the caller's thread. Gzip is cut where a member begins and the pieces are
//! inflated on the pool by libdeflate. A cut is a guess, since nothing says where a member begins but three magic
//! bytes: so the pieces are stitched in order, and only where one ends exactly at the next cut is the guess believed.
//! Where it does not, the member that crosses the cut is inflated again as a stream, and only if that fails too is it
//! damage. After damage the next member is looked for, so that one bad member costs one member.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};
use rayon::ThreadPool;
use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::gzip::{self, MemberError, Members};
use crate::error::Problem;
use crate::ordered::Queue;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// Gzip, in one member or many.
    Gzip,
    /// Zstandard, in one frame or many.
    Zstd,
}

impl Compression {
    /// What the first bytes of a file say.
    pub fn sniff(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The ending of a file name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

/// Decompressed bytes in the order of the file.
#[derive(Debug, Default)]
pub struct Block {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where members (gzip), frames (Zstandard) or the block itself (plain) begin: position in `bytes`, and in the file.
    pub starts: Vec<Start>,
    /// Where bytes are missing.
    pub damage: Vec<Damage>,
    /// Whether the block ends where a member ends.
    pub ends_member: bool,
}

/// A position in a block and the place of the file it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Position in the block.
    pub at: usize,
    /// Offset in the file.
    pub byte: u64,
}

/// Bytes of the file that could not be decompressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Position in the block after which bytes are missing.
    pub at: usize,
    /// Offset in the file of the member that is damaged.
    pub byte: u64,
    /// Bytes of the file that gave nothing.
    pub lost: u64,
    /// What is wrong.
    pub reason: String,
}

impl Damage {
    /// The damage as a problem of the input.
    pub fn problem(&self) -> Problem {
        Problem::gap(self.reason.clone()).at_byte(self.byte)
    }
}

/// What a stream has read so far: the bytes of the file, and those of them that gave nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Ledger {
    /// Bytes of the file that were decoded.
    pub read: u64,
    /// Bytes of padding between and after members.
    pub padding: u64,
    /// Bytes that were damaged.
    pub gaps: u64,
}

impl Ledger {
    /// All bytes accounted for: the size of the file, if the ledger is right.
    pub fn total(&self) -> u64 {
        self.read + self.padding + self.gaps
    }
}

/// A file that is being decompressed.
pub enum Stream {
    /// No compression.
    Plain(Plain),
    /// Gzip.
    Gzip(Box<Gzip>),
    /// Zstandard.
    Zstd(Box<Zstd>),
}

impl Stream {
    /// Starts to read `input`.
    ///
    /// `batch` is the size that blocks are about to have, `largest` the size no member may pass in memory at once: in
    /// bytes, both.
    pub fn new(
        input: Box<dyn Read + Send>,
        compression: Compression,
        batch: usize,
        largest: usize,
        pool: &Arc<ThreadPool>,
    ) -> Self {
        match compression {
            Compression::None => Self::Plain(Plain { input, size: batch, offset: 0 }),
            Compression::Gzip => Self::Gzip(Box::new(Gzip::new(input, batch, largest, pool))),
            Compression::Zstd => Self::Zstd(Box::new(Zstd::new(input, batch))),
        }
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// When the system cannot read the file. Damage is no error: it stands in the block.
    pub fn read(&mut self) -> Result<Option<Block>, io::Error> {
        match self {
            Self::Plain(plain) => plain.next(),
            Self::Gzip(gzip) => gzip.next(),
            Self::Zstd(zstd) => zstd.next(),
        }
    }

    /// What was read so far.
    pub fn ledger(&self) -> Ledger {
        match self {
            Self::Plain(plain) => Ledger { read: plain.offset, ..Ledger::default() },
            Self::Gzip(gzip) => gzip.ledger,
            Self::Zstd(zstd) => zstd.ledger,
        }
    }
}

/// Fills `buffer` up to `size` bytes, or to the end of the input.
fn fill(input: &mut dyn Read, buffer: &mut Vec<u8>, size: usize) -> io::Result<()> {
    let missing = size.saturating_sub(buffer.len());
    // Else it grows by doubling, and is copied each time.
    buffer.reserve(missing);
    input.take(missing as u64).read_to_end(buffer)?;
    Ok(())
}

/// An uncompressed file.
pub struct Plain {
    input: Box<dyn Read + Send>,
    size: usize,
    offset: u64,
}

impl Plain {
    fn next(&mut self) -> io::Result<Option<Block>> {
        let mut bytes = Vec::with_capacity(self.size);
        fill(&mut self.input, &mut bytes, self.size)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let starts = vec![Start { at: 0, byte: self.offset }];
        self.offset += bytes.len() as u64;
        Ok(Some(Block { bytes, starts, damage: Vec::new(), ends_member: false }))
    }
}

/// Compressed bytes from one believed start of a member to the next.
struct Piece {
    bytes: Vec<u8>,
    /// Offset in the file.
    byte: u64,
    /// Whether the piece begins where a member may begin.
    begins_member: bool,
}

/// A piece after inflation.
struct Inflated {
    block: Block,
    ledger: Ledger,
    /// Zero bytes at the end of the piece: harmless at the end of a file, else lost bytes.
    padding: usize,
    stop: Stop,
}

/// Why zeros between members are a gap: something stood there once.
const ZEROS: &str = "zero bytes between gzip members";

/// Where inflation of a piece stopped.
enum Stop {
    /// At its end.
    End,
    /// At a member that does not end in the piece.
    Open(usize),
    /// At a member that is too large to hold.
    Large(usize),
    /// Before a member, because enough was inflated.
    Full(usize),
}

/// A gzip file.
pub struct Gzip {
    input: Box<dyn Read + Send>,
    pool: Arc<ThreadPool>,
    /// Bytes read but not yet cut, and their offset in the file.
    pending: Vec<u8>,
    offset: u64,
    ended: bool,
    /// Whether the next piece begins where a member may begin.
    at_member: bool,
    /// Compressed bytes of a piece.
    piece: usize,
    /// Bytes a member may inflate to before it is streamed.
    largest: usize,
    /// Pieces read ahead; those that begin with a member are being inflated, in the same order.
    pieces: VecDeque<Arc<Piece>>,
    jobs: Queue<Inflated>,
    /// The rest of a piece of which a part is done.
    rest: Option<(Arc<Piece>, usize)>,
    /// The member that is inflated as a stream.
    open: Option<Open>,
    ledger: Ledger,
}

/// A member that is inflated as a stream.
struct Open {
    inflate: Decompress,
    piece: Arc<Piece>,
    at: usize,
    /// Where the member begins in the file.
    byte: u64,
}

impl Gzip {
    fn new(input: Box<dyn Read + Send>, batch: usize, largest: usize, pool: &Arc<ThreadPool>) -> Self {
        Self {
            input,
            pool: Arc::clone(pool),
            pending: Vec::new(),
            offset: 0,
            ended: false,
            at_member: true,
            // Text shrinks to about a third.
            piece: (batch / 3).max(4096),
            largest,
            pieces: VecDeque::new(),
            jobs: Queue::new(Arc::clone(pool)),
            rest: None,
            open: None,
            ledger: Ledger::default(),
        }
    }

    fn next(&mut self) -> io::Result<Option<Block>> {
        loop {
            self.read_ahead()?;
            let block = if let Some(open) = self.open.take() {
                self.stream(open)?
            } else if let Some((piece, from)) = self.rest.take() {
                let inflated = self.pool.install(|| inflate(&piece, from, self.largest));
                self.settle(piece, inflated)
            } else if let Some(piece) = self.pieces.pop_front() {
                match self.take_job(&piece) {
                    Some(inflated) => self.settle(piece, inflated),
                    None => {
                        // Nothing is open, yet no member begins here: look for the next one.
                        self.rest = Some((piece, 0));
                        continue;
                    }
                }
            } else {
                return Ok(None);
            };
            if !block.bytes.is_empty() || !block.damage.is_empty() {
                return Ok(Some(block));
            }
        }
    }

    /// Reads pieces ahead and starts to inflate those that begin with a member.
    fn read_ahead(&mut self) -> io::Result<()> {
        while self.pieces.len() < self.jobs.depth() {
            let Some(piece) = self.read_piece()? else { break };
            let piece = Arc::new(piece);
            if piece.begins_member {
                let (piece, largest) = (Arc::clone(&piece), self.largest);
                self.jobs.push(move || inflate(&piece, 0, largest));
            }
            self.pieces.push_back(piece);
        }
        Ok(())
    }

    /// Reads the next piece: up to the first start of a member beyond the size of a piece.
    fn read_piece(&mut self) -> io::Result<Option<Piece>> {
        let reach = self.piece * 2;
        if !self.ended {
            fill(&mut self.input, &mut self.pending, reach)?;
            self.ended = self.pending.len() < reach;
        }
        if self.pending.is_empty() {
            return Ok(None);
        }
        let (cut, at_member) = if self.ended && self.pending.len() <= self.piece {
            (self.pending.len(), true)
        } else {
            match gzip::next_member(&self.pending, self.piece) {
                Some(cut) => (cut, true),
                None if self.ended => (self.pending.len(), true),
                // The member that is open at the cut goes on. The header of the next may lie across the end of what
                // was read, so some bytes stay for the next look.
                None => (reach.saturating_sub(gzip::PROBE).max(self.piece), false),
            }
        };
        let rest = self.pending.split_off(cut);
        let bytes = std::mem::replace(&mut self.pending, rest);
        let piece = Piece { byte: self.offset, begins_member: self.at_member, bytes };
        self.offset += piece.bytes.len() as u64;
        self.at_member = at_member;
        Ok(Some(piece))
    }

    /// What the job of a piece gave; `None` when the piece does not begin with a member, so that none was started.
    fn take_job(&mut self, piece: &Piece) -> Option<Inflated> {
        if !piece.begins_member {
            return None;
        }
        match self.jobs.pop()? {
            Ok(inflated) => Some(inflated),
            Err(panic) => {
                let mut inflated =
                    Inflated { block: Block::default(), ledger: Ledger::default(), padding: 0, stop: Stop::End };
                inflated.lose(piece, 0, piece.bytes.len(), panic.to_string());
                Some(inflated)
            }
        }
    }

    /// Takes over what a piece gave, and decides what comes after it.
    fn settle(&mut self, piece: Arc<Piece>, mut inflated: Inflated) -> Block {
        match inflated.stop {
            Stop::End if inflated.padding > 0 && !self.pieces.is_empty() => {
                let end = piece.bytes.len();
                inflated.lose(&piece, end - inflated.padding, end, ZEROS.to_owned());
            }
            Stop::End => inflated.ledger.padding += inflated.padding as u64,
            Stop::Full(at) => self.rest = Some((piece, at)),
            Stop::Open(at) if self.cut_is_right() && !self.crosses(&piece, at) => {
                let reason = if self.pieces.is_empty() {
                    "the file ends inside a gzip member"
                } else {
                    "damaged gzip member: it ends too early"
                };
                inflated.rescue(&piece, at, piece.bytes.len(), reason.to_owned());
            }
            Stop::Open(at) | Stop::Large(at) => {
                let byte = piece.byte + at as u64;
                self.open = Some(Open { inflate: Decompress::new_gzip(15), piece, at, byte });
            }
        }
        self.ledger.read += inflated.ledger.read;
        self.ledger.padding += inflated.ledger.padding;
        self.ledger.gaps += inflated.ledger.gaps;
        inflated.block
    }

    /// Whether the next piece seems to begin with a member, or there is none.
    fn cut_is_right(&self) -> bool {
        self.pieces.front().is_none_or(|piece| piece.begins_member)
    }

    /// Whether the member at `at` goes on beyond the end of `piece`, so that the cut there was no start of a member.
    ///
    /// Answered by inflating it across the pieces that were read ahead, without keeping what comes out.
    fn crosses(&self, piece: &Piece, at: usize) -> bool {
        let mut inflate = Decompress::new_gzip(15);
        let mut out = vec![0; 1 << 16];
        let first = piece.bytes.get(at..).unwrap_or_default();
        for mut bytes in std::iter::once(first).chain(self.pieces.iter().map(|piece| piece.bytes.as_slice())) {
            loop {
                let before = (inflate.total_in(), inflate.total_out());
                match inflate.decompress(bytes, &mut out, FlushDecompress::None) {
                    Ok(Status::StreamEnd) => return true,
                    Err(_) => return false,
                    Ok(_) if before == (inflate.total_in(), inflate.total_out()) => break,
                    Ok(_) => bytes = bytes.get((inflate.total_in() - before.0) as usize..).unwrap_or_default(),
                }
            }
        }
        // Still open after all that was read ahead: damage only if the file ends here.
        !(self.ended && self.pending.is_empty())
    }

    /// Goes on with the member that is inflated as a stream, for as much as fits a block.
    fn stream(&mut self, mut open: Open) -> io::Result<Block> {
        let mut block = Block { starts: vec![Start { at: 0, byte: open.byte }], ..Block::default() };
        block.bytes.reserve_exact(self.piece * 3);
        loop {
            let before = (open.inflate.total_in(), open.inflate.total_out());
            let input = open.piece.bytes.get(open.at..).unwrap_or_default();
            let status = open.inflate.decompress_vec(input, &mut block.bytes, FlushDecompress::None);
            open.at += (open.inflate.total_in() - before.0) as usize;
            match status {
                Ok(Status::StreamEnd) => {
                    self.ledger.read += open.inflate.total_in();
                    block.ends_member = true;
                    self.rest = Some((open.piece, open.at));
                    return Ok(block);
                }
                Err(e) => {
                    self.give_up(&mut block, open, format!("damaged gzip member: {e}"));
                    return Ok(block);
                }
                Ok(_) if block.bytes.len() == block.bytes.capacity() => {
                    self.open = Some(open);
                    return Ok(block);
                }
                Ok(_) if before != (open.inflate.total_in(), open.inflate.total_out()) => {}
                Ok(_) => match self.pieces.pop_front() {
                    Some(piece) => {
                        // Whatever its job made began at a false start.
                        drop(self.take_job(&piece));
                        (open.piece, open.at) = (piece, 0);
                        self.read_ahead()?;
                    }
                    None => {
                        self.give_up(&mut block, open, "the file ends inside a gzip member".to_owned());
                        return Ok(block);
                    }
                },
            }
        }
    }

    /// Ends a streamed member that is damaged, and goes on at the next member.
    fn give_up(&mut self, block: &mut Block, open: Open, reason: String) {
        let begins_here = open.byte >= open.piece.byte;
        let from = if begins_here { (open.byte - open.piece.byte) as usize + 1 } else { 0 };
        let next = gzip::next_member(&open.piece.bytes, from).unwrap_or(open.piece.bytes.len());
        let lost = open.piece.byte + next as u64 - open.byte;
        self.ledger.gaps += lost;
        block.damage.push(Damage { at: block.bytes.len(), byte: open.byte, lost, reason });
        self.rest = Some((open.piece, next));
    }
}

/// How much more room a piece gets than it has bytes: with more text than that the block grows, and is copied.
const RATIO: usize = 4;

/// Inflates the members of a piece from `from` on.
fn inflate(piece: &Piece, from: usize, largest: usize) -> Inflated {
    let mut members = Members::new();
    let mut made = Inflated { block: Block::default(), ledger: Ledger::default(), padding: 0, stop: Stop::End };
    made.block.bytes.reserve((piece.bytes.len() - from.min(piece.bytes.len())) * RATIO);
    let mut at = from;
    loop {
        let padding = gzip::padding(piece.bytes.get(at..).unwrap_or_default());
        let rest = piece.bytes.get(at + padding..).unwrap_or_default();
        if rest.is_empty() {
            made.padding = padding;
            made.block.ends_member = true;
            return made;
        }
        if padding > 0 {
            made.lose(piece, at, at + padding, ZEROS.to_owned());
            at += padding;
        }
        if made.block.bytes.len() >= largest {
            made.stop = Stop::Full(at);
            return made;
        }
        let start = Start { at: made.block.bytes.len(), byte: piece.byte + at as u64 };
        let next = |from| gzip::next_member(&piece.bytes, from).unwrap_or(piece.bytes.len());
        match members.inflate_member(rest, &mut made.block.bytes, largest) {
            Ok(used) => {
                made.block.starts.push(start);
                made.ledger.read += used as u64;
                at += used;
            }
            Err(MemberError::Truncated) => {
                made.stop = Stop::Open(at);
                return made;
            }
            Err(MemberError::TooLarge { .. }) => {
                made.stop = Stop::Large(at);
                return made;
            }
            Err(MemberError::NotGzip) => {
                let end = next(at + 1);
                made.lose(piece, at, end, "these bytes are no gzip member".to_owned());
                at = end;
            }
            Err(MemberError::Damaged(reason)) => {
                let end = next(at + 1);
                made.rescue(piece, at, end, format!("damaged gzip member: {}", MemberError::Damaged(reason)));
                at = end;
            }
        }
    }
}

impl Inflated {
    /// Notes that the bytes from `at` to `end` of a piece gave nothing.
    fn lose(&mut self, piece: &Piece, at: usize, end: usize, reason: String) {
        let lost = end.saturating_sub(at) as u64;
        self.ledger.gaps += lost;
        self.block.damage.push(Damage { at: self.block.bytes.len(), byte: piece.byte + at as u64, lost, reason });
    }

    /// Keeps what a damaged member from `at` to `end` gave before its damage.
    fn rescue(&mut self, piece: &Piece, at: usize, end: usize, reason: String) {
        let start = Start { at: self.block.bytes.len(), byte: piece.byte + at as u64 };
        let member = piece.bytes.get(at..end).unwrap_or_default();
        gzip::rescue(member, &mut self.block.bytes, RESCUE);
        if self.block.bytes.len() > start.at {
            self.block.starts.push(start);
        }
        self.lose(piece, at, end, reason);
    }
}

/// Bytes kept of a damaged member.
const RESCUE: usize = 64 << 20;

/// A Zstandard file.
pub struct Zstd {
    input: Box<dyn Read + Send>,
    decoder: Option<Decoder<'static>>,
    /// Bytes read but not decoded, from `at` on.
    pending: Vec<u8>,
    at: usize,
    ended: bool,
    size: usize,
    /// Offset in the file of `pending[at]`, and of the frame that is being decoded.
    offset: u64,
    frame: u64,
    in_frame: bool,
    ledger: Ledger,
}

/// The window that a frame may ask for, as a power of two: what the `zstd` command allows without `--long`.
const LARGEST_WINDOW: u32 = 27;

impl Zstd {
    fn new(input: Box<dyn Read + Send>, batch: usize) -> Self {
        Self {
            input,
            decoder: None,
            pending: Vec::new(),
            at: 0,
            ended: false,
            size: batch,
            offset: 0,
            frame: 0,
            in_frame: false,
            ledger: Ledger::default(),
        }
    }

    fn next(&mut self) -> io::Result<Option<Block>> {
        let mut block = Block::default();
        block.bytes.resize(self.size, 0);
        let mut filled = 0;
        while filled < block.bytes.len() && block.damage.is_empty() {
            if self.at == self.pending.len() && !self.ended {
                self.pending.clear();
                self.at = 0;
                fill(&mut self.input, &mut self.pending, (self.size / 3).max(4096))?;
                self.ended = self.pending.is_empty();
            }
            let input = self.pending.get(self.at..).unwrap_or_default();
            if !self.in_frame {
                if input.is_empty() {
                    break;
                }
                self.frame = self.offset;
                self.in_frame = true;
                block.starts.push(Start { at: filled, byte: self.frame });
            } else if block.starts.is_empty() {
                block.starts.push(Start { at: 0, byte: self.frame });
            }
            let out = block.bytes.get_mut(filled..).unwrap_or_default();
            let decoder = match &mut self.decoder {
                Some(decoder) => decoder,
                none => none.insert(decoder()?),
            };
            match decoder.run_on_buffers(input, out) {
                Ok(status) => {
                    self.at += status.bytes_read;
                    self.offset += status.bytes_read as u64;
                    filled += status.bytes_written;
                    if status.remaining == 0 {
                        self.ledger.read += self.offset - self.frame;
                        self.in_frame = false;
                        // A decoder that ended a frame begins the next by itself.
                    } else if status.bytes_read == 0 && status.bytes_written == 0 && self.ended {
                        self.lose(&mut block, filled, "the file ends inside a Zstandard frame".to_owned());
                        break;
                    }
                }
                Err(e) => {
                    let reason = match e.to_string() {
                        reason if reason.contains("Frame requires too much memory") => {
                            format!(
                                "a Zstandard frame asks for a window of more than {} MiB; recompress it without --long",
                                1 << (LARGEST_WINDOW - 20)
                            )
                        }
                        reason => format!("damaged Zstandard frame: {reason}"),
                    };
                    self.resync()?;
                    self.lose(&mut block, filled, reason);
                }
            }
        }
        block.bytes.truncate(filled);
        block.ends_member = !self.in_frame;
        Ok((!block.bytes.is_empty() || !block.damage.is_empty()).then_some(block))
    }

    /// Moves to the next frame after damage, or to the end of the file.
    fn resync(&mut self) -> io::Result<()> {
        // A decoder that has failed stays so.
        self.decoder = None;
        let mut from = self.at + 1;
        loop {
            let found = self.pending.get(from..).and_then(|rest| memchr::memmem::find(rest, &[0x28, 0xb5, 0x2f, 0xfd]));
            let to = match found {
                Some(found) => from + found,
                // The magic may lie across the end of what was read.
                None if !self.ended => self.pending.len().saturating_sub(3).max(from.min(self.pending.len())),
                None => self.pending.len(),
            };
            self.offset += (to - self.at.min(to)) as u64;
            self.at = to;
            if found.is_some() || self.ended {
                return Ok(());
            }
            self.pending.drain(..to);
            self.at = 0;
            from = 0;
            let size = self.pending.len();
            fill(&mut self.input, &mut self.pending, size + (self.size / 3).max(4096))?;
            self.ended = self.pending.len() == size;
        }
    }

    /// Notes that the frame at hand gave no more.
    fn lose(&mut self, block: &mut Block, at: usize, reason: String) {
        let lost = self.offset - self.frame;
        self.ledger.gaps += lost;
        self.in_frame = false;
        block.damage.push(Damage { at, byte: self.frame, lost, reason });
    }
}

/// A decoder that refuses windows larger than [`LARGEST_WINDOW`].
fn decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(LARGEST_WINDOW))?;
    Ok(decoder)
}

//! What the footer and the page headers of a Parquet file claim, read without believing it.
//!
//! The `parquet` crate allocates what a header asks for, and recurses as deep as a schema nests. A file of
//! a few hundred bytes can so take terabytes or the stack. This reader walks the same bytes first (Thrift
//! compact protocol, <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>),
//! allocates nothing but a short stack, and lets the caller refuse before the crate sees them.

/// Deepest nesting of a schema that is read: above it the crate's recursion could exhaust the stack.
const MAX_DEPTH: usize = 64;
/// Most memory in bytes that the decoded footer may take, estimated from its counts.
const MAX_FOOTER_MEMORY: u64 = 512 << 20;
/// What the crate keeps for one column chunk, and for one row group besides its chunks, in bytes.
const CHUNK_MEMORY: u64 = 700;
const GROUP_MEMORY: u64 = 160;
/// Deepest nesting of Thrift values that are skipped.
const MAX_SKIP: u8 = 32;

/// Why claimed bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The bytes end inside a value: more of them may help.
    Short,
    /// The bytes are no such structure; the words say why.
    Bad(&'static str),
}

type Result<T> = std::result::Result<T, Refusal>;

/// The kind of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Dictionary,
}

/// What one page header claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub kind: Kind,
    /// Bytes of the header itself.
    pub header: u64,
    /// Bytes after the header.
    pub compressed: u64,
    /// Bytes after decompression.
    pub uncompressed: u64,
    /// Values, nulls included. In a column without lists these are rows.
    pub values: u64,
}

/// Reads one page header from the start of `bytes`.
pub(super) fn page(bytes: &[u8]) -> Result<Page> {
    let mut thrift = Compact { rest: bytes };
    let (mut kind, mut compressed, mut uncompressed, mut values) = (None, None, None, None);
    let mut last = 0;
    while let Some((id, wire)) = thrift.field(&mut last)? {
        match (id, wire) {
            (1, Wire::Int) => kind = Some(thrift.int()?),
            (2, Wire::Int) => uncompressed = Some(thrift.int()?),
            (3, Wire::Int) => compressed = Some(thrift.int()?),
            // The three page kinds put their number of values in the first field of their own header.
            (5 | 7 | 8, Wire::Struct) => values = thrift.first_int()?.or(values),
            _ => thrift.skip(wire, MAX_SKIP)?,
        }
    }
    let natural = |claim: Option<i64>, why| {
        claim.and_then(|n| u64::try_from(n).ok()).filter(|&n| n <= i32::MAX as u64).ok_or(Refusal::Bad(why))
    };
    Ok(Page {
        kind: match kind {
            Some(0 | 3) => Kind::Data,
            Some(2) => Kind::Dictionary,
            _ => return Err(Refusal::Bad("page of an unknown kind")),
        },
        header: (bytes.len() - thrift.rest.len()) as u64,
        compressed: natural(compressed, "page without a size")?,
        uncompressed: natural(uncompressed, "page without a size")?,
        values: natural(values, "page without a number of values")?,
    })
}

/// Walks a footer and refuses one whose decoding would take too much memory or stack.
pub(super) fn check_footer(bytes: &[u8]) -> Result<()> {
    let mut thrift = Compact { rest: bytes };
    let (mut leaves, mut groups) = (0, 0);
    let mut last = 0;
    while let Some((id, wire)) = thrift.field(&mut last)? {
        match (id, wire) {
            (2, Wire::List) => leaves = thrift.schema()?,
            (4, Wire::List) => {
                let (count, element) = thrift.list()?;
                groups = count;
                (0..count).try_for_each(|_| thrift.skip_element(element, MAX_SKIP))?;
            }
            _ => thrift.skip(wire, MAX_SKIP)?,
        }
    }
    let memory = leaves.saturating_mul(CHUNK_MEMORY).saturating_add(GROUP_MEMORY);
    if groups.saturating_mul(memory) > MAX_FOOTER_MEMORY {
        return Err(Refusal::Bad("footer with too many row groups times columns"));
    }
    Ok(())
}

/// The wire types that matter here. A boolean field holds its value in the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Bool,
    Byte,
    Int,
    Double,
    Binary,
    List,
    Map,
    Struct,
    Uuid,
}

impl Wire {
    fn new(code: u8) -> Result<Self> {
        Ok(match code {
            1 | 2 => Self::Bool,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return Err(Refusal::Bad("unknown Thrift type")),
        })
    }
}

/// A reader of the compact protocol over a slice.
pub(super) struct Compact<'a> {
    pub rest: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Result<u8> {
        let (&first, rest) = self.rest.split_first().ok_or(Refusal::Short)?;
        self.rest = rest;
        Ok(first)
    }

    fn advance(&mut self, length: u64) -> Result<()> {
        let length = usize::try_from(length).map_err(|_| Refusal::Short)?;
        self.rest = self.rest.get(length..).ok_or(Refusal::Short)?;
        Ok(())
    }

    pub(super) fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Refusal::Bad("number of more than ten bytes"))
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        let zigzag = self.varint()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The next field of a struct, or `None` at its end. `last` is the id of the field before.
    fn field(&mut self, last: &mut i64) -> Result<Option<(i64, Wire)>> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *last = match head >> 4 {
            0 => self.int()?,
            step => last.saturating_add(i64::from(step)),
        };
        Ok(Some((*last, Wire::new(head & 0xf)?)))
    }

    /// The number and type of the elements of a list. A count that the bytes left cannot hold is refused.
    fn list(&mut self) -> Result<(u64, Wire)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            count => u64::from(count),
        };
        if count > self.rest.len() as u64 {
            return Err(Refusal::Short);
        }
        Ok((count, Wire::new(head & 0xf)?))
    }

    /// Reads a struct and returns the integer in its field 1, if it has one.
    fn first_int(&mut self) -> Result<Option<i64>> {
        let (mut found, mut last) = (None, 0);
        while let Some((id, wire)) = self.field(&mut last)? {
            match (id, wire) {
                (1, Wire::Int) => found = Some(self.int()?),
                _ => self.skip(wire, MAX_SKIP)?,
            }
        }
        Ok(found)
    }

    fn skip(&mut self, wire: Wire, depth: u8) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or(Refusal::Bad("values nested too deep"))?;
        match wire {
            Wire::Bool => Ok(()),
            Wire::Byte => self.advance(1),
            Wire::Int => self.varint().map(drop),
            Wire::Double => self.advance(8),
            Wire::Uuid => self.advance(16),
            Wire::Binary => {
                let length = self.varint()?;
                self.advance(length)
            }
            Wire::List => {
                let (count, element) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(element, depth))
            }
            Wire::Map => self.skip_map(depth),
            Wire::Struct => {
                let mut last = 0;
                while let Some((_, wire)) = self.field(&mut last)? {
                    self.skip(wire, depth)?;
                }
                Ok(())
            }
        }
    }

    /// In a list a boolean takes a byte, as a field it takes none.
    fn skip_element(&mut self, wire: Wire, depth: u8) -> Result<()> {
        match wire {
            Wire::Bool => self.advance(1),
            _ => self.skip(wire, depth),
        }
    }

    fn skip_map(&mut self, depth: u8) -> Result<()> {
        let count = self.varint()?;
        if count == 0 {
            return Ok(());
        }
        if count > self.rest.len() as u64 {
            return Err(Refusal::Short);
        }
        let types = self.byte()?;
        let (key, value) = (Wire::new(types >> 4)?, Wire::new(types & 0xf)?);
        for _ in 0..count {
            self.skip_element(key, depth)?;
            self.skip_element(value, depth)?;
        }
        Ok(())
    }

    /// Walks the schema, which stands in the footer as its tree in preorder, and returns the number of
    /// its leaves. Depth and the summed length of the leaves' paths are bounded: both are built in memory.
    fn schema(&mut self) -> Result<u64> {
        let (count, element) = self.list()?;
        if element != Wire::Struct {
            return Err(Refusal::Bad("schema that is no list of structs"));
        }
        // One entry an open group: children still to come, and bytes of the path to it.
        let mut open: Vec<(i64, u64)> = Vec::new();
        let (mut leaves, mut paths) = (0, 0_u64);
        for _ in 0..count {
            let (children, name) = self.schema_element()?;
            while open.last().is_some_and(|&(left, _)| left <= 0) {
                open.pop();
            }
            let above = match open.last_mut() {
                Some((left, path)) => {
                    *left -= 1;
                    *path
                }
                None => 0,
            };
            let path = above.saturating_add(name);
            if children > 0 {
                open.push((children, path));
            } else {
                leaves += 1;
                paths = paths.saturating_add(path);
            }
            if open.len() > MAX_DEPTH {
                return Err(Refusal::Bad("schema nested too deep"));
            }
            if paths > MAX_FOOTER_MEMORY / 8 {
                return Err(Refusal::Bad("schema with column paths too long"));
            }
        }
        Ok(leaves)
    }

    /// The number of children and the length of the name of one schema element.
    fn schema_element(&mut self) -> Result<(i64, u64)> {
        let (mut children, mut name, mut last) = (0, 0, 0);
        while let Some((id, wire)) = self.field(&mut last)? {
            match (id, wire) {
                (4, Wire::Binary) => {
                    name = self.varint()?;
                    self.advance(name)?;
                }
                (5, Wire::Int) => children = self.int()?,
                _ => self.skip(wire, MAX_SKIP)?,
            }
        }
        Ok((children, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A page header: kind 0, 100 bytes uncompressed, 40 compressed, data header with 7 values.
    const HEADER: [u8; 11] = [0x15, 0, 0x15, 200, 1, 0x15, 80, 0x2c, 0x15, 14, 0];

    fn header() -> Vec<u8> {
        [&HEADER[..], &[0]].concat()
    }

    /// A footer with only a schema: a chain of `depth` groups around one leaf.
    fn chain(depth: u8) -> Vec<u8> {
        let mut bytes = vec![0x29, 0xfc, depth + 1];
        for _ in 0..depth {
            bytes.extend([0x48, 1, b'g', 0x15, 2, 0]);
        }
        bytes.extend([0x48, 1, b'x', 0, 0]);
        bytes
    }

    #[test]
    fn a_page_header_is_read_with_its_own_length() {
        let mut bytes = header();
        bytes.extend([9; 40]);
        let expected = Page { kind: Kind::Data, header: 12, compressed: 40, uncompressed: 100, values: 7 };
        assert_eq!(page(&bytes), Ok(expected));
    }

    #[test]
    fn a_page_header_cut_anywhere_asks_for_more() {
        let bytes = header();
        for end in 0..bytes.len() {
            assert_eq!(page(&bytes[..end]), Err(Refusal::Short), "cut at {end}");
        }
    }

    #[test]
    fn a_page_of_negative_size_is_refused() {
        let mut bytes = header();
        bytes[6] = 79;
        assert_eq!(page(&bytes), Err(Refusal::Bad("page without a size")));
    }

    #[test]
    fn a_schema_nested_beyond_the_limit_is_refused() {
        assert_eq!(check_footer(&chain(60)), Ok(()));
        assert_eq!(check_footer(&chain(66)), Err(Refusal::Bad("schema nested too deep")));
    }

    #[test]
    fn a_list_longer_than_the_bytes_left_is_refused() {
        assert_eq!(check_footer(&[0x29, 0xfc, 0xff, 0xff, 0x7f, 0]), Err(Refusal::Short));
    }

    #[test]
    fn a_footer_of_many_empty_row_groups_is_refused() {
        let mut bytes = vec![0x49, 0xfc, 0x80, 0x80, 0x80, 0x02];
        bytes.extend(vec![0; 4 << 20]);
        bytes.push(0);
        let refusal = Refusal::Bad("footer with too many row groups times columns");
        assert_eq!(check_footer(&bytes), Err(refusal));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_walk_fail_otherwise(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(page) = page(&bytes) {
                prop_assert!(page.header <= bytes.len() as u64);
            }
            let _ = check_footer(&bytes);
        }
    }
}

//! Pages as the bytes of an output, made on the worker that judged them.

use std::path::PathBuf;

use super::annotate::{Note, Place};
use super::blocks::RECORD_LEVEL;
use super::plan::{Entry, Form, Plan, page_name};
use super::wet::{NewRecord, new_header, same_header};
use super::{annotate, jsonl};
use crate::chrome::Verdict;
use crate::config::Empty;
use crate::line::Line;
use crate::page::Page;
use crate::report::summary::emptied;
use crate::source::gzip::Deflater;
use crate::source::stream::Compression;
use crate::source::warc::header;
use crate::source::{Batch, Origin, Slot, Span};

/// A page and what was decided on its lines.
pub struct Judged<'a> {
    /// The batch the page is in.
    pub batch: &'a Batch,
    /// Its place there.
    pub slot: &'a Slot,
    /// The page.
    pub page: Page<'a>,
    /// Its lines.
    pub lines: &'a [Line],
    /// One verdict a line.
    pub verdicts: &'a [Verdict],
    /// Its place in a cluster of near-duplicates, if it is in one.
    pub place: Option<Place<'a>>,
    /// Whether it is left out because another page of its cluster stays.
    pub is_left_out: bool,
}

impl<'a> Judged<'a> {
    /// Puts what is to be written of the text into `pieces`, in order. Returns whether the page is written at all.
    fn pieces(&self, empty: Empty, annotate: bool, pieces: &mut Vec<&'a str>) -> bool {
        pieces.clear();
        let nothing_left = self.lines.iter().any(|line| !line.is_blank()) && emptied(self.lines, self.verdicts);
        if nothing_left && empty == Empty::Drop {
            return false;
        }
        if annotate || (nothing_left && empty == Empty::Whole) {
            pieces.push(self.page.text);
        } else if !nothing_left {
            kept(self.page.text, self.lines, self.verdicts, pieces);
        }
        true
    }

    /// Puts the text that is left of the page into `text`; nothing if nothing of it shows.
    pub fn kept_text(&self, text: &mut String) {
        let mut pieces = Vec::new();
        text.clear();
        if !emptied(self.lines, self.verdicts) {
            kept(self.page.text, self.lines, self.verdicts, &mut pieces);
            text.extend(pieces);
        }
    }
}

/// The stretches of `text` that stay. Each line keeps its own line end, but a text that had none at its end has none.
fn kept<'a>(text: &'a str, lines: &[Line], verdicts: &[Verdict], pieces: &mut Vec<&'a str>) {
    let mut at = 0;
    while at < lines.len() {
        let run = verdicts[at..].iter().take_while(|verdict| verdict.keep).count();
        if run > 0 {
            pieces.push(text.get(lines[at].start..lines[at + run - 1].next).unwrap_or_default());
            at += run;
        } else {
            at += 1;
        }
    }
    let ended_open = lines.last().is_some_and(|line| line.next == line.end);
    if let (true, Some(last)) = (ended_open, pieces.last_mut()) {
        *last = last.strip_suffix("\r\n").or_else(|| last.strip_suffix(['\n', '\r'])).unwrap_or(last);
    }
}

/// What a worker made of a batch.
#[derive(Default)]
pub struct Rendered {
    /// Bytes of the output.
    pub bytes: Vec<u8>,
    /// Whether they are compressed already.
    pub is_compressed: bool,
    /// Files of a folder: path and text.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// Rows of the file of dropped lines.
    pub dropped: Vec<u8>,
    /// The batch's rows with their new texts, for Parquet.
    #[cfg(feature = "parquet")]
    pub rows: Option<super::rows::Ready>,
}

/// Turns the pages of a batch into the bytes of an output.
pub struct Renderer<'p> {
    plan: &'p Plan,
    entry: &'p Entry,
    empty: Empty,
    deflater: Option<Deflater>,
    record: Vec<u8>,
    #[cfg(feature = "parquet")]
    rows: super::rows::Rows,
    made: Rendered,
}

impl<'p> Renderer<'p> {
    /// A renderer for the output of input `source`.
    pub fn new(plan: &'p Plan, source: usize, empty: Empty) -> Self {
        let entry = &plan.entries[source];
        let by_record = entry.form == Form::Wet && entry.compression == Compression::Gzip;
        Self {
            plan,
            entry,
            empty,
            deflater: by_record.then(|| Deflater::new(RECORD_LEVEL)),
            record: Vec::new(),
            #[cfg(feature = "parquet")]
            rows: super::rows::Rows::default(),
            made: Rendered { is_compressed: by_record, ..Rendered::default() },
        }
    }

    /// Adds a page.
    pub fn page(&mut self, judged: &Judged<'_>) {
        let Judged { lines, verdicts, .. } = *judged;
        let mut pieces = Vec::new();
        let duplicate = judged.place.filter(|_| judged.is_left_out);
        if self.plan.dropped.is_some() {
            if duplicate.is_some() {
                kept(judged.page.text, lines, verdicts, &mut pieces);
            }
            let duplicate = duplicate.map(|place| (place, &pieces[..]));
            annotate::dropped(&judged.page, lines, verdicts, duplicate, &mut self.made.dropped);
        }
        if judged.is_left_out || !judged.pieces(self.empty, self.plan.annotate, &mut pieces) {
            return;
        }
        let note = Note {
            lines: self.plan.annotate.then_some((lines, verdicts, judged.page.marks)),
            cluster: self.plan.mark.then_some(judged.place),
        };
        let extra = self.plan.has_notes().then(|| note.json());
        match self.entry.form {
            Form::Jsonl => self.json(judged, &pieces, extra.as_deref()),
            Form::Wet => self.wet(judged, &pieces),
            Form::Text => {
                for piece in &pieces {
                    self.made.bytes.extend_from_slice(piece.as_bytes());
                }
                if !matches!(self.made.bytes.last(), None | Some(b'\n')) {
                    self.made.bytes.push(b'\n');
                }
                self.made.bytes.push(b'\n');
            }
            Form::Files => {
                if let Origin::File(path) = &judged.slot.origin {
                    self.made.files.push((page_name(path), pieces.concat().into_bytes()));
                }
            }
            #[cfg(feature = "parquet")]
            Form::Parquet => self.rows.add(judged.slot, &judged.page, &pieces, extra),
            #[cfg(not(feature = "parquet"))]
            Form::Parquet => {}
        }
    }

    fn json(&mut self, judged: &Judged<'_>, pieces: &[&str], extra: Option<&str>) {
        let out = &mut self.made.bytes;
        match &judged.slot.origin {
            Origin::Json { line, splice } => {
                jsonl::rewrite(judged.batch.str(line), splice, pieces.iter().copied(), extra, out)
            }
            _ => {
                let page = &judged.page;
                jsonl::record(Some(page.url), judged.slot.id.as_ref(), None, pieces.iter().copied(), extra, out);
            }
        }
    }

    fn wet(&mut self, judged: &Judged<'_>, pieces: &[&str]) {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        let id = judged.page.id;
        self.record.clear();
        match &judged.slot.origin {
            Origin::Warc { header, conversion: true } => {
                same_header(judged.batch.raw(header), length, &mut self.record)
            }
            Origin::Warc { header, conversion: false } => {
                let header = header::parse(judged.batch.raw(header), usize::MAX).unwrap_or_default();
                let date = header.date.as_deref();
                new_header(NewRecord { url: judged.page.url, date, refers_to: id, id: None }, length, &mut self.record);
            }
            _ => new_header(NewRecord { url: judged.page.url, id, ..NewRecord::default() }, length, &mut self.record),
        }
        for piece in pieces {
            self.record.extend_from_slice(piece.as_bytes());
        }
        self.record.extend_from_slice(b"\r\n\r\n");
        self.end_record();
    }

    /// Adds a record that is no page but belongs into a file of the same format.
    pub fn verbatim(&mut self, batch: &Batch, span: &Span) {
        if let (Form::Wet, Span::Bytes(range)) = (self.entry.form, span) {
            self.record.clear();
            self.record.extend_from_slice(batch.raw(range));
            self.record.extend_from_slice(b"\r\n\r\n");
            self.end_record();
        }
    }

    fn end_record(&mut self) {
        match &mut self.deflater {
            Some(deflater) => deflater.deflate_member(&self.record, &mut self.made.bytes),
            None => self.made.bytes.extend_from_slice(&self.record),
        }
    }

    /// What was made.
    pub fn finish(self, batch: Batch) -> Rendered {
        #[cfg(feature = "parquet")]
        {
            let mut made = self.made;
            if self.entry.form == Form::Parquet {
                made.rows = Some(self.rows.finish(batch.table, self.plan.has_notes()));
            }
            made
        }
        #[cfg(not(feature = "parquet"))]
        {
            drop(batch);
            self.made
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chrome::Rule;
    use crate::line::{Key, Normaliser};

    fn kept_of(text: &str, keep: &[bool]) -> String {
        let mut lines = Vec::new();
        Normaliser::new(Key::default()).page(text, &mut lines);
        let verdicts: Vec<Verdict> = keep
            .iter()
            .map(|keep| if *keep { Verdict::keep(Rule::Unique) } else { Verdict::drop(Rule::Recurs, 2, 2) })
            .collect();
        assert_eq!(lines.len(), verdicts.len());
        let mut pieces = Vec::new();
        kept(text, &lines, &verdicts, &mut pieces);
        pieces.concat()
    }

    #[test]
    fn kept_lines_keep_their_own_line_ends() {
        assert_eq!(kept_of("a\r\nb\nc\rd\n", &[true, false, true, true]), "a\r\nc\rd\n");
        assert_eq!(kept_of("a\nb\n", &[true, false]), "a\n");
    }

    #[test]
    fn a_text_without_a_final_line_end_gets_none() {
        assert_eq!(kept_of("a\nb\nc", &[true, true, false]), "a\nb");
        assert_eq!(kept_of("a\r\nb", &[true, false]), "a");
        assert_eq!(kept_of("a\nb", &[false, true]), "b");
        assert_eq!(kept_of("a\nb", &[false, false]), "");
    }
}

//! HTML tokens from `html5gum`, a tokenizer of the WHATWG standard (HTML, 13.2.5).
//!
//! A thin adapter: what a [`Handler`] gets are `html5gum`'s events, borrowed, none of them
//! allocated; the handler in turn says how the content of an element is to be read. It departs
//! from the standard where one missing end would swallow the rest of a page: a comment or a quoted
//! value that never ends stops at its first `>`, and the content of a title, text field or frame
//! that never ends is markup.
//!
//! Whether an end is still to come is looked up, and the answer kept until the tokenizer has
//! passed it, so that time is linear in the page.

use std::cell::Cell;
use std::convert::Infallible;

use html5gum::emitters::callback::{Callback, CallbackEmitter};
use html5gum::{Emitter, ForwardingEmitter, Readable, Reader, State, StringReader, Tokenizer};
use memchr::{memchr, memmem};

/// The elements whose content is text whatever it looks like, up to their own end tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum RawText {
    Script,
    Style,
    Title,
    Textarea,
    Xmp,
    Iframe,
    Noembed,
}

impl RawText {
    const COUNT: usize = 7;

    /// The element of this name, in lower case.
    pub(in crate::source) const fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"script" => Self::Script,
            b"style" => Self::Style,
            b"title" => Self::Title,
            b"textarea" => Self::Textarea,
            b"xmp" => Self::Xmp,
            b"iframe" => Self::Iframe,
            b"noembed" => Self::Noembed,
            _ => return None,
        })
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::Script => b"script",
            Self::Style => b"style",
            Self::Title => b"title",
            Self::Textarea => b"textarea",
            Self::Xmp => b"xmp",
            Self::Iframe => b"iframe",
            Self::Noembed => b"noembed",
        }
    }
}

/// A page and how far the tokenizer has read it.
#[derive(Debug)]
pub(in crate::source) struct Input<'a> {
    html: &'a [u8],
    at: Cell<usize>,
    arrow: NextEnd,
    bang: NextEnd,
    end_tags: [NextEnd; RawText::COUNT],
    double_quote: NextEnd,
    single_quote: NextEnd,
    /// The quote that shall end the value just begun, since the page has no other.
    missing_quote: Cell<Option<&'static [u8]>>,
}

impl<'a> Input<'a> {
    pub(in crate::source) fn new(html: &'a [u8]) -> Self {
        Self {
            html,
            at: Cell::default(),
            arrow: NextEnd::default(),
            bang: NextEnd::default(),
            end_tags: Default::default(),
            double_quote: NextEnd::default(),
            single_quote: NextEnd::default(),
            missing_quote: Cell::default(),
        }
    }

    /// How to read the content of an element whose start tag ends here: as nothing special when
    /// its end tag never comes, but for scripts and styles, where nothing after it can be told
    /// from them.
    pub(in crate::source) fn state_in(&self, element: RawText) -> Option<State> {
        let state = match element {
            RawText::Script => return Some(State::ScriptData),
            RawText::Style => return Some(State::RawText),
            RawText::Title | RawText::Textarea => State::RcData,
            RawText::Xmp | RawText::Iframe | RawText::Noembed => State::RawText,
        };
        let end = self.end_tags.get(element as usize)?;
        let name = element.name();
        end.comes(self.html, self.at.get(), |rest| find_end_tag(rest, name)).then_some(state)
    }

    /// Whether the comment ends whose first dash was just read. `<!-->` and `<!--->` are whole
    /// comments, `<!--!>` is not.
    fn comment_ends(&self) -> bool {
        let (dash, html) = (self.at.get().saturating_sub(1), self.html);
        self.arrow.comes(html, dash, |rest| memmem::find(rest, b"-->"))
            || self.bang.comes(html, dash + 2, |rest| memmem::find(rest, b"--!>"))
    }

    /// Notes whether the attribute value that begins here lacks the quote at its end.
    fn begin_value(&self) {
        let at = self.at.get();
        let (end, quote): (_, &'static [u8]) = match self.html.get(at.wrapping_sub(1)) {
            Some(b'"') => (&self.double_quote, b"\""),
            Some(b'\'') => (&self.single_quote, b"'"),
            _ => return,
        };
        if !end.comes(self.html, at, |rest| memmem::find(rest, quote)) {
            self.missing_quote.set(Some(quote));
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.html.get(self.at.get()..).unwrap_or_default()
    }

    fn advance(&self, bytes: usize) {
        self.at.set(self.at.get() + bytes);
    }
}

/// Where an end stands next: 0 before the first search, `usize::MAX` when there is none.
#[derive(Debug, Default)]
struct NextEnd(Cell<usize>);

impl NextEnd {
    /// Whether there is an end in `html` at `from` or behind it. It is looked for only behind the
    /// one found before.
    fn comes(&self, html: &[u8], from: usize, find: impl FnOnce(&[u8]) -> Option<usize>) -> bool {
        if self.0.get() < from {
            let rest = html.get(from..).unwrap_or_default();
            self.0.set(find(rest).map_or(usize::MAX, |at| from + at));
        }
        self.0.get() != usize::MAX
    }
}

/// Where `</name` stands, in any case, followed by white space, `/` or `>`.
fn find_end_tag(html: &[u8], name: &[u8]) -> Option<usize> {
    memmem::find_iter(html, b"</").find(|at| {
        let tag = html.get(at + 2..).unwrap_or_default();
        tag.split_at_checked(name.len()).is_some_and(|(found, after)| {
            found.eq_ignore_ascii_case(name)
                && after.first().is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'>'))
        })
    })
}

/// White space as HTML means it.
pub(in crate::source) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0c')
}

/// Takes the events of a page, comments without their text. Attributes of end tags come too,
/// before the end tag; only those after an opened start tag mean anything.
pub(in crate::source) trait Handler<T>: Callback<T, ()> {
    /// How the text behind the tag just handled is to be read, `None` for markup as usual.
    fn state(&mut self) -> Option<State>;

    /// Whether text that stands here is of use; if not, it may be left out.
    fn wants_text(&self) -> bool;
}

/// Reads a page to its end, unless dropped before. Yields what the handler returns.
pub(in crate::source) fn read<'a, T>(input: &'a Input<'a>, handler: impl Handler<T> + 'a) -> impl Iterator<Item = T> {
    let source = Source { reader: input.html.to_reader(), input };
    let emitter = Adapter { inner: CallbackEmitter::new(handler), input };
    Tokenizer::new_with_emitter(source, emitter).map(|token| match token {
        Ok(token) => token,
    })
}

/// Feeds the tokenizer, with two lies. It hides the second dash of comments that never end, which
/// makes them what the standard calls bogus comments: they end at the first `>`. And of a quoted
/// value that never ends it shows the quote alone, in front of the first `>`.
#[derive(Debug)]
struct Source<'a> {
    reader: StringReader<'a>,
    input: &'a Input<'a>,
}

impl Source<'_> {
    fn skip_to_bracket(&mut self) {
        let rest = self.input.rest();
        self.input.advance(memchr(b'>', rest).unwrap_or(rest.len()));
        self.reader = self.input.rest().to_reader();
    }
}

impl Reader for Source<'_> {
    type Error = Infallible;

    #[inline(always)]
    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        let byte = self.reader.read_byte()?;
        self.input.advance(usize::from(byte.is_some()));
        Ok(byte)
    }

    fn try_read_string(&mut self, string: &[u8], exact: bool) -> Result<bool, Infallible> {
        if string == b"-" && !self.input.comment_ends() {
            return Ok(false);
        }
        let found = self.reader.try_read_string(string, exact)?;
        self.input.advance(if found { string.len() } else { 0 });
        Ok(found)
    }

    #[inline(always)]
    fn read_until<'b>(&'b mut self, needle: &[u8], buffer: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        if let Some(quote) = self.input.missing_quote.take() {
            self.skip_to_bracket();
            return Ok(Some(quote));
        }
        let bytes = self.reader.read_until(needle, buffer)?;
        self.input.advance(bytes.map_or(0, <[u8]>::len));
        Ok(bytes)
    }
}

/// The callback emitter, spared the work that nobody wants.
#[derive(Debug)]
struct Adapter<'a, H: Handler<T>, T> {
    inner: CallbackEmitter<H, T>,
    input: &'a Input<'a>,
}

impl<H: Handler<T>, T> ForwardingEmitter for Adapter<'_, H, T> {
    type Token = T;

    #[inline]
    fn inner(&mut self) -> &mut impl Emitter<Token = T> {
        &mut self.inner
    }

    #[inline]
    fn should_emit_errors(&mut self) -> bool {
        false
    }

    #[inline]
    fn emit_string(&mut self, text: &[u8]) {
        if self.inner.callback_mut().wants_text() {
            self.inner.emit_string(text);
        }
    }

    #[inline]
    fn push_comment(&mut self, _text: &[u8]) {}

    #[inline]
    fn init_attribute_value(&mut self) {
        self.input.begin_value();
        self.inner.init_attribute_value();
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        let switched = self.inner.emit_current_tag();
        self.inner.callback_mut().state().or(switched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use html5gum::Span;
    use html5gum::emitters::callback::CallbackEvent;

    /// Writes events down: text as it is, `[name attribute=value /]` and `[/name]` for tags.
    struct Notes<'a> {
        input: &'a Input<'a>,
        out: &'a mut String,
        raw: Option<RawText>,
    }

    impl Callback<(), ()> for Notes<'_> {
        fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<()> {
            let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let note = match event {
                CallbackEvent::String { value } => string(value),
                CallbackEvent::OpenStartTag { name } => {
                    self.raw = RawText::named(name);
                    format!("[{}", string(name))
                }
                CallbackEvent::AttributeName { name } => format!(" {}", string(name)),
                CallbackEvent::AttributeValue { value } => format!("={}", string(value)),
                CallbackEvent::CloseStartTag { self_closing: true } => " /]".to_owned(),
                CallbackEvent::CloseStartTag { .. } => "]".to_owned(),
                CallbackEvent::EndTag { name } => format!("[/{}]", string(name)),
                CallbackEvent::Comment { value } => string(value),
                CallbackEvent::Doctype { .. } => String::new(),
                CallbackEvent::Error(error) => error.to_string(),
            };
            self.out.push_str(&note);
            None
        }
    }

    impl Handler<()> for Notes<'_> {
        fn state(&mut self) -> Option<State> {
            self.input.state_in(self.raw.take()?)
        }

        fn wants_text(&self) -> bool {
            true
        }
    }

    fn noted(html: &str) -> String {
        let input = Input::new(html.as_bytes());
        let mut out = String::new();
        let notes = Notes { input: &input, out: &mut out, raw: None };
        assert_eq!(read(&input, notes).count(), 0);
        assert_eq!(input.at.get(), html.len());
        out
    }

    #[test]
    fn attributes_come_with_their_tag() {
        assert_eq!(
            noted("<A href = 'x>&amp;' b=\"it's\" c=d/e Hidden/>1 < 2</a >"),
            "[a href=x>& b=it's c=d/e hidden /]1 < 2[/a]"
        );
    }

    #[test]
    fn comments_end_as_the_standard_says() {
        assert_eq!(noted("a<!-- <b> -- > -->b<!-->c<!--->d<!-- x --!>e<!--!>-->f"), "abcdef");
    }

    #[test]
    fn a_comment_without_end_stops_at_its_first_bracket() {
        assert_eq!(noted("a<!-- b > c <p>d <!-- e"), "a c [p]d ");
        assert_eq!(noted("<!-- > --!>a<!-- > b"), "a b");
    }

    #[test]
    fn a_quote_without_end_stops_at_the_first_bracket() {
        assert_eq!(noted("<a id=\"1\" href=\"x>text <b c='d>bold</b"), "[a id=1 href]text [b c]bold");
        assert_eq!(noted("<a href='x>y</a><a href='z'>"), "[a href=x>y</a><a href= z']");
        assert_eq!(noted("a<b c='"), "a[b");
    }

    #[test]
    fn declarations_and_instructions_are_skipped() {
        assert_eq!(noted("<?xml v?><!DOCTYPE html>a<![CDATA[ x ]]>b<?php echo ?>c"), "abc");
    }

    #[test]
    fn raw_text_ends_at_its_own_end_tag_only() {
        assert_eq!(noted("<title>a</b></titles></TITLE >b"), "[title]a</b></titles>[/title]b");
        assert_eq!(noted("<xmp>&lt;<p></xmp>"), "[xmp]&lt;<p>[/xmp]");
    }

    #[test]
    fn raw_text_without_end_tag_is_markup() {
        assert_eq!(noted("<title>a</titles><p></title"), "[title]a[/titles][p]");
        assert_eq!(noted("<style>a<p>"), "[style]a<p>");
    }

    #[test]
    fn a_script_may_write_a_script() {
        let html = "<script><!--\nwrite('<script src=x></script>')\n//--></script>after";
        assert!(noted(html).ends_with("//-->[/script]after"));
    }

    #[test]
    fn no_stretch_is_searched_twice_for_an_end() {
        let html = format!("{}!{}!{}", "a".repeat(300), "b".repeat(50), "c".repeat(500));
        let end = NextEnd::default();
        let mut searched = 0;
        for from in 1..html.len() {
            let comes = end.comes(html.as_bytes(), from, |rest| {
                let found = memchr(b'!', rest);
                searched += found.map_or(rest.len(), |at| at + 1);
                found
            });
            assert_eq!(comes, html.get(from..).unwrap().contains('!'), "{from}");
        }
        assert_eq!(searched, html.len() - 1);
    }
}

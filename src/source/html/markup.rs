//! Splitting HTML into text and tags.
//!
//! A pull scanner over bytes that follows the tokenizer of the WHATWG standard (HTML, 13.2.5) as
//! far as text and tags go: the same tag ends where the same text starts. Comments, doctypes,
//! CDATA and processing instructions are skipped. It differs where the standard lets one missing
//! character swallow the rest of a page: a comment that never ends, or a quoted attribute value
//! that never ends, stops at its first `>`, as browsers before the standard did.
//!
//! Every search for an end that is not there happens once, so time is linear in the page.

use std::ops::Range;

use memchr::{memchr, memmem};

/// A piece of a page.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) enum Token<'a> {
    /// Text between tags, with its character references; never empty.
    Text(Range<usize>),
    /// The name of a start tag as written. Its attributes wait in [`Scanner::attribute`].
    Start(&'a [u8]),
    /// The name of an end tag as written.
    End(&'a [u8]),
}

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
    /// The element of this name, which may be written in any case.
    pub(in crate::source) fn named(name: &[u8]) -> Option<Self> {
        use RawText::{Iframe, Noembed, Script, Style, Textarea, Title, Xmp};
        [Script, Style, Title, Textarea, Xmp, Iframe, Noembed]
            .into_iter()
            .find(|raw| name.eq_ignore_ascii_case(raw.name()))
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

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Where an end stands next. It is looked for again only when the scanner has passed it, so that
/// openings without number before one far end, or before none, are no square of work.
#[derive(Debug)]
struct NextEnd {
    needle: &'static [u8],
    /// No such end stands from `searched_from` up to `found`, `usize::MAX` for none at all.
    searched_from: usize,
    found: usize,
}

impl NextEnd {
    const fn new(needle: &'static [u8]) -> Self {
        Self {
            needle,
            searched_from: usize::MAX,
            found: 0,
        }
    }

    fn find(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if !(self.searched_from..=self.found).contains(&from) {
            let rest = bytes.get(from..).unwrap_or_default();
            self.searched_from = from;
            self.found = memmem::find(rest, self.needle).map_or(usize::MAX, |length| from + length);
        }
        (self.found != usize::MAX).then_some(self.found)
    }
}

/// The scanner: call [`Scanner::next`] for tokens, and after a start tag
/// [`Scanner::attribute`] for its attributes; those not asked for are skipped.
#[derive(Debug)]
pub(in crate::source) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    in_tag: bool,
    self_closing: bool,
    arrow: NextEnd,
    bang: NextEnd,
    /// The elements whose end tag is known not to come any more.
    no_raw_end: u8,
}

impl<'a> Scanner<'a> {
    pub(in crate::source) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            in_tag: false,
            self_closing: false,
            arrow: NextEnd::new(b"-->"),
            bang: NextEnd::new(b"--!>"),
            no_raw_end: 0,
        }
    }

    /// The next text or tag, `None` at the end.
    pub(in crate::source) fn next(&mut self) -> Option<Token<'a>> {
        while self.attribute().is_some() {}
        loop {
            let text = self.at;
            let markup = self.markup_from(text);
            self.at = markup;
            if markup > text {
                return Some(Token::Text(text..markup));
            }
            match self.peek(1)? {
                b'/' if self.peek(2)?.is_ascii_alphabetic() => {
                    return Some(Token::End(self.tag_name(markup + 2)));
                }
                b'!' if self.rest(markup + 2).starts_with(b"--") => self.skip_comment(),
                b'/' | b'!' | b'?' => self.skip_past_bracket(markup + 2),
                _ => return Some(Token::Start(self.tag_name(markup + 1))),
            }
        }
    }

    /// The next attribute of the tag last returned: its name and value as written, `None` after
    /// the last.
    pub(in crate::source) fn attribute(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        if !self.in_tag {
            return None;
        }
        loop {
            match self.peek(0) {
                Some(b'/') => self.self_closing = self.peek(1) == Some(b'>'),
                Some(byte) if is_space(byte) => {}
                Some(b'>') | None => {
                    self.at = (self.at + 1).min(self.bytes.len());
                    self.in_tag = false;
                    return None;
                }
                Some(_) => break,
            }
            self.at += 1;
        }
        // A name may start with `=`, but not go on with one.
        let name = self.at;
        self.at += 1;
        self.skip_while(|byte| !is_space(byte) && !matches!(byte, b'/' | b'>' | b'='));
        let name = self.slice(name..self.at);
        self.skip_while(is_space);
        if self.peek(0) != Some(b'=') {
            return Some((name, b""));
        }
        self.at += 1;
        self.skip_while(is_space);
        Some((name, self.attribute_value()))
    }

    /// Whether the tag last returned, its attributes read, ended in `/>`.
    pub(in crate::source) const fn self_closing(&self) -> bool {
        self.self_closing
    }

    /// After the start tag of `element`: where its content is, with the scanner moved to the end
    /// tag. `None`, and nothing moved, when the page has no end tag for it.
    pub(in crate::source) fn raw_text(&mut self, element: RawText) -> Option<Range<usize>> {
        while self.attribute().is_some() {}
        if self.no_raw_end & element.bit() != 0 {
            return None;
        }
        let start = self.at;
        let end = match element {
            RawText::Script => self.script_end(start),
            _ => self.end_tag_from(start, element.name()),
        };
        match end {
            Some(end) => self.at = end,
            None => self.no_raw_end |= element.bit(),
        }
        end.map(|end| start..end)
    }

    /// All that is left of the page, the scanner moved to its end.
    pub(in crate::source) fn remainder(&mut self) -> Range<usize> {
        while self.attribute().is_some() {}
        let start = self.at;
        self.at = self.bytes.len();
        start..self.at
    }

    /// Where the first `<` stands that starts markup, or the end of the page.
    fn markup_from(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(offset) = memchr(b'<', self.rest(at)) {
            at += offset;
            match self.rest(at + 1) {
                [b'!' | b'?', ..] | [b'/', _, ..] => return at,
                [byte, ..] if byte.is_ascii_alphabetic() => return at,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    fn tag_name(&mut self, from: usize) -> &'a [u8] {
        self.in_tag = true;
        self.self_closing = false;
        self.at = from;
        self.skip_while(|byte| !is_space(byte) && !matches!(byte, b'/' | b'>'));
        self.slice(from..self.at)
    }

    fn attribute_value(&mut self) -> &'a [u8] {
        let Some(quote @ (b'"' | b'\'')) = self.peek(0) else {
            return self.value_up_to(|byte| is_space(byte) || byte == b'>');
        };
        self.at += 1;
        // When there is no other such quote on the page, this search cannot happen again.
        let Some(length) = memchr(quote, self.rest(self.at)) else {
            return self.value_up_to(|byte| byte == b'>');
        };
        let value = self.slice(self.at..self.at + length);
        self.at += length + 1;
        value
    }

    fn value_up_to(&mut self, end: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        self.skip_while(|byte| !end(byte));
        self.slice(start..self.at)
    }

    /// Skips a comment: to `-->` or `--!>`, else to the first `>`.
    fn skip_comment(&mut self) {
        // `<!-->` and `<!--->` are whole comments, `<!--!>` is not.
        let dashes = self.at + 2;
        let arrow = self.arrow.find(self.bytes, dashes);
        let bang = self.bang.find(self.bytes, dashes + 2);
        match (arrow, bang) {
            (Some(arrow), bang) if bang.is_none_or(|bang| arrow < bang) => self.at = arrow + 3,
            (_, Some(bang)) => self.at = bang + 4,
            _ => self.skip_past_bracket(dashes),
        }
    }

    fn skip_past_bracket(&mut self, from: usize) {
        let end = memchr(b'>', self.rest(from)).map(|length| from + length + 1);
        self.at = end.unwrap_or(self.bytes.len());
    }

    /// Where `</name` stands, followed by white space, `/` or `>`.
    fn end_tag_from(&self, from: usize, name: &[u8]) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr(b'<', self.rest(at))?;
            if self.rest(at).get(1) == Some(&b'/') && self.is_tag(at + 2, name) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// Where the end tag of a script stands. Between `<!--` and `-->`, a `<script` makes the next
    /// `</script>` part of the script, which pages rely on that write scripts from scripts; but
    /// when no other comes, that one is the end.
    fn script_end(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut comment_end = from;
        let mut nested = false;
        let mut passed_over = None;
        loop {
            let Some(offset) = memchr(b'<', self.rest(at)) else {
                return passed_over;
            };
            at += offset;
            let in_comment = at < comment_end;
            nested &= in_comment;
            match self.rest(at + 1) {
                [b'/', ..] if self.is_tag(at + 2, b"script") => {
                    if !nested {
                        return Some(at);
                    }
                    nested = false;
                    passed_over = passed_over.or(Some(at));
                }
                [b'!', b'-', b'-', ..] if !in_comment => {
                    comment_end = self
                        .arrow
                        .find(self.bytes, at + 2)
                        .unwrap_or(self.bytes.len());
                }
                _ => nested |= in_comment && self.is_tag(at + 1, b"script"),
            }
            at += 1;
        }
    }

    /// Whether a tag of that name, in any case, has its name at `at`.
    fn is_tag(&self, at: usize, name: &[u8]) -> bool {
        let (found, after) = match self.rest(at).split_at_checked(name.len()) {
            Some((found, [after, ..])) => (found, *after),
            _ => return false,
        };
        found.eq_ignore_ascii_case(name) && (is_space(after) || matches!(after, b'/' | b'>'))
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        let rest = self.rest(self.at);
        self.at += rest
            .iter()
            .position(|byte| !keep(*byte))
            .unwrap_or(rest.len());
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn rest(&self, from: usize) -> &'a [u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}

/// White space as HTML means it.
pub(in crate::source) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;
    use html5gum::Token as Reference;
    use proptest::prelude::*;

    /// The page in one string: text as it is, `[name attribute=value /]` and `[/name]` for tags.
    fn scanned(html: &str) -> String {
        let mut scanner = Scanner::new(html.as_bytes());
        let mut out = String::new();
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
        while let Some(token) = scanner.next() {
            match token {
                Token::Text(range) => out.push_str(&html[range]),
                Token::End(name) => out.push_str(&format!("[/{}]", string(name))),
                Token::Start(name) => {
                    out.push_str(&format!("[{}", string(name)));
                    while let Some((name, value)) = scanner.attribute() {
                        let value = String::from_utf8_lossy(value).into_owned();
                        out.push_str(&format!(" {}={value}", string(name)));
                    }
                    out.push_str(if scanner.self_closing() { " /]" } else { "]" });
                    if let Some(range) = RawText::named(name).and_then(|raw| scanner.raw_text(raw))
                    {
                        out.push_str(&html[range]);
                    }
                }
            }
        }
        out
    }

    /// The same string from a tokenizer that passes the tests of the standard, names alone.
    fn reference(html: &str) -> String {
        let mut emitter = html5gum::DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        html5gum::Tokenizer::new_with_emitter(html, emitter)
            .map(|token| match token.unwrap() {
                Reference::StartTag(tag) => format!("[{}]", string(&tag.name)),
                Reference::EndTag(tag) => format!("[/{}]", string(&tag.name)),
                Reference::String(text) => string(&text),
                _ => String::new(),
            })
            .collect()
    }

    fn names_only(html: &str) -> String {
        let mut scanner = Scanner::new(html.as_bytes());
        let mut out = String::new();
        while let Some(token) = scanner.next() {
            match token {
                Token::Text(range) => out.push_str(&html[range]),
                Token::End(name) => {
                    out.push_str(&format!(
                        "[/{}]",
                        String::from_utf8_lossy(name).to_ascii_lowercase()
                    ));
                }
                Token::Start(name) => {
                    out.push_str(&format!(
                        "[{}]",
                        String::from_utf8_lossy(name).to_ascii_lowercase()
                    ));
                    if let Some(range) = RawText::named(name).and_then(|raw| scanner.raw_text(raw))
                    {
                        out.push_str(&html[range]);
                    }
                }
            }
        }
        out
    }

    #[test]
    fn a_bracket_before_anything_but_a_name_is_text() {
        assert_eq!(scanned("1 < 2 <3 <= <"), "1 < 2 <3 <= <");
        assert_eq!(scanned("x</"), "x</");
        assert_eq!(scanned("x</>y</ z>w"), "xyw");
    }

    #[test]
    fn attributes_are_quoted_or_not_or_empty() {
        assert_eq!(
            scanned("<a href = 'x>y' b=\"it's\" c=d/e hidden/>"),
            "[a href=x>y b=it's c=d/e hidden= /]"
        );
        assert_eq!(scanned("<a b=c/>"), "[a b=c/]");
        assert_eq!(scanned("<a =x y= >z"), "[a =x= y=]z");
    }

    #[test]
    fn comments_end_as_the_standard_says() {
        assert_eq!(
            scanned("a<!-- <b> -- > -->b<!-->c<!--->d<!-- x --!>e<!--!>-->f"),
            "abcdef"
        );
    }

    #[test]
    fn a_comment_without_end_stops_at_its_first_bracket() {
        assert_eq!(scanned("a<!-- b > c <p>d <!-- e"), "a c [p]d ");
    }

    #[test]
    fn a_quote_without_end_stops_at_the_first_bracket() {
        assert_eq!(
            scanned("<a href=\"x>text <b>bold</b>"),
            "[a href=x]text [b]bold[/b]"
        );
    }

    #[test]
    fn declarations_and_instructions_are_skipped() {
        assert_eq!(
            scanned("<?xml v?><!DOCTYPE html>a<![CDATA[ x ]]>b<?php echo ?>c"),
            "abc"
        );
    }

    #[test]
    fn raw_text_ends_at_its_own_end_tag_only() {
        assert_eq!(
            scanned("<title>a</b></titles></TITLE >b"),
            "[title]a</b></titles>[/title]b"
        );
        assert_eq!(
            scanned("<textarea><p></textarea>"),
            "[textarea]<p>[/textarea]"
        );
    }

    #[test]
    fn a_script_may_write_a_script() {
        let html = "<script><!--\nwrite('<script src=x></script>')\n//--></script>after";
        assert!(scanned(html).ends_with("//-->[/script]after"));
        let html = "<script><!-- <script> </script>after";
        assert!(
            scanned(html).ends_with(" [/script]after"),
            "the only end tag there is"
        );
    }

    #[test]
    fn missing_ends_are_searched_for_once() {
        // A scanner that searched to the end each time would need hours for these.
        for piece in [
            "<!--",
            "<!-- >",
            "<title>",
            "<textarea>",
            "<a b=\"",
            "<![CDATA[",
            "<script><!--",
            "</",
            "<",
            "<!-- --!>",
            "<script><!--</script>",
        ] {
            let html = piece.repeat(400_000) + "--><p>";
            let mut scanner = Scanner::new(html.as_bytes());
            let mut tokens = 0_usize;
            while let Some(token) = scanner.next() {
                tokens += 1;
                if let Token::Start(name) = token {
                    RawText::named(name).and_then(|raw| scanner.raw_text(raw));
                }
            }
            assert!(tokens <= 1_200_001, "{piece}");
        }
    }

    /// Pieces that make tags, comments and raw text meet in every way.
    fn soup() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            ">",
            "</",
            "/>",
            "/",
            "=",
            "\"",
            "'",
            " ",
            "\n",
            "a",
            "p",
            "B",
            "é",
            "x=1",
            "<p>",
            "</p>",
            "<a href='u'>",
            "<!--",
            "-->",
            "--!>",
            "--",
            "-",
            "!",
            "<!",
            "<?",
            "<!doctype html>",
            "<![CDATA[",
            "]]>",
            "<script>",
            "</script>",
            "<SCRIPT",
            "</script",
            "<title>",
            "</title>",
            "<style>",
            "</style>",
            "<textarea>",
            "</textarea>",
            "<br/>",
        ]);
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// With all that can be open closed at the end, so that no fallback is needed.
        #[test]
        fn tokens_are_those_of_the_standard(soup in soup()) {
            let html = format!("{soup}<x y=\"'\" z='\"'>--><x y=\"'\" z='\"'></script>--></script></title></style></textarea>.");
            prop_assert_eq!(names_only(&html), reference(&html), "{}", html);
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut scanner = Scanner::new(&bytes);
            let mut covered = 0;
            while let Some(token) = scanner.next() {
                if let Token::Text(range) = token {
                    prop_assert!(range.start >= covered && range.end > range.start);
                    covered = range.end;
                }
            }
            prop_assert_eq!(scanner.remainder(), bytes.len()..bytes.len());
        }
    }
}

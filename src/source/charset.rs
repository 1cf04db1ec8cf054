//! From a page's bytes to text: which encoding it is in.
//!
//! The order is that of browsers (WHATWG HTML, 13.2.3): byte order mark, the HTTP header, `<meta>`
//! or XML declaration, detection. Three additions suit crawls better, where nobody can reload:
//! bytes that are valid UTF-8 beyond ASCII are UTF-8 though a label says otherwise; declarations
//! are looked for in 8 KiB instead of 1 KiB; and undeclared UTF-8 is detected, even with some
//! damage. Labels and decoders are those of `encoding_rs`, detection is `chardetng`'s.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use html5gum::emitters::callback::{Callback, CallbackEvent};
use html5gum::{Span, State};

use super::html::markup::{self, Handler, Input, RawText, is_space};

/// How far into a page declarations are looked for, in bytes.
const PRESCAN: usize = 8 * 1024;

/// How much is looked at to detect an encoding, from the first byte that is not ASCII.
const SAMPLE: usize = 128 * 1024;

/// Undeclared text is damaged UTF-8, not something else, when this many times more of its
/// sequences are valid than are not.
const VALID_TO_INVALID: usize = 20;

/// Text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without byte order mark; borrowed when the bytes were UTF-8.
    pub text: Cow<'a, str>,
    /// The encoding the bytes were read as.
    pub encoding: &'static Encoding,
    /// Whether malformed sequences were replaced by U+FFFD.
    pub repaired: bool,
}

/// Decodes an HTML page. `declared` is the `charset` of its HTTP header; nonsense is ignored.
#[must_use]
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes.get(mark..).unwrap_or_default());
    }
    let label = declared.map(|label| label.trim_matches(['"', '\'', ' ']));
    let encoding = label.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes()));
    match encoding.or_else(|| declared_within(bytes)) {
        Some(encoding) => decode_declared(encoding, bytes),
        None => decode_as(detect(bytes), bytes),
    }
}

/// Decodes plain text, where only a byte order mark declares anything.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> Decoded<'_> {
    match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => decode_as(encoding, bytes.get(mark..).unwrap_or_default()),
        None => decode_as(detect(bytes), bytes),
    }
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, repaired) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, encoding, repaired }
}

/// Decodes as declared, unless the bytes belie it: text in a single-byte encoding is valid UTF-8
/// by chance so rarely that it is taken for UTF-8 mislabelled; text in other encodings must be
/// malformed besides. Markup in UTF-16 has zero bytes.
fn decode_declared<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    if is_utf_16(encoding) && !has_nul(bytes) {
        return decode_as(detect(bytes), bytes);
    }
    if encoding == UTF_8 || !is_utf8_beyond_ascii(bytes) {
        return decode_as(encoding, bytes);
    }
    if encoding.is_single_byte() {
        return decode_as(UTF_8, bytes);
    }
    let decoded = decode_as(encoding, bytes);
    if decoded.repaired { decode_as(UTF_8, bytes) } else { decoded }
}

fn is_utf_16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

fn has_nul(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_some()
}

fn is_utf8_beyond_ascii(bytes: &[u8]) -> bool {
    Encoding::ascii_valid_up_to(bytes) < bytes.len() && Encoding::utf8_valid_up_to(bytes) == bytes.len()
}

/// The encoding of text that declares none.
fn detect(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = detect_utf_16(bytes) {
        return encoding;
    }
    // ISO-2022-JP is ASCII with escapes, and so is valid UTF-8 too.
    let first = Encoding::iso_2022_jp_ascii_valid_up_to(bytes);
    let escapes = Encoding::ascii_valid_up_to(bytes) == bytes.len() && first < bytes.len();
    if !escapes && is_utf8_more_or_less(bytes) {
        return UTF_8;
    }
    // The detector wants the two bytes before.
    let sample = bytes.get(first.saturating_sub(2)..).unwrap_or_default();
    let whole = sample.len() <= SAMPLE;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample.get(..SAMPLE).unwrap_or(sample), whole);
    detector.guess(None, Utf8Detection::Allow)
}

/// UTF-16 without byte order mark shows in markup's first `<`.
fn detect_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<', 0, other, 0, ..] if *other != 0 => Some(UTF_16LE),
        [0, b'<', 0, other, ..] if *other != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Valid UTF-8, or UTF-8 that was cut or damaged in a few places.
fn is_utf8_more_or_less(bytes: &[u8]) -> bool {
    if Encoding::utf8_valid_up_to(bytes) == bytes.len() {
        return true;
    }
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid.saturating_mul(VALID_TO_INVALID)
}

/// What the page's own markup declares: its first `<meta>` that names an encoding, else its XML
/// declaration.
fn declared_within(bytes: &[u8]) -> Option<&'static Encoding> {
    if detect_utf_16(bytes).is_some() {
        return None;
    }
    let head = bytes.get(..PRESCAN).unwrap_or(bytes);
    let encoding = declared_in_meta(head).or_else(|| declared_in_xml(head))?;
    // Whoever could read this declaration was not reading UTF-16.
    Some(match encoding {
        found if is_utf_16(found) => UTF_8,
        found if found == X_USER_DEFINED => WINDOWS_1252,
        found => found,
    })
}

fn declared_in_meta(head: &[u8]) -> Option<&'static Encoding> {
    let input = Input::new(head);
    let reader = MetaReader { input: &input, tag: MetaTag::default(), raw: None };
    markup::read(&input, reader).next()
}

/// Yields the encodings that `<meta>` tags name.
struct MetaReader<'a> {
    input: &'a Input<'a>,
    tag: MetaTag,
    /// The tag being read starts an element that holds no tags.
    raw: Option<RawText>,
}

/// A tag as far as it has been read: of a `<meta>`, what it says of its encoding.
#[derive(Default)]
struct MetaTag {
    is_meta: bool,
    /// The attribute whose value may come next.
    attribute: Attribute,
    /// There is `http-equiv=content-type`, which `content` needs beside it.
    pragma: bool,
    charset: Option<&'static Encoding>,
    content: Option<&'static Encoding>,
}

#[derive(Default)]
enum Attribute {
    #[default]
    Other,
    HttpEquiv,
    Charset,
    Content,
}

impl MetaTag {
    const fn attribute_name(&mut self, name: &[u8]) {
        self.attribute = match name {
            b"http-equiv" => Attribute::HttpEquiv,
            b"charset" => Attribute::Charset,
            b"content" => Attribute::Content,
            _ => Attribute::Other,
        };
    }

    fn attribute_value(&mut self, value: &[u8]) {
        let encoding = Encoding::for_label_no_replacement;
        match self.attribute {
            Attribute::Other => {}
            Attribute::HttpEquiv => {
                self.pragma |= value.trim_ascii().eq_ignore_ascii_case(b"content-type");
            }
            Attribute::Charset => self.charset = self.charset.or_else(|| encoding(value)),
            Attribute::Content => {
                self.content = self.content.or_else(|| charset_in(value).and_then(encoding));
            }
        }
    }

    fn encoding(&self) -> Option<&'static Encoding> {
        let pragma = if self.pragma { self.content } else { None };
        self.charset.or(pragma).filter(|_| self.is_meta)
    }
}

impl Callback<&'static Encoding, ()> for MetaReader<'_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<&'static Encoding> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = MetaTag { is_meta: name == b"meta", ..MetaTag::default() };
                self.raw = RawText::named(name);
            }
            CallbackEvent::AttributeName { name } => self.tag.attribute_name(name),
            CallbackEvent::AttributeValue { value } if self.tag.is_meta => {
                self.tag.attribute_value(value);
            }
            CallbackEvent::CloseStartTag { .. } => return self.tag.encoding(),
            _ => {}
        }
        None
    }
}

impl Handler<&'static Encoding> for MetaReader<'_> {
    fn state(&mut self) -> Option<State> {
        self.input.state_in(self.raw.take()?)
    }

    fn wants_text(&self) -> bool {
        false
    }
}

/// The label in a content type such as `text/html; charset=utf-8`.
fn charset_in(content: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"charset";
    let lower = content.to_ascii_lowercase();
    for at in memchr::memmem::find_iter(&lower, NAME) {
        let rest = content.get(at + NAME.len()..)?.trim_ascii_start();
        let Some(value) = rest.strip_prefix(b"=") else {
            continue;
        };
        return match value.trim_ascii_start() {
            [quote @ (b'"' | b'\''), quoted @ ..] => quoted.split(|byte| byte == quote).next(),
            bare => bare.split(|byte| is_space(*byte) || *byte == b';').next(),
        };
    }
    None
}

/// The encoding that an XML declaration at the start of the page names.
fn declared_in_xml(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.strip_prefix(b"<?xml")?.split(|byte| *byte == b'>').next()?;
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let rest = declaration.get(at + b"encoding".len()..)?.trim_ascii_start();
    match rest.strip_prefix(b"=")?.trim_ascii_start() {
        [quote @ (b'"' | b'\''), label @ ..] => {
            Encoding::for_label_no_replacement(label.split(|byte| byte == quote).next()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{
        BIG5, EUC_JP, EUC_KR, GB18030, GBK, ISO_2022_JP, ISO_8859_2, SHIFT_JIS, WINDOWS_1251, WINDOWS_1253,
    };
    use proptest::prelude::*;

    const RUSSIAN: &str = "В чащах юга жил бы цитрус? Да, но фальшивый экземпляр!";
    const JAPANESE: &str = "すべての人間は、生まれながらにして自由であり";

    fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    fn page(head: &str, text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoded(&format!("<html><head>{head}</head><body><p>{text}</p>"), encoding)
    }

    fn read_as(bytes: &[u8], declared: Option<&str>) -> &'static Encoding {
        decode(bytes, declared).encoding
    }

    #[test]
    fn a_byte_order_mark_beats_the_header() {
        let bytes = [b"\xEF\xBB\xBF", "é".as_bytes()].concat();
        let decoded = decode(&bytes, Some("windows-1251"));
        assert_eq!((decoded.text.as_ref(), decoded.encoding, decoded.repaired), ("é", UTF_8, false));
        let utf_16: Vec<u8> = [0xFEFF_u16, 0x3C, 0x416].iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(decode(&utf_16, Some("utf-8")).text, "<Ж");
    }

    #[test]
    fn the_header_beats_the_meta() {
        let bytes = page("<meta charset=koi8-r>", RUSSIAN, WINDOWS_1251);
        assert!(decode(&bytes, Some(" \"Windows-1251\" ")).text.contains(RUSSIAN));
    }

    #[test]
    fn nonsense_labels_are_ignored() {
        let bytes = page("<meta charset=windows-1251>", RUSSIAN, WINDOWS_1251);
        for label in ["", "none", "utf8mb4", "text/html", "iso-2022-kr", "\u{0}"] {
            assert!(decode(&bytes, Some(label)).text.contains(RUSSIAN), "{label}");
        }
    }

    #[test]
    fn meta_declares_in_either_form() {
        for meta in [
            "<meta charset='windows-1251'>",
            "<META name=a CHARSET = Windows-1251 />",
            "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
            "<meta content=\"text/html;charset = 'windows-1251';x\" http-equiv=content-type>",
            "<meta charset=nonsense><meta charset=windows-1251>",
        ] {
            let bytes = page(meta, RUSSIAN, WINDOWS_1251);
            assert_eq!(read_as(&bytes, None), WINDOWS_1251, "{meta}");
        }
    }

    #[test]
    fn only_real_meta_tags_declare() {
        for head in [
            "<meta name=description content='charset=gbk'>",
            "<meta data-charset=gbk>",
            "<!-- <meta charset=gbk> -->",
            "<title><meta charset=gbk></title>",
            "<script>'<meta charset=gbk>'</script>",
            "<a title='<meta charset=gbk>'>",
            "<metadata charset=gbk>",
        ] {
            assert_eq!(read_as(&page(head, "ok", UTF_8), None), UTF_8, "{head}");
        }
    }

    #[test]
    fn a_meta_is_found_behind_the_first_kilobyte() {
        let far = |bytes: usize| format!("<!--{}--><meta charset=windows-1251>", "x".repeat(bytes));
        assert_eq!(read_as(&page(&far(5000), "ok", UTF_8), None), WINDOWS_1251);
        assert_eq!(read_as(&page(&far(9000), "ok", UTF_8), None), UTF_8);
    }

    #[test]
    fn a_meta_that_says_utf_16_means_utf_8() {
        assert_eq!(read_as(&page("<meta charset=utf-16>", "é", UTF_8), None), UTF_8);
    }

    #[test]
    fn a_header_that_says_utf_16_needs_zero_bytes() {
        assert_eq!(read_as(b"<p>plain", Some("utf-16")), UTF_8);
        let bytes: Vec<u8> = "<p>Ж".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bytes, Some("utf-16le")).text, "<p>Ж");
        assert_eq!(decode(&bytes, None).text, "<p>Ж");
    }

    #[test]
    fn an_xml_declaration_declares() {
        let bytes = encoded(&format!("<?xml version='1.0' encoding='windows-1251'?><p>{RUSSIAN}"), WINDOWS_1251);
        assert!(decode(&bytes, None).text.contains(RUSSIAN));
    }

    #[test]
    fn declared_encodings_come_out_right() {
        for (text, encoding) in [
            (RUSSIAN, WINDOWS_1251),
            ("Ξεσκεπάζω την ψυχοφθόρα", WINDOWS_1253),
            ("Příliš žluťoučký kůň", ISO_8859_2),
            (JAPANESE, SHIFT_JIS),
            (JAPANESE, EUC_JP),
            (JAPANESE, ISO_2022_JP),
            ("人人生而自由", GB18030),
            ("人人生而自由", BIG5),
            ("모든 인간은", EUC_KR),
        ] {
            let declared = page("", text, encoding);
            let decoded = decode(&declared, Some(encoding.name()));
            assert!(decoded.text.contains(text) && !decoded.repaired, "{}", encoding.name());
            let meta = page(&format!("<meta charset={}>", encoding.name()), text, encoding);
            assert!(decode(&meta, None).text.contains(text), "{}", encoding.name());
        }
    }

    #[test]
    fn utf_8_is_taken_as_such_whatever_a_label_says() {
        let bytes = page("<meta charset=iso-8859-1>", RUSSIAN, UTF_8);
        assert_eq!(read_as(&bytes, None), UTF_8);
        assert_eq!(read_as(&bytes, Some("windows-1251")), UTF_8);
        assert_eq!(read_as(&bytes, Some("shift_jis")), UTF_8);
        // Valid as UTF-8 by chance, and as what it says: the label holds.
        assert_eq!(read_as(&encoded("联通", GBK), Some("gbk")), GBK);
    }

    #[test]
    fn undeclared_encodings_are_detected() {
        for encoding in [WINDOWS_1251, UTF_8] {
            assert!(decode(&page("", RUSSIAN, encoding), None).text.contains(RUSSIAN));
        }
        for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP] {
            let bytes = page("", &JAPANESE.repeat(3), encoding);
            assert_eq!(decode(&bytes, None).encoding, encoding);
            assert!(decode_text(&bytes).text.contains(JAPANESE));
        }
    }

    #[test]
    fn escapes_of_a_terminal_are_not_japanese() {
        assert_eq!(decode_text(b"\x1B[31mred\x1B[0m").encoding, UTF_8);
    }

    #[test]
    fn damaged_utf_8_is_still_utf_8() {
        let mut bytes = RUSSIAN.as_bytes().to_vec();
        bytes.pop();
        bytes.extend([0xD0, b' ']);
        let decoded = decode(&bytes, None);
        assert!(decoded.repaired && decoded.encoding == UTF_8 && decoded.text.contains("цитрус"));
    }

    #[test]
    fn valid_utf_8_is_borrowed() {
        for bytes in ["<p>ascii", "\u{feff}<p>é", "é"] {
            assert!(matches!(decode(bytes.as_bytes(), Some("utf-8")).text, Cow::Borrowed(_)), "{bytes}");
            assert!(matches!(decode_text(bytes.as_bytes()).text, Cow::Borrowed(_)), "{bytes}");
        }
        assert!(matches!(decode(b"<p>ascii", Some("iso-8859-1")).text, Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_and_label_decode(bytes in prop::collection::vec(any::<u8>(), 0..300), label in prop::option::of("[a-z0-9-]{0,12}")) {
            let decoded = decode(&bytes, label.as_deref());
            prop_assert!(decoded.text.len() <= bytes.len() * 3);
            prop_assert!(decode_text(&bytes).text.len() <= bytes.len() * 3);
        }

        #[test]
        fn text_comes_back_from_any_declared_encoding(text in "[a-z]{1,10}[ж-я]{1,20}") {
            for encoding in [WINDOWS_1251, GB18030, EUC_JP, SHIFT_JIS] {
                let bytes = encoded(&text, encoding);
                prop_assume!(std::str::from_utf8(&bytes).is_err());
                let decoded = decode(&bytes, Some(encoding.name()));
                prop_assert_eq!(decoded.text, text.as_str());
                prop_assert!(!decoded.repaired);
            }
        }

        #[test]
        fn utf_8_text_is_read_as_it_is(text in "[^\u{0}\u{feff}\u{1b}\u{e}\u{f}]{0,100}") {
            let decoded = decode_text(text.as_bytes());
            prop_assert_eq!(decoded.text, text.as_str());
        }
    }
}

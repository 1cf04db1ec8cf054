//! From HTML to the lines a reader sees, each with a [`Mark`].
//!
//! What a line is follows Common Crawl's WET files: the title first, then one line for each block
//! of text, the cells of a table row on one line. Unlike there, nothing is taken that a browser
//! does not show: scripts, templates, hidden elements, fallbacks.
//!
//! No tree is built: tags come from a tokenizer, and a stack remembers the open elements that
//! matter, at most 512 of them. It keeps the rules of the WHATWG standard for tags that imply
//! others (13.2.6), so far as they move text or make it visible. Time is linear in the page, and
//! memory beyond the text is that of the longest run of text or attribute.

mod container;
mod element;
pub(in crate::source) mod markup;
mod naming;

use std::convert::Infallible;
use std::mem;

use html5gum::emitters::callback::{Callback, CallbackEvent};
use html5gum::{Span, State};

use crate::line::mark::{Block, Mark, Regions};
use container::Containers;
use element::{Kind, Walls, key_of, wall};
use markup::{Handler, Input, RawText, is_space};
use naming::Naming;

/// How many open elements are remembered, as in browsers. Deeper ones are only counted.
const MAX_DEPTH: usize = 512;

/// One page's text and marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlText {
    /// The lines, joined with `\n`; none is blank.
    pub text: String,
    /// One mark a line.
    pub marks: Vec<Mark>,
}

impl HtmlText {
    /// The lines of one page. For many pages, an [`Extractor`] saves memory being taken anew.
    #[must_use]
    pub fn of(html: &str) -> Self {
        let mut page = Self::default();
        Extractor::default().extract(html, &mut page.text, &mut page.marks);
        page
    }

    /// The lines with their marks, in order.
    pub fn lines(&self) -> impl Iterator<Item = (&str, Mark)> {
        self.text.split('\n').zip(self.marks.iter().copied())
    }
}

/// Takes the lines out of HTML, page after page.
#[derive(Debug, Default)]
pub struct Extractor {
    open: OpenElements,
    containers: Containers,
}

impl Extractor {
    /// Appends the lines of `html` to `text`, with `\n` between them but not round them, and one
    /// mark a line to `marks`.
    ///
    /// What `text` holds already is left alone and not parted from: where it ended, this page
    /// begins. A page without a visible word appends nothing to either.
    pub fn extract(&mut self, html: &str, text: &mut String, marks: &mut Vec<Mark>) {
        self.open.clear();
        self.containers.clear();
        let mut lines = Lines::new(text, marks, &mut self.containers);
        let input = Input::new(html.as_bytes());
        let page = Page {
            input: &input,
            open: &mut self.open,
            lines: &mut lines,
            tag: StartTag::default(),
            content: Content::Markup,
            state: None,
            titled: false,
            xml: html.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml"),
        };
        // It has nothing to yield before the end.
        let _: Option<Infallible> = markup::read(&input, page).next();
        lines.finish();
    }
}

/// What holds for text at one place of the page.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    /// The innermost element that ends lines.
    element: container::Number,
    block: Block,
    regions: Regions,
    hidden: bool,
    link: bool,
    /// White space counts, as in `<pre>`.
    verbatim: bool,
    /// A `<p>` is open that a block would end.
    paragraph: bool,
    table: bool,
    /// Within a remembered inline element, so that its namesakes must be remembered too.
    inline: bool,
    /// Directly within SVG or `MathML`.
    foreign: bool,
}

/// An element whose end tag has not come.
#[derive(Clone, Copy, Debug)]
struct Open {
    key: u64,
    kind: Kind,
    walls: Walls,
    /// Which keys this and the elements round it have: one bit for each 64th of all keys.
    names: u64,
    context: Context,
}

fn name_bit(key: u64) -> u64 {
    // The upper bits of a product depend on all letters.
    1 << (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58)
}

/// The open elements that matter, outermost first.
#[derive(Debug, Default)]
struct OpenElements {
    stack: Vec<Open>,
    /// Those open beyond [`MAX_DEPTH`].
    deeper: usize,
}

impl OpenElements {
    fn clear(&mut self) {
        self.stack.clear();
        self.deeper = 0;
    }

    fn context(&self) -> Context {
        self.stack.last().map_or_else(Context::default, |open| open.context)
    }

    /// Whether text that stands here is not shown.
    fn hidden(&self) -> bool {
        self.stack.last().is_some_and(|open| open.context.hidden)
    }

    fn push(&mut self, key: u64, kind: Kind, context: Context) {
        if self.stack.len() < MAX_DEPTH {
            let names = self.names() | name_bit(key);
            let walls = kind.walls();
            self.stack.push(Open { key, kind, walls, names, context });
        } else if kind != Kind::Link {
            self.deeper += 1;
        }
    }

    fn names(&self) -> u64 {
        self.stack.last().map_or(0, |open| open.names)
    }

    /// Whether an element of this name can be open. It spares most stray end tags the search.
    fn may_hold(&self, key: u64) -> bool {
        self.names() & name_bit(key) != 0
    }

    /// The innermost open element that is `wanted`, unless one that `stops` comes before it.
    fn find(&self, wanted: impl Fn(&Open) -> bool, stops: impl Fn(&Open) -> bool) -> Option<usize> {
        let end = self.stack.iter().rposition(|open| wanted(open) || stops(open))?;
        self.stack.get(end).is_some_and(wanted).then_some(end)
    }

    /// The innermost open element of a kind.
    fn innermost(&self, kind: Kind) -> Option<usize> {
        self.stack.iter().rposition(|open| open.kind == kind)
    }

    /// Closes the elements from `index` on, and says whether that ends a line.
    fn close_from(&mut self, index: usize) -> bool {
        let closed = self.stack.get(index..).unwrap_or_default();
        let ends_line = closed.iter().any(|open| open.kind.breaks_line() && !open.context.hidden);
        self.stack.truncate(index);
        ends_line
    }

    /// Ends the innermost `<a>`. Blocks opened within it stay open, as in browsers; a hidden one
    /// takes them along.
    fn close_link(&mut self) {
        let Some(index) = self.innermost(Kind::Link) else {
            return;
        };
        if self.stack.get(index).is_some_and(|open| open.context.hidden) {
            self.stack.truncate(index);
            return;
        }
        self.stack.remove(index);
        for open in self.stack.iter_mut().skip(index) {
            open.context.link = false;
        }
    }
}

/// A start tag, as far as it has been read.
#[derive(Debug, Default)]
struct StartTag {
    key: u64,
    /// The attribute whose value may come next.
    attribute: Attribute,
    hidden_attribute: bool,
    /// By `aria-hidden` or `style`.
    hidden: bool,
    href: bool,
    shadow_root: bool,
    regions: Regions,
    naming: Naming,
}

/// The attributes whose values matter.
#[derive(Clone, Copy, Debug, Default)]
enum Attribute {
    #[default]
    Other,
    Hidden,
    AriaHidden,
    Style,
    Role,
    Class,
    Id,
}

impl StartTag {
    fn named(name: &[u8]) -> Self {
        Self { key: key_of(name), ..Self::default() }
    }

    const fn attribute_name(&mut self, name: &[u8]) {
        self.attribute = Attribute::Other;
        match name {
            b"href" => self.href = true,
            b"shadowrootmode" => self.shadow_root = true,
            b"role" => self.attribute = Attribute::Role,
            b"class" => self.attribute = Attribute::Class,
            b"id" => self.attribute = Attribute::Id,
            b"style" => self.attribute = Attribute::Style,
            b"aria-hidden" => self.attribute = Attribute::AriaHidden,
            b"hidden" => {
                self.attribute = Attribute::Hidden;
                self.hidden_attribute = true;
            }
            _ => {}
        }
    }

    fn attribute_value(&mut self, value: &[u8]) {
        match self.attribute {
            Attribute::Other => {}
            Attribute::Hidden => self.hidden_attribute = !value.eq_ignore_ascii_case(b"until-found"),
            Attribute::AriaHidden => {
                self.hidden |= value.trim_ascii().eq_ignore_ascii_case(b"true");
            }
            Attribute::Style => self.hidden |= style_hides(value),
            Attribute::Role => self.regions |= regions_of_role(value),
            Attribute::Id => self.naming.add_id(value),
            Attribute::Class => self.naming.add_classes(value),
        }
    }

    const fn hides(&self) -> bool {
        self.hidden_attribute || self.hidden
    }
}

/// The landmark that a `role` names; of several roles the first that names one.
fn regions_of_role(value: &[u8]) -> Regions {
    const ROLES: [(&[u8], Regions); 6] = [
        (b"navigation", Regions::NAV),
        (b"banner", Regions::HEADER),
        (b"contentinfo", Regions::FOOTER),
        (b"complementary", Regions::ASIDE),
        (b"main", Regions::MAIN),
        (b"article", Regions::ARTICLE),
    ];
    let landmark = |role: &[u8]| ROLES.iter().find(|(name, _)| role.eq_ignore_ascii_case(name));
    value.split(|byte| is_space(*byte)).find_map(landmark).map_or(Regions::NONE, |(_, region)| *region)
}

/// Whether an inline style has `display: none` or `visibility: hidden`.
fn style_hides(style: &[u8]) -> bool {
    let (mut no_box, mut invisible) = (false, false);
    for declaration in style.split(|byte| *byte == b';') {
        let mut parts = declaration.splitn(2, |byte| *byte == b':');
        let (Some(property), Some(value)) = (parts.next(), parts.next()) else {
            continue;
        };
        let keyword =
            value.trim_ascii_start().split(|byte| is_space(*byte) || *byte == b'!').next().unwrap_or_default();
        match property.trim_ascii() {
            property if property.eq_ignore_ascii_case(b"display") => {
                no_box = keyword.eq_ignore_ascii_case(b"none");
            }
            property if property.eq_ignore_ascii_case(b"visibility") => {
                invisible = keyword.eq_ignore_ascii_case(b"hidden") || keyword.eq_ignore_ascii_case(b"collapse");
            }
            _ => {}
        }
    }
    no_box || invisible
}

/// How the text is to be taken that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// As the open elements say.
    Markup,
    /// Of an element that holds text alone and is not shown.
    Unseen,
    Title,
    /// A block whose lines are kept as they are.
    Verbatim(Block),
}

/// One page being read.
struct Page<'p, 'a> {
    input: &'p Input<'p>,
    open: &'p mut OpenElements,
    lines: &'p mut Lines<'a>,
    tag: StartTag,
    content: Content,
    /// What the tokenizer shall do after the tag just read.
    state: Option<State>,
    titled: bool,
    /// The page calls itself XML, where `/>` ends an element.
    xml: bool,
}

impl Callback<Infallible, ()> for Page<'_, '_> {
    fn handle_event(&mut self, event: CallbackEvent<'_>, _: Span<()>) -> Option<Infallible> {
        match event {
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::OpenStartTag { name } => self.tag = StartTag::named(name),
            CallbackEvent::AttributeName { name } => self.tag.attribute_name(name),
            CallbackEvent::AttributeValue { value } => self.tag.attribute_value(value),
            CallbackEvent::CloseStartTag { self_closing } => self.start(self_closing),
            CallbackEvent::EndTag { name } => self.end(key_of(name)),
            _ => {}
        }
        None
    }
}

impl Handler<Infallible> for Page<'_, '_> {
    fn state(&mut self) -> Option<State> {
        self.state.take()
    }

    fn wants_text(&self) -> bool {
        match self.content {
            Content::Markup => !self.open.hidden(),
            Content::Unseen => false,
            Content::Title | Content::Verbatim(_) => true,
        }
    }
}

impl Page<'_, '_> {
    fn text(&mut self, text: &str) {
        let here = self.open.context();
        match self.content {
            Content::Markup if here.hidden => {}
            Content::Markup if here.verbatim => self.lines.verbatim(text, here),
            Content::Markup => self.lines.flow(text, here),
            Content::Unseen => {}
            Content::Title => self.titled = self.lines.title(text),
            Content::Verbatim(block) => {
                self.lines.verbatim(text, Context { block, ..here });
                self.lines.end();
            }
        }
    }

    fn start(&mut self, self_closing: bool) {
        let said = mem::take(&mut self.tag);
        let kind = Kind::of(said.key);
        self.close_implied(kind);
        let here = self.open.context();
        let self_closed = self_closing && (self.xml || here.foreign || kind == Kind::Foreign);
        let hidden = here.hidden || said.hides();
        match kind {
            Kind::Raw(raw) if !self_closed => self.raw_text(raw, hidden),
            Kind::Plaintext => self.plaintext(here.hidden),
            Kind::Document | Kind::Void | Kind::Raw(_) => {}
            _ if hidden => {}
            Kind::Picture | Kind::Foreign => self.lines.space(),
            Kind::Cell => self.lines.cell(),
            _ if kind.breaks_line() => self.lines.end(),
            _ => {}
        }
        if !self_closed {
            self.remember(kind, here, &said);
        }
    }

    /// Puts an element on the stack when it changes anything for what is in it.
    fn remember(&mut self, kind: Kind, here: Context, said: &StartTag) {
        let matters = match kind {
            Kind::Inline => here.inline || said.hides() || !said.regions.is_empty(),
            Kind::Link => said.href || said.hides(),
            _ => is_remembered(kind, here),
        };
        if matters {
            let element = self.lines.containers.open(here.element, kind);
            let context = Context { element, ..within(kind, here, said) };
            self.open.push(said.key, kind, context);
        }
    }

    /// Ends the elements that a start tag of this kind implies to have ended.
    fn close_implied(&mut self, kind: Kind) {
        if self.open.deeper > 0 {
            return;
        }
        let here = self.open.context();
        // Blocks cannot stand in SVG and MathML: they end it.
        while kind.breaks_line() && self.open.context().foreign {
            self.close_nearest(|kind| kind == Kind::Foreign, 0);
        }
        match kind {
            Kind::Link if here.link => self.open.close_link(),
            Kind::Document => self.close_nearest(|kind| kind == Kind::Head, 0),
            Kind::Item => self.close_nearest(|kind| kind == Kind::Item, wall::ITEMS),
            Kind::Option | Kind::Select => self.close_innermost(|kind| kind == Kind::Option),
            Kind::Heading(_) => self.close_innermost(|kind| matches!(kind, Kind::Heading(_))),
            Kind::Button => self.close_nearest(|kind| kind == Kind::Button, wall::SCOPE),
            Kind::Cell if here.table => {
                self.close_nearest(|kind| kind == Kind::Cell, wall::ROW | wall::TABLE);
            }
            Kind::Row if here.table => {
                self.close_nearest(|kind| matches!(kind, Kind::Row | Kind::TableCaption), wall::TABLE);
            }
            Kind::TableSection if here.table => {
                let ends = |kind| matches!(kind, Kind::TableSection | Kind::TableCaption);
                self.close_nearest(ends, wall::TABLE);
                self.close_nearest(|kind| kind == Kind::Row, wall::TABLE);
            }
            _ => {}
        }
        if kind.closes_paragraph() && self.open.context().paragraph {
            self.close_nearest(|kind| kind == Kind::Paragraph, 0);
        }
    }

    fn close_nearest(&mut self, wanted: impl Fn(Kind) -> bool, stops_at: Walls) {
        let stops = |open: &Open| open.walls & stops_at != 0;
        if let Some(index) = self.open.find(|open| wanted(open.kind), stops) {
            self.close_from(index);
        }
    }

    fn close_innermost(&mut self, wanted: impl Fn(Kind) -> bool) {
        if self.open.stack.last().is_some_and(|open| wanted(open.kind)) {
            self.close_from(self.open.stack.len() - 1);
        }
    }

    fn close_from(&mut self, index: usize) {
        if self.open.close_from(index) {
            self.lines.end();
        }
    }

    fn end(&mut self, key: u64) {
        self.content = Content::Markup;
        let kind = Kind::of(key);
        let here = self.open.context();
        if self.open.deeper > 0 && is_remembered(kind, here) {
            self.open.deeper -= 1;
            if kind.breaks_line() && !here.hidden {
                self.lines.end();
            }
            return;
        }
        match kind {
            // Two end tags that work alone.
            Kind::Break => self.end_line(here),
            Kind::Paragraph if !here.paragraph => self.end_line(here),
            Kind::Link if here.link => self.open.close_link(),
            Kind::Document => self.end_document(),
            Kind::Heading(_) => {
                self.close_ended(kind, |open| matches!(open.kind, Kind::Heading(_)));
            }
            _ if !is_remembered(kind, here) || !self.open.may_hold(key) => {}
            _ => self.close_ended(kind, |open| open.key == key),
        }
    }

    /// Closes the element that an end tag is for. What is hidden is no wall: an element that is
    /// never shown and never closed ends with the element it is in.
    fn close_ended(&mut self, kind: Kind, wanted: impl Fn(&Open) -> bool) {
        let walls = kind.end_stops_at();
        let stops = |open: &Open| open.walls & walls != 0 && !open.context.hidden;
        if let Some(index) = self.open.find(wanted, stops) {
            self.close_from(index);
        }
    }

    /// What stands behind `</body>` is shown too, but no longer within anything. The body of a page
    /// within an SVG drawing is not that of the page.
    fn end_document(&mut self) {
        if self.open.innermost(Kind::Foreign).is_none() {
            self.close_from(0);
        }
    }

    fn end_line(&mut self, here: Context) {
        if !here.hidden {
            self.lines.end();
        }
    }

    /// The start of an element that holds text alone.
    fn raw_text(&mut self, raw: RawText, hidden: bool) {
        if !hidden && Kind::Raw(raw).breaks_line() {
            self.lines.end();
        }
        self.state = self.input.state_in(raw);
        if self.state.is_some() {
            self.content = match raw {
                _ if hidden => Content::Unseen,
                RawText::Title if !self.titled => Content::Title,
                RawText::Textarea => Content::Verbatim(Block::Control),
                RawText::Xmp => Content::Verbatim(Block::Preformatted),
                _ => Content::Unseen,
            };
        }
    }

    fn plaintext(&mut self, hidden: bool) {
        self.state = Some(State::PlainText);
        self.content = if hidden {
            Content::Unseen
        } else {
            self.lines.end();
            Content::Verbatim(Block::Preformatted)
        };
    }
}

/// Whether elements of this kind are on the stack, whatever their attributes say.
const fn is_remembered(kind: Kind, here: Context) -> bool {
    match kind {
        Kind::Inline => here.inline,
        Kind::Integration => here.foreign,
        Kind::TableCaption | Kind::TableSection | Kind::Row | Kind::Cell => here.table,
        Kind::Link | Kind::Document | Kind::Raw(_) | Kind::Plaintext => false,
        _ => !kind.is_void(),
    }
}

/// Whether pages are laid out with such elements.
const fn is_column(kind: Kind, key: u64) -> bool {
    match kind {
        Kind::Neutral => key != key_of(b"section"),
        Kind::Landmark(_) | Kind::List | Kind::Table | Kind::Cell => true,
        _ => false,
    }
}

/// What holds within an element that stands in `here`.
fn within(kind: Kind, here: Context, said: &StartTag) -> Context {
    let mut context = here;
    context.hidden |= said.hides();
    context.regions |= said.regions;
    // Within a line, and in code, names say what is coloured how, and comments are on code.
    if kind.breaks_line() && !here.verbatim {
        context.regions |= said.naming.regions(is_column(kind, said.key));
    }
    // In SVG and MathML, what is not HTML again stays foreign.
    context.foreign = kind == Kind::Foreign || here.foreign && kind != Kind::Integration;
    match kind {
        Kind::Inline => context.inline = true,
        Kind::Link => context.link = true,
        Kind::Landmark(region) => context.regions |= region,
        Kind::Paragraph => {
            context.paragraph = true;
            if !matches!(here.block, Block::Quote | Block::Caption) {
                context.block = Block::Paragraph;
            }
        }
        Kind::Heading(level) => context.block = level,
        Kind::Item => context.block = Block::ListItem,
        Kind::Quote => context.block = Block::Quote,
        Kind::Caption | Kind::TableCaption => context.block = Block::Caption,
        Kind::Preformatted => {
            context.block = Block::Preformatted;
            context.verbatim = true;
        }
        Kind::Table => context.table = true,
        Kind::Row | Kind::Cell => context.block = Block::TableRow,
        Kind::Select | Kind::Option | Kind::Button => context.block = Block::Control,
        Kind::Fallback | Kind::Foreign => context.hidden = true,
        Kind::Unseen => context.hidden |= !said.shadow_root,
        _ => {}
    }
    if kind.walls() & Kind::Paragraph.end_stops_at() != 0 {
        context.paragraph = false;
    }
    if matches!(kind, Kind::Fallback | Kind::Unseen) {
        context.table = false;
    }
    context
}

/// White space seen since the last text of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Tab,
}

/// The line being written.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Where the text ended before this line and the `\n` in front of it.
    before: usize,
    start: usize,
    element: container::Number,
    mark: Mark,
    /// How many of its visible characters are in links.
    linked: usize,
}

/// Writes a page's lines and marks.
struct Lines<'a> {
    text: &'a mut String,
    marks: &'a mut Vec<Mark>,
    containers: &'a mut Containers,
    page_start: usize,
    page_marks: usize,
    line: Option<Line>,
    gap: Gap,
}

impl<'a> Lines<'a> {
    fn new(text: &'a mut String, marks: &'a mut Vec<Mark>, containers: &'a mut Containers) -> Self {
        let (page_start, page_marks) = (text.len(), marks.len());
        Self { text, marks, containers, page_start, page_marks, line: None, gap: Gap::None }
    }

    /// Text whose white space is folded.
    fn flow(&mut self, text: &str, here: Context) {
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            let length = solid_length(rest.as_bytes());
            let Some((piece, after)) = rest.split_at_checked(length.max(1)) else {
                return;
            };
            rest = after;
            match (length, first) {
                (0, 0) => {}
                (0, _) => self.space(),
                _ => self.put(piece, here),
            }
        }
    }

    /// Text whose white space stays and whose lines are lines.
    fn verbatim(&mut self, text: &str, here: Context) {
        let mut first = true;
        for piece in text.split(['\n', '\r']) {
            if !first {
                self.end();
            }
            first = false;
            for part in piece.split('\0').filter(|part| !part.is_empty()) {
                self.append(part, here);
            }
        }
    }

    /// Some white space.
    fn space(&mut self) {
        self.gap = self.gap.max(Gap::Space);
    }

    /// The start of a table cell.
    fn cell(&mut self) {
        self.gap = Gap::Tab;
    }

    /// Text without white space to fold; at the start of a line, Unicode's white space goes too.
    fn put(&mut self, piece: &str, here: Context) {
        if self.line.is_some() {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.text.push(' '),
                Gap::Tab => self.text.push('\t'),
            }
            self.append(piece, here);
        } else {
            let piece = piece.trim_start();
            if !piece.is_empty() {
                self.append(piece, here);
            }
        }
    }

    fn append(&mut self, piece: &str, here: Context) {
        self.gap = Gap::None;
        let line = self.line.get_or_insert_with(|| {
            let before = self.text.len();
            if before > self.page_start {
                self.text.push('\n');
            }
            let mark = Mark { link_share: 0, block: here.block, regions: here.regions };
            Line { before, start: self.text.len(), element: here.element, mark, linked: 0 }
        });
        if here.link {
            line.linked += visible_characters(piece);
        }
        self.text.push_str(piece);
    }

    /// Ends the line, if one was begun; a blank one is taken back.
    fn end(&mut self) {
        self.gap = Gap::None;
        let Some(line) = self.line.take() else { return };
        let written = self.text.get(line.start..).unwrap_or_default().trim_end();
        if written.is_empty() {
            self.text.truncate(line.before);
            return;
        }
        let visible = visible_characters(written);
        let mark = Mark { link_share: share(line.linked, visible), ..line.mark };
        self.text.truncate(line.start + written.len());
        self.marks.push(mark);
        self.containers.line(line.element, visible, line.linked, mark);
    }

    /// Ends the page: the lines that hold its text are marked.
    fn finish(&mut self) {
        self.end();
        if let Some(marks) = self.marks.get_mut(self.page_marks..) {
            self.containers.mark(marks);
        }
    }

    /// Writes the page's title as its first line, wherever it came from; says whether there was
    /// anything in it.
    fn title(&mut self, title: &str) -> bool {
        let here = Context { block: Block::Title, ..Context::default() };
        self.end();
        if self.marks.len() == self.page_marks {
            self.flow(title, here);
            self.end();
            return self.marks.len() > self.page_marks;
        }
        // Late: it is written at the end and turned to the front, which happens once a page.
        let (text_before, marks_before) = (self.text.len(), self.marks.len());
        self.flow(title, here);
        self.end();
        if self.marks.len() == marks_before {
            return false;
        }
        let written = self.text.split_off(text_before);
        self.text.insert_str(self.page_start, &format!("{}\n", written.trim_start()));
        if let Some(marks) = self.marks.get_mut(self.page_marks..) {
            marks.rotate_right(1);
        }
        self.containers.last_to_front();
        true
    }
}

/// How many bytes can be copied as they are: words with one space between, up to white space that
/// must be folded, or NUL.
fn solid_length(bytes: &[u8]) -> usize {
    let mut after_space = true;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b' ' if !after_space => after_space = true,
            b' ' | 0 | b'\n' | b'\t' | b'\r' | b'\x0c' => {
                return at.saturating_sub(usize::from(after_space));
            }
            _ => after_space = false,
        }
    }
    bytes.len().saturating_sub(usize::from(after_space))
}

/// The percentage of a line's visible characters that `linked` is.
fn share(linked: usize, visible: usize) -> u8 {
    let percent = linked.saturating_mul(100) / visible.max(1);
    u8::try_from(percent.min(100)).unwrap_or(100)
}

/// Characters that are not ASCII white space or controls: bytes that start one.
fn visible_characters(text: &str) -> usize {
    text.bytes().filter(|byte| *byte > b' ' && byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(html: &str) -> Vec<String> {
        HtmlText::of(html).lines().map(|(line, _)| line.to_owned()).filter(|line| !line.is_empty()).collect()
    }

    /// The mark of the only line that holds `x`.
    fn mark(html: &str) -> Mark {
        let page = HtmlText::of(html);
        let mut marks = page.lines().filter(|(line, _)| line.contains('x')).map(|(_, mark)| mark);
        let mark = marks.next().unwrap();
        assert_eq!(marks.next(), None);
        mark
    }

    #[test]
    fn the_title_is_the_first_line() {
        assert_eq!(lines("<head><title> A\n &amp; B </title></head><p>c"), ["A & B", "c"]);
        assert_eq!(lines("a<p>b<title>T</title>c"), ["T", "a", "b", "c"]);
        let late = HtmlText::of("<h1>a</h1><title>T</title>b");
        let blocks: Vec<_> = late.marks.iter().map(|mark| mark.block).collect();
        assert_eq!(blocks, [Block::Title, Block::H1, Block::Other]);
    }

    #[test]
    fn only_the_first_title_with_a_word_counts() {
        assert_eq!(lines("<title> </title><title>a</title><p>b</p><title>c</title>"), ["a", "b"]);
        assert_eq!(lines("<svg><title>icon</title></svg><title>a</title>b"), ["a", "b"]);
    }

    #[test]
    fn blocks_and_breaks_end_a_line() {
        assert_eq!(
            lines("a<div>b</div>c<br>d<hr/>e<h2>f</h2>g<ul><li>h<li>i</ul>j"),
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]
        );
    }

    #[test]
    fn inline_elements_and_comments_do_not_end_a_line() {
        assert_eq!(lines("a<b>b</b><!-- c --><x-y>d</x-y><span> e</span><wbr>f"), ["abd ef"]);
    }

    #[test]
    fn white_space_folds_and_blank_lines_go() {
        assert_eq!(lines("<p> a \n\t b  <b> c</b> </p><p> &nbsp; </p>  <p>\u{a0}d\u{a0}</p>"), ["a b c", "d"]);
    }

    #[test]
    fn a_space_that_no_html_folds_stays_within_a_line() {
        assert_eq!(lines("a\u{a0}&nbsp;b\u{3000}c\u{200b}d"), ["a\u{a0}\u{a0}b\u{3000}c\u{200b}d"]);
    }

    #[test]
    fn nul_is_dropped() {
        assert_eq!(lines("a\0b \0 c<pre>d\0e</pre>"), ["ab c", "de"]);
    }

    #[test]
    fn cells_of_a_row_share_a_line() {
        let table = "<table><thead><tr><th>a</th> <th>b</th></tr></thead><tr><td>c<td></td>\n<td>d</table>e";
        assert_eq!(lines(table), ["a\tb", "c\td", "e"]);
        assert_eq!(mark("<table><tr><td>a<td>x</table>").block, Block::TableRow);
    }

    #[test]
    fn blocks_in_a_cell_end_lines() {
        assert_eq!(lines("<table><tr><td><p>a</p>b</td><td>c<p>d</td></tr></table>"), ["a", "b\tc", "d"]);
    }

    #[test]
    fn an_end_tag_does_not_reach_out_of_its_cell() {
        let html = "<nav><table><tr><td>a</nav></td><td>x</td></tr></table></nav>";
        assert_eq!(mark(html).regions, Regions::NAV);
    }

    #[test]
    fn cells_outside_a_table_hold_nothing_open() {
        assert_eq!(mark("<nav><td>a</nav><p>x").regions, Regions::NONE);
    }

    #[test]
    fn preformatted_lines_keep_their_white_space() {
        let page = HtmlText::of("<pre>\n  a  <b>b</b> \n\n\tc\r\nd</pre>e  f");
        assert_eq!(page.text, "  a  b\n\tc\nd\ne f");
        assert_eq!(page.marks.first().unwrap().block, Block::Preformatted);
        assert_eq!(HtmlText::of("<pre>   <i>a</i></pre>").text, "   a");
    }

    #[test]
    fn a_textarea_keeps_its_lines_and_no_markup() {
        assert_eq!(lines("a<textarea>\nb <p>\nc&lt;</textarea>d"), ["a", "b <p>", "c<", "d"]);
        assert_eq!(mark("<textarea>x</textarea>").block, Block::Control);
    }

    #[test]
    fn plaintext_is_text_to_the_end() {
        assert_eq!(lines("<p>a<plaintext>b &amp; <b>\nc</plaintext>"), ["a", "b &amp; <b>", "c</plaintext>"]);
    }

    #[test]
    fn what_is_not_shown_is_not_text() {
        let html = "a<script>1</script><style>2</style><template><p>3</p></template><noscript><p>4</noscript>\
            <svg><text>5</text></svg><math><mi>6</mi></math><iframe>7</iframe><object><p>8</object><canvas>9</canvas>\
            <audio>10</audio><video><p>11</video><datalist><option>12</datalist><noembed>13</noembed><img alt=14>\
            <input type=hidden value=15><!-- 16 --><![CDATA[ 17 ]]><?php 18 ?>b";
        let text = lines(html).concat();
        assert!(!text.contains(|character: char| character.is_ascii_digit()), "{text}");
        assert!(text.starts_with('a') && text.ends_with('b'));
    }

    #[test]
    fn hidden_elements_are_not_text() {
        for attribute in [
            "hidden",
            "HIDDEN=''",
            "aria-hidden=true",
            "style='color:red; DISPLAY : none !important'",
            "style=\"visibility:hidden\"",
            "style=display:block;display:none",
        ] {
            assert_eq!(lines(&format!("a<div {attribute}>b<p>c</p></div>d")).concat(), "ad", "{attribute}");
            assert_eq!(lines(&format!("a<span {attribute}>b<span>c</span>d</span>e")), ["ae"], "{attribute}");
            assert_eq!(lines(&format!("a<a {attribute}>b</a>c")), ["ac"], "{attribute}");
        }
    }

    #[test]
    fn what_only_looks_hidden_is_text() {
        for attribute in [
            "hidden=until-found",
            "aria-hidden=false",
            "style='display:none;display:block'",
            "data-hidden",
            "style='content-visibility:hidden'",
            "title='hidden'",
            "class=hidden",
        ] {
            assert_eq!(lines(&format!("<div {attribute}>a</div>")), ["a"], "{attribute}");
        }
        assert_eq!(lines("<body style='display:none' hidden><p>a"), ["a"]);
    }

    #[test]
    fn a_hidden_element_ends_with_its_parent() {
        for hidden in [
            "<span hidden>",
            "<div hidden>",
            "<table hidden><tr><td>",
            "<svg><g>",
            "<noscript><p>",
            "<object>",
            "<ul hidden><li>",
        ] {
            assert_eq!(lines(&format!("<div>a{hidden}b</div><p>c")), ["a", "c"], "{hidden}");
        }
        assert_eq!(lines("<head><noscript>a<body>b"), ["b"]);
        assert_eq!(lines("<svg><svg><g>a<p>b"), ["b"]);
    }

    #[test]
    fn hidden_blocks_do_not_end_a_line() {
        assert_eq!(lines("a<div hidden>b</div>c<script></script>d"), ["acd"]);
    }

    #[test]
    fn html_within_a_drawing_stays_hidden() {
        let html = "<svg><foreignObject><body><div>a<p>b</div></body></foreignObject><text>c</text></svg>d";
        assert_eq!(lines(html), ["d"]);
        assert_eq!(lines("<svg/>a<svg><style/></svg>b"), ["a b"]);
    }

    #[test]
    fn a_shadow_root_is_shown() {
        assert_eq!(lines("<x-a><template shadowrootmode=open><p>a</template></x-a>"), ["a"]);
    }

    #[test]
    fn character_references_are_decoded_once() {
        assert_eq!(
            lines("&lt;p&gt; &amp;amp; &eacute;&#233;&#xE9; &copy &notit; &#150; &zzz; &"),
            ["<p> &amp; ééé © ¬it; – &zzz; &"]
        );
    }

    #[test]
    fn a_paragraph_needs_no_end_tag() {
        assert_eq!(lines("<p>a<p>b<div>c</div>d</p>e"), ["a", "b", "c", "d", "e"]);
        assert_eq!(mark("<p>a<div>x").block, Block::Other);
        assert_eq!(lines("a</p>b</br>c"), ["a", "b", "c"]);
    }

    #[test]
    fn items_need_no_end_tag() {
        assert_eq!(
            lines("<ul><li>a<p>b<li>c<ul><li>d</ul>e</ul>f<dl><dt>g<dd>h</dl>"),
            ["a", "b", "c", "d", "e", "f", "g", "h"]
        );
        assert_eq!(mark("<ul><li><ul><li>a</ul>x</ul>").block, Block::ListItem);
    }

    #[test]
    fn stray_end_tags_change_nothing() {
        assert_eq!(lines("a</div></b></td></li></svg></x>b"), ["ab"]);
    }

    #[test]
    fn links_have_their_share() {
        let share = |html: &str| HtmlText::of(html).marks.first().unwrap().link_share;
        assert_eq!(share("<a href=u>ab</a> | <a href=v>cd</a>"), 80);
        assert_eq!(share("<p>abc <a href=u>d</a>"), 25);
        assert_eq!(share("<a href=u>é &nbsp;</a>"), 100);
        assert_eq!(share("<a name=u>abc</a>"), 0);
        assert_eq!(share("<p>abc"), 0);
    }

    #[test]
    fn a_link_ends_with_its_end_tag_whatever_it_holds() {
        assert_eq!(mark("<a href=u><div>a</a></div>x").link_share, 0);
        assert_eq!(mark("<a href=u><div><p>a</a>b<p>x</div>").link_share, 0);
        assert_eq!(mark("<p><a href=u>a</p><p>x</p>").link_share, 0);
        assert_eq!(mark("<a href=u>a<a name=v>b<p>x").link_share, 0);
        assert_eq!(mark("<a href=u><h3>x</h3></a>").link_share, 100);
    }

    #[test]
    fn the_innermost_telling_block_counts() {
        assert_eq!(mark("<ul><li><div><b>x").block, Block::ListItem);
        assert_eq!(mark("<ul><li><p>x").block, Block::Paragraph);
        assert_eq!(mark("<blockquote><p>x").block, Block::Quote);
        assert_eq!(mark("<figure><figcaption><p>x").block, Block::Caption);
        assert_eq!(mark("<table><caption>x</caption>").block, Block::Caption);
        assert_eq!(mark("<h3>a</h3><h5><i>x").block, Block::H5);
        assert_eq!(mark("<button><div>x").block, Block::Control);
        assert_eq!(mark("<div>x").block, Block::Other);
    }

    #[test]
    fn options_are_lines_of_their_own() {
        assert_eq!(
            lines("a <select><option>b<option selected>c</select> d <button>e</button>"),
            ["a", "b", "c", "d", "e"]
        );
        assert_eq!(mark("<select><optgroup><option>x</select>").block, Block::Control);
    }

    #[test]
    fn landmarks_add_up() {
        let regions = mark("<main><article><header><h1>x</h1></header>a</article></main>").regions;
        assert_eq!(regions, Regions::MAIN | Regions::ARTICLE | Regions::HEADER);
        assert_eq!(mark("<nav>a</nav><p>x").regions, Regions::NONE);
    }

    #[test]
    fn roles_are_landmarks_too() {
        for (role, region) in [
            ("navigation", Regions::NAV),
            ("BANNER", Regions::HEADER),
            ("contentinfo", Regions::FOOTER),
            ("complementary", Regions::ASIDE),
            ("none main", Regions::MAIN),
            ("article", Regions::ARTICLE),
            ("button", Regions::NONE),
        ] {
            assert_eq!(mark(&format!("<div role='{role}'><p>x</p></div>a")).regions, region, "{role}");
            assert_eq!(mark(&format!("<span role='{role}'><span>a</span>x</span>")).regions, region, "{role}");
        }
    }

    #[test]
    fn what_a_class_calls_a_block_is_a_landmark() {
        let region = |html: &str| mark(html).regions;
        for (class, called) in
            [("comments", Regions::COMMENTS), ("menu", Regions::FURNITURE), ("sidebar", Regions::SIDEBAR)]
        {
            assert_eq!(region(&format!("<div class='{class}'><p>x</div>a")), called, "{class}");
        }
        // Of the page as a whole it says that there are some; a section of a manual may be about them.
        assert_eq!(region("<body class=comments><p>x"), Regions::NONE);
        assert_eq!(region("<section id=comments><p>x"), Regions::NONE);
        assert_eq!(region("<h2 id=comments>x</h2>"), Regions::NONE);
        assert_eq!(region("<div id=comments><p>x"), Regions::COMMENTS);
        assert_eq!(region("<div class=comments>a</div><p>x"), Regions::NONE);
        assert_eq!(region("<p><span class=comments>x</span>"), Regions::NONE);
        assert_eq!(region("<pre><div class=comments>x</div></pre>"), Regions::NONE);
    }

    #[test]
    fn comments_that_never_end_cost_no_text() {
        assert_eq!(lines("<p>a<!-- b <i>c</i> <p>d"), ["ac", "d"]);
        assert_eq!(lines("<!--[if IE]><p>a</p><![endif]-->b<![if !IE]>c<![endif]>"), ["bc"]);
    }

    #[test]
    fn a_title_that_never_ends_costs_no_text() {
        assert_eq!(lines("<title>a<p>b"), ["a", "b"]);
        assert_eq!(lines("<p>a<textarea>b<p>c<iframe>d"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn frames_leave_their_alternative() {
        assert_eq!(lines("<frameset><frame src=a><noframes><body><p>b</body></noframes></frameset>"), ["b"]);
    }

    #[test]
    fn a_slash_ends_an_element_in_xml_only() {
        assert_eq!(mark("<?xml version='1.0'?><html><body><nav/><a href='u'/><script/><p>x").regions, Regions::NONE);
        assert_eq!(mark("<nav/><p>x").regions, Regions::NAV);
    }

    #[test]
    fn text_without_markup_is_a_line() {
        assert_eq!(lines("a < b\nc"), ["a < b c"]);
        assert_eq!(HtmlText::of("").marks, []);
        assert_eq!(HtmlText::of("<p> <br> </p>").text, "");
    }

    #[test]
    fn depth_is_bounded_and_recovers() {
        let deep = |open: &str, close: &str| {
            let html = format!("{}a{}<p>x", open.repeat(5000), close.repeat(5000));
            mark(&html).regions
        };
        assert_eq!(deep("<nav>", "</nav>"), Regions::NONE);
        assert_eq!(deep("<nav><b><a href=u><br>", "</a></b></nav>"), Regions::NONE);
        assert_eq!(lines(&"<a><i>".repeat(40_000)), Vec::<String>::new());
        let mut extractor = Extractor::default();
        extractor.extract(&"<div>".repeat(10_000), &mut String::new(), &mut Vec::new());
        assert_eq!(extractor.open.stack.len(), MAX_DEPTH);
    }

    #[test]
    fn pages_are_appended_without_a_seam() {
        let (mut text, mut marks) = (String::new(), Vec::new());
        let mut extractor = Extractor::default();
        extractor.extract("<div hidden><p>a", &mut text, &mut marks);
        assert_eq!((text.as_str(), marks.len()), ("", 0));
        extractor.extract("<nav>a<p>b", &mut text, &mut marks);
        extractor.extract("c<br><title>d</title>", &mut text, &mut marks);
        assert_eq!((text.as_str(), marks.len()), ("a\nbd\nc", 4));
        assert_eq!(marks.get(3).unwrap().regions, Regions::NONE);
    }

    /// Every kind of element meeting every other, well nested or not.
    fn soup() -> impl Strategy<Value = String> {
        let names = "a p div nav ul li table tr td tbody caption pre span svg foreignobject template noscript title textarea \
            select option button h1 blockquote br hr img body head object dl dt plaintext x-y";
        let name = prop::sample::select(names.split_whitespace().collect::<Vec<_>>());
        let attribute =
            prop::sample::select(vec!["", "", "", " hidden", " href=u", " role=main", " style='display:none'", "/"]);
        let text = prop::sample::select(vec![
            "a", " ", "b c", "\n", "\r\n", "&nbsp;", "&lt", "&#10;", "é", "\0", "\u{2028}", "<", "<!--", "-->",
        ]);
        let piece = prop_oneof![
            (name.clone(), attribute).prop_map(|(name, attribute)| format!("<{name}{attribute}>")),
            name.prop_map(|name| format!("</{name}>")),
            text.prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    fn check(html: &str) -> Result<(), TestCaseError> {
        let (mut text, mut marks) = ("before".to_owned(), vec![Mark::default()]);
        Extractor::default().extract(html, &mut text, &mut marks);
        let page = text.strip_prefix("before").unwrap();
        let lines = if page.is_empty() { 0 } else { page.split('\n').count() };
        prop_assert_eq!(lines + 1, marks.len());
        prop_assert!(
            page.is_empty() || page.split('\n').all(|line| !line.trim().is_empty() && line.trim_end() == line)
        );
        prop_assert!(marks.iter().all(|mark| mark.link_share <= 100));
        prop_assert!(!page.contains('\0'));
        prop_assert_eq!(page, HtmlText::of(html).text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn each_line_has_a_mark_in_any_soup(html in soup()) {
            check(&html)?;
        }

        #[test]
        fn each_line_has_a_mark_in_any_text(html in "[<>/!&a-z \\n\\r\\t\"'=\\-é\u{a0}]{0,200}") {
            check(&html)?;
        }

        #[test]
        fn visible_words_all_arrive_in_order(words in prop::collection::vec("[a-zé]{1,8}", 1..20), tags in prop::collection::vec(prop::sample::select(
            vec!["<p>", "</p>", "<b>", "</b>", "<li>", "<table>", "<td>", "</table>", "<div>", "</div>", " ", "<a href=u>", "</a>", "<pre>", "</ul>"]), 20)) {
            let html: String = words.iter().zip(&tags).map(|(word, tag)| format!("{tag}{word}")).collect();
            let text: String = HtmlText::of(&html).text.split_whitespace().collect();
            prop_assert_eq!(text, words.concat());
        }

        #[test]
        fn folding_is_that_of_splitting_words(text in "[ab \\n\\t\\r\\x0c]{0,60}") {
            let folded = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert_eq!(HtmlText::of(&text).text, folded);
        }
    }
}

//! Judges pages: takes each through evidence, features, scores and decision.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::decide::{LengthWeights, decide};
use super::evidence::LineEvidence;
use super::feature::{Extractor, Features};
use super::headline::Untitled;
use super::known::Known;
use super::layout::Layout;
use super::model::{Model, Shift, SiteWeights};
use super::rescue::FEW_LINES;
use super::scorer::Scorer;
use super::self_training::SelfTraining;
use super::site::SiteModel;
use super::topic::Topics;
use super::{Rule, Verdict};
use crate::census::{Census, Elsewhere, Everywhere, SiteCounts};
use crate::line::mark::{Mark, Regions};
use crate::line::{Key, Line, TitleParts};
use crate::page::Page;

/// All that was learned of the sites of a crawl.
#[derive(Debug, Default)]
pub struct Sites {
    sites: HashMap<Box<str>, SiteModel>,
    everywhere: Everywhere,
    /// What sites add to the weights that they are judged by, once they were trained on.
    shifts: HashMap<Box<str>, Shift>,
}

impl Sites {
    /// Counts and learns, on the rayon pool it is called from.
    pub fn learn(census: &Census) -> Self {
        let counts: Vec<(Box<str>, SiteCounts)> = census.sites().into_iter().collect();
        let everywhere = census.everywhere(counts.iter().map(|(name, counts)| (&**name, counts)));
        let learned = counts.into_par_iter().map(|(name, counts)| (name, SiteModel::learn(counts, census)));
        Self { sites: learned.collect(), everywhere, shifts: HashMap::new() }
    }

    /// Lets sites of `min_pages` or more move the weights of `model`, by which they are judged, on the rayon pool it is
    /// called from. `census` is what they were learned from. See [`self_training`](super::self_training), which a model may
    /// rule out.
    pub fn self_train(&mut self, census: &Census, model: &Model, min_pages: u64) {
        self.shifts.clear();
        if !model.self_training {
            return;
        }
        let judged = self.sites.par_iter().filter(|(_, site)| site.counts().pages() >= min_pages);
        let shifts = judged.map_init(
            || SelfTraining::new(census, &self.everywhere, model),
            |training, (name, site)| Some((name.clone(), training.shift(name, site)?)),
        );
        self.shifts = shifts.flatten_iter().collect();
    }

    /// What is known of a site.
    pub fn get(&self, site: &str) -> Option<&SiteModel> {
        self.sites.get(site)
    }

    /// What is known of all sites, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SiteModel)> {
        self.sites.iter().map(|(name, site)| (&**name, site))
    }
}

/// A page on whose lines is to be decided.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// What is known of each line that is not blank.
    pub lines: &'a [LineEvidence],
    /// How many other sites have each.
    pub elsewhere: &'a [Elsewhere],
    /// What HTML says of each; none where the page is no HTML.
    pub marks: &'a [Mark],
    /// Logarithm of the odds that each is content, in nats.
    pub scores: &'a [f32],
    /// Where they stand.
    pub layout: &'a Layout,
    /// Pages of the site.
    pub pages: u64,
    /// The line above the headline that is the page's date: see [`Datelines`](super::dateline::Datelines).
    pub date_above: Option<usize>,
}

/// Characters of prose in its body that a page must have to be judged if it is alone on its site.
const LEAST_PROSE: f32 = 90.0;

/// Judges pages, one after the other. Keeps its buffers.
#[derive(Debug)]
pub struct Judge<'a> {
    sites: &'a Sites,
    model: Arc<Model>,
    decoder: LengthWeights,
    min_pages: u64,
    /// Nats that every line is closer to content.
    lenience: f32,
    titles: TitleParts,
    topics: Topics,
    extractor: Extractor,
    known: Known,
    scorer: Scorer,
    scores: Vec<f32>,
    decided: Vec<Verdict>,
    /// The weights of the site that was judged last, and whether they are those for its pages of HTML.
    weights: Option<(Box<str>, bool, SiteWeights)>,
}

impl<'a> Judge<'a> {
    /// A judge of pages of these sites, for lines whose fingerprints were made with `key`.
    pub fn new(sites: &'a Sites, key: Key) -> Self {
        let model = Model::built_in();
        Self {
            sites,
            decoder: LengthWeights::new(model.decoder),
            model,
            min_pages: 1,
            lenience: 0.0,
            titles: TitleParts::new(key),
            topics: Topics::default(),
            extractor: Extractor::default(),
            known: Known::default(),
            scorer: Scorer::default(),
            scores: Vec::new(),
            decided: Vec::new(),
            weights: None,
        }
    }

    /// Drops nothing from sites of fewer pages than this; 1 by default.
    pub fn with_min_pages(self, min_pages: u64) -> Self {
        Self { min_pages, ..self }
    }

    /// Judges by another model than the one compiled in.
    pub fn with_model(self, model: Arc<Model>) -> Self {
        Self { decoder: LengthWeights::new(model.decoder), model, weights: None, ..self }
    }

    /// Takes every line for so many nats likelier to be content than the model says; 0 by default.
    pub fn with_lenience(self, lenience: f32) -> Self {
        Self { lenience, ..self }
    }

    /// Puts a verdict on each line of `page` into `verdicts`.
    pub fn page(&mut self, page: &Page<'_>, lines: &[Line], verdicts: &mut Vec<Verdict>) {
        verdicts.clear();
        let Some(site) = self.sites.get(page.site).filter(|site| site.counts().pages() >= self.min_pages) else {
            let pages = self.sites.get(page.site).map_or(0, |site| site.counts().pages());
            verdicts.extend(lines.iter().map(|_| Verdict::keep(Rule::FewPages).seen(1, pages)));
            return;
        };
        self.gather(page, lines, site);
        let pages = site.counts().pages();
        let Known { lines: evidence, marks, layout, .. } = &self.known;
        let has_core = || marks.iter().any(|mark| mark.regions.contains(Regions::CORE));
        if pages < 2 && (layout.body_prose < LEAST_PROSE || evidence.len() < FEW_LINES) && !has_core() {
            // Nothing recurs, there is too little text to stand out, and HTML does not say where it is: nothing tells the
            // lines apart.
            verdicts.extend(lines.iter().map(|_| Verdict::keep(Rule::FewPages).seen(1, pages)));
            return;
        }
        self.score(page.site, site);
        let Known { lines: evidence, elsewhere, marks, layout, .. } = &self.known;
        let (scores, date_above) = (&self.scores, site.datelines().above(evidence, layout));
        let judged = Judged { lines: evidence, elsewhere, marks, scores, layout, pages, date_above };
        decide(&judged, &self.decoder, &mut self.decided);
        site.lists().tell(evidence, pages, &mut self.decided);
        // There is a decision for each line that is not blank.
        let mut decided = self.decided.iter();
        let mut keep = true;
        for line in lines {
            let shown = if line.is_blank() { None } else { decided.next() };
            // A blank line goes where the line before it goes.
            let verdict = shown.copied().unwrap_or(Verdict { keep, rule: Rule::Blank, on: 0, of: pages, score: 0.0 });
            keep = verdict.keep;
            verdicts.push(verdict);
        }
    }

    /// The features of the lines of a page that are not blank; none if its site is unknown.
    pub fn features(&mut self, page: &Page<'_>, lines: &[Line]) -> Vec<Features> {
        let mut features = Vec::new();
        if let Some(site) = self.sites.get(page.site) {
            self.gather(page, lines, site);
            self.extractor.extract(&self.known.on(site), |line| features.push(*line));
        }
        features
    }

    /// Gathers what is known of the lines of a page that are not blank.
    fn gather(&mut self, page: &Page<'_>, lines: &[Line], site: &SiteModel) {
        let titles = self.titles.of(page.text, lines);
        self.known.gather(lines, titles, page.site, site, &self.sites.everywhere);
        let Known { lines: evidence, marks, layout, topics, .. } = &mut self.known;
        if page.marks.len() == lines.len() {
            let shown = lines.iter().zip(page.marks).filter(|(line, _)| !line.is_blank());
            marks.extend(shown.map(|(_, mark)| *mark));
        }
        if layout.headline.is_none() {
            let untitled = Untitled { text: page.text, lines, evidence, marks, layout, pages: site.counts().pages() };
            layout.headline = untitled.headline(&mut self.topics);
        }
        self.topics.find(page.text, lines, evidence, layout, topics);
    }

    /// Scores the lines of the page of which evidence was gathered.
    fn score(&mut self, name: &str, site: &SiteModel) {
        let is_html = !self.known.marks.is_empty();
        if self.weights.as_ref().is_none_or(|(of, of_html, _)| **of != *name || *of_html != is_html) {
            let conditions = self.model.conditions(site.statistics(), site.counts().pages());
            let mut weights = self.model.at(&conditions);
            if let Some(shift) = self.sites.shifts.get(name).filter(|_| !is_html) {
                weights.shift(shift);
            }
            self.weights = Some((name.into(), is_html, weights));
        }
        if let Some((.., weights)) = &self.weights {
            let Self { extractor, scorer, scores, model, .. } = self;
            extractor.extract(&self.known.on(site), |line| scorer.line(model, weights, line));
            scorer.page(model, weights, self.lenience, scores);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chrome::evidence::tests::census;
    use crate::line::Normaliser;

    /// A model that takes every line for content or for chrome, by so many nats.
    fn biased(bias: f32) -> Arc<Model> {
        let mut model = Model::empty();
        model.bias[0] = bias;
        Arc::new(model)
    }

    fn verdicts(judge: &mut Judge<'_>, site: &str, text: &str) -> Vec<Verdict> {
        let (mut lines, mut verdicts) = (Vec::new(), Vec::new());
        Normaliser::new(Key::default()).page(text, &mut lines);
        judge.page(&Page { url: "", id: None, site, text, marks: &[] }, &lines, &mut verdicts);
        assert_eq!(verdicts.len(), lines.len(), "{text:?}");
        verdicts
    }

    fn learned(pages: &[(&str, &str)]) -> Sites {
        Sites::learn(&census(pages))
    }

    fn kept(verdicts: &[Verdict]) -> Vec<bool> {
        verdicts.iter().map(|verdict| verdict.keep).collect()
    }

    #[test]
    fn a_page_alone_on_its_site_that_holds_no_text_stays_whole() {
        let key = Key::default();
        let text = "Home\nNews\nSport";
        let (mut census, mut log, mut lines) = (Census::default(), crate::census::Log::default(), Vec::new());
        crate::line::Normaliser::new(key).page(text, &mut lines);
        log.add(&Page { site: "s", text, ..Page::default() }, &lines, &[]);
        census.add(log);
        let sites = Sites::learn(&census);
        let page = Page { url: "", id: None, site: "s", text, marks: &[] };
        let mut verdicts = Vec::new();
        Judge::new(&sites, key).page(&page, &lines, &mut verdicts);
        assert!(verdicts.iter().all(|verdict| verdict.keep && verdict.rule == Rule::FewPages));
        // HTML may say where the text is, however little that is.
        let marks = ["nav", "p core", "p core"].map(|mark| mark.parse().unwrap());
        Judge::new(&sites, key).page(&Page { marks: &marks, ..page }, &lines, &mut verdicts);
        assert!(verdicts.iter().all(|verdict| verdict.rule != Rule::FewPages), "{verdicts:?}");
    }

    #[test]
    fn sites_of_too_few_pages_stay_whole() {
        let sites = learned(&[("s", "menu\na"), ("s", "menu\nb"), ("one", "a")]);
        let mut judge = Judge::new(&sites, Key::default()).with_min_pages(2).with_model(biased(-9.0));
        for (site, pages) in [("one", 1), ("unknown", 0)] {
            let verdict = Verdict::keep(Rule::FewPages).seen(1, pages);
            assert_eq!(verdicts(&mut judge, site, "a\n\nb"), [verdict; 3], "{site}");
        }
        assert_eq!(kept(&verdicts(&mut judge, "s", "menu\na")), [false, true]);
    }

    #[test]
    fn the_model_decides_and_lenience_moves_it() {
        let pages = ["menu\na", "menu\nb"].map(|text| ("s", text));
        let sites = learned(&pages);
        let kept_by = |bias: f32, lenience: f32| {
            let mut judge = Judge::new(&sites, Key::default()).with_model(biased(bias)).with_lenience(lenience);
            let found = verdicts(&mut judge, "s", "menu\na");
            assert!(found.iter().all(|verdict| verdict.score == bias + lenience && verdict.of == 2), "{found:?}");
            kept(&found)
        };
        // What the page alone says stays, else nothing would.
        assert_eq!((kept_by(1.0, 0.0), kept_by(-1.0, 0.0)), (vec![true, true], vec![false, true]));
        assert_eq!((kept_by(1.0, -2.0), kept_by(-1.0, 2.0)), (vec![false, true], vec![true, true]));
    }

    #[test]
    fn sites_move_the_weights_that_they_are_judged_by() {
        let prose =
            |of: &str| format!("The {of} was seen by all who stood on the quay in the rain, and they told of it.");
        let texts =
            ["goat", "ferry", "bell", "roof"].map(|of| format!("Start\nNews\n{}\nImprint", prose(of).repeat(2)));
        let pages: Vec<(&str, &str)> = texts.iter().flat_map(|text| [("s", &**text), ("small", &text[6..])]).collect();
        let census = census(&pages[..7]);
        let model = Model::built_in();
        let scores = |sites: &Sites, site| -> Vec<f32> {
            verdicts(&mut Judge::new(sites, Key::default()), site, &texts[0])
                .iter()
                .map(|verdict| verdict.score)
                .collect()
        };
        let plain = Sites::learn(&census);
        let mut trained = Sites::learn(&census);
        trained.self_train(&census, &model, 4);
        assert_ne!(scores(&plain, "s"), scores(&trained, "s"));
        // Sites that are too small to be judged do not.
        assert_eq!(scores(&plain, "small"), scores(&trained, "small"));
        let ruled_out = Model { self_training: false, ..(*model).clone() };
        trained.self_train(&census, &ruled_out, 1);
        assert_eq!(scores(&plain, "s"), scores(&trained, "s"));
        assert_eq!(scores(&plain, "small"), scores(&trained, "small"));
        trained.self_train(&census, &model, 1);
        assert_ne!(scores(&plain, "small"), scores(&trained, "small"));
    }

    #[test]
    fn a_headline_in_lists_stays_though_the_title_is_worded_otherwise() {
        let headline = "Why the ferry to Hale is stuck in harbour";
        let prose = |of: &str| {
            format!("The {of} was seen by all who stood near the pier in the rain, and they told of it. ").repeat(2)
        };
        let page = |title: &str| format!("{title} | Courier\nHome\n{headline}\n{}", prose("boat"));
        let list = |of: &str| format!("Two goats on {of}\nHome\n{}\n{headline}", prose(of));
        let others = ["roof", "bridge", "bell"].map(list);
        let without = list("quay").replace(headline, "");
        let rule = |title: &str| {
            let page = page(title);
            let pages = others.iter().chain([&without, &page]).map(|text| ("s", text.as_str()));
            let sites = learned(&pages.collect::<Vec<_>>());
            let found = verdicts(&mut Judge::new(&sites, Key::default()).with_model(biased(-9.0)), "s", &page)[2];
            (found.keep, found.rule)
        };
        assert_eq!(rule("Hale ferry in harbour: what we know"), (true, Rule::Title));
        assert_eq!(rule("Two cats on a quay"), (false, Rule::Recurs));
    }

    #[test]
    fn a_headline_that_is_new_goes_with_the_list_that_it_stands_in() {
        let of = ["goats", "ferries", "bells", "roofs", "piers", "quays", "boats", "rains", "towns", "walls", "lamps"];
        let page = |day: usize| {
            let list: Vec<String> = (day..day + 4).map(|n| format!("Of {} and their keepers", of[n])).collect();
            let text =
                format!("The mayor of Hale said on the quay that {} were seen in the rain by all.", of[day]).repeat(3);
            format!("{} | Courier\nStart\n{text}\nMost read\n{}\nImprint", of[day], list.join("\n"))
        };
        let pages: Vec<String> = (0..7).map(page).collect();
        let sites = learned(&pages.iter().map(|text| ("s", text.as_str())).collect::<Vec<_>>());
        let mut by_length = Model::empty();
        let length = crate::chrome::feature::NAMES.iter().position(|name| *name == "length").unwrap();
        by_length.weights[length][0] = 9.0;
        let mut judge = Judge::new(&sites, Key::default()).with_model(Arc::new(by_length));
        let found = verdicts(&mut judge, "s", &pages[6]);
        assert!(found[2].keep && found[7].score < 0.0, "{found:?}");
        let last = found[7];
        assert_eq!((last.keep, last.rule, last.on, last.of), (false, Rule::Rotating, 7, 7));
    }

    #[test]
    fn a_line_that_other_sites_have_is_known() {
        let sites = learned(&[("a", "Accept cookies\nx"), ("b", "Accept cookies\ny"), ("c", "z")]);
        let mut judge = Judge::new(&sites, Key::default());
        let mut lines = Vec::new();
        Normaliser::new(Key::default()).page("Accept cookies\nx", &mut lines);
        let page = Page { url: "", id: None, site: "a", text: "Accept cookies\nx", marks: &[] };
        let at = crate::chrome::feature::NAMES.iter().position(|name| *name == "elsewhere").unwrap();
        let elsewhere: Vec<f32> = judge.features(&page, &lines).iter().map(|features| features[at]).collect();
        assert!(elsewhere[0] > 0.0 && elsewhere[1] == 0.0, "{elsewhere:?}");
    }

    proptest! {
        #[test]
        fn every_line_has_a_verdict_and_blank_ones_follow(
            pages in prop::collection::vec(
                (0..2usize, prop::collection::vec("(menu|news|[a-c]|item [0-9]|[a-c]{90,99}\\.| )?", 0..9)), 1..9,
            ),
        ) {
            let texts: Vec<(&str, String)> =
                pages.iter().map(|(site, lines)| (["a", "b"][*site], lines.join("\n"))).collect();
            let named: Vec<(&str, &str)> = texts.iter().map(|(site, text)| (*site, text.as_str())).collect();
            let sites = learned(&named);
            let mut judge = Judge::new(&sites, Key::default());
            for (site, text) in &named {
                let found = verdicts(&mut judge, site, text);
                // What was judged before makes no difference.
                prop_assert_eq!(&found, &verdicts(&mut Judge::new(&sites, Key::default()), site, text));
                let mut keep = true;
                for (line, verdict) in text.lines().zip(&found) {
                    if line.trim().is_empty() && verdict.rule != Rule::FewPages {
                        prop_assert_eq!((verdict.keep, verdict.rule), (keep, Rule::Blank));
                    }
                    prop_assert!(verdict.score.is_finite());
                    prop_assert!(verdict.rule == Rule::Blank || u64::from(verdict.on) <= verdict.of.max(1));
                    keep = verdict.keep;
                }
            }
        }

        #[test]
        fn the_order_of_pages_changes_no_verdict(
            pages in prop::collection::vec(prop::collection::vec("(menu|Menu|news|[a-c]|item [0-9])", 1..6), 2..9),
        ) {
            let texts: Vec<String> = pages.iter().map(|lines| lines.join("\n")).collect();
            let forwards: Vec<(&str, &str)> = texts.iter().map(|text| ("s", text.as_str())).collect();
            let backwards: Vec<(&str, &str)> = forwards.iter().rev().copied().collect();
            let [one, other] = [forwards, backwards].map(|pages| learned(&pages));
            for text in &texts {
                let of = |sites| verdicts(&mut Judge::new(sites, Key::default()), "s", text);
                prop_assert_eq!(of(&one), of(&other));
            }
        }
    }
}

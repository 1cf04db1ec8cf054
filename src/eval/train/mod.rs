//! Makes a model of labelled pages: the weights of [`Model`] by logistic regression, its decoder by trial.
//!
//! Every gold file is a crawl. A site is shown to the trainer whole and cut to a few pages, so that the weights hold on
//! small sites too, and never in one crawl with another of its group (a newspaper's other years), which would share its
//! chrome, unless both are hosts of one domain. A line weighs by a power of its length and pages weigh the same, as the
//! measure has it; the weights are kept small by a quadratic penalty, those that a site's conditions move more than the
//! others. Before them, the prior is learned: from a site's statistics, the share of its short rare text that is content.
//! What corrects the scores of lines in doubt is learned after the weights (`revision`), on the same pages. The decoder
//! is chosen last, on groups that the weights before it were not made from. Nothing is drawn at random: the
//! same gold makes the same model.

mod decoder;
mod example;
mod prior;
mod revision;
mod weights;

use crate::chrome::Model;
use crate::chrome::model::Decoder;

pub use self::example::Examples;
use self::example::{SiteExamples, are_labelled};
use self::weights::Penalty;

/// Steps of the optimiser.
const STEPS: usize = 180;

impl Examples {
    /// Makes a model of the sites whose group is `chosen`, on the rayon pool it is called from; of no labels, a model
    /// without an opinion. Once it `is_over`, what was found so far is the model.
    pub fn train(&self, chosen: impl Fn(&str) -> bool, is_over: impl Fn() -> bool) -> Model {
        let sites = self.chosen(chosen);
        if !are_labelled(&sites) {
            return Model::empty();
        }
        let start = Model { prior: prior::learn(&sites), ..Model::empty() };
        let mut model = weights::learn(&sites, &start, &Penalty::FROM_NOTHING, STEPS, &is_over);
        model.revision = revision::learn(&sites, &model, revision::STEPS, &is_over);
        model.decoder = decoder::choose(&sites, &model, &is_over);
        model
    }

    /// Moves the weights of a model towards what the pages of a `chosen` group say, as far as they are sure of it: the
    /// penalty is on what is moved (Chelba & Acero, Adaptation of Maximum Entropy Capitalizer, 2004). The prior stays, and
    /// sites do not move these weights any more. What corrects the scores goes: it is of weights that no label moved, and
    /// takes back what labels say. Of no labels, the model as it is. As [`train`](Self::train) otherwise.
    pub fn adapt(&self, model: &Model, chosen: impl Fn(&str) -> bool, is_over: impl Fn() -> bool) -> Model {
        let chosen = self.chosen(chosen);
        if !are_labelled(&chosen) {
            return model.clone();
        }
        let decoder = if model.revision.is_some() { Decoder::UNREVISED } else { model.decoder };
        let model = Model { self_training: false, revision: None, decoder, ..model.clone() };
        weights::learn(&chosen, &model, &Penalty::ADAPTED, STEPS, is_over)
    }

    fn chosen(&self, chosen: impl Fn(&str) -> bool) -> Vec<&SiteExamples> {
        self.sites.iter().filter(|site| chosen(&site.group)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::chrome::Sites;
    use crate::chrome::decide::LengthWeights;
    use crate::chrome::evidence::tests::census;
    use crate::chrome::logistic::Labelled;
    use crate::chrome::revision::Revision;
    use crate::eval::gold::{Gold, GoldPage, Label};
    use crate::line::Key;

    /// A word that no other number makes.
    fn word(n: usize) -> String {
        let letters = b"abcdefghijklmnopqrst";
        (0..4).map(|at| char::from(letters[(n / 20usize.pow(at)) % 20])).collect()
    }

    /// A site with a menu, a sentence or two of each page's own, and a footer.
    fn pages(site: &str, number: usize) -> Vec<GoldPage> {
        let page = |n: usize| {
            let own: Vec<String> = (0..16 + n).map(|at| word(number * 4000 + n * 100 + at)).collect();
            let teaser = word(number * 4000 + n * 100 + 50);
            let text = format!("Home of {site}\nNews\n\nAll of {} was seen.\nMore {teaser}\nImprint", own.join(" "));
            GoldPage {
                id: format!("{site}/{n}").into(),
                url: format!("http://{site}/{n}").into(),
                site: site.into(),
                marks: Vec::new(),
                text: text.into(),
                labels: [Label::Chrome, Label::Chrome, Label::Unjudged, Label::Content, Label::Chrome, Label::Chrome]
                    .into(),
                record: n as u64 + 1,
            }
        };
        (0..8).map(page).collect()
    }

    pub fn gold(sites: &[&str]) -> Gold {
        let pages = sites.iter().zip(0..).flat_map(|(site, number)| pages(site, number));
        Gold { name: "gold.jsonl".into(), pages: pages.collect() }
    }

    pub fn examples(gold: &Gold) -> Examples {
        Examples::new(&[gold], Key::default(), |site| site.into())
    }

    /// Mean cross entropy of the model over the judged lines of sites.
    fn surprise(examples: &Examples, model: &Model, chosen: impl Fn(&str) -> bool) -> f64 {
        let (mut sum, mut all) = (0.0, 0.0);
        for site in examples.sites.iter().filter(|site| chosen(&site.group)) {
            let weights = model.at(&model.conditions(&site.statistics, site.number));
            for Labelled { features, is_content, weight, .. } in site.pages.iter().flat_map(|page| page.judged()) {
                let score = f64::from(weights.score(features));
                sum += weight * libm::log1p(libm::exp(if is_content { -score } else { score }));
                all += weight;
            }
        }
        sum / all
    }

    #[test]
    fn what_is_learned_of_one_site_holds_on_another() {
        let gold = gold(&["one.example", "two.example", "three.example"]);
        let examples = examples(&gold);
        let model = examples.train(|group| group != "two.example", || false);
        let on_the_other = |model| surprise(&examples, model, |group| group == "two.example");
        let (empty, trained) = (on_the_other(&Model::empty()), on_the_other(&model));
        assert!((empty - std::f64::consts::LN_2).abs() < 1e-6, "{empty}");
        assert!(trained < 0.2 * empty, "{trained} of {empty}");
        assert!(examples.sites.iter().flat_map(|site| &site.pages).all(|page| {
            let site = &examples.sites[0];
            let weights = model.at(&model.conditions(&site.statistics, site.number));
            let scores: Vec<f32> = page.lines.iter().map(|line| weights.score(&line.features)).collect();
            page.f1(&scores, &LengthWeights::new(model.decoder)) > 0.9
        }));
    }

    #[test]
    fn the_same_gold_makes_the_same_model() {
        let gold = gold(&["one.example", "two.example"]);
        let model = examples(&gold).train(|_| true, || false).write();
        assert_eq!(examples(&gold).train(|_| true, || false).write(), model);
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one_thread.install(|| examples(&gold).train(|_| true, || false).write()), model);
    }

    /// Pages whose menus hold, in the model's eyes, text: of one site of the gold, the labels are turned round.
    fn turned_round(gold: &Gold) -> Gold {
        let pages = gold.pages.iter().filter(|page| &*page.site == "one.example").map(|page| {
            let labels = page.labels.iter().map(|label| match label {
                Label::Content => Label::Chrome,
                Label::Chrome => Label::Content,
                Label::Unjudged => Label::Unjudged,
            });
            GoldPage {
                id: page.id.clone(),
                url: page.url.clone(),
                site: page.site.clone(),
                marks: Vec::new(),
                text: page.text.clone(),
                labels: labels.collect(),
                record: page.record,
            }
        });
        Gold { name: "turned.jsonl".into(), pages: pages.collect() }
    }

    #[test]
    fn a_model_is_adapted_to_what_few_pages_say_of_their_site() {
        let gold = gold(&["one.example", "two.example", "three.example"]);
        let model = examples(&gold).train(|_| true, || false);
        let turned = turned_round(&gold);
        let texts: Vec<(&str, &str)> = gold.pages.iter().map(|page| (&*page.site, &*page.text)).collect();
        let sites = Sites::learn(&census(&texts));
        let part = |page: &GoldPage| if page.record < 4 { "few" } else { "rest" };
        let own = Examples::of_crawl(&turned, &sites, Key::default(), |page| part(page).into());
        let parts: Vec<(&str, usize)> = own.sites.iter().map(|site| (&*site.group, site.pages.len())).collect();
        assert_eq!(parts, [("few", 3), ("rest", 5)]);
        let adapted = own.adapt(&model, |group| group == "few", || false);
        assert_eq!((&adapted.prior, adapted.decoder), (&model.prior, model.decoder));
        // Who said what is right on a site needs not guess it.
        assert!(model.self_training && !adapted.self_training);
        let revised = Model { revision: Some(Revision::empty()), ..model.clone() };
        let unrevised = Model { decoder: Decoder::UNREVISED, ..adapted.clone() };
        assert_eq!(own.adapt(&revised, |group| group == "few", || false), unrevised);
        let on_rest = |model| surprise(&own, model, |group| group == "rest");
        assert!(on_rest(&adapted) < 0.8 * on_rest(&model), "{} of {}", on_rest(&adapted), on_rest(&model));
        // To the last bit, whatever the order of pages.
        let mut reversed = turned_round(&gold);
        reversed.pages.reverse();
        let reversed = Examples::of_crawl(&reversed, &sites, Key::default(), |page| part(page).into());
        for group in ["few", "rest"] {
            let of_group = |examples: &Examples| examples.adapt(&model, |name| name == group, || false);
            assert_eq!(of_group(&reversed), of_group(&own), "{group}");
        }
        // Nothing said, nothing moved.
        assert_eq!(own.adapt(&model, |_| false, || false), model);
        // Nor where the labels are what the model says already.
        let agreed = Examples::of_crawl(&gold, &sites, Key::default(), |_| "".into());
        let still = agreed.adapt(&model, |_| true, || false);
        assert!(surprise(&own, &still, |_| true) > 0.9 * surprise(&own, &model, |_| true));
    }

    #[test]
    fn of_no_examples_a_model_without_an_opinion_is_made() {
        let gold = gold(&["one.example"]);
        assert_eq!(examples(&gold).train(|_| false, || false), Model::empty());
        assert!(Examples::default().is_empty() && !examples(&gold).is_empty());
    }

    #[test]
    fn what_is_over_ends_at_the_next_step() {
        let gold = gold(&["one.example", "two.example"]);
        let steps = std::sync::atomic::AtomicUsize::new(0);
        let is_over = || steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 3;
        let few = examples(&gold).train(|_| true, is_over);
        // Three steps, and a look before each of three rounds ends.
        assert_eq!(steps.into_inner(), 6);
        assert_ne!(few, examples(&gold).train(|_| true, || false));
    }
}

//! Chooses the decoder, by trial.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::example::{PageExample, SiteExamples, are_labelled};
use super::weights::Penalty;
use super::{prior, revision, weights};
use crate::chrome::decide::{self, LengthWeights};
use crate::chrome::model::{Decoder, Model};
use crate::chrome::scorer::Scorer;
use crate::eval::gold::Label;

/// Its steps where a model is made to choose the decoder by.
const SCOUT_STEPS: usize = 80;
/// Decoders that are tried.
const SWITCHES: &[f32] = &[0.1, 0.25, 0.35, 0.5, 0.75, 1.0];
const LENGTH_POWERS: &[f32] = &[0.0, 0.15, 0.3, 0.45, 0.6];

/// The decoder by which pages have the highest mean F1 if each half of the groups is judged by weights of the other: on
/// what it was made from, a model is surer than it should be, and the lines round a line seem to matter less than they do.
/// `model` is made of all, and judges where there is but one group.
pub fn choose(sites: &[&SiteExamples], model: &Model, is_over: impl Fn() -> bool) -> Decoder {
    let tried: Vec<Decoder> = SWITCHES
        .iter()
        .flat_map(|switch| LENGTH_POWERS.iter().map(|power| Decoder { switch: *switch, length_power: *power }))
        .collect();
    let groups: BTreeSet<&str> = sites.iter().map(|site| &*site.group).collect();
    let numbers: HashMap<&str, usize> = groups.into_iter().zip(0..).collect();
    let half = |site: &SiteExamples| numbers.get(&*site.group).map_or(0, |number| number % 2);
    let mut all = vec![0.0; tried.len()];
    for part in 0..2 {
        let (judged, others): (Vec<&SiteExamples>, Vec<&SiteExamples>) =
            sites.iter().partition(|site| half(site) == part);
        let start =
            if are_labelled(&others) { &Model { prior: prior::learn(&others), ..Model::empty() } } else { model };
        let mut of_others = weights::learn(&others, start, &Penalty::FROM_NOTHING, SCOUT_STEPS, &is_over);
        of_others.revision = revision::learn(&others, &of_others, SCOUT_STEPS, &is_over);
        let found = f1_by(&tried, &judged, &of_others);
        all.iter_mut().zip(found).for_each(|(all, found)| *all += found);
    }
    let best = (0..tried.len()).max_by(|a, b| all[*a].total_cmp(&all[*b]));
    best.and_then(|best| tried.get(best).copied()).unwrap_or(model.decoder)
}

/// The sum of the F1 of pages, by their weights, with each of these decoders.
fn f1_by(tried: &[Decoder], sites: &[&SiteExamples], model: &Model) -> Vec<f64> {
    let weights: Vec<LengthWeights> = tried.iter().copied().map(LengthWeights::new).collect();
    let sums: Vec<Vec<f64>> = sites
        .par_iter()
        .map(|site| {
            let of_site = site.weights(model);
            let mut sums = vec![0.0; tried.len()];
            let (mut scorer, mut scores) = (Scorer::default(), Vec::new());
            for page in &site.pages {
                page.lines.iter().for_each(|line| scorer.line(model, &of_site, &line.features));
                scorer.page(model, &of_site, 0.0, &mut scores);
                for (sum, decoder) in sums.iter_mut().zip(&weights) {
                    *sum += page.weight * page.f1(&scores, decoder);
                }
            }
            sums
        })
        .collect();
    // In the order of the sites, whatever thread was first.
    let mut all = vec![0.0; tried.len()];
    for sums in sums {
        all.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
    }
    all
}

impl PageExample {
    pub fn f1(&self, scores: &[f32], decoder: &LengthWeights) -> f64 {
        let scores = self.lines.iter().zip(scores).map(|(line, score)| decoder.weighed(*score, line.shape));
        let kept = decide::smooth(&scores.collect::<Vec<_>>(), decoder.switch);
        let (mut content, mut stayed, mut right) = (0, 0, 0);
        for (line, kept) in self.lines.iter().zip(kept).filter(|(line, _)| line.label != Label::Unjudged) {
            let is_content = line.label == Label::Content;
            content += if is_content { line.characters } else { 0 };
            stayed += if kept { line.characters } else { 0 };
            right += if kept && is_content { line.characters } else { 0 };
        }
        if content + stayed == 0 { 1.0 } else { 2.0 * right as f64 / (content + stayed) as f64 }
    }
}

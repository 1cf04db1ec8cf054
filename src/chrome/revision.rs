//! A second look at the lines that their scores leave in doubt.
//!
//! A score is linear in the features: that is quick, says what counts, and a site can move it, but what two features say
//! only together it does not know, nor how the lines round a line score. So the score of a line in doubt is corrected by
//! small networks of one hidden layer of rectified units (Glorot, Bordes & Bengio, Deep Sparse Rectifier Neural Networks,
//! AISTATS 2011) over the line's features, the prior of its site, its score and the scores round it. Those that were learned
//! from different starts err in different lines, so that their mean errs less (Hansen & Salamon, Neural Network Ensembles,
//! IEEE TPAMI 12, 1990); it is one network of all their units.

use super::feature::{COUNT, Features, used};

/// Networks whose mean a revision is.
pub const NETWORKS: usize = 2;

/// Units of the hidden layer of each.
pub const UNITS: usize = 8;

/// What corrects the scores of a model: the mean of its networks.
pub type Revision = Network<{ NETWORKS * UNITS }>;

/// Nats from which a score leaves no doubt.
pub const SURE: f32 = 2.0;

/// The names of what is read beside the features, in the order of [`Beside`].
pub const BESIDE: &[&str] = &[
    "prior",
    "score",
    "score_before",
    "score_after",
    "score_before_that",
    "score_after_that",
    "scores_above_6",
    "scores_below_6",
    "scores_above_20",
    "scores_below_20",
    "scores_of_page",
];

/// What is read of a line beside its features: the prior of its site, its score, and the scores round it.
pub type Beside = [f32; BESIDE.len()];

/// How many inputs a unit has.
pub const INPUTS: usize = COUNT + BESIDE.len();

/// Lines above and below a line over which scores are taken together.
const ROUND: [usize; 2] = [6, 20];

/// A network that corrects scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Network<const UNITS: usize> {
    /// What each input adds to the units: the features, then [`BESIDE`].
    pub inputs: Vec<[f32; UNITS]>,
    /// The units where all inputs are 0.
    pub bias: [f32; UNITS],
    /// What the units add to a score.
    pub outputs: [f32; UNITS],
    /// What every score in doubt is corrected by besides.
    pub constant: f32,
}

impl<const UNITS: usize> Network<UNITS> {
    /// A network that corrects nothing.
    pub fn empty() -> Self {
        Self { inputs: vec![[0.0; UNITS]; INPUTS], bias: [0.0; UNITS], outputs: [0.0; UNITS], constant: 0.0 }
    }

    /// The units by the features of a line alone.
    pub fn units(&self, features: &Features) -> [f32; UNITS] {
        let mut units = self.bias;
        add(&mut units, &self.inputs, used(features));
        units
    }

    /// The same and what is read beside the features.
    pub fn all_units(&self, mut units: [f32; UNITS], beside: &Beside) -> [f32; UNITS] {
        add(&mut units, self.inputs.get(COUNT..).unwrap_or_default(), beside);
        units
    }

    /// What a line's score is corrected by, of all that its units say.
    pub fn correction(&self, units: &[f32; UNITS]) -> f32 {
        let by_unit = units.iter().zip(&self.outputs);
        self.constant + by_unit.map(|(unit, output)| unit.max(0.0) * output).sum::<f32>()
    }
}

impl Revision {
    /// The network that corrects by the mean of what these correct by.
    pub fn mean_of(networks: &[Network<UNITS>; NETWORKS]) -> Self {
        let of_all = |of: &dyn Fn(&Network<UNITS>, usize) -> f32| {
            std::array::from_fn(|unit| of(&networks[unit / UNITS], unit % UNITS))
        };
        let share = 1.0 / NETWORKS as f32;
        Self {
            inputs: (0..INPUTS).map(|input| of_all(&|network, unit| network.inputs[input][unit])).collect(),
            bias: of_all(&|network, unit| network.bias[unit]),
            outputs: of_all(&|network, unit| network.outputs[unit] * share),
            constant: networks.iter().map(|network| network.constant * share).sum(),
        }
    }
}

/// Adds rows, each so many times, with the widest vectors that the processor has.
fn add<const UNITS: usize>(units: &mut [f32; UNITS], rows: &[[f32; UNITS]], times: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, which is all that `add_avx2` asks for.
        return unsafe { add_avx2(units, rows, times) };
    }
    add_plain(units, rows, times);
}

/// [`add_plain`], compiled for AVX2: the units fit few registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_avx2<const UNITS: usize>(units: &mut [f32; UNITS], rows: &[[f32; UNITS]], times: &[f32]) {
    add_plain(units, rows, times);
}

#[inline(always)]
fn add_plain<const UNITS: usize>(units: &mut [f32; UNITS], rows: &[[f32; UNITS]], times: &[f32]) {
    let mut sums = *units;
    for (row, times) in rows.iter().zip(times) {
        for (sum, weight) in sums.iter_mut().zip(row) {
            *sum += weight * times;
        }
    }
    *units = sums;
}

/// Sums of a page's scores, none of which counts as more than sure.
#[derive(Debug, Default)]
pub struct Sums(Vec<f64>);

fn bounded(score: f32) -> f32 {
    score.clamp(-SURE, SURE)
}

impl Sums {
    /// Sums up the scores of a page.
    pub fn set(&mut self, scores: &[f32]) {
        let mut sum = 0.0;
        self.0.clear();
        self.0.push(sum);
        self.0.extend(scores.iter().map(|score| {
            sum += f64::from(bounded(*score));
            sum
        }));
    }

    /// The mean of scores, and of one that leaves all in doubt.
    fn mean(&self, lines: std::ops::Range<usize>) -> f32 {
        let [start, end] = [lines.start, lines.end].map(|at| self.0.get(at).copied().unwrap_or_default());
        ((end - start) / (lines.len() + 1) as f64) as f32
    }

    /// What is read of the line of this number beside its features, on a site of this prior.
    pub fn beside(&self, prior: f32, at: usize, scores: &[f32]) -> Beside {
        // Beyond the page there is no text.
        let of = |at: Option<usize>| at.and_then(|at| scores.get(at)).map_or(-SURE, |score| bounded(*score));
        let above = |lines: usize| self.mean(at.saturating_sub(lines)..at);
        let below = |lines: usize| self.mean((at + 1).min(scores.len())..(at + 1 + lines).min(scores.len()));
        let [near, far] = ROUND;
        [
            prior,
            of(Some(at)),
            of(at.checked_sub(1)),
            of(Some(at + 1)),
            of(at.checked_sub(2)),
            of(Some(at + 2)),
            above(near),
            below(near),
            above(far),
            below(far),
            self.mean(0..scores.len()),
        ]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A revision of one unit, which is what the input of this name is.
    pub fn of_input(name: &str, output: f32) -> Revision {
        let names = super::super::feature::NAMES.iter().chain(BESIDE);
        let mut revision = Revision::empty();
        let input = names.into_iter().position(|known| *known == name).unwrap();
        revision.inputs[input][0] = 1.0;
        revision.outputs[0] = output;
        revision
    }

    #[test]
    fn vector_code_does_what_plain_code_does() {
        let rows: Vec<[f32; UNITS]> =
            (0..INPUTS).map(|row| std::array::from_fn(|unit| ((row * 16 + unit) as f32 * 0.7).sin() * 3.0)).collect();
        let times: Vec<f32> = (0..INPUTS).map(|at| (at as f32 * 1.3).cos()).collect();
        let (mut one, mut other) = ([0.5; UNITS], [0.5; UNITS]);
        add(&mut one, &rows, &times);
        add_plain(&mut other, &rows, &times);
        assert_eq!(one.map(f32::to_bits), other.map(f32::to_bits));
    }

    #[test]
    fn a_unit_counts_where_it_is_positive() {
        let revision = Revision { constant: 0.25, ..of_input("score", 2.0) };
        let correction = |score: f32| {
            let mut sums = Sums::default();
            sums.set(&[score]);
            revision.correction(&revision.all_units(revision.units(&[0.0; COUNT]), &sums.beside(0.0, 0, &[score])))
        };
        assert_eq!([-1.0, 0.0, 1.0].map(correction), [0.25, 0.25, 2.25]);
    }

    #[test]
    fn a_mean_corrects_by_the_mean() {
        let networks = std::array::from_fn(|network| {
            let number = |at: usize| (at as f32 * (0.3 + 0.17 * network as f32)).sin();
            let row = |at: usize| std::array::from_fn(|unit| number(at * UNITS + unit));
            Network { inputs: (0..INPUTS).map(row).collect(), bias: row(901), outputs: row(902), constant: number(7) }
        });
        let features = std::array::from_fn(|at| (at as f32 * 1.7).cos());
        let beside = std::array::from_fn(|at| (at as f32 * 0.7).cos());
        fn of<const UNITS: usize>(network: &Network<UNITS>, features: &Features, beside: &Beside) -> f32 {
            network.correction(&network.all_units(network.units(features), beside))
        }
        let mean = of(&Revision::mean_of(&networks), &features, &beside);
        let by_each = networks.each_ref().map(|network| of(network, &features, &beside));
        assert!((mean - by_each.iter().sum::<f32>() / NETWORKS as f32).abs() < 1e-3, "{mean} {by_each:?}");
        assert!(by_each.iter().any(|by| (by - mean).abs() > 0.1), "{mean} {by_each:?}");
    }

    #[test]
    fn scores_round_a_line_are_read_no_further_than_the_page() {
        let scores = [9.0, -1.0, 0.5, 2.0];
        let mut sums = Sums::default();
        sums.set(&scores);
        let third =
            [0.75, 0.5, -1.0, 2.0, SURE, -SURE, (SURE - 1.0) / 3.0, 1.0, (SURE - 1.0) / 3.0, 1.0, (SURE + 1.5) / 5.0];
        assert_eq!(sums.beside(0.75, 2, &scores), third);
        let page: Vec<f32> = vec![1.0; 60];
        sums.set(&page);
        let [.., above_6, below_6, above_20, below_20, _] = sums.beside(0.0, 30, &page);
        assert_eq!([above_6, below_6], [6.0 / 7.0; 2]);
        assert_eq!([above_20, below_20], [20.0 / 21.0; 2]);
    }
}

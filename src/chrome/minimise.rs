//! Minimises a smooth function: L-BFGS with a backtracking line search (Nocedal & Wright, Numerical Optimization, 2006,
//! algorithms 7.4 and 3.1).

use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 10;
/// Share of the decrease promised by the slope that a step must bring (Armijo).
const DECREASE: f64 = 1e-4;
/// How often a step is halved before the search ends.
const HALVINGS: usize = 20;

/// The point of the lowest value that was found from `start`, in a step for each of `steps` at most. `function` gives its
/// value at a point and writes the gradient there.
pub fn minimise(
    start: Vec<f64>,
    steps: impl IntoIterator,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut memory: VecDeque<Step> = VecDeque::new();
    for _ in steps {
        let mut direction = descent(&gradient, &memory);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            // The memory is of no use here: straight down.
            memory.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&direction, &gradient);
        }
        let mut length = if memory.is_empty() { 1.0 / (1.0 + slope.abs().sqrt()) } else { 1.0 };
        let mut next_gradient = vec![0.0; point.len()];
        let mut found = None;
        for _ in 0..HALVINGS {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let next_value = function(&next, &mut next_gradient);
            if next_value <= value + DECREASE * length * slope {
                found = Some((next, next_value));
                break;
            }
            length /= 2.0;
        }
        let Some((next, next_value)) = found else { break };
        let step = Step::between(&point, &next, &gradient, &next_gradient);
        if step.curvature > 1e-12 {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back(step);
        }
        let gain = value - next_value;
        (point, value, gradient) = (next, next_value, next_gradient);
        if gain < 1e-9 * value.abs() {
            break;
        }
    }
    point
}

/// What is remembered of a step.
struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    curvature: f64,
}

impl Step {
    fn between(from: &[f64], to: &[f64], slope: &[f64], slope_there: &[f64]) -> Self {
        let moved: Vec<f64> = to.iter().zip(from).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = slope_there.iter().zip(slope).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        Self { moved, turned, curvature }
    }
}

/// The way down by the two-loop recursion.
fn descent(gradient: &[f64], memory: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for step in memory.iter().rev() {
        let share = dot(&step.moved, &direction) / step.curvature;
        add(&mut direction, -share, &step.turned);
        shares.push(share);
    }
    if let Some(last) = memory.back() {
        let scale = last.curvature / dot(&last.turned, &last.turned);
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (step, share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = dot(&step.turned, &direction) / step.curvature;
        add(&mut direction, share - back, &step.moved);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_of_a_curved_valley_is_found() {
        // Rosenbrock 1960.
        let found = minimise(vec![-1.2, 1.0], 0..200, |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = -2.0 * a - 400.0 * x[0] * b;
            gradient[1] = 200.0 * b;
            a * a + 100.0 * b * b
        });
        assert!((found[0] - 1.0).abs() < 1e-4 && (found[1] - 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_flat_place_is_left_as_it_is() {
        assert_eq!(minimise(vec![3.0], 0..10, |_, _| 7.0), [3.0]);
    }
}

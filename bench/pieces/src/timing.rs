//! With and without, in alternation.

use std::time::Instant;

use serde::Serialize;

const ROUNDS: usize = 41;
const RUNS: u32 = 20_000;

/// What one piece costs: the least of both, in nanoseconds, for whatever else runs can only add to it.
#[derive(Serialize)]
pub(crate) struct Piece {
    name: &'static str,
    with: f64,
    without: f64,
}

/// Measures two ways to do `each` units of work.
pub(crate) fn compare(
    name: &'static str,
    each: usize,
    mut with: impl FnMut(),
    mut without: impl FnMut(),
) -> Piece {
    let (mut least_with, mut least_without) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        least_with = least_with.min(time(each, &mut with));
        least_without = least_without.min(time(each, &mut without));
    }
    Piece { name, with: least_with, without: least_without }
}

#[allow(clippy::cast_precision_loss, reason = "a handful of units")]
fn time(each: usize, work: &mut impl FnMut()) -> f64 {
    let runs = RUNS / u32::try_from(each).unwrap_or(RUNS).max(1);
    let began = Instant::now();
    for _ in 0..runs {
        work();
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(runs) / each as f64
}

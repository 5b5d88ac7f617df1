//! Whether two samples differ by more than noise.

use std::collections::BTreeMap;

use crate::store::Sketch;

/// How two samples differ in rank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// The two-sided probability that values of one distribution differ as much as these do.
    pub(super) probability: f64,
    /// Whether a value of the second sample is more often the larger one of two.
    pub(super) is_up: bool,
}

/// The test of Mann, Whitney and Wilcoxon with its correction for ties; a bucket is a tie. `None` with fewer than 8 values on a
/// side, for which the normal distribution is no approximation.
pub(super) fn rank_test(a: &Sketch, b: &Sketch) -> Option<Shift> {
    let (n_a, n_b) = (a.count() as f64, b.count() as f64);
    if n_a < 8.0 || n_b < 8.0 {
        return None;
    }
    let mut buckets: BTreeMap<u16, (f64, f64)> = BTreeMap::new();
    a.buckets()
        .for_each(|(bucket, count)| buckets.entry(bucket).or_default().0 += count as f64);
    b.buckets()
        .for_each(|(bucket, count)| buckets.entry(bucket).or_default().1 += count as f64);
    // Of all pairs, those in which the value of `a` is the larger one.
    let (mut below, mut u, mut ties) = (0.0, 0.0, 0.0);
    for (of_a, of_b) in buckets.values() {
        u += of_a * (below + of_b / 2.0);
        below += of_b;
        let tied = of_a + of_b;
        ties += tied.powi(3) - tied;
    }
    let n = n_a + n_b;
    let variance = n_a * n_b / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    let beyond_half = u - n_a * n_b / 2.0;
    let probability = if variance <= 0.0 {
        1.0
    } else {
        let distance = (beyond_half.abs() - 0.5).max(0.0);
        two_sided(distance / variance.sqrt())
    };
    Some(Shift {
        probability,
        is_up: beyond_half < 0.0,
    })
}

/// The two-sided probability of two shares as different as these, by the test of two proportions with a correction for
/// continuity. `None` when fewer than five of either outcome are expected on a side.
pub(super) fn share_test(a: (u64, u64), b: (u64, u64)) -> Option<f64> {
    let ((hits_a, n_a), (hits_b, n_b)) = ((a.0 as f64, a.1 as f64), (b.0 as f64, b.1 as f64));
    let share = (hits_a + hits_b) / (n_a + n_b);
    let least = n_a.min(n_b) * share.min(1.0 - share);
    if n_a == 0.0 || n_b == 0.0 || least < 5.0 {
        return None;
    }
    let deviation = (share * (1.0 - share) * (1.0 / n_a + 1.0 / n_b)).sqrt();
    let correction = 0.5 * (1.0 / n_a + 1.0 / n_b);
    let distance = ((hits_a / n_a - hits_b / n_b).abs() - correction).max(0.0);
    Some(two_sided(distance / deviation))
}

fn two_sided(z: f64) -> f64 {
    libm::erfc(z / std::f64::consts::SQRT_2)
}

/// Which probabilities are small enough that, of all tests together, less than `alpha` would wrongly be: Holm's method.
pub(super) fn holm(probabilities: &[Option<f64>], alpha: f64) -> Vec<bool> {
    let mut order: Vec<(usize, f64)> = probabilities
        .iter()
        .enumerate()
        .filter_map(|(index, p)| Some((index, (*p)?)))
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut is_significant = vec![false; probabilities.len()];
    let tests = order.len();
    for (rank, (index, p)) in order.into_iter().enumerate() {
        if p > alpha / (tests - rank) as f64 {
            break;
        }
        is_significant[index] = true;
    }
    is_significant
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|value| sketch.add(value));
        sketch
    }

    #[test]
    fn equal_samples_do_not_differ() {
        let values = || sketch((1..=100).map(|n| n * 1000));
        let p = rank_test(&values(), &values()).unwrap().probability;
        assert!(p > 0.9, "{p}");
        let equal = rank_test(&sketch([5; 20]), &sketch([5; 20])).unwrap();
        assert_eq!(equal.probability, 1.0);
    }

    #[test]
    fn shifted_samples_differ() {
        let shift = rank_test(
            &sketch((1..=100).map(|n| n * 1000)),
            &sketch((1..=100).map(|n| n * 1500)),
        )
        .unwrap();
        assert!(shift.probability < 0.001 && shift.is_up, "{shift:?}");
        assert_eq!(rank_test(&sketch([1; 7]), &sketch([9; 100])), None);
    }

    /// R: `wilcox.test(1:10, c(6:15), exact = FALSE)` says 0.00629.
    #[test]
    fn it_agrees_with_r() {
        let p = rank_test(&sketch(1..=10), &sketch(6..=15))
            .unwrap()
            .probability;
        assert!((p - 0.006_29).abs() < 0.002, "{p}");
    }

    /// R: `prop.test(c(10, 30), c(100, 100))` says 0.0008.
    #[test]
    fn shares_agree_with_r() {
        let p = share_test((10, 100), (30, 100)).unwrap();
        assert!((p - 0.0008).abs() < 0.0002, "{p}");
        assert_eq!(share_test((0, 100), (1, 100)), None);
    }

    #[test]
    fn many_tests_need_smaller_probabilities() {
        assert_eq!(
            holm(&[Some(0.01), None, Some(0.04), Some(0.03)], 0.05),
            [true, false, false, false]
        );
    }
}

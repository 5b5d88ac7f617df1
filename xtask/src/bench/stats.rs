//! What samples say.

/// The given quantile, from 0 to 1.
pub fn quantile(samples: &[f64], quantile: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * quantile).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The middle one.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The arithmetic mean.
pub fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// The median, and the middle half.
pub fn spread(samples: &[f64]) -> String {
    format!(
        "{:.3} ({:.3}–{:.3})",
        median(samples),
        quantile(samples, 0.25),
        quantile(samples, 0.75)
    )
}

/// The ratios round by round: their median, and the middle half.
pub fn ratio(samples: &[f64], base: &[f64]) -> String {
    let ratios: Vec<f64> = samples.iter().zip(base).map(|(a, b)| a / b).collect();
    spread(&ratios)
}

/// The ratios round by round: their geometric mean, and its standard error. Chance makes an arithmetic mean of ratios too
/// high, by half of their variance, and this one not.
pub fn geometric_ratio(samples: &[f64], base: &[f64]) -> String {
    let logs: Vec<f64> = samples
        .iter()
        .zip(base)
        .map(|(a, b)| (a / b).ln())
        .collect();
    let (center, error) = mean_and_error(&logs);
    format!("{:.3} ± {:.3}", center.exp(), center.exp() * error)
}

/// The mean of `samples`, and how much more that is than the mean of `base`, with the standard error of the differences round by
/// round.
pub fn difference(samples: &[f64], base: &[f64]) -> String {
    let differences: Vec<f64> = samples.iter().zip(base).map(|(a, b)| a - b).collect();
    let (center, error) = mean_and_error(&differences);
    format!("{:.0} ({center:+.1} ± {error:.1})", mean(samples))
}

/// The arithmetic mean, and its standard error.
fn mean_and_error(samples: &[f64]) -> (f64, f64) {
    let center = mean(samples);
    let squares: f64 = samples.iter().map(|one| (one - center).powi(2)).sum();
    let count = samples.len() as f64;
    (center, (squares / (count - 1.0) / count).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_often_twice_as_half_as_much_is_the_same() {
        let (samples, base) = ([2.0, 1.0, 2.0, 1.0], [1.0, 2.0, 1.0, 2.0]);
        assert_eq!(geometric_ratio(&samples, &base), "1.000 ± 0.400");
        assert_eq!(geometric_ratio(&[3.3, 1.1], &[3.0, 1.0]), "1.100 ± 0.000");
    }

    #[test]
    fn a_difference_is_taken_round_by_round() {
        assert_eq!(difference(&[12.0, 22.0], &[10.0, 20.0]), "17 (+2.0 ± 0.0)");
        assert_eq!(difference(&[9.0, 21.0], &[10.0, 20.0]), "15 (+0.0 ± 1.0)");
    }
}

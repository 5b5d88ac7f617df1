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

//! MinHash: short signatures that agree as often as texts are alike.
//!
//! Broder 1997, "On the resemblance and containment of documents"; bands as in Leskovec, Rajaraman and Ullman, "Mining of massive datasets", section 3.4.

use super::shingles::Shingles;

/// Bands of a signature: two texts become candidates where all rows of one band agree.
pub(super) const N_BANDS: u64 = 20;
/// Rows of a band.
pub(super) const N_ROWS: u64 = 5;

/// What the rows of one band are for a text, as one number; none for a text without words.
///
/// Two texts with a Jaccard index of s agree in a band with probability s^rows.
pub(super) fn band(shingles: &Shingles, band: u64) -> Option<u64> {
    if shingles.is_empty() {
        return None;
    }
    let row = |row: u64| {
        let hash = mix(band * N_ROWS + row + 1);
        shingles.pieces().iter().map(|piece| mix(piece ^ hash)).min().unwrap_or(u64::MAX)
    };
    Some((0..N_ROWS).map(row).fold(band, |all, row| mix(all ^ row)))
}

/// A bijection of 64 bits in which each bit of the input moves half of the output: the finisher of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The probability that two texts with a Jaccard index of `s` become candidates: 1 − (1 − s^rows)^bands.
#[cfg(test)]
pub(super) fn candidate_probability(s: f64, n_bands: u64, n_rows: u64) -> f64 {
    1.0 - libm::pow(1.0 - libm::pow(s, n_rows as f64), n_bands as f64)
}

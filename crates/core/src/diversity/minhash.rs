//! MinHash: short signatures that agree as often as texts are alike.
//!
//! Broder 1997, "On the resemblance and containment of documents"; bands as in Leskovec, Rajaraman and Ullman, "Mining of massive datasets", section 3.4.

use super::shingles::Shingles;

/// Bands of a signature: two texts become candidates where all rows of one band agree.
pub(super) const N_BANDS: usize = 20;
/// Rows of a band.
pub(super) const N_ROWS: usize = 5;

/// What the rows of each band are for a text, as one number a band; none for a text without words.
///
/// Two texts with a Jaccard index of s agree in a band with probability s^rows.
pub(super) fn bands(shingles: &Shingles) -> Option<[u64; N_BANDS]> {
    if shingles.is_empty() {
        return None;
    }
    let mut rows = [u64::MAX; N_BANDS * N_ROWS];
    for piece in shingles.pieces() {
        let hash = mix(*piece);
        for (row, least) in (0..).zip(&mut rows) {
            *least = (*least).min(row_hash(hash, row));
        }
    }
    Some(std::array::from_fn(|band| {
        rows[band * N_ROWS..][..N_ROWS].iter().fold(band as u64, |all, row| mix(all ^ row))
    }))
}

/// One of many orders of all pieces: a product with an odd number of the row's own puts mixed bits into another order.
fn row_hash(hash: u64, row: u64) -> u64 {
    hash.wrapping_mul(mix(row) | 1)
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
pub(super) fn candidate_probability(s: f64, n_bands: usize, n_rows: usize) -> f64 {
    1.0 - libm::pow(1.0 - libm::pow(s, n_rows as f64), n_bands as f64)
}

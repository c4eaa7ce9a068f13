//! How a text becomes features.

/// A word's beginning, which its other forms share: `refund`, `refunds` and `refunded`.
const STEM_LETTERS: usize = 5;

/// The features of a text, those of its words one after the other.
///
/// Words are what stands between characters that are neither letters nor digits, in lower case.
/// Apostrophes do not count, because many leave them out, and any word with a digit is the word `0`: which number it is belongs to one customer's case.
/// A word gives its first five letters and, where it is longer, itself, each hashed to 32 bits.
pub fn features(text: &str) -> Vec<u32> {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut features = Vec::new();
    for word in words {
        let has_digit = word.chars().any(char::is_numeric);
        let word = if has_digit { "0" } else { word };
        let stem_bytes = word.char_indices().nth(STEM_LETTERS).map(|(at, _)| at);
        features.push(hash(b'<', stem_bytes.map_or(word, |end| &word[..end])));
        if stem_bytes.is_some() {
            features.push(hash(b'=', word));
        }
    }
    features
}

/// FNV-1a with 32 bits (Fowler, Noll and Vo) over what kind of feature it is and its letters.
fn hash(kind: u8, letters: &str) -> u32 {
    std::iter::once(kind)
        .chain(letters.bytes())
        .fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

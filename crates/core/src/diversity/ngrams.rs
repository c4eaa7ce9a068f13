//! Sequences of words that texts have in common.

use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::UnicodeSegmentation;

/// The longest sequence of words that self-BLEU looks at.
const LONGEST: usize = 4;
/// What a precision of no match counts, in matches: the first smoothing of Chen and Cherry 2014, "A systematic comparison of smoothing techniques for sentence-level BLEU".
const NO_MATCH: f64 = 0.1;

/// The words of a text in lower case, by the word boundaries of Unicode (UAX 29), without punctuation.
///
/// In scripts without spaces a character is a word where the standard has nothing better.
pub fn words(text: &str) -> Vec<String> {
    text.unicode_words().map(str::to_lowercase).collect()
}

/// Distinct-n: the different sequences of `n` words over all of them, in (0, 1]; none where no text has `n` words.
///
/// Li, Galley, Brockett, Gao and Dolan 2016, "A diversity-promoting objective function for neural conversation models".
/// Longer texts have a lower one by their length alone: compare only sets of like length and number.
///
/// # Panics
///
/// Where `n` is 0.
pub fn distinct(texts: &[Vec<String>], n: usize) -> Option<f64> {
    let all = || texts.iter().flat_map(|words| words.windows(n));
    let total = all().count();
    (total > 0).then(|| all().collect::<BTreeSet<_>>().len() as f64 / total as f64)
}

/// Self-BLEU: the mean over the texts of BLEU-4 of each against all others, in [0, 1], where 1 is nothing but repetition; none of fewer than two texts with words.
///
/// Zhu, Lu, Zheng, Guo, Zhang, Wang and Yu 2018, "Texygen"; BLEU by Papineni, Roukos, Ward and Zhu 2002, with clipped counts, the closest reference length, and sequences that are nowhere found counted as a tenth of a match.
/// Texts without words are passed over.
pub fn self_bleu(texts: &[Vec<String>]) -> Option<f64> {
    let texts: Vec<&[String]> = texts.iter().map(Vec::as_slice).filter(|words| !words.is_empty()).collect();
    if texts.len() < 2 {
        return None;
    }
    let counts: Vec<Vec<Counts<'_>>> =
        (1..=LONGEST).map(|n| texts.iter().map(|words| count(words, n)).collect()).collect();
    let most: Vec<BTreeMap<&[String], Most>> = counts.iter().map(|of_n| most_by_sequence(of_n)).collect();
    let total: f64 = (0..texts.len()).map(|text| bleu(text, &texts, &counts, &most)).sum();
    Some(total / texts.len() as f64)
}

/// How often each sequence occurs in a text.
type Counts<'a> = BTreeMap<&'a [String], usize>;

fn count(words: &[String], n: usize) -> Counts<'_> {
    let mut counts = Counts::new();
    words.windows(n).for_each(|sequence| *counts.entry(sequence).or_default() += 1);
    counts
}

/// The largest count of a sequence in one text, which text that is, and the largest in any other.
struct Most {
    count: usize,
    text: usize,
    second: usize,
}

fn most_by_sequence<'a>(counts: &[Counts<'a>]) -> BTreeMap<&'a [String], Most> {
    let mut most = BTreeMap::new();
    for (text, counts) in counts.iter().enumerate() {
        for (&sequence, &count) in counts {
            let found = most.entry(sequence).or_insert(Most { count: 0, text, second: 0 });
            if count > found.count {
                *found = Most { count, text, second: found.count };
            } else {
                found.second = found.second.max(count);
            }
        }
    }
    most
}

/// BLEU-4 of one text against all others; 0 where it shares no word with them.
fn bleu(
    text: usize,
    texts: &[&[String]],
    counts: &[Vec<Counts<'_>>],
    most: &[BTreeMap<&[String], Most>],
) -> f64 {
    let mut log_precisions = 0.0;
    for (place, (of_n, most)) in counts.iter().zip(most).enumerate() {
        let own = &of_n[text];
        let clipped = |(sequence, count): (&&[String], &usize)| {
            let found = &most[*sequence];
            let elsewhere = if found.text == text { found.second } else { found.count };
            elsewhere.min(*count)
        };
        let matches: usize = own.iter().map(clipped).sum();
        if place == 0 && matches == 0 {
            return 0.0;
        }
        // A text of one word has no sequence of two, and is given one that matches nothing.
        let total = own.values().sum::<usize>().max(1) as f64;
        let matches = if matches == 0 { NO_MATCH } else { matches as f64 };
        log_precisions += libm::log(matches / total);
    }
    brevity_penalty(text, texts) * libm::exp(log_precisions / LONGEST as f64)
}

/// What a text shorter than the closest of the others loses; of two that are as close, the shorter counts.
fn brevity_penalty(text: usize, texts: &[&[String]]) -> f64 {
    let own = texts[text].len();
    let others = texts.iter().enumerate().filter(|(other, _)| *other != text).map(|(_, words)| words.len());
    let closest = others.min_by_key(|length| (length.abs_diff(own), *length)).unwrap_or(own);
    if own >= closest { 1.0 } else { libm::exp(1.0 - closest as f64 / own as f64) }
}

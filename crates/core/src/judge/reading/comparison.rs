//! A text that is nothing but a comparison of the two sides.

use super::Choice;
use super::label::{is_noun, side};

/// Words that may stand before "better" and change nothing.
const DEGREES: &[&str] =
    &["clearly", "slightly", "much", "far", "somewhat", "marginally", "definitely", "a bit"];

/// `a > b`, `b is better than a`, `a wins`, `b is worse`.
pub fn comparison(text: &str) -> Option<Choice> {
    for (sign, is_left) in [(">>", true), (">", true), ("<<", false), ("<", false)] {
        if let Some((left, right)) = text.split_once(sign) {
            let (left, right) = (side(left)?, side(right)?);
            return (left != right).then_some(if is_left { left } else { right });
        }
    }
    if let Some((left, right)) = text.split_once('=') {
        return (side(left)? != side(right)?).then_some(Choice::Tie);
    }
    let winner = [" wins", "更好"].iter().find_map(|word| text.strip_suffix(word));
    if let Some(winner) = winner {
        return side(winner);
    }
    let (left, rest) = text.split_once(" is ")?;
    let left = side(left)?;
    let rest =
        DEGREES.iter().fold(rest.trim(), |rest, degree| rest.strip_prefix(degree).unwrap_or(rest).trim());
    let rest = rest.strip_prefix("the ").unwrap_or(rest);
    let (degree, right) = rest.split_once(' ').unwrap_or((rest, ""));
    let better = match degree {
        "better" => left,
        "worse" => left.other(),
        _ => return None,
    };
    let is_noun = |word: &str| word == "one" || is_noun(word);
    let right = right.split_once(' ').filter(|(word, _)| is_noun(word)).map_or(right, |(_, right)| right);
    let is_whole = match right.strip_prefix("than ") {
        Some(right) => side(right)? == left.other(),
        None => right.is_empty() || is_noun(right),
    };
    is_whole.then_some(better)
}

/// `i prefer b`.
pub fn preference(text: &str) -> Option<Choice> {
    const VERBS: [&str; 8] = [
        "i prefer ",
        "i choose ",
        "i pick ",
        "i select ",
        "i would choose ",
        "i would pick ",
        "my choice is ",
        "prefer ",
    ];
    side(VERBS.iter().find_map(|verb| text.strip_prefix(verb))?)
}

//! A text that is nothing but a verdict: a letter, a name of a side, a tie, a comparison of the two sides.

use super::comparison::{comparison, preference};
use super::{Choice, trim};

/// What replies are called, in the languages that judges fall into.
const NOUNS: &[&str] = &[
    "reply",
    "response",
    "answer",
    "assistant",
    "option",
    "candidate",
    "text",
    "message",
    "model",
    "output",
    "choice",
    "completion",
    "version",
    "antwort",
    "réponse",
    "reponse",
    "respuesta",
    "opción",
    "opcion",
    "risposta",
    "opzione",
    "resposta",
    "opção",
    "antwoord",
    "odpowiedź",
    "svar",
    "cevap",
    "yanıt",
    "vastaus",
    "ответ",
    "вариант",
    "відповідь",
    "回答",
    "回复",
    "回覆",
    "答案",
    "选项",
    "選項",
    "选择",
    "选",
    "返信",
    "応答",
    "選択肢",
    "답변",
    "응답",
    "선택",
    "الرد",
    "الإجابة",
    "الخيار",
    "उत्तर",
];

const FIRST: &[&str] = &[
    "first",
    "1st",
    "first one",
    "first reply",
    "first response",
    "first answer",
    "first option",
    "erste",
    "die erste",
    "première",
    "la première",
    "primera",
    "la primera",
    "la prima",
    "primeira",
    "a primeira",
    "第一个",
    "第一個",
    "первый",
    "最初",
];

const SECOND: &[&str] = &[
    "second",
    "2nd",
    "second one",
    "second reply",
    "second response",
    "second answer",
    "second option",
    "zweite",
    "die zweite",
    "deuxième",
    "la deuxième",
    "segunda",
    "la segunda",
    "seconda",
    "la seconda",
    "a segunda",
    "第二个",
    "第二個",
    "второй",
    "二番目",
];

const TIES: &[&str] = &[
    "tie",
    "a tie",
    "it's a tie",
    "it is a tie",
    "draw",
    "a draw",
    "equal",
    "both equal",
    "both are equal",
    "they are equal",
    "equally good",
    "both are equally good",
    "both equally good",
    "same",
    "the same",
    "no preference",
    "neither is better",
    "both good",
    "both are good",
    "toss-up",
    "a and b are equal",
    "gleichstand",
    "unentschieden",
    "gleich gut",
    "beide gleich gut",
    "égalité",
    "empate",
    "pareggio",
    "parità",
    "gelijkspel",
    "gelijk",
    "remis",
    "ничья",
    "нічия",
    "平局",
    "平手",
    "一样好",
    "引き分け",
    "同点",
    "무승부",
    "동점",
    "beraberlik",
    "berabere",
    "تعادل",
    "बराबर",
];

const BOTH_BAD: &[&str] = &[
    "both bad",
    "both_bad",
    "bothbad",
    "both-bad",
    "tie both bad",
    "tie bothbad",
    "both are bad",
    "both replies are bad",
    "both responses are bad",
    "both wrong",
    "both are wrong",
    "both unacceptable",
    "both are unacceptable",
    "beide schlecht",
    "beide sind schlecht",
    "les deux sont mauvaises",
    "ambas malas",
    "ambas son malas",
    "entrambe pessime",
    "ambas ruins",
    "оба плохие",
    "оба плохи",
    "都不好",
    "两个都不好",
    "両方悪い",
    "둘 다 나쁨",
];

/// What a whole text says: a label, or a comparison.
pub fn statement(text: &str) -> Option<Choice> {
    // Longer than the longest statement that is known, so that long texts cost nothing.
    // A question is no verdict.
    if text.len() > 160 || text.contains(['?', '？', '؟']) {
        return None;
    }
    let text = trim::plain(text);
    let text = trim::wrapping(&text);
    label(text).or_else(|| comparison(text)).or_else(|| preference(text))
}

/// A letter, the name of a side, a tie, or both bad.
pub fn label(text: &str) -> Option<Choice> {
    let text = trim::wrapping(text);
    let text = text.strip_prefix("the ").unwrap_or(text);
    let text: &str = &text.replace(['(', ')'], "");
    let listed = [(FIRST, Choice::A), (SECOND, Choice::B), (TIES, Choice::Tie), (BOTH_BAD, Choice::BothBad)];
    if let Some((_, choice)) = listed.iter().find(|(words, _)| words.contains(&text)) {
        return Some(*choice);
    }
    letter(text).or_else(|| named(text))
}

/// `reply a`, `response #2`, `回答b`.
fn named(text: &str) -> Option<Choice> {
    let after_noun = |noun: &&str| {
        let rest = text.strip_prefix(*noun)?;
        // Where words are parted by spaces, "texta" is no label; Chinese and its kin part no words.
        let is_parted = !rest.starts_with(char::is_alphanumeric) || noun.ends_with(|c| c >= '\u{2E80}');
        is_parted.then(|| letter(trim::wrapping(rest)))?
    };
    NOUNS.iter().find_map(after_noun)
}

/// The letters themselves, in small letters, with those of other alphabets that look the same, and the numbers of the sides.
pub fn letter(text: &str) -> Option<Choice> {
    match text {
        "a" | "а" | "α" | "ａ" | "1" => Some(Choice::A),
        "b" | "в" | "β" | "ｂ" | "2" => Some(Choice::B),
        _ => None,
    }
}

/// A label that is one of the two sides.
pub fn side(text: &str) -> Option<Choice> {
    label(text).filter(|choice| matches!(choice, Choice::A | Choice::B))
}

/// Whether a label is a number or a word such as "first", which may as well begin a list.
pub fn is_ordinal(text: &str) -> bool {
    let text = trim::plain(text);
    let text = trim::wrapping(&text);
    matches!(text, "1" | "2") || FIRST.contains(&text) || SECOND.contains(&text)
}

/// Whether a text in small letters holds a word such as "first" for `side`.
pub fn has_ordinal(text: &str, side: Choice) -> bool {
    let ordinals = if side == Choice::A { FIRST } else { SECOND };
    let words = || text.split(|c: char| !c.is_alphanumeric());
    // Letters beyond ASCII include those that part no words.
    ordinals.iter().filter(|ordinal| !ordinal.is_ascii()).any(|ordinal| text.contains(ordinal))
        || ordinals.iter().any(|ordinal| words().any(|word| word == *ordinal))
        || words().any(|word| word == if side == Choice::A { "former" } else { "latter" })
}

/// Whether a word in small letters is one that replies are called by.
pub fn is_noun(word: &str) -> bool {
    NOUNS.contains(&word)
}

//! The words that a verdict follows, such as "Verdict:".

use super::trim;

/// Words that speak of the whole comparison, in small letters.
const WHOLE: &[&str] = &[
    "overall winner is",
    "overall winner",
    "overall verdict",
    "overall, the winner is",
    "overall",
    "so the final answer is",
    "the final answer is",
    "so the answer is",
    "so, the answer is",
    "therefore, the answer is",
    "therefore the answer is",
    "thus, the answer is",
    "my final verdict is",
    "my final verdict",
    "the final verdict is",
    "final verdict is",
    "final verdict",
    "final answer is",
    "final answer",
    "final decision",
    "final judgment",
    "final judgement",
    "final choice",
    "my verdict is",
    "my verdict",
    "the verdict is",
    "verdict is",
    "verdict",
    "decision",
    "conclusion",
    "judgment",
    "judgement",
    "final",
    "endgültiges urteil",
    "mein urteil",
    "urteil",
    "endgültige antwort",
    "entscheidung",
    "fazit",
    "verdict final",
    "réponse finale",
    "décision",
    "veredicto final",
    "veredicto",
    "respuesta final",
    "decisión",
    "verdetto finale",
    "verdetto",
    "risposta finale",
    "veredito final",
    "veredito",
    "resposta final",
    "werdykt",
    "вердикт",
    "окончательный ответ",
    "итог",
    "最终判定",
    "最终答案",
    "最终结论",
    "判定",
    "裁决",
    "结论",
    "結論",
    "最終判断",
    "판정",
    "결론",
    "최종 판정",
    "karar",
    "الحكم",
    "निर्णय",
];

/// Words that may also speak of one criterion among several.
const PARTIAL: &[&str] = &[
    "the winner is",
    "winner is",
    "winner",
    "the better reply is",
    "the better response is",
    "the better answer is",
    "better reply",
    "better response",
    "better answer",
    "better",
    "best response",
    "best reply",
    "best",
    "preferred response",
    "preferred reply",
    "preference",
    "preferred",
    "my answer is",
    "my answer",
    "the answer is",
    "answer is",
    "answer",
    "my choice is",
    "my choice",
    "choice",
    "result",
    "bessere antwort",
    "antwort",
    "ergebnis",
    "gewinner",
    "meilleure réponse",
    "réponse",
    "gagnant",
    "mejor respuesta",
    "respuesta",
    "ganador",
    "risposta migliore",
    "risposta",
    "vincitore",
    "melhor resposta",
    "resposta",
    "vencedor",
    "ответ",
    "победитель",
    "答案",
    "更好的回答",
    "胜者",
    "勝者",
    "答え",
    "정답",
];

/// What a lead word speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that is compared.
    Whole,
    /// Perhaps one criterion only.
    Partial,
}

/// What follows a lead word and its colon in a [`visible`](trim::visible) text, with what the word speaks of.
pub fn after(text: &str) -> Option<(Scope, &str)> {
    let text = trim::line_start(text).trim_start_matches(['[', '(', '【', '*', '_']);
    let whole = WHOLE.iter().map(|lead| (Scope::Whole, lead));
    let partial = PARTIAL.iter().map(|lead| (Scope::Partial, lead));
    // The longest, as some begin with others.
    let found =
        whole.chain(partial).filter_map(|(scope, lead)| Some((lead.len(), scope, after_lead(text, lead)?)));
    found.max_by_key(|(length, ..)| *length).map(|(_, scope, rest)| (scope, rest))
}

fn after_lead<'a>(text: &'a str, lead: &str) -> Option<&'a str> {
    let rest = trim::strip_prefix(text, lead)?.trim_start_matches(['*', '_', ']', ')', '】', ' ']);
    let parted =
        rest.strip_prefix([':', '=', '→', '-', '—', '–']).or_else(|| trim::strip_prefix(rest, "is "));
    let rest = parted.or_else(|| lead.ends_with(" is").then_some(rest))?;
    Some(rest.trim_start_matches(['*', '_', ' ', '>', ':']))
}

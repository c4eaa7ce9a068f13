//! A marked verdict: `[[A]]`, `<verdict>A</verdict>`, `\boxed{A}`, or a line that begins with a word such as "Verdict:".

use super::{Choice, Found, NoVerdict, label, trim};

/// Words that a verdict follows, in small letters, the longer ones before those that they begin with.
const LEADS: &[&str] = &[
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
    "decision",
    "conclusion",
    "judgment",
    "judgement",
    "result",
    "final",
    "endgültiges urteil",
    "mein urteil",
    "urteil",
    "endgültige antwort",
    "bessere antwort",
    "antwort",
    "entscheidung",
    "fazit",
    "ergebnis",
    "gewinner",
    "verdict final",
    "réponse finale",
    "meilleure réponse",
    "réponse",
    "décision",
    "gagnant",
    "veredicto final",
    "veredicto",
    "respuesta final",
    "mejor respuesta",
    "respuesta",
    "ganador",
    "decisión",
    "verdetto finale",
    "verdetto",
    "risposta finale",
    "risposta migliore",
    "risposta",
    "vincitore",
    "veredito final",
    "veredito",
    "resposta final",
    "melhor resposta",
    "resposta",
    "vencedor",
    "werdykt",
    "вердикт",
    "окончательный ответ",
    "ответ",
    "итог",
    "победитель",
    "最终判定",
    "最终答案",
    "最终结论",
    "判定",
    "裁决",
    "结论",
    "結論",
    "答案",
    "更好的回答",
    "胜者",
    "勝者",
    "最終判断",
    "答え",
    "판정",
    "결론",
    "정답",
    "최종 판정",
    "karar",
    "الحكم",
    "निर्णय",
];

/// A marker that was found in a line.
struct Marker {
    choice: Choice,
    /// Whether the line holds nothing else.
    is_alone: bool,
}

/// The last marked verdict.
///
/// Two that differ in the last marked line, or in marked lines with nothing between them, contradict each other.
pub fn read(text: &str) -> Found {
    let text = unwrapped(text);
    let mut last: Option<Marker> = None;
    let mut contradicts = false;
    let mut is_next = false;
    for line in lines_outside_fences(text) {
        let markers = markers(line);
        let Some(here) = markers.last() else {
            is_next &= trim::space(line).is_empty();
            continue;
        };
        let differs = |other: &Marker| other.choice != here.choice;
        let follows =
            is_next && last.as_ref().is_some_and(|last| last.is_alone && here.is_alone && differs(last));
        contradicts = follows || markers.iter().any(differs);
        is_next = true;
        last = markers.into_iter().next_back();
    }
    let last = last?;
    Some(if contradicts { Err(NoVerdict::Contradiction) } else { Ok(last.choice) })
}

/// An answer that is quoted as a whole, without its quotes.
fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix(['"', '“', '`']).and_then(|text| text.strip_suffix(['"', '”', '`']));
    inner.filter(|inner| !inner.contains(['"', '“', '”', '`'])).unwrap_or(text)
}

/// The lines that are neither quoted nor code.
fn lines_outside_fences(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence && !line.trim_start().starts_with('>')
    })
}

fn markers(line: &str) -> Vec<Marker> {
    let mut markers = enclosed(line);
    // A line such as "Verdict: [[A]]" is one marker, and the one in brackets is it.
    if markers.is_empty() {
        markers.extend(sentences(line).filter_map(led).map(|choice| Marker { choice, is_alone: true }));
    }
    markers
}

/// Verdicts in double brackets, in a tag or in a box.
fn enclosed(line: &str) -> Vec<Marker> {
    const FORMS: [(&str, &str); 6] = [
        ("[[", "]]"),
        ("<verdict>", "</verdict>"),
        ("<answer>", "</answer>"),
        ("<winner>", "</winner>"),
        ("\\boxed{\\text{", "}}"),
        ("\\boxed{", "}"),
    ];
    let lower = line.to_ascii_lowercase();
    let mut found: Vec<(usize, Marker)> = Vec::new();
    for (open, close) in FORMS {
        for (at, _) in lower.match_indices(open) {
            let start = at + open.len();
            let Some(length) = lower[start..].find(close) else { continue };
            let (before, inside, after) =
                (&line[..at], &line[start..start + length], &line[start + length + close.len()..]);
            if is_quoted(before, after) || is_denied(before) {
                continue;
            }
            if let Some(choice) = in_brackets(inside) {
                let is_alone = trim::wrapping(before).is_empty() && trim::wrapping(after).is_empty();
                found.push((at, Marker { choice, is_alone }));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, marker)| marker).collect()
}

/// What stands in a pair of brackets; `C` is what some judges are told to write for a tie.
fn in_brackets(inside: &str) -> Option<Choice> {
    label::statement(inside).or_else(|| (trim::plain(inside) == "c").then_some(Choice::Tie))
}

/// Whether a quotation is open where `before` ends that closes in `after`; a verdict that a lead word introduces is the judge's own.
fn is_quoted(before: &str, after: &str) -> bool {
    let is_open = |open: char, close: char| {
        let n_open = before.matches(open).count();
        let n_closed = before.matches(close).count();
        let is_inside = if open == close { n_open % 2 == 1 } else { n_open > n_closed };
        is_inside && after.contains(close)
    };
    let pairs = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»'), ('`', '`'), ('「', '」')];
    let is_own = after_lead(before).is_some_and(|rest| trim::wrapping(&rest).is_empty());
    !is_own && pairs.iter().any(|(open, close)| is_open(*open, *close))
}

/// Whether the clause that a marker ends denies it.
fn is_denied(before: &str) -> bool {
    const DENIALS: [&str; 9] =
        ["not", "cannot", "never", "nor", "nicht", "kein", "against", "instead of", "rather than"];
    let before = trim::plain(before);
    let clause = before.rsplit([',', '.', ';', ':', '!', '?', '—', ']']).next().unwrap_or("");
    let words: Vec<&str> = clause.split(|c: char| !c.is_alphanumeric() && c != '\'').collect();
    let clause = format!(" {} ", words.join(" "));
    let denies = |denial: &&str| clause.contains(&format!(" {denial} "));
    DENIALS.iter().any(denies) || clause.contains("n't ")
}

/// The sentences of a line, without the marks of lists and headings.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let line = trim::line_start(line);
    let ends = line.match_indices(". ").chain(line.match_indices("! ")).chain(line.match_indices("? "));
    let ends = ends.chain(line.match_indices('。'));
    let mut starts: Vec<usize> = ends.map(|(at, end)| at + end.len()).chain([0]).collect();
    starts.sort_unstable();
    starts.into_iter().map(|start| &line[start..])
}

/// What a sentence says that begins with a lead word, such as "Verdict: A, because …".
fn led(sentence: &str) -> Option<Choice> {
    let rest = after_lead(sentence)?;
    let rest = rest.as_str();
    if let Some(choice) = label::statement(rest) {
        return Some(choice);
    }
    // The verdict up to the first stop, where no second one follows it.
    let stops = [". ", ", ", "; ", " because", " (", " – ", " — ", " - ", "。", "，"];
    let at = stops.iter().filter_map(|stop| rest.find(stop)).min()?;
    let (said, after) = rest.split_at(at);
    let after = trim::wrapping(after);
    let is_second = label::statement(after.split([' ', ',', '.']).next().unwrap_or("")).is_some();
    if is_second { None } else { label::statement(said) }
}

/// What follows a lead word and its colon, in small letters.
fn after_lead(text: &str) -> Option<String> {
    let text = trim::plain(text);
    let text = trim::line_start(&text);
    let text = text.trim_start_matches(['[', '(', '【', '*', '_']);
    LEADS.iter().find_map(|lead| {
        let rest = text.strip_prefix(lead)?.trim_start_matches(['*', '_', ']', ')', '】', ' ']);
        let is_sentence = lead.ends_with(" is");
        let parted = rest.strip_prefix([':', '=', '→', '-', '—', '–']).or_else(|| rest.strip_prefix("is "));
        let rest = match parted {
            Some(rest) => rest,
            None if is_sentence => rest,
            None => return None,
        };
        Some(rest.trim_start_matches(['*', '_', ' ', '>', ':']).to_owned())
    })
}

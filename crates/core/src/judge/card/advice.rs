//! Whether the judge may label, in plain sentences.

use super::document::{Advice, Card, Use};
use super::measures::Baselines;
use crate::report::{capitalised, percent, plural};
use crate::statistics::Share;

/// Compares what was measured with rules that read nothing and with people.
///
/// 1. Fewer pairs than asked for: nothing, where there are enough and the judge takes a side on less than half of them, and else cannot tell.
/// 2. The lower end of the accuracy is not above what the better of "longer" and "shorter" gets right: nothing.
/// 3. It is not below how often a person agrees with the others: it may label.
/// 4. Otherwise it may label above its threshold, where there is one, and sort pairs for people where there is none.
pub(super) fn advice(card: &Card) -> Advice {
    let (compared, asked) = (card.counts.compared, card.settings.min_pairs);
    if compared < asked && card.counts.people_decided >= asked.max(2 * compared + 1) {
        return silent(card);
    }
    let (Some(accuracy), Some(baselines)) = (card.accuracy.value(), card.baselines.value()) else {
        return too_few(card, asked.max(1));
    };
    if compared < asked {
        return too_few(card, asked);
    }
    let (usage, reason) = answer(card, accuracy, baselines);
    Advice { usage, more_pairs: 0, reason }
}

fn too_few(card: &Card, asked: usize) -> Advice {
    let compared = card.counts.compared;
    let more_pairs = asked - compared;
    let reason = format!(
        "{} and the judge both take a side on {}, and an answer needs {asked}: {more_pairs} more.",
        capitalised(card.reference().name()),
        plural(compared, "pair")
    );
    Advice { usage: Use::CannotTell, more_pairs, reason }
}

/// More pairs would not help.
fn silent(card: &Card) -> Advice {
    let counts = &card.counts;
    let reason = format!(
        "{} take a side on {}, and it does on {} of them; it takes none on {}, abstains on {} and says nothing that can be read on {}.",
        capitalised(card.reference().name()),
        plural(counts.people_decided, "pair"),
        counts.compared,
        counts.judge_tied,
        counts.judge_abstained,
        counts.judge_silent
    );
    Advice { usage: Use::Nothing, more_pairs: 0, reason }
}

fn answer(card: &Card, accuracy: &Share, baselines: &Baselines) -> (Use, String) {
    let longest = baselines.longest.share;
    let (rule, rule_share) = if longest >= 0.5 { ("longer", longest) } else { ("shorter", 1.0 - longest) };
    let reference = card.reference();
    let right = format!(
        "It is right on {} of the pairs on which {} and it take a side (95 % interval {} to {})",
        percent(accuracy.share),
        reference.name(),
        percent(accuracy.low),
        percent(accuracy.high)
    );
    if accuracy.low <= rule_share {
        let even_so = match card.escalation.threshold.value() {
            Some(_) => format!(
                " That its surest verdicts could be kept does not change this: the rule may agree with {} as well there.",
                reference.possessive()
            ),
            None => String::new(),
        };
        let reason = format!(
            "{right}. Preferring the {rule} response without reading it is right on {}, and the judge has not been shown to do better.{even_so}",
            percent(rule_share)
        );
        return (Use::Nothing, reason);
    }
    let beats = format!(
        "{right}, which is more than preferring the {rule} response gets right ({})",
        percent(rule_share)
    );
    let beside_people = match beside_people(card) {
        Ok(as_good) => return (Use::Label, format!("{beats}, and {as_good}.")),
        Err(not_shown) => not_shown,
    };
    let (usage, rest) = above_threshold(card);
    (usage, format!("{beats}, but {beside_people}. {rest}"))
}

/// By how much a judge may agree with people less often than a person does, and still label.
const MARGIN: f64 = 0.05;

/// That the judge agrees with people about as often as a person who is left out does, or why that is not shown.
///
/// Both are measured on the same comparisons; the lower end of the difference's interval decides.
fn beside_people(card: &Card) -> Result<String, String> {
    let Some(found) = card.left_one_out.value() else {
        return Err("how far people agree with each other is not known".to_owned());
    };
    let (needed, there) = (card.settings.min_pairs, found.comparisons);
    if there < needed {
        return Err(format!(
            "people could be compared with each other only {there} times, and it takes {needed}"
        ));
    }
    let Some(difference) = found.difference else {
        return Err("it and people never differ where they can be compared, so that nothing can be said of other pairs".to_owned());
    };
    let numbers = format!(
        "it agrees with them on {} and a person who is left out on {} (difference {:+.1} points, 95 % interval {:+.1} to {:+.1})",
        percent(found.judge.value),
        percent(found.people.value),
        100.0 * difference.value,
        100.0 * difference.low,
        100.0 * difference.high
    );
    match difference.low >= -MARGIN {
        true => Ok(numbers),
        false => Err(format!(
            "{numbers}, which does not show it to be at most {:.0} points behind",
            100.0 * MARGIN
        )),
    }
}

fn above_threshold(card: &Card) -> (Use, String) {
    let (escalation, settings, reference) = (&card.escalation, &card.settings, card.reference());
    let Some(threshold) = escalation.threshold.value() else {
        let reason = "No verdict of it can stand for people's; its order of pairs can still tell people where to look first.";
        return (Use::Triage, reason.to_owned());
    };
    let kept = escalation.kept.value().map_or(0.0, |kept| kept.share);
    let reason = format!(
        "Where its confidence is at least {threshold:.2}, which keeps {} of its verdicts, at most {} of those that {} decide differ from {}, with a probability of {}; the rest belongs to people.",
        percent(kept),
        percent(settings.alpha),
        reference.name(),
        reference.possessive(),
        percent(1.0 - settings.delta)
    );
    (Use::LabelAboveThreshold, reason)
}

//! What the demo says at its end.

use super::held_out::Measured;
use crate::progress::{duration, rate};
use crate::terminal::{count, plural, Paper};
use crate::{generate, judge};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tiebreak_core::export::{Export, PairOutcome};
use tiebreak_core::judge::card::Card;
use tiebreak_core::report::Measure;
use tiebreak_core::schema::{FinishReason, Preference, Response, Sample, Vote};
use tiebreak_core::statistics::Share;

/// The columns before the text of an example.
const INDENT: &str = "               ";

pub struct Summary<'a> {
    pub folder: &'a Path,
    pub samples: &'a [Sample],
    pub votes: &'a [Vote],
    pub exported: &'a Export,
    pub sampled: &'a generate::Report,
    pub judged: &'a judge::Report,
    pub measured: &'a Measured,
}

impl Summary<'_> {
    pub fn text(&self, paper: &Paper) -> String {
        let mut text = format!("\n{}\n\n", paper.bold("What happened"));
        for (name, line) in self.facts() {
            text += &paper.hang(&line, &format!("  {name:<13}"), INDENT);
        }
        let examples = self.examples();
        if !examples.is_empty() {
            text += &format!("\n{}\n", paper.bold("Three of the pairs"));
            for (title, row, log_odds) in examples {
                text += &example(paper, &title, row, log_odds);
            }
        }
        text + &self.worth(paper) + &self.ending(paper)
    }

    /// Names and lines of the first part.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("Sampled", self.sampled_line()),
            ("Ended", self.ended_line()),
            (
                "Judged",
                format!(
                    "{}{}",
                    plural(self.votes.len(), "pair"),
                    time(self.judged.n_added, self.judged.elapsed)
                ),
            ),
            ("Exported", plural(self.exported.preferences.len(), "preference")),
        ];
        let left_out =
            self.exported.report.pairs.iter().filter(|(outcome, _)| **outcome != PairOutcome::Exported);
        let reasons: Vec<String> =
            left_out.map(|(outcome, n)| format!("{} {}", count(*n), outcome.heading())).collect();
        facts.push(("Left out", if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") }));
        if let Some(comparison) = self.comparison() {
            facts.extend(comparison);
        }
        facts
    }

    fn sampled_line(&self) -> String {
        let tokens: u64 = self.responses().filter_map(|response| response.tokens).map(u64::from).sum();
        let n_responses = self.responses().count();
        let speed = rate(self.sampled.n_tokens, self.sampled.elapsed);
        let speed =
            speed.map_or_else(String::new, |rate| format!(", {} tokens/s", count(rate.round() as u64)));
        format!(
            "{} to {}, {} tokens{}{speed}",
            plural(n_responses, "response"),
            plural(self.samples.len(), "prompt"),
            count(tokens),
            time(self.sampled.n_added, self.sampled.elapsed),
        )
    }

    fn ended_line(&self) -> String {
        let cut_off = self.responses().filter(|r| r.finish_reason == Some(FinishReason::Length)).count();
        let by_themselves = self.responses().count() - cut_off;
        format!("{} by themselves, {} at the most tokens", count(by_themselves as u64), count(cut_off as u64))
    }

    /// What tells chosen and rejected responses apart; none without rows.
    fn comparison(&self) -> Option<Vec<(&'static str, String)>> {
        let by_id: BTreeMap<(&str, &str), &Response> = self
            .samples
            .iter()
            .flat_map(|sample| {
                sample.responses.iter().map(|r| ((sample.prompt.id.as_str(), r.id.as_str()), r))
            })
            .collect();
        let side = |side: usize| -> Option<Vec<&Response>> {
            let rows = self.exported.preferences.iter();
            rows.map(|row| by_id.get(&(&row.origin.prompt_id, &row.origin.responses[side])).copied())
                .collect()
        };
        let (chosen, rejected) = (side(0)?, side(1)?);
        let length = |response: &&Response| response.text.chars().count() as f64;
        let temperature =
            |response: &&Response| response.sampling.as_ref().map_or(f64::NAN, |s| s.temperature);
        let longer = chosen.iter().zip(&rejected).filter(|(a, b)| length(a) > length(b)).count();
        let share = 100.0 * longer as f64 / chosen.len() as f64;
        let [chosen_length, rejected_length] = [mean(&chosen, length)?, mean(&rejected, length)?];
        let [careful, bold] = [mean(&chosen, temperature)?, mean(&rejected, temperature)?];
        Some(vec![
            (
                "Length",
                format!(
                    "chosen {chosen_length:.0} characters, rejected {rejected_length:.0} (means); the longer one was chosen in {share:.0} %"
                ),
            ),
            ("Temperature", format!("chosen {careful:.2}, rejected {bold:.2} (means)")),
        ])
    }

    fn responses(&self) -> impl Iterator<Item = &Response> {
        self.samples.iter().flat_map(|sample| &sample.responses)
    }

    /// The row on which the judge was surest, one in the middle, and the one on which it was least sure.
    fn examples(&self) -> Vec<(String, &Preference, f64)> {
        let log_odds: BTreeMap<&str, f64> = self
            .votes
            .iter()
            .filter_map(|vote| Some((vote.pair.as_str(), vote.judge.as_ref()?.log_odds?.abs())))
            .collect();
        let mut rows: Vec<(&Preference, f64)> = self
            .exported
            .preferences
            .iter()
            .filter_map(|row| Some((row, *log_odds.get(row.origin.pair.as_str())?)))
            .collect();
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        let Some(last) = rows.len().checked_sub(1) else { return Vec::new() };
        let mut places = vec![(0, "the clearest"), (last / 2, "in the middle"), (last, "the closest")];
        places.dedup_by_key(|(place, _)| *place);
        places.into_iter().map(|(place, name)| (name.to_owned(), rows[place].0, rows[place].1)).collect()
    }

    /// What each way of judging may be used for; nothing where it was not measured.
    fn worth(&self, paper: &Paper) -> String {
        if self.measured.cards.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}\n\n", paper.bold("What the judge is worth"));
        text += &paper.wrap(
            "Measured on comparisons whose answer is known: a reply that was written for the prompt, against one with a planted defect. Neither was trained on.",
            "  ",
        );
        for (name, card) in &self.measured.cards {
            text += &format!("\n  {name}\n");
            for (what, number) in numbers(card) {
                text += &format!("    {what:<29} {number}\n");
            }
            let answer = format!("May it label? {} {}", card.short_answer(), card.advice.reason);
            text += &paper.wrap(&answer, "    ");
        }
        text += &self.whole_card();
        text
    }

    /// The command that shows all of the first card.
    fn whole_card(&self) -> String {
        let Some((name, _)) = self.measured.cards.first() else { return String::new() };
        let file = |name: &str| self.folder.join("held-out").join(name).display().to_string();
        let (samples, answers) = (file("samples.jsonl"), file("answers.jsonl"));
        let votes = file(&format!("votes-{name}.jsonl"));
        format!(
            "\n  A whole card:\n\n  tiebreak calibrate --samples {samples} \\\n      --votes {answers} \\\n      --votes {votes} --out card.json\n"
        )
    }

    fn ending(&self, paper: &Paper) -> String {
        let folder = self.folder.display();
        let mut text = format!("\n{}\n\n", paper.bold("What there is now"));
        for (name, what) in [
            ("prompts.jsonl", "the catalogue's prompts"),
            ("samples.jsonl", "each prompt with its responses"),
            ("votes.jsonl", "what the judge says of each pair"),
            ("preferences.jsonl", "what trainers load"),
            ("report.html", "all of this to look at, in any browser"),
            ("held-out/", "these comparisons, the votes on them, and both cards"),
        ] {
            if name == "held-out/" && self.measured.cards.is_empty() {
                continue;
            }
            text += &paper.hang(what, &format!("  {folder}/{name:<19}"), "      ");
        }
        text += &format!("\n{}\n\n", paper.bold("With your own prompts"));
        text += "  tiebreak generate --model builtin --prompts yours.txt --out samples.jsonl\n";
        text += "  tiebreak judge --model builtin --method likelihood \\\n";
        text += "      --samples samples.jsonl --out votes.jsonl\n";
        text += "  tiebreak export --samples samples.jsonl --votes votes.jsonl \\\n";
        text += "      --out preferences.jsonl\n";
        text
    }
}

fn example(paper: &Paper, title: &str, row: &Preference, log_odds: f64) -> String {
    let mut text = format!("\n  {}\n", paper.dim(&format!("{title}: {log_odds:.2} nats a token apart")));
    let prompt = row.prompt.last().map_or("", |message| &message.content);
    let rows = [
        (format!("  {:<13}", "Customer"), prompt, Paint::None),
        (format!("  {:<13}", "Chosen"), content(&row.chosen), Paint::Green),
        (format!("  {:<13}", "Rejected"), content(&row.rejected), Paint::Red),
    ];
    for (label, content, paint) in rows {
        let block = paper.hang(content, &label, INDENT);
        // The label is painted after wrapping, because a style's codes would count as columns.
        let rest = block.strip_prefix(&label).unwrap_or(&block);
        text += &match paint {
            Paint::None => label,
            Paint::Green => paper.green(&label),
            Paint::Red => paper.red(&label),
        };
        text += rest;
    }
    text
}

/// What a card says in numbers.
fn numbers(card: &Card) -> Vec<(&'static str, String)> {
    let share = |measured: &Measure<Share>| match measured.value() {
        Some(share) => format!(
            "{:.1} % of {} (95 % interval {:.1} to {:.1} %)",
            100.0 * share.share,
            share.total,
            100.0 * share.low,
            100.0 * share.high
        ),
        None => "cannot be told".to_owned(),
    };
    let mut numbers = vec![("right", share(&card.accuracy))];
    if let Some(baselines) = card.baselines.value() {
        numbers.push(("the longer reply, on the same", format!("{:.1} %", 100.0 * baselines.longest.share)));
    }
    if card.position.consistency.value().is_some() {
        numbers.push(("the same in both orders", share(&card.position.consistency)));
    }
    numbers.push(("no verdict", share(&card.unparsed)));
    if let Some(calibration) = card.calibration.value() {
        let errors =
            [calibration.raw, calibration.cross_fitted].map(|scores| scores.expected_calibration_error);
        let line = format!("{:.3}, and {:.3} after calibration", errors[0], errors[1]);
        numbers.push(("expected calibration error", line));
    }
    numbers
}

enum Paint {
    None,
    Green,
    Red,
}

fn content(messages: &[tiebreak_core::schema::Message]) -> &str {
    messages.last().map_or("", |message| &message.content)
}

/// ` in 12 s`, or nothing where an earlier start did it.
fn time(n_added: usize, elapsed: Duration) -> String {
    if n_added == 0 {
        return " (by an earlier start)".to_owned();
    }
    format!(" in {}", duration(elapsed))
}

/// The mean of what `value` says of each; none of nothing.
fn mean<T>(items: &[T], value: impl Fn(&T) -> f64) -> Option<f64> {
    (!items.is_empty()).then(|| items.iter().map(value).sum::<f64>() / items.len() as f64)
}

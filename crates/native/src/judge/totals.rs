//! What a run measured beside its verdicts.

use tiebreak_core::judge::card::position_summary;
use tiebreak_core::judge::Method;
use tiebreak_core::schema::{JudgeEvidence, Verdict, Vote};
use tiebreak_core::statistics::Share;

/// Sums over the votes of a run.
#[derive(Debug, Default)]
pub struct Totals {
    /// Votes of methods that ask.
    n_asked: usize,
    n_unparsed: usize,
    labels: Labels,
    words: Words,
}

/// Of the label method.
#[derive(Debug, Default)]
struct Labels {
    n: usize,
    /// How probable it was that the answer begins with one of the two labels.
    mass: f64,
    /// What standing first was worth, in nats, with the prompt that it was measured on.
    position_biases: Vec<(f64, String)>,
}

/// Of the words method, where both orders were asked and read.
#[derive(Debug, Default)]
struct Words {
    n: usize,
    n_flipped: usize,
    /// Of those that flipped, how often the reply that stood first won in both orders.
    n_first_wins: usize,
}

impl Totals {
    pub fn add(&mut self, vote: &Vote) {
        self.n_unparsed += usize::from(vote.verdict == Verdict::Unparsed);
        if let Some(evidence) = &vote.judge {
            self.n_asked += usize::from(evidence.method != Method::Likelihood.name());
            self.labels.add(evidence, &vote.prompt_id);
            evidence.verdict_by_order.into_iter().for_each(|orders| self.words.add(orders));
        }
    }

    /// Sentences about the run, each for a line of its own.
    pub fn text(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.labels.text().into_iter().chain(self.words.text()).collect();
        if let Some(share) = Share::of(self.n_unparsed, self.n_asked) {
            let stored =
                if share.count > 0 { ": they are stored as unparsed, with what was answered" } else { "" };
            lines.push(format!(
                "no verdict on {} of {} pairs ({:.1} %, 95 % interval {:.1} to {:.1} %){stored}",
                share.count,
                share.total,
                100.0 * share.share,
                100.0 * share.low,
                100.0 * share.high
            ));
        }
        lines
    }
}

impl Labels {
    fn add(&mut self, evidence: &JudgeEvidence, prompt_id: &str) {
        if let (Some([one, other]), Some(bias)) = (evidence.label_mass_by_order, evidence.position_bias) {
            self.n += 1;
            self.mass += (one + other) / 2.0;
            self.position_biases.push((bias, prompt_id.to_owned()));
        }
    }

    /// The means in a sentence, and a warning where the model hardly answers with a label; none without votes.
    fn text(&self) -> Option<String> {
        let n = self.n.checked_sub(1)? as f64 + 1.0;
        let mass = self.mass / n;
        let biases = self.position_biases.iter().map(|(bias, prompt_id)| (*bias, prompt_id.as_str()));
        let bias = position_summary(biases).and_then(|summary| summary.bias);
        let bias = bias.map_or_else(String::new, |bias| {
            format!(
                ", and standing first is worth {:+.2} nats (95 % interval {:+.2} to {:+.2})",
                bias.value, bias.low, bias.high
            )
        });
        let advice = match mass < 0.5 {
            true => {
                "; this model does not follow the question, so take `--method likelihood` or a larger model"
            }
            false => "",
        };
        Some(format!("the labels A and B hold {:.1} % of the probability{bias}{advice}", 100.0 * mass))
    }
}

impl Words {
    fn add(&mut self, orders: [Verdict; 2]) {
        if orders.contains(&Verdict::Unparsed) {
            return;
        }
        self.n += 1;
        self.n_flipped += usize::from(orders[0] != orders[1]);
        self.n_first_wins += usize::from(orders == [Verdict::Strength(-1), Verdict::Strength(1)]);
    }

    fn text(&self) -> Option<String> {
        let n_kept = self.n.checked_sub(self.n_flipped).filter(|_| self.n > 0)?;
        let flipped = match (self.n_flipped, self.n_first_wins) {
            (0, _) => String::new(),
            (n, first) => format!("; of the {n} that flip, {first} take the reply that stands first"),
        };
        Some(format!("both orders say the same of {n_kept} of {} pairs{flipped}", self.n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unparsed_answers_are_told_with_their_interval() {
        let totals = Totals { n_asked: 10, n_unparsed: 1, ..Totals::default() };
        assert!(totals.text()[0]
            .starts_with("no verdict on 1 of 10 pairs (10.0 %, 95 % interval 1.8 to 40.4 %):"));
        let none = Totals { n_asked: 20, ..Totals::default() };
        assert_eq!(none.text(), ["no verdict on 0 of 20 pairs (0.0 %, 95 % interval 0.0 to 16.1 %)"]);
        assert!(Totals::default().text().is_empty());
    }

    #[test]
    fn words_tell_how_often_they_flip() {
        let (first, second) = (Verdict::Strength(-1), Verdict::Strength(1));
        let check = |orders: &[[Verdict; 2]], expected: Option<&str>| {
            let mut words = Words::default();
            orders.iter().for_each(|orders| words.add(*orders));
            assert_eq!(words.text().as_deref(), expected);
        };
        check(&[], None);
        check(&[[Verdict::Unparsed, first]], None);
        check(&[[first, first]], Some("both orders say the same of 1 of 1 pairs"));
        let flips = [[first, second], [first, second], [second, first], [second, second]];
        let text = "both orders say the same of 1 of 4 pairs; of the 3 that flip, 2 take the reply that stands first";
        check(&flips, Some(text));
    }
}

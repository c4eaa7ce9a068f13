//! What was chosen, in words.

use super::document::{Next, SelectedBy};
use crate::report::Page;
use std::fmt;

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts;
        let mut page = Page::new();
        page.heading(&format!("Next: {} of {} pairs that can be asked", self.pairs.len(), counts.eligible));
        for (by, n) in self.by_kind() {
            page.row(label(by), &n.to_string(), &self.note(by));
        }
        for (n, why) in [
            (counts.screened, "left out by the screening"),
            (counts.flagged, "flagged by people: something is wrong with the pair itself"),
            (counts.taken, "in the study anyway, as gold or given anchors"),
        ] {
            if n > 0 {
                page.row("cannot be asked", &n.to_string(), why);
            }
        }
        self.tell_anchors(&mut page);
        if self.unconnected > 0 {
            page.paragraph(&format!(
                "The responses to {} prompts hang together neither by people's votes nor by these pairs, so that not all of them can be told from each other; more pairs connect more.",
                self.unconnected
            ));
        }
        write!(f, "{}", page.text())
    }
}

impl Next {
    fn note(&self, by: SelectedBy) -> String {
        let propensity = self.pairs.first().map_or(0.0, |pair| pair.selection.propensity);
        match by {
            SelectedBy::Random => {
                format!(
                    "each with probability {propensity:.4}: agreement and drift without a selector's bias"
                )
            }
            SelectedBy::Anchor => {
                format!("judged {:.0} days ago or before: does the standard hold?", self.old_after_days)
            }
            SelectedBy::Disputed => "judges answer for both sides, and no person has spoken".to_owned(),
            SelectedBy::Leverage => {
                format!("no vote of the last {:.0} days, and much rests on them", self.old_after_days)
            }
            SelectedBy::Faded => "their votes count less than half by now".to_owned(),
            SelectedBy::Tree => "they connect the responses to a prompt".to_owned(),
            SelectedBy::Gain => {
                format!("votes on them tell most, {:.3} nats in the mean", self.mean_gain(by))
            }
        }
    }

    fn mean_gain(&self, by: SelectedBy) -> f64 {
        let gains = self.pairs.iter().filter(|pair| pair.selection.by == by).map(|p| p.selection.gain_nats);
        let (sum, n) = gains.fold((0.0, 0.0), |(sum, n), gain| (sum + gain, n + 1.0));
        if n > 0.0 { sum / n } else { 0.0 }
    }

    fn tell_anchors(&self, page: &mut Page) {
        let anchors = self.anchors;
        page.paragraph(&format!(
            "Anchors: to see a net change of {:.0} % of the answers, in 80 % of studies, `tiebreak drift` needs {} pairs that the same person judges twice; {} were judged twice so far, and {} are due.",
            100.0 * self.net_flip_rate,
            anchors.needed,
            anchors.judged_again,
            anchors.due,
        ));
    }
}

fn label(by: SelectedBy) -> &'static str {
    match by {
        SelectedBy::Random => "drawn at random",
        SelectedBy::Anchor => "anchors due again",
        SelectedBy::Disputed => "judges disagree",
        SelectedBy::Leverage => "old and much rests on them",
        SelectedBy::Faded => "votes have faded",
        SelectedBy::Tree => "spanning trees",
        SelectedBy::Gain => "information gain",
    }
}

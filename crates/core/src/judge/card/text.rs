//! The card as a person reads it: plain text, 80 columns, headings at the margin.

use super::document::{Card, Use};
use super::measures::{Calibration, Concordance, Contrast};
use super::reference::Reference;
use crate::report::Measure;
use crate::report::{Page, Unit, p_value, percent, plural};
use std::fmt;

/// An intercept with a smaller p-value is told as remaining bias.
const SIGNIFICANT: f64 = 0.05;

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::new();
        page.heading(&format!("Judge card of {}", self.judge));
        self.basis(&mut page);
        page.heading(&format!("May it label? {}", self.short_answer()));
        page.paragraph(&self.advice.reason);
        self.right(&mut page);
        self.position_part(&mut page);
        self.preferences(&mut page);
        self.calibration_part(&mut page);
        self.escalation_part(&mut page);
        self.win_rate_part(&mut page);
        f.write_str(page.text())
    }
}

impl Card {
    /// What [`Advice`](super::Advice) says, in a sentence.
    pub fn short_answer(&self) -> &'static str {
        match self.advice.usage {
            Use::Label => "Yes.",
            Use::LabelAboveThreshold => "What it is sure of.",
            Use::Triage => "No. It may sort pairs for people.",
            Use::Nothing => "No.",
            Use::CannotTell => "Cannot tell: too few pairs.",
        }
    }

    fn basis(&self, page: &mut Page) {
        let counts = &self.counts;
        let (who, most) = self.voices();
        page.paragraph(&format!(
            "{} of {}, on which {who} and the judge voted. {most} take a side on {}, no side on {}, and are split on {}. On those {} the judge takes a side on {}, none on {}, abstains on {}, and gives nothing that can be read on {}.",
            plural(counts.pairs, "pair"),
            plural(counts.prompts, "prompt"),
            counts.people_decided,
            counts.people_tied,
            counts.people_split,
            counts.people_decided,
            counts.compared,
            counts.judge_tied,
            counts.judge_abstained,
            counts.judge_silent
        ));
        let apart = [
            (counts.judge_only, "pairs with a vote of the judge alone"),
            (counts.people_only, "pairs with people's votes alone"),
            (counts.unknown, "votes on pairs that the samples do not hold"),
        ];
        let apart: Vec<String> =
            apart.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{what}: {n}")).collect();
        if !apart.is_empty() {
            page.paragraph(&format!("Beside these, {}.", apart.join("; ")));
        }
    }

    /// By whom the judge was measured, and what most of them are called.
    fn voices(&self) -> (String, &'static str) {
        let counts = &self.counts;
        let people =
            if counts.people == 1 { "1 person".to_owned() } else { format!("{} people", counts.people) };
        match self.reference() {
            Reference::People => (people, "Most people"),
            Reference::Experts => (plural(counts.experts, "expert"), "Most experts"),
            Reference::ExpertsAndPeople => {
                (format!("{people} ({} of them experts)", counts.experts), "Most people")
            }
            Reference::KnownAnswers => ("the known answers".to_owned(), "The known answers"),
        }
    }

    fn right(&self, page: &mut Page) {
        page.heading(&format!("How often it is right, by {}", self.reference().majority()));
        page.share("the judge", &self.accuracy, "");
        if let Some(baselines) = self.baselines.value() {
            page.share("the longer response", &Measure::Value(baselines.longest), "");
            page.row("these two alike", &p_value(baselines.longest_p_value), "signs flipped by prompt");
            page.row("a coin", &percent(baselines.random), "");
        }
        page.heading("In a left-out person's place, by the majority of the others");
        match &self.left_one_out {
            Measure::Value(found) => {
                page.estimate(
                    "the judge",
                    found.judge,
                    Unit::Share,
                    &format!("{} comparisons", found.comparisons),
                );
                page.estimate("the people themselves", found.people, Unit::Share, "");
                if let Some(difference) = found.difference {
                    page.estimate("the judge minus people", difference, Unit::Points, "");
                }
            }
            Measure::CannotTell(reason) => page.cannot_tell("", reason),
        }
        page.heading("Agreement with the majority, ties included");
        match &self.concordance {
            Measure::Value(found) => concordance(page, found),
            Measure::CannotTell(reason) => page.cannot_tell("", reason),
        }
        page.share("votes that abstain", &self.abstained, "");
        page.share("votes that cannot be read", &self.unparsed, "");
    }

    fn position_part(&self, page: &mut Page) {
        let position = &self.position;
        page.heading("Does it matter which response stands first?");
        page.share("same answer in both orders", &position.consistency, "");
        page.share("first preferred, by the judge", &position.judge_first, "");
        page.share("first preferred, by people", &position.people_first, "");
        let p =
            position.inconsistent_p_value.map_or(String::new(), |p| format!(", {} (sign flips)", p_value(p)));
        page.share("first, where orders differ", &position.first_among_inconsistent, &p);
        match &position.bias_nats {
            Measure::Value(bias) => page.estimate(
                "worth of standing first",
                *bias,
                Unit::Nats,
                "gone where both orders are averaged",
            ),
            Measure::CannotTell(reason) => page.cannot_tell("worth of standing first", reason),
        }
    }

    fn preferences(&self, page: &mut Page) {
        page.heading("Does it prefer long responses more than people do?");
        page.share("longer preferred, by the judge", &self.length.judge_longer, "");
        page.share("longer preferred, by people", &self.length.people_longer, "");
        contrast(page, "length", &self.length.coefficient);
        page.heading("Does it prefer its own family of models?");
        contrast(page, "family", &self.self_preference);
    }

    fn calibration_part(&self, page: &mut Page) {
        page.heading("Are its log-odds probabilities?");
        match &self.calibration {
            Measure::Value(found) => calibration(page, found),
            Measure::CannotTell(reason) => page.cannot_tell("", reason),
        }
    }

    fn escalation_part(&self, page: &mut Page) {
        let escalation = &self.escalation;
        page.heading(&format!(
            "What can be kept, if at most {} may differ from people's",
            percent(self.settings.alpha)
        ));
        match &escalation.threshold {
            Measure::Value(threshold) => page.row(
                "confidence of at least",
                &format!("{threshold:.2}"),
                &format!("holds with a probability of {}", percent(1.0 - self.settings.delta)),
            ),
            Measure::CannotTell(reason) => page.paragraph(&format!("nothing: {reason}")),
        }
        if let Some(test) = escalation.tests.iter().rfind(|test| test.upper_bound <= self.settings.alpha) {
            page.row(
                "differ in the test",
                &format!("{} of {}", test.disagreements, test.kept),
                &format!("at most {} (Clopper-Pearson)", percent(test.upper_bound)),
            );
        }
        if escalation.threshold.value().is_some() {
            page.share("kept of all its votes", &escalation.kept, "");
        }
        page.paragraph(&format!(
            "Confidence fitted on {}, thresholds tested on {} of other prompts, one a prompt.",
            plural(escalation.fitted_on, "pair"),
            escalation.tested_on
        ));
    }

    fn win_rate_part(&self, page: &mut Page) {
        if self.win_rates.is_empty() {
            return;
        }
        page.heading("Win rates of the models that wrote the responses");
        for rate in &self.win_rates {
            page.paragraph(&format!("{} against {}", rate.model, rate.against));
            page.measured("  by people alone", &rate.people, Unit::Share, |people| {
                (*people, format!("{} also judged", plural(rate.labelled, "pair")))
            });
            page.measured("  by people and judge", &rate.combined, Unit::Share, |combined| {
                let note = format!("and {} judged alone, weight {:.2}", rate.unlabelled, combined.lambda);
                (combined.mean, note)
            });
        }
    }
}

fn concordance(page: &mut Page, found: &Concordance) {
    page.share("same answer", &Measure::Value(found.percent), "");
    let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{value:.3}"));
    let interval = found
        .kappa_interval
        .map(|interval| format!("{:.3} to {:.3}, bootstrap", interval.low, interval.high));
    page.row("Cohen's kappa", &number(found.kappa), &interval.unwrap_or_default());
    page.row("Gwet's AC1", &number(found.ac1), "");
}

/// `what` is what draws votes, in few words.
fn contrast(page: &mut Page, what: &str, measured: &Measure<Contrast>) {
    match measured {
        Measure::Value(found) => {
            page.estimate(&format!("{what} draws the judge by"), found.judge, Unit::Nats, "");
            page.estimate(&format!("{what} draws people by"), found.people, Unit::Nats, "");
            let answer = if found.difference.contains(0.0) { "no bias shown" } else { "a bias" };
            page.estimate("the judge minus people", found.difference, Unit::Nats, answer);
        }
        Measure::CannotTell(reason) => page.cannot_tell("", reason),
    }
}

fn calibration(page: &mut Page, found: &Calibration) {
    page.row("", "as it is", "calibrated, by other prompts");
    for (name, raw, fitted) in [
        ("log loss (0.693 is a coin's)", found.raw.log_loss, found.cross_fitted.log_loss),
        ("Brier score (0.25 is a coin's)", found.raw.brier, found.cross_fitted.brier),
        (
            "calibration error, 10 bins",
            found.raw.expected_calibration_error,
            found.cross_fitted.expected_calibration_error,
        ),
    ] {
        page.row(name, &format!("{raw:.3}"), &format!("{fitted:.3}"));
    }
    let temperature = match found.temperature {
        Some(temperature) => format!("temperature {temperature:.3}"),
        None => "its log-odds point away from people's verdicts".to_owned(),
    };
    page.estimate("slope", found.slope, Unit::Plain, &temperature);
    if let (Some(intercept), Some(p)) = (found.intercept, found.intercept_p_value) {
        let note =
            if p < SIGNIFICANT { "a side is preferred: position bias remains" } else { "no bias to a side" };
        page.estimate("intercept, freely fitted", intercept, Unit::Nats, &format!("{}: {note}", p_value(p)));
    }
    if let (Some(statistic), Some(p)) = (found.cox_statistic, found.cox_p_value) {
        page.row(
            "Cox test of slope 1",
            &format!("{statistic:.2}"),
            &format!("chi-square, 2 degrees, {}, pairs as if independent", p_value(p)),
        );
    }
    page.row("calibrated probability", "people", "pairs");
    for bin in &found.bins {
        let range = format!("  {:.1} to {:.1}, mean {:.2}", bin.low, bin.high, bin.mean_probability);
        page.row(&range, &format!("{:.2}", bin.frequency), &bin.pairs.to_string());
    }
}

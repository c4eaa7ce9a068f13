//! The report as a person reads it: plain text, 80 columns, headings at the margin.

use super::document::{AnnotatorSeverity, DriftReport, Kind, Remedy, Test, TestResult, Verdict};
use crate::drift::weights::{Choice, Decay, GroupChoice};
use crate::report::{Page, p_value, plural};
use std::fmt;

/// More annotators than this stand in the document alone.
const MOST_ANNOTATORS: usize = 20;

impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::new();
        page.heading(&format!("Does the standard move? {}", self.short_answer()));
        page.paragraph(&self.advice.reason);
        page.paragraph(&format!("Remedy: {}.", self.remedy()));
        self.basis(&mut page);
        for (kind, title) in [
            (Kind::Criteria, "What people like"),
            (Kind::Severity, "How good something has to be"),
            (Kind::Data, "What is compared"),
        ] {
            self.part(&mut page, kind, title);
        }
        self.severity_part(&mut page);
        self.weights_part(&mut page);
        self.left_out_part(&mut page);
        f.write_str(page.text())
    }
}

impl DriftReport {
    fn short_answer(&self) -> &'static str {
        match self.advice.verdict {
            Verdict::Drift => "Yes.",
            Verdict::NoDrift => "No.",
            Verdict::CannotTell => "Cannot tell: too few votes.",
        }
    }

    fn remedy(&self) -> &'static str {
        match self.advice.remedy {
            Remedy::None => "none, all votes count alike",
            Remedy::Recalibrate => "bring scores of different times to one scale",
            Remedy::VaryOrCut => "let the criterion vary with time, or cut at the date",
            Remedy::Decay => "count old votes less",
        }
    }

    fn basis(&self, page: &mut Page) {
        let counts = &self.counts;
        page.paragraph(&format!(
            "{} on {} by {} over {:.0} days; {}.",
            plural(counts.votes, "vote"),
            plural(counts.pairs, "pair"),
            plural(counts.annotators, "annotator"),
            counts.days,
            plural(counts.ratings, "rating")
        ));
        let apart = [
            (counts.without_time, "without a time, never decayed"),
            (counts.without_opinion, "skipped, flagged or unparsed"),
            (counts.unknown, "on pairs that the samples do not hold"),
        ];
        let apart: Vec<String> = apart
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{} {what}", plural(*n, "vote")))
            .collect();
        if !apart.is_empty() {
            page.paragraph(&format!("Beside these, {}.", apart.join("; ")));
        }
    }

    fn part(&self, page: &mut Page, kind: Kind, title: &str) {
        let tests: Vec<&TestResult> = self.tests.iter().filter(|test| test.test.kind() == kind).collect();
        if tests.is_empty() {
            return;
        }
        page.heading(&format!("{title}: p-values adjusted for {}", plural(self.tests.len(), "test")));
        for test in tests {
            let is_found = test.adjusted_p_value <= self.settings.alpha;
            let name = if test.test == Test::Trend { &test.about } else { test.test.name() };
            let label = format!("{}{name}", if is_found { "* " } else { "  " });
            page.row(&label, &p_value(test.adjusted_p_value), &note(test));
        }
    }

    /// Annotators whose scores move for certain, the largest first.
    fn severity_part(&self, page: &mut Page) {
        let mut moved: Vec<&AnnotatorSeverity> =
            self.severity.iter().filter(|own| !own.per_30_days.contains(0.0)).collect();
        if moved.is_empty() {
            return;
        }
        moved.sort_by(|a, b| b.per_30_days.value.abs().total_cmp(&a.per_30_days.value.abs()));
        page.heading("Whose scores move, in percent of the scale in 30 days");
        let n_more = moved.len().saturating_sub(MOST_ANNOTATORS);
        for own in moved.into_iter().take(MOST_ANNOTATORS) {
            let [value, low, high, shrunk] =
                [own.per_30_days.value, own.per_30_days.low, own.per_30_days.high, own.shrunk_per_30_days]
                    .map(|share| format!("{:+.1}", 100.0 * share));
            let note = format!("{low} to {high}, shrunk {shrunk}, {}", own.criterion);
            page.row(&own.annotator, &value, &note);
        }
        if n_more > 0 {
            page.paragraph(&format!("And {} more.", plural(n_more, "annotator")));
        }
    }

    fn weights_part(&self, page: &mut Page) {
        let Some(choice) = &self.weights else { return };
        page.heading("What old votes are worth");
        page.paragraph(&choice.reason);
        page.row("decay in use", "", &choice.decay.to_string());
        size(page, choice);
        for candidate in &choice.candidates {
            page.row(
                &candidate.decay.to_string(),
                &format!("{:.4}", candidate.loss),
                &format!(
                    "nats a vote, worse by {:.4} ± {:.4}, worth {:.0} votes",
                    candidate.worse_by, candidate.standard_error, candidate.kish_size
                ),
            );
        }
        self.groups(page);
    }

    /// Groups that have a decay of their own, and how many were looked at.
    fn groups(&self, page: &mut Page) {
        let (proved, others): (Vec<&GroupChoice>, Vec<&GroupChoice>) =
            self.group_weights.iter().partition(|group| group.choice.decay != Decay::None);
        for group in proved {
            page.paragraph(&format!("{} alone: {}", group.name, group.choice.reason));
            size(page, &group.choice);
        }
        if !others.is_empty() {
            page.paragraph(&format!(
                "Of single annotators and categories with enough votes, no decay is proved for {}.",
                others.len()
            ));
        }
    }

    fn left_out_part(&self, page: &mut Page) {
        if self.left_out.is_empty() {
            return;
        }
        page.heading("Not tested, and why");
        for left_out in &self.left_out {
            page.row(&left_out.what, "", &left_out.reason);
        }
    }
}

fn size(page: &mut Page, choice: &Choice) {
    let note = format!("of {} (Kish)", plural(choice.votes, "vote"));
    page.row("effective size", &format!("{:.0}", choice.kish_size), &note);
}

/// What a test is about, how large the change is, and how small a one it would have found.
fn note(test: &TestResult) -> String {
    let mut note = if test.test == Test::Trend { "trend".to_owned() } else { test.about.clone() };
    if let Some(change) = test.per_30_days {
        note += &format!(" {:+.3} in 30 days ({:+.3} to {:+.3})", change.value, change.low, change.high);
    }
    if let Some(smallest) = test.smallest_detectable {
        note += &format!(", would see {smallest:.2} in all");
    }
    if let Some(at) = test.at {
        note += &format!(", {}", at.strftime("%Y-%m-%d"));
    }
    note
}

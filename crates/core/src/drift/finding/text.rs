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
        page.paragraph(self.reason());
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
    /// The answer in a word or two, with a full stop.
    pub fn short_answer(&self) -> &'static str {
        match self.advice.verdict {
            Verdict::Drift => "Yes.",
            Verdict::NoDrift => "No.",
            Verdict::CannotTell => "Cannot tell: too few votes.",
        }
    }

    /// Why, in plain sentences, without what is said of weights, which has a part of its own.
    pub fn reason(&self) -> &str {
        let of_weights = self.weights.as_ref().map_or("", |choice| &choice.reason);
        self.advice.reason.strip_suffix(of_weights).unwrap_or(&self.advice.reason).trim_end()
    }

    /// What to do, without a full stop.
    ///
    /// A decay that was asked for is told beside what the votes say.
    pub fn remedy(&self) -> String {
        let decay = self.weights.as_ref().map_or(Decay::None, |choice| choice.decay);
        match self.settings.forced_decay {
            Some(forced) => {
                format!("{}; asked for, whatever the votes say: {forced}", self.proved_remedy(Decay::None))
            }
            None => self.proved_remedy(decay),
        }
    }

    fn proved_remedy(&self, decay: Decay) -> String {
        match self.advice.remedy {
            Remedy::None => "none, all votes count alike".to_owned(),
            Remedy::Recalibrate => "bring scores of different times to one scale".to_owned(),
            Remedy::VaryOrCut if decay == Decay::None => {
                "let the criterion vary with time, or cut at the date".to_owned()
            }
            Remedy::VaryOrCut | Remedy::Decay => format!("count old votes less, by {decay}"),
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
            (counts.clock_not_set, "from before the year 2000, never decayed"),
            (counts.from_future, "from the future, never decayed"),
            (counts.revised, "revised by a later one"),
            (counts.of_judges, "of judges, never decayed: the standard in question is people's"),
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
        if counts.at_equal_times > 0 {
            page.paragraph(&format!(
                "{} at the time of another one of the same annotator: their order is not known.",
                plural(counts.at_equal_times, "vote")
            ));
        }
    }

    fn part(&self, page: &mut Page, kind: Kind, title: &str) {
        let tests: Vec<&TestResult> = self.tests.iter().filter(|test| test.test.kind() == kind).collect();
        if tests.is_empty() {
            return;
        }
        page.heading(&format!("{title}: p-values adjusted for {}", plural(self.tests.len(), "test")));
        if tests.iter().any(|test| test.test == Test::Trend) {
            page.paragraph("Trends are in nats of log-odds in 30 days; a change over the whole time is seen in four of five cases from the size on that is told. An asterisk marks what is found.");
        }
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
        page.heading(&format!("What old votes are worth: {}", choice.decay));
        page.paragraph(&choice.reason);
        size(page, choice);
        if !choice.candidates.is_empty() {
            candidate_line(
                page,
                ["tried on held-out votes", "nats a vote", "more than the best", "worth votes"],
            );
        }
        for candidate in &choice.candidates {
            let worse = format!("{:.4} ± {:.4}", candidate.worse_by, candidate.standard_error);
            let (loss, worth) = (format!("{:.4}", candidate.loss), format!("{:.0}", candidate.kish_size));
            candidate_line(page, [&candidate.decay.to_string(), &loss, &worse, &worth]);
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
            page.named(&left_out.what, &left_out.reason);
        }
    }
}

fn candidate_line(page: &mut Page, [what, loss, worse, worth]: [&str; 4]) {
    page.line(&format!("{what:<28} {loss:>12}  {worse:>18}  {worth:>12}"));
}

fn size(page: &mut Page, choice: &Choice) {
    let note = format!("of {} (Kish)", plural(choice.votes, "vote"));
    page.row("effective size", &format!("{:.0}", choice.kish_size), &note);
}

/// What a test is about, how large the change is, and how small a one it would have found.
fn note(test: &TestResult) -> String {
    let about = match test.test {
        Test::Trend => String::new(),
        Test::Fluctuation => format!("most in {}, ", test.about),
        Test::UnknownDate => "most ".to_owned(),
        _ => format!("{}, ", test.about),
    };
    let change = test.per_30_days.map(|change| {
        format!("{:+.3} in 30 days ({:+.3} to {:+.3}), ", change.value, change.low, change.high)
    });
    let seen = test.smallest_detectable.map(|smallest| format!("{smallest:.2} is seen, "));
    let date = test.at.map(|at| format!("at {}", at.strftime("%Y-%m-%d")));
    let symmetry = test.symmetry.map(|found| format!("symmetry alone {} (Bowker), ", p_value(found.p_value)));
    let note: String = [Some(about), change, seen, symmetry, date].into_iter().flatten().collect();
    note.trim_end_matches(", ").to_owned()
}

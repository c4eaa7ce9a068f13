//! The report as a person reads it.

use super::RatingAgreement;
use super::report::{AgreementReport, Coefficient, NO_OVERLAP, Part};
use crate::report::Measure;
use crate::report::{Page, plural};
use crate::schema::printable;
use crate::statistics::Interval;
use std::fmt;

/// The most annotators that are named in a sentence.
const MOST_NAMES: usize = 5;

impl fmt::Display for AgreementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut page = Page::new();
        page.heading("Agreement");
        page.paragraph(&format!(
            "{} by {} on {}, of which {} {} two opinions or more. {} {} no opinion: skipped, flagged, or without a verdict. Intervals hold 95 %, by bootstrap over pairs.",
            plural(self.votes, "vote"),
            plural(self.annotators, "annotator"),
            plural(self.pairs, "pair"),
            self.answers.pairs,
            if self.answers.pairs == 1 { "has" } else { "have" },
            self.silent,
            if self.silent == 1 { "is" } else { "are" }
        ));
        self.overlap_part(&mut page);
        page.heading("Which response is better: first, second, neither");
        self.answers_part(&mut page);
        page.heading("How much better, from -3 to 3");
        self.strengths_part(&mut page);
        if let Some(two) = &self.two {
            page.heading("The two annotators");
            number(&mut page, "Cohen's kappa", &two.cohen_kappa);
            number(&mut page, "weighted by distance", &two.linear_kappa);
            number(&mut page, "weighted by its square", &two.quadratic_kappa);
        }
        parts(&mut page, "By category: two annotators agree, and alpha", &self.categories);
        if self.other_categories.0 > 0 {
            let (categories, pairs) = self.other_categories;
            page.paragraph(&format!(
                "and {categories} smaller {} with {} altogether",
                if categories == 1 { "category" } else { "categories" },
                plural(pairs, "pair")
            ));
        }
        parts(&mut page, "By month of the last opinion: two annotators agree, and alpha", &self.months);
        f.write_str(page.text())
    }
}

/// What stands for one criterion.
pub(super) fn ratings_part(page: &mut Page, found: &RatingAgreement) {
    let [low, high] = found.scale;
    page.heading(&format!("Ratings of {}, from {low} to {high}", printable(&found.criterion)));
    page.paragraph(&format!(
        "{} by {}; {} {} two or more.",
        plural(found.ratings, "rating"),
        plural(found.annotators, "annotator"),
        plural(found.responses, "response"),
        if found.responses == 1 { "has" } else { "have" }
    ));
    coefficient(page, "alpha, ordinal", &found.alpha_ordinal);
    coefficient(page, "alpha, interval", &found.alpha_interval);
}

impl AgreementReport {
    /// Where nobody can be compared, the reason stands once for all coefficients.
    fn answers_part(&self, page: &mut Page) {
        if self.answers.pairs == 0 {
            return page.cannot_tell("", NO_OVERLAP);
        }
        share(page, "two annotators agree", &self.answers.percent);
        coefficient(page, "Krippendorff's alpha", &self.answers.alpha_nominal);
        coefficient(page, "Fleiss' kappa", &self.answers.fleiss_kappa);
        coefficient(page, "Gwet's AC1", &self.answers.gwet_ac1);
        coefficient(page, "Randolph's kappa", &self.answers.randolph_kappa);
    }

    fn strengths_part(&self, page: &mut Page) {
        if self.strengths.pairs == 0 {
            return page.cannot_tell("", NO_OVERLAP);
        }
        coefficient(page, "alpha, ordinal", &self.strengths.alpha_ordinal);
        coefficient(page, "alpha, interval", &self.strengths.alpha_interval);
    }

    /// Says nothing where everybody can be compared with everybody.
    fn overlap_part(&self, page: &mut Page) {
        let alone = &self.overlap.alone;
        if !alone.is_empty() {
            let names: Vec<String> = alone.iter().take(MOST_NAMES).map(|id| printable(id)).collect();
            let more = if alone.len() > MOST_NAMES { " and others" } else { "" };
            page.paragraph(&format!(
                "{} no pair with anybody: {}{more}.",
                if alone.len() == 1 {
                    "1 annotator shares".to_owned()
                } else {
                    format!("{} annotators share", alone.len())
                },
                names.join(", ")
            ));
        }
        if self.overlap.groups > 1 {
            page.paragraph(&format!(
                "The annotators fall into {} groups that share no pair with each other: how far one group agrees with another is not known.",
                self.overlap.groups
            ));
        }
    }
}

fn interval(found: &Coefficient, factor: f64, digits: usize, unit: &str) -> String {
    match found.interval {
        Some(interval) => {
            let (low, high) = (factor * interval.low, factor * interval.high);
            format!("{low:.digits$} to {high:.digits$}{unit}")
        }
        None => "too few or too alike for an interval".to_owned(),
    }
}

fn share(page: &mut Page, label: &str, measured: &Measure<Coefficient>) {
    match measured {
        Measure::Value(found) => {
            let value = format!("{:.1} %", 100.0 * found.value);
            page.row(label, &value, &interval(found, 100.0, 1, " %"));
        }
        Measure::CannotTell(reason) => page.cannot_tell(label, reason),
    }
}

fn coefficient(page: &mut Page, label: &str, measured: &Measure<Coefficient>) {
    match measured {
        Measure::Value(found) => {
            page.row(label, &format!("{:.3}", found.value), &interval(found, 1.0, 3, ""));
        }
        Measure::CannotTell(reason) => page.cannot_tell(label, reason),
    }
}

fn number(page: &mut Page, label: &str, measured: &Measure<f64>) {
    match measured {
        Measure::Value(value) => page.row(label, &format!("{value:.3}"), ""),
        Measure::CannotTell(reason) => page.cannot_tell(label, reason),
    }
}

/// An interval in brackets; nothing where there is none.
fn within(interval: &Measure<Interval>) -> String {
    interval.value().map_or_else(String::new, |found| format!(" ({:.3} to {:.3})", found.low, found.high))
}

fn parts(page: &mut Page, heading: &str, parts: &[Part]) {
    if parts.is_empty() {
        return;
    }
    page.heading(heading);
    for part in parts {
        let percent = match &part.percent {
            Measure::Value(share) => format!("{:.1} %", 100.0 * share),
            Measure::CannotTell(_) => "-".to_owned(),
        };
        let alpha = match &part.alpha {
            Measure::Value(alpha) => format!("{alpha:.3}{}", within(&part.alpha_interval)),
            Measure::CannotTell(reason) => format!("no alpha: {reason}"),
        };
        page.row(&printable(&part.name), &percent, &format!("{alpha}, {}", plural(part.pairs, "pair")));
    }
}

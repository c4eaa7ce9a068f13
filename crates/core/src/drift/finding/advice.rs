//! What moves, since when, and what to do about it, in plain sentences.

use super::criteria::CATEGORY_TREND;
use super::document::{Advice, Counts, DriftSettings, Kind, Remedy, Test, TestResult, Verdict};
use crate::drift::weights::{Choice, Decay};
use crate::report::{p_value, plural};

/// The answer to "does the standard move?".
///
/// 1. A test of what people like is significant: that criterion moves. Let it vary, or cut at the date; decay only where held-out votes prove that it helps.
/// 2. A test of how good something has to be is: recalibrate, and keep all data.
/// 3. Nothing is, and a change that matters would have been seen: no drift.
/// 4. It would not have been seen: cannot tell.
///
/// What is compared may change at any time; that alone is no drift, and no reason to count old votes less.
pub(super) fn advice(
    tests: &[TestResult],
    counts: &Counts,
    settings: &DriftSettings,
    weights: Option<&Choice>,
) -> Advice {
    let significant: Vec<&TestResult> =
        tests.iter().filter(|test| test.adjusted_p_value <= settings.alpha).collect();
    let of_kind = |kind: Kind| -> Vec<&TestResult> {
        significant.iter().copied().filter(|test| test.test.kind() == kind).collect()
    };
    let mut advice = match (leading(&of_kind(Kind::Criteria)), leading(&of_kind(Kind::Severity))) {
        (Some(lead), _) => criteria_moved(lead, &of_kind(Kind::Criteria)),
        (None, Some(lead)) => severity_moved(lead),
        (None, None) => nothing_found(tests, counts, settings),
    };
    if let Some(shift) = of_kind(Kind::Data).first() {
        advice.reason += &format!(
            " What is compared changes with time ({}), which by itself is no reason to count old votes less.",
            shift.about
        );
    }
    if let Some(choice) = weights {
        advice.reason = format!("{} {}", advice.reason, choice.reason);
        advice.remedy = match choice.decay {
            // What is asked for is no finding.
            _ if settings.forced_decay.is_some() => advice.remedy,
            Decay::None => advice.remedy,
            Decay::Cut { .. } => Remedy::VaryOrCut,
            Decay::HalfLife { .. } | Decay::Window { .. } => Remedy::Decay,
        };
    }
    advice
}

/// The test that says most: one that names a term and a date before others, then by its p-value.
fn leading<'a>(significant: &[&'a TestResult]) -> Option<&'a TestResult> {
    let names_both = significant.iter().find(|test| test.test == Test::Fluctuation);
    let strongest = || significant.iter().min_by(|a, b| a.p_value.total_cmp(&b.p_value));
    names_both.or_else(strongest).copied()
}

fn criteria_moved(lead: &TestResult, significant: &[&TestResult]) -> Advice {
    let since = lead.at.or_else(|| significant.iter().find_map(|test| test.at));
    let trend = significant.iter().find(|test| test.test == Test::Trend && test.about == lead.about);
    let by = trend.and_then(|trend| trend.per_30_days).map_or(String::new(), |change| {
        format!(
            " Its worth changes by {:+.3} nats in 30 days ({:+.3} to {:+.3}).",
            change.value, change.low, change.high
        )
    });
    let date = since.map_or("no test points at a date".to_owned(), |at| {
        format!("the tests point at {}", at.strftime("%Y-%m-%d"))
    });
    let term = (lead.test != Test::UnknownDate && lead.test != Test::KnownDate).then(|| lead.about.clone());
    let what =
        term.as_deref().map_or("What people like".to_owned(), |term| format!("What `{term}` is worth"));
    Advice {
        verdict: Verdict::Drift,
        term,
        since,
        remedy: Remedy::VaryOrCut,
        reason: format!(
            "{what} moved ({}, adjusted {}); {date}.{by} Let this criterion vary with time, or treat votes before and after the date apart; other criteria keep all votes.",
            lead.test.name(),
            p_value(lead.adjusted_p_value)
        ),
    }
}

fn severity_moved(lead: &TestResult) -> Advice {
    Advice {
        verdict: Verdict::Drift,
        term: Some(lead.about.clone()),
        since: lead.at,
        remedy: Remedy::Recalibrate,
        reason: format!(
            "How good something has to be moved ({}: {}, adjusted {}), while no test shows that what people like did. Bring scores of different times to one scale; preferences keep their weight.",
            lead.test.name(),
            lead.about,
            p_value(lead.adjusted_p_value)
        ),
    }
}

fn nothing_found(tests: &[TestResult], counts: &Counts, settings: &DriftSettings) -> Advice {
    let (verdict, reason) = match median_detectable(tests) {
        Some(smallest) if smallest <= settings.least_change_nats => (
            Verdict::NoDrift,
            format!(
                "None of {} tests shows drift, and for half of the criteria a change of {smallest:.2} nats or less over the {:.0} days would have been found in four of five cases; each says its own below.",
                tests.len(),
                counts.days
            ),
        ),
        Some(smallest) => (
            Verdict::CannotTell,
            format!(
                "None of {} tests shows drift, but for half of the criteria {} votes find only changes of {smallest:.2} nats or more in four of five cases, and {:.2} would matter: about {} votes are needed.",
                tests.len(),
                counts.votes,
                settings.least_change_nats,
                needed(counts.votes, smallest, settings.least_change_nats)
            ),
        ),
        None => (Verdict::CannotTell, no_criterion(tests, counts)),
    };
    Advice { verdict, term: None, since: None, remedy: Remedy::None, reason }
}

/// Why nothing is said of what people like, and what is said of the rest.
fn no_criterion(tests: &[TestResult], counts: &Counts) -> String {
    let untested = format!("No criterion could be tested on {}", plural(counts.votes, "vote"));
    match tests.len() {
        0 => format!("{untested}."),
        1 => format!("{untested}, and the one test that could be done, below, shows no drift."),
        n => format!("{untested}, and none of the {n} tests that could be done, below, shows drift."),
    }
}

/// What half of the trends' tests would have found; those of single categories have fewer votes by design and do not count.
fn median_detectable(tests: &[TestResult]) -> Option<f64> {
    let of_all =
        tests.iter().filter(|test| test.test == Test::Trend && !test.about.starts_with(CATEGORY_TREND));
    let mut detectable: Vec<f64> = of_all.filter_map(|test| test.smallest_detectable).collect();
    detectable.sort_by(f64::total_cmp);
    detectable.get(detectable.len() / 2).copied()
}

/// How many votes would detect so much, since what is detected falls with the root of their number.
fn needed(n_votes: usize, detectable: f64, wanted: f64) -> usize {
    let ratio = detectable / wanted;
    let exact = n_votes as f64 * ratio * ratio;
    // Rounded to two digits: a plan, not a promise.
    let unit = libm::pow(10.0, (libm::floor(libm::log10(exact.max(1.0))) - 1.0).max(0.0));
    (libm::ceil(exact / unit) * unit) as usize
}

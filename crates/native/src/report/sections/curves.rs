//! Curves over time with their tests.

use super::drift::told;
use crate::report::chart::{curve, CurvePoint};
use crate::report::page::{Figure, Table};
use crate::report::words::{capitalised, counted, date, measured, number_within, percent_within};
use crate::terminal::count;
use jiff::Timestamp;
use tiebreak_core::drift::finding::{Curve, CurveKind, DriftReport, Stretch};
use tiebreak_core::statistics::Estimate;

/// A figure a curve.
pub fn figures(curves: &[Curve], report: &DriftReport) -> Vec<Figure> {
    curves.iter().map(|curve| figure(curve, report)).collect()
}

fn figure(own: &Curve, report: &DriftReport) -> Figure {
    let is_share = own.kind != CurveKind::Term;
    let mut table = Table::of_words(
        format!("{} by stretch of time", own.name),
        [
            "from",
            "to",
            if own.kind == CurveKind::Score { "scores" } else { "votes" },
            "value (95 % interval)",
        ],
    );
    for stretch in &own.stretches {
        let value = measured(&stretch.value, |found| written(*found, is_share));
        table.row([date(stretch.from), date(stretch.to), count(stretch.n as u64), value]);
    }
    let points: Vec<CurvePoint> = own.stretches.iter().filter_map(point).collect();
    let gaps = own.stretches.len() - points.len();
    let mut notes: Vec<String> =
        own.tests(report).into_iter().map(|result| told(result, report.settings.alpha)).collect();
    if notes.is_empty() {
        notes.push(not_tested(own, report));
    }
    if gaps > 0 {
        notes.push(format!(
            "{gaps} of {} cannot be told; the table says why.",
            counted(own.stretches.len(), "stretch", "stretches")
        ));
    }
    Figure {
        title: capitalised(&own.name),
        text: text(own).to_owned(),
        picture: (!points.is_empty()).then(|| curve(&points, is_share)),
        legend: Vec::new(),
        notes,
        table,
    }
}

/// Why no test is about a curve.
fn not_tested(own: &Curve, report: &DriftReport) -> String {
    let names = [own.name.clone(), format!("trend of {}", own.name), format!("severity in {}", own.name)];
    match report.left_out.iter().find(|left_out| names.contains(&left_out.what)) {
        Some(left_out) => format!("Not tested: {}.", left_out.reason),
        None => "No test is about this alone.".to_owned(),
    }
}

fn text(own: &Curve) -> &'static str {
    match own.kind {
        CurveKind::Term => "What it is worth in nats, with its 95 % interval; the line is 0.",
        CurveKind::Ties => "The share of votes that say a tie, with its 95 % interval.",
        CurveKind::BothBad => "The share of votes that find both bad, with its 95 % interval.",
        CurveKind::Strength => {
            "The mean strength of votes as a share of the strongest, with its 95 % interval."
        }
        CurveKind::Score => "The mean score as a share of the scale, with its 95 % interval.",
    }
}

fn written(found: Estimate, is_share: bool) -> String {
    if is_share {
        percent_within(found.value, found.low, found.high)
    } else {
        number_within(found, 3)
    }
}

/// A stretch in its middle; none where it has no number.
fn point(stretch: &Stretch) -> Option<CurvePoint> {
    let found = stretch.value.value()?;
    let middle = (stretch.from.as_second() + stretch.to.as_second()) / 2;
    let at = Timestamp::from_second(middle).ok()?;
    Some(CurvePoint { at, value: [found.value, found.low, found.high] })
}

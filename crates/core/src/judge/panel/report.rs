//! What the members of a panel are worth, and how far they err together.

use super::bench::N_CLASSES;
use super::{Agreement, Bench, Hearing, Majority, Pooling};
use crate::judge::card::table::Stance;
use crate::report::Measure;
use crate::schema::{Verdict, Vote};
use crate::statistics::{Interval, Share, correlation};
use std::fmt;

/// One judge of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its annotator id.
    pub judge: String,
    /// How many votes of it could be read.
    pub votes: usize,
    /// Whether its answers enter the panel's: with Dawid-Skene they have to depend on those of two other members.
    pub has_say: bool,
    /// By what a pair most probably is (first, second, neither), the probability of each answer, estimated from the votes alone.
    ///
    /// Empty where they cannot tell: its answers do not depend on those of two other members.
    pub confusion: Vec<Vec<f64>>,
    /// How often it is right by people's majority, where both take a side.
    pub right: Measure<Share>,
}

/// How far judges err on the same pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedErrors {
    /// Pairs that people decided and on which two judges or more take a side.
    pub pairs: usize,
    /// The mean correlation ρ of two judges' errors.
    pub correlation: f64,
    /// n / (1 + (n − 1) ρ): so many judges with independent errors would be worth as much; a ρ below 0 counts as 0.
    pub effective_judges: f64,
}

/// What became of the judges' votes.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelReport {
    /// The members, in their order.
    pub members: Vec<Member>,
    /// How far each two that met agree, which takes no people.
    pub agreements: Vec<Agreement>,
    /// How far they err together.
    pub errors: Measure<SharedErrors>,
    /// How often the panel is right by people's majority, where both take a side.
    pub right: Measure<Share>,
    /// Pairs on which the panel takes a side.
    pub sides: usize,
    /// Pairs on which it takes none.
    pub ties: usize,
    /// Pairs on which no member gave an answer to pool.
    pub unparsed: usize,
}

const NO_PEOPLE: &str = "there is no pair on which people and it both take a side";

pub(super) fn report(
    hearings: &[Hearing<'_>],
    (members, pooling): (&[String], Pooling),
    bench: Bench,
    votes: &[Vote],
) -> PanelReport {
    let confusion = |seat: usize| {
        let estimate = bench.estimate.as_ref().filter(|_| bench.has_say[seat])?;
        (seat < estimate.n_workers())
            .then(|| (0..N_CLASSES).map(|truth| estimate.worker(seat, truth).to_vec()).collect())
    };
    let member = |(seat, judge): (usize, &String)| Member {
        judge: judge.clone(),
        votes: hearings.iter().filter(|hearing| hearing.stance(seat).is_some()).count(),
        has_say: pooling == Pooling::Median || bench.has_say[seat],
        confusion: confusion(seat).unwrap_or_default(),
        right: Measure::from_option(
            Share::that_in_groups(
                hearings.iter().filter_map(|hearing| right_on(hearing, hearing.stance(seat))),
            ),
            NO_PEOPLE,
        ),
    };
    let of_panel = hearings.iter().zip(votes);
    let of_panel = of_panel.filter_map(|(hearing, vote)| right_on(hearing, Stance::of(vote.verdict, false)));
    let count = |holds: fn(Verdict) -> bool| votes.iter().filter(|vote| holds(vote.verdict)).count();
    PanelReport {
        members: members.iter().enumerate().map(member).collect(),
        errors: Measure::from_option(
            shared_errors(hearings, members.len()),
            "it takes pairs that people decided and on which two judges, who are not always right, take a side",
        ),
        agreements: bench.agreements,
        right: Measure::from_option(Share::that_in_groups(of_panel), NO_PEOPLE),
        sides: count(|verdict| matches!(verdict, Verdict::Strength(-1 | 1))),
        ties: count(|verdict| verdict == Verdict::Strength(0)),
        unparsed: count(|verdict| verdict == Verdict::Unparsed),
    }
}

/// Whether a side is that of people's majority; none where either takes none.
fn is_right(hearing: &Hearing<'_>, stance: Stance) -> Option<bool> {
    match hearing.majority {
        Majority::Side(people) => Some(stance.side()? == people),
        _ => None,
    }
}

/// The same with the prompt, whose pairs hang together.
fn right_on<'a>(hearing: &Hearing<'a>, stance: Option<Stance>) -> Option<(bool, &'a str)> {
    Some((is_right(hearing, stance?)?, hearing.prompt()))
}

fn shared_errors(hearings: &[Hearing<'_>], n_judges: usize) -> Option<SharedErrors> {
    let errors: Vec<Vec<Option<f64>>> = hearings
        .iter()
        .map(|hearing| {
            let error = |seat: usize| {
                is_right(hearing, hearing.stance(seat)?).map(|is_right| f64::from(u8::from(!is_right)))
            };
            (0..n_judges).map(error).collect()
        })
        .collect();
    let mut correlations = Vec::new();
    for a in 0..n_judges {
        for b in a + 1..n_judges {
            let both: Vec<(f64, f64)> = errors.iter().filter_map(|row| row[a].zip(row[b])).collect();
            correlations.extend(correlation(&both));
        }
    }
    if correlations.is_empty() {
        return None;
    }
    let correlation = correlations.iter().sum::<f64>() / correlations.len() as f64;
    let n = n_judges as f64;
    Some(SharedErrors {
        pairs: errors.iter().filter(|row| row.iter().flatten().count() >= 2).count(),
        correlation,
        effective_judges: n / (1.0 + (n - 1.0) * correlation.max(0.0)),
    })
}

impl fmt::Display for PanelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.sides + self.ties + self.unparsed;
        writeln!(
            f,
            "The panel on {n} pairs: a side on {}, none on {}, no answer on {}; {}",
            self.sides,
            self.ties,
            self.unparsed,
            right(&self.right)
        )?;
        for member in &self.members {
            writeln!(f, "{}: {} readable votes; {}", member.judge, member.votes, right(&member.right))?;
            writeln!(f, "{}", errors_of(member))?;
        }
        for agreement in &self.agreements {
            let [one, other] = agreement.members.map(|seat| &self.members[seat].judge);
            writeln!(f, "{one} and {other}: {}", kappa(agreement))?;
        }
        match &self.errors {
            Measure::Value(errors) => write!(
                f,
                "Errors on {} pairs that people decided: correlation {:.2}; the {} judges are worth {:.1} whose errors are independent",
                errors.pairs,
                errors.correlation,
                self.members.len(),
                errors.effective_judges
            ),
            Measure::CannotTell(reason) => write!(
                f,
                "How far they err together cannot be told: {reason}; an estimate from votes alone takes errors that most of them share for the truth"
            ),
        }
    }
}

/// How a member errs, as a table under an indent, or why that is not told.
fn errors_of(member: &Member) -> String {
    if !member.has_say {
        return "  no say: its answers are not shown to depend on those of two others".to_owned();
    }
    if member.confusion.is_empty() {
        return "  how it errs cannot be told from votes alone".to_owned();
    }
    let mut table = format!("  {:<24}{:>8}{:>8}{:>8}", "estimated from votes", "first", "second", "neither");
    for (truth, row) in ["first is better", "second is better", "neither is"].iter().zip(&member.confusion) {
        table += &format!("\n  {truth:<24}");
        row.iter().for_each(|p| table += &format!("{p:>8.2}"));
    }
    table
}

/// `kappa 0.62 (0.41 to 0.80) on 150 pairs`.
fn kappa(agreement: &Agreement) -> String {
    let interval = |interval: Interval| format!(" ({:.2} to {:.2})", interval.low, interval.high);
    match agreement.kappa {
        Some(kappa) => format!(
            "kappa {kappa:.2}{} on {} pairs",
            agreement.interval.map_or(String::new(), interval),
            agreement.pairs
        ),
        None => format!("the same answer on all of {} pairs, so that there is no kappa", agreement.pairs),
    }
}

/// `right on 81.0 % (72.2 to 87.5 %) of 100 pairs`.
fn right(measured: &Measure<Share>) -> String {
    match measured {
        Measure::Value(share) => format!(
            "right on {:.1} % ({:.1} to {:.1} %) of the {} that people and it decided",
            100.0 * share.share,
            100.0 * share.low,
            100.0 * share.high,
            share.total
        ),
        Measure::CannotTell(_) => "no people to measure it by".to_owned(),
    }
}

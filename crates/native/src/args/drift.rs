//! What can be typed after `tiebreak drift`.

use super::ConfigArgs;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::path::PathBuf;
use tiebreak_core::drift::finding::KnownDate;
use tiebreak_core::drift::weights::GroupKind;

/// Tell whether the standard of judging moves, what moves and since when, and what old votes are worth.
///
/// A decay is used only where votes that took no part in its choice prove that it helps; otherwise all votes count alike.
/// Votes without a time are counted, kept, and never decayed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak drift --samples samples.jsonl --votes votes.jsonl
  tiebreak drift --samples samples.jsonl --votes votes.jsonl --ratings ratings.jsonl --out drift.json
  tiebreak drift --samples samples.jsonl --votes votes.jsonl --known-date 2026-03-01=guidelines-2 --known-date 2026-05-20=new-model
  tiebreak drift --samples samples.jsonl --votes votes.jsonl --weights weights.jsonl
  tiebreak export --samples samples.jsonl --votes votes.jsonl --weights weights.jsonl --out preferences.jsonl
  tiebreak drift --samples samples.jsonl --votes votes.jsonl --half-life 90 --weights weights.jsonl    whatever the votes say

The report goes to standard output, or to standard error where a file goes there.
Where people voted the standard in question is theirs, and judges' votes are counted, in no test, and weigh 1; judges alone are tested as people are.
That the standard moves, or that it cannot be told, is a result and no failure: the exit code is 0.")]
pub struct DriftArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The votes, a file, or without --weights `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// Ratings of single responses, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub ratings: Vec<String>,
    /// The key of a study, which tells how its pairs were chosen; may be given several times.
    #[arg(long, value_name = "FILE.json")]
    pub key: Vec<PathBuf>,
    /// Test no votes on pairs that `tiebreak study --next` selected by what was said of them, as the keys say: random pairs and anchors stay. All votes get weights.
    #[arg(long, requires = "key")]
    pub random_only: bool,
    /// When something is known to have changed; may be given several times. Changes of the guidelines' version are found in the votes.
    #[arg(long, value_name = "DATE=NAME", value_parser = known_date)]
    pub known_date: Vec<KnownDate>,
    /// The time from which ages are counted, not before the first vote; later votes count in full [default: the last vote].
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<Timestamp>,
    /// Let votes count half as much after so many days, whatever they say; the report tells what that costs.
    #[arg(long, value_name = "DAYS", value_parser = above_0, allow_negative_numbers = true, conflicts_with = "per")]
    pub half_life: Option<f64>,
    /// Whose votes may have a decay of their own, where theirs prove it [default: each annotator's, else each category's].
    #[arg(long, value_name = "GROUP", value_enum)]
    pub per: Option<GroupChoice>,
    /// Where the weight of each vote goes, for `tiebreak export --weights`: a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// The report as a JSON document too, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE.json")]
    pub out: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What divides votes into groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GroupChoice {
    Annotator,
    Category,
}

impl From<GroupChoice> for GroupKind {
    fn from(choice: GroupChoice) -> Self {
        match choice {
            GroupChoice::Annotator => Self::Annotator,
            GroupChoice::Category => Self::Category,
        }
    }
}

fn known_date(text: &str) -> Result<KnownDate, String> {
    let (date, name) = text.split_once('=').ok_or("expected a date, `=` and what changed then")?;
    if name.trim().is_empty() {
        return Err("expected what changed after the `=`".to_owned());
    }
    Ok(KnownDate { name: name.trim().to_owned(), at: time(date)? })
}

/// A time of RFC 3339, or a date, which begins at midnight in UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    let is_time = |text: &str| text.parse::<Timestamp>().ok();
    is_time(text)
        .or_else(|| is_time(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| format!("`{text}` is no time; expected one as 2026-03-01 or 2026-03-01T12:00:00Z"))
}

fn above_0(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("expected a number of days above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_date_is_a_date_and_what_changed() {
        let found = known_date("2026-03-01=guidelines-2").unwrap();
        assert_eq!(
            (found.name.as_str(), found.at.to_string().as_str()),
            ("guidelines-2", "2026-03-01T00:00:00Z")
        );
        assert_eq!(known_date("2026-03-01T12:30:00Z=a=b").unwrap().name, "a=b");
        for (bad, expected) in [
            ("2026-03-01", "`=`"),
            ("2026-03-01= ", "what changed"),
            ("yesterday=x", "`yesterday` is no time"),
            ("2026-02-30=x", "is no time"),
        ] {
            let error = known_date(bad).unwrap_err();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }

    #[test]
    fn a_half_life_is_above_0() {
        assert_eq!(above_0("0.5"), Ok(0.5));
        for bad in ["0", "-3", "inf", "NaN", "a month"] {
            assert!(above_0(bad).is_err(), "{bad}");
        }
    }
}

//! The report as it is stored: one JSON document.

use crate::drift::evidence::ChiSquare;
use crate::drift::times::NoTime;
use crate::drift::weights::{Choice, Decay, GroupChoice, GroupKind};
use crate::schema::{Extra, printable};
use crate::statistics::Estimate;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A date at which something is known to have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDate {
    /// What changed, such as `guidelines 2.0`.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// What the report is to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftSettings {
    /// How often a report may see drift where there is none, above 0 to below 1: the level of all tests together.
    pub alpha: f64,
    /// A change over the whole time that matters, in nats of log-odds a unit of a term; where half of the terms' tests could see larger ones only, the answer is "cannot tell".
    ///
    /// To a straight line a jump in the middle looks like a rise by half as much again: 1.8 is a jump by 1.2.
    /// A number such as length has about two thirds of a unit to a standard deviation, so that this is a jump by 0.8 a standard deviation.
    pub least_change_nats: f64,
    /// Answers of one annotator on one pair or response so many days apart are a judgment and a later one.
    pub anchor_gap_days: f64,
    /// How often chance is imitated where a p-value has no formula.
    pub n_replicates: u32,
    /// Dates to test; those at which the guidelines' version changed are found in the votes.
    pub known_dates: Vec<KnownDate>,
    /// A decay that is used whatever the votes say; the report tells what it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_decay: Option<Decay>,
    /// Which groups may have a decay of their own.
    #[serde(default = "both_kinds")]
    pub groups: Vec<GroupKind>,
    /// The time of the run, after which no vote can have been given; without it every clock is believed.
    ///
    /// It is not written: the document depends on the records alone.
    #[serde(skip)]
    pub now: Option<Timestamp>,
}

fn both_kinds() -> Vec<GroupKind> {
    vec![GroupKind::Annotator, GroupKind::Category]
}

impl Default for DriftSettings {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            least_change_nats: 1.8,
            anchor_gap_days: 7.0,
            n_replicates: 999,
            known_dates: Vec::new(),
            forced_decay: None,
            groups: both_kinds(),
            now: None,
        }
    }
}

/// A test, by the question that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The worth of a term grows or shrinks: likelihood ratio.
    Trend,
    /// Any term changes at any time: double-maximum of the scores.
    Fluctuation,
    /// All terms change at some date: the largest score statistic of a split.
    UnknownDate,
    /// All terms change at a known date: likelihood ratio.
    KnownDate,
    /// Anchors get a side more or less often when judged again: McNemar's exact test.
    AnchorSide,
    /// Anchors' longer responses are preferred more or less often when judged again: Stuart and Maxwell's test.
    AnchorLonger,
    /// Anchors' scores rise or fall when rated again: paired difference, clustered by annotator.
    AnchorRating,
    /// Annotators' anchors move by different amounts: Cochran's Q.
    AnchorAnnotators,
    /// Annotators' scores of the same responses rise or fall: Wald test of a many-facet model.
    Severity,
    /// "Both bad" is said more or less often.
    BothBad,
    /// Ties are more or less common.
    Ties,
    /// Preferences grow stronger or weaker.
    Strength,
    /// What is compared changes: two-sample test by a classifier.
    CovariateShift,
}

/// What a test speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What people like.
    Criteria,
    /// How good something has to be.
    Severity,
    /// What they are asked about.
    Data,
}

impl Test {
    /// What it speaks of.
    pub fn kind(self) -> Kind {
        match self {
            Self::Trend | Self::Fluctuation | Self::UnknownDate | Self::KnownDate | Self::AnchorLonger => {
                Kind::Criteria
            }
            Self::AnchorSide
            | Self::AnchorRating
            | Self::AnchorAnnotators
            | Self::Severity
            | Self::BothBad
            | Self::Ties
            | Self::Strength => Kind::Severity,
            Self::CovariateShift => Kind::Data,
        }
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trend => "trend",
            Self::Fluctuation => "any term, any time",
            Self::UnknownDate => "all terms, any date",
            Self::KnownDate => "known date",
            Self::AnchorSide => "anchors, side or none",
            Self::AnchorLonger => "anchors, longer or shorter",
            Self::AnchorRating => "anchors, scores",
            Self::AnchorAnnotators => "anchors, by annotator",
            Self::Severity => "severity in ratings",
            Self::BothBad => "share of both bad",
            Self::Ties => "share of ties",
            Self::Strength => "mean strength",
            Self::CovariateShift => "what is compared",
        }
    }
}

/// What one test said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Which.
    pub test: Test,
    /// Of what, such as `length`.
    pub about: String,
    /// Its statistic.
    pub statistic: f64,
    /// Its p-value alone.
    pub p_value: f64,
    /// Its p-value among all tests of the report, by Holm.
    pub adjusted_p_value: f64,
    /// The change in 30 days, in nats; for ratings and their anchors in shares of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_30_days: Option<Estimate>,
    /// The smallest change that is found with a probability of 80 %, in the same unit: over the whole time of the votes, or of the criterion's ratings, and for anchors over the mean time between the first and the later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest_detectable: Option<f64>,
    /// The date that it points at, or that was tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// For [`Test::AnchorLonger`], whether each change of an answer is as common as the one back: Bowker's test.
    ///
    /// It describes and decides nothing: it stands outside Holm's adjustment and the advice, so that it raises no alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symmetry: Option<ChiSquare>,
    /// How many votes, pairs or scores it rests on.
    pub n: usize,
}

/// How one annotator's scores of the same responses move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnotatorSeverity {
    /// What was rated.
    pub criterion: String,
    /// The annotator's id.
    pub annotator: String,
    /// By what share of the scale scores rise in 30 days; below 0 the annotator grows stricter.
    pub per_30_days: Estimate,
    /// The same, drawn towards the mean of all annotators by how little is known of it.
    pub shrunk_per_30_days: f64,
}

/// Something that was not tested, or not part of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The standard moved.
    Drift,
    /// No move of a size that matters.
    NoDrift,
    /// Too few votes.
    CannotTell,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Nothing: all votes count alike.
    None,
    /// Bring scores of different times to one scale and keep them all.
    Recalibrate,
    /// Let the criterion's worth change with time, or count votes before the date apart.
    VaryOrCut,
    /// Count old votes less, as held-out votes prove.
    Decay,
}

/// What moves, since when, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// Whether the standard moved.
    pub verdict: Verdict,
    /// What moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Since when, where a test points at a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What to do.
    pub remedy: Remedy,
    /// Why, in plain sentences.
    pub reason: String,
}

/// What the report rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Votes with an opinion, a pair and a time.
    pub votes: usize,
    /// Pairs of them.
    pub pairs: usize,
    /// Annotators of them.
    pub annotators: usize,
    /// From the first to the last, in days.
    pub days: f64,
    /// Ratings with a time.
    pub ratings: usize,
    /// Votes without a time: they are in no test, and never decayed.
    pub without_time: usize,
    /// Votes from before the year 2000, given under a clock that was not set: as those without a time.
    #[serde(default)]
    pub clock_not_set: usize,
    /// Votes from the future: as those without a time.
    #[serde(default)]
    pub from_future: usize,
    /// Votes at the time of another one of the same annotator, on another pair: they are in all tests, in no order.
    #[serde(default)]
    pub at_equal_times: usize,
    /// Votes that a later one on the same showing of the pair takes the place of.
    #[serde(default)]
    pub revised: usize,
    /// Judges' votes beside people's: they are in no test, and never decayed.
    #[serde(default)]
    pub of_judges: usize,
    /// Votes that say nothing: skipped, flagged, unparsed.
    pub without_opinion: usize,
    /// Votes on pairs that the samples do not hold.
    pub unknown: usize,
}

impl Counts {
    /// Counts a vote whose time is not known.
    pub(super) fn count(&mut self, reason: NoTime) {
        *match reason {
            NoTime::Missing => &mut self.without_time,
            NoTime::ClockNotSet => &mut self.clock_not_set,
            NoTime::Future => &mut self.from_future,
        } += 1;
    }
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// `tiebreak/drift-report/1`.
    pub schema: String,
    /// What was asked for.
    pub settings: DriftSettings,
    /// The answer.
    pub advice: Advice,
    /// What it rests on.
    pub counts: Counts,
    /// The tests, by name.
    pub tests: Vec<TestResult>,
    /// How severity in ratings moves by annotator, where it can be told; to recalibrate by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severity: Vec<AnnotatorSeverity>,
    /// What could not be tested, and which terms are in no test.
    pub left_out: Vec<LeftOut>,
    /// What old votes are worth, where the model could be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Choice>,
    /// The same for annotators and categories with enough votes of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_weights: Vec<GroupChoice>,
    /// The last vote, from which ages are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_time: Option<Timestamp>,
    /// Fields that this version does not know, written back as they were.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Why bytes are no report on drift.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReport {
    /// No such document.
    #[error("this is no report on drift, which `tiebreak drift --out` writes: {0}")]
    NoReport(String),
    /// A document of another kind or version.
    #[error("this is `{found}`, and this is read: `{}`", DriftReport::SCHEMA)]
    OtherSchema {
        /// What it says it is.
        found: String,
    },
}

impl DriftReport {
    /// The name and version that every report carries.
    pub const SCHEMA: &'static str = "tiebreak/drift-report/1";

    /// Reads a report; an error where the bytes are none, or one of another version.
    pub fn read(bytes: &[u8]) -> Result<Self, UnreadableReport> {
        let report: Self = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
            .map_err(|error| UnreadableReport::NoReport(error.to_string()))?;
        if report.schema == Self::SCHEMA {
            return Ok(report);
        }
        Err(UnreadableReport::OtherSchema { found: printable(&report.schema) })
    }

    /// The document as it is written to its file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a report has text keys and finite numbers");
        text.push('\n');
        text
    }
}

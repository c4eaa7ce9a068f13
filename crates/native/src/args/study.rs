//! What can be typed after `tiebreak study`.

use super::{ConfigArgs, NextArgs};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tiebreak_core::screen::Concern;

/// Make a study for people: one file for their page, and a key that stays with you.
///
/// The study holds the pairs of the samples' responses, the guidelines and the settings.
/// The key says which pairs are gold or anchors, and which model wrote what.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak study --samples samples.jsonl --out study.json
  tiebreak study --samples samples.jsonl --out study.json --gold gold.jsonl --annotations 5 --pairs 40
  tiebreak study --samples samples.jsonl --out study.json --slots 30 --link https://example.org/ --links links.csv
  tiebreak study --samples samples.jsonl --for experts --category privacy_security --out experts.json
  tiebreak study --samples samples.jsonl --next --votes votes.jsonl --next-pairs 300 --out study-2.json
  tiebreak study --samples samples.jsonl --next --votes votes.jsonl --weights weights.jsonl --dry-run --out study-2.json
  tiebreak study --config study.toml

The key lies beside the study as study.key.json: never put it where annotators can reach it.
A config file holds the same flags in its table; what is typed wins:
  [study]
  samples = \"samples.jsonl\"
  out = \"study.json\"
  title = \"Which reply helps more?\"
  annotations = 3
  mark = [\"email\", \"phone\"]
  qualification = false")]
pub struct StudyArgs {
    /// The samples, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// Only samples of this category; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,
    /// Who answers: an expert's word takes precedence over everybody else's on the same pair.
    #[arg(long = "for", value_enum, value_name = "WHOM", default_value_t = AnswerersChoice::People)]
    pub answerers: AnswerersChoice,
    /// Where the study goes.
    #[arg(long, value_name = "FILE.json")]
    pub out: PathBuf,
    /// Where its key goes, which stays with you [default: NAME.key.json beside the study].
    #[arg(long, value_name = "FILE.json")]
    pub key: Option<PathBuf>,
    /// Votes whose verdict is the right one: annotators are measured by their pairs.
    #[arg(long, value_name = "FILE.jsonl")]
    pub gold: Vec<String>,
    /// Votes of earlier studies: their pairs come again and show whether standards have moved.
    #[arg(long, value_name = "FILE.jsonl")]
    pub anchors: Vec<String>,
    #[command(flatten)]
    pub next: NextArgs,
    #[command(flatten)]
    pub dealing: DealingArgs,
    #[command(flatten)]
    pub answers: AnswerArgs,
    #[command(flatten)]
    pub page: PageArgs,
    #[command(flatten)]
    pub screening: ScreeningArgs,
    #[command(flatten)]
    pub links: LinkArgs,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl StudyArgs {
    /// Every file of votes.
    pub fn votes(&self) -> impl Iterator<Item = &String> {
        self.gold.iter().chain(&self.anchors).chain(&self.next.votes)
    }
}

/// Who gets which pairs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Dealing")]
pub struct DealingArgs {
    /// How many annotators see each pair.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub annotations: u32,
    /// How many pairs an annotator sees, gold, anchors and repeats included.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub pairs: u32,
    /// The share of those that are gold and anchors, 0 to 1, where there are any.
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = share, allow_negative_numbers = true)]
    pub check_share: f64,
    /// The share of those that come a second time with their sides swapped, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = share, allow_negative_numbers = true)]
    pub repeat_share: f64,
    /// How many lists of pairs there are, one for each link [default: as many as give each pair its annotations].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub slots: Option<u32>,
    /// How many annotators come, for the estimate of what they cover without links [default: one a list].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub annotators: Option<u32>,
    /// The same seed gives the same lists and the same order; whoever knows it can tell gold from the rest [default: drawn, and kept in the key].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// How pairs are answered, and by what rules.
#[derive(Args, Debug)]
#[command(next_help_heading = "Answers")]
pub struct AnswerArgs {
    /// Seven steps with a tie, the same without a tie (forced), or better, tie, better.
    #[arg(long, value_enum, default_value_t = ScaleChoice::Seven)]
    pub scale: ScaleChoice,
    /// A reason has to be chosen with each answer.
    #[arg(long)]
    pub require_reason: bool,
    /// The least characters of a reason in words; 0 asks for none.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_rationale: u32,
    /// The guidelines, Markdown whose first line is `<!-- version: 1.0.0 -->` [default: those of the catalogue].
    #[arg(long, value_name = "FILE.md")]
    pub guidelines: Option<PathBuf>,
    /// A criterion that can be chosen as a reason; may be given several times [default: those of the guidelines' table].
    #[arg(long, value_name = "TEXT")]
    pub criteria: Vec<String>,
    /// Whether the catalogue's qualification items come first [default: on, and off with your own guidelines].
    #[arg(long, value_enum)]
    pub qualification: Option<Switch>,
    /// The share of qualification items that must be answered rightly, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value = "0.75", value_parser = share, allow_negative_numbers = true)]
    pub pass_share: f64,
}

/// What else the page says and does.
#[derive(Args, Debug)]
#[command(next_help_heading = "Page")]
pub struct PageArgs {
    /// What stands on top of the page.
    #[arg(long, value_name = "TEXT", default_value = "Which reply is better?")]
    pub title: String,
    /// A text file that annotators agree to before they begin.
    #[arg(long, value_name = "FILE")]
    pub consent: Option<PathBuf>,
    /// How long a list takes, as annotators are told.
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true)]
    pub minutes: Option<f64>,
    /// What is paid for a list, in words.
    #[arg(long, value_name = "TEXT")]
    pub pay: Option<String>,
    /// Whom annotators can ask, in words.
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// The page offers to save the votes to a file after so many; 0 never does.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub save_every: u32,
    /// The code that shows the platform that a list is done.
    #[arg(long, value_name = "CODE")]
    pub completion_code: Option<String>,
    /// Where annotators go at the end, https; `{code}` in it stands for the completion code.
    #[arg(long, value_name = "URL")]
    pub completion_url: Option<String>,
    /// Where the page sends votes beside keeping them, https.
    #[arg(long, value_name = "URL")]
    pub results_url: Option<String>,
    /// How it sends them.
    #[arg(long, value_enum, default_value_t = MethodChoice::Post)]
    pub results_method: MethodChoice,
}

/// What becomes of pairs that the screening finds something in; by default they are dropped.
#[derive(Args, Debug)]
#[command(next_help_heading = "Screening")]
pub struct ScreeningArgs {
    /// Keep pairs with these, and mark them on the page; a list with commas, or `all`.
    #[arg(long, value_name = "CONCERNS", value_delimiter = ',', value_parser = concern())]
    pub mark: Vec<ConcernChoice>,
    /// Drop only pairs with these, and mark the others; a list with commas, or `all`.
    #[arg(long, value_name = "CONCERNS", value_delimiter = ',', value_parser = concern())]
    pub drop: Vec<ConcernChoice>,
}

/// A link for each list.
#[derive(Args, Debug)]
#[command(next_help_heading = "Links")]
pub struct LinkArgs {
    /// The page's address; a link for each list is written, ADDRESS?study=FILE&slot=1 and so on.
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// Where the links go as CSV [default: standard output].
    #[arg(long, value_name = "FILE.csv", requires = "link")]
    pub links: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScaleChoice {
    Seven,
    Forced,
    Three,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerersChoice {
    People,
    #[value(alias = "expert")]
    Experts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodChoice {
    Post,
    Put,
}

/// On or off; in a config file `true` and `false` do as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[value(alias = "true")]
    On,
    #[value(alias = "false")]
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcernChoice {
    All,
    One(Concern),
}

impl ConcernChoice {
    fn of_name(name: &str) -> Self {
        Concern::ALL.into_iter().find(|concern| concern.name() == name).map_or(Self::All, Self::One)
    }

    /// Whether the choice holds a concern.
    pub fn holds(self, concern: Concern) -> bool {
        self == Self::All || self == Self::One(concern)
    }
}

fn concern() -> impl TypedValueParser<Value = ConcernChoice> {
    let value = |concern: Concern| PossibleValue::new(concern.name()).help(concern.description());
    let all = PossibleValue::new("all").help("any of these");
    PossibleValuesParser::new(Concern::ALL.map(value).into_iter().chain([all]))
        .map(|name| ConcernChoice::of_name(&name))
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

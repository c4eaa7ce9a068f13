//! What can be typed after `tiebreak export`.

use super::{ConfigArgs, NameArgs};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tiebreak_core::aggregate::Method;
use tiebreak_core::export::format::{FileFormat, Format};

/// Write the preferences that samples and votes hold, as trainers load them.
///
/// What is left out is counted by reason on standard error.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak export --samples samples.jsonl --votes votes.jsonl --out preferences.jsonl
  tiebreak export --samples a.jsonl --samples b.jsonl --votes votes.jsonl --out - --report report.json
  tiebreak export --samples samples.jsonl --votes votes.jsonl --format trl-kto --out replies.jsonl
  tiebreak export --samples samples.jsonl --votes votes.jsonl --format llama-factory --out folder
  tiebreak export --samples samples.jsonl --votes votes.jsonl --test-share 0.1 --card --license cc-by-4.0 --out dataset
  tiebreak export --samples samples.jsonl --votes votes.jsonl --file-format parquet --out preferences.parquet
  tiebreak export --samples samples.jsonl --votes votes.jsonl --weights weights.jsonl --weights-as resample --out preferences.jsonl

Formats:
  trl-dpo        a row a pair with everything that stands behind it [also: trl]
  trl-kto        a row a reply: chosen ones wanted, rejected ones and both of two bad ones not
  trl-reward     a row a pair with a margin
  openrlhf       the same, for --prompt_key prompt --chosen_key chosen --rejected_key rejected --apply_chat_template
  axolotl        for `type: chat_template.default`
  llama-factory  a folder with dataset_info.json; roles have to take turns
  nemo-rl        for PreferenceDataset
  argilla        a folder for rg.Dataset.from_disk; decisions as suggestions
  label-studio   a folder with tasks.json and config.xml; decisions as predictions

Ties go to argilla and label-studio only: they say of neither reply that it is wanted, and a reward trainer would learn an order from them at a margin of 0 too.

--out is a folder where the format needs several files, and with --card; its rows are train.jsonl and test.jsonl, or train.parquet and test.parquet.
Everywhere else it is a file, and with a test part preferences.jsonl becomes preferences.train.jsonl and preferences.test.jsonl.

In Python, the result is loaded with datasets.load_dataset(\"json\", data_files=\"preferences.jsonl\"), or \"parquet\" for such a file, or with --card by the folder's name.
A Parquet file has the columns of its format in every row; what a prompt's messages carry beside role and content has none and stays out.
People go by pseudonyms, judges by their ids; see `tiebreak agreement --help`.")]
pub struct ExportArgs {
    /// The samples, a file, or `-` for standard input; may be given several times. They are read twice, standard input from a copy on disk.
    #[arg(long, value_name = "FILE", required = true)]
    pub samples: Vec<String>,
    /// The votes, a file, or `-` for standard input; may be given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub votes: Vec<String>,
    /// How much each vote or pair counts.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<String>,
    /// Whose format.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = FormatChoice(Format::TrlDpo), hide_possible_values = true)]
    pub format: FormatChoice,
    /// What kind of file the rows are written to. Parquet is for formats whose rows are lines, and for a program that is built with it: `cargo install --path crates/native --features parquet`.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = FileFormatChoice::Json)]
    pub file_format: FileFormatChoice,
    /// Where it goes: a file, `-` for standard output, or a folder.
    #[arg(long, value_name = "FILE|DIR")]
    pub out: PathBuf,
    /// The counts as a JSON document too.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub split: SplitArgs,
    #[command(flatten)]
    pub weighing: WeighingArgs,
    #[command(flatten)]
    pub card: CardArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Which pairs become rows.
#[derive(Args, Debug)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// How several votes on a pair become one: the sum of their strengths, what it most probably is given how each annotator errs, or the scores of all responses to the prompt.
    #[arg(long, value_enum, default_value_t = MethodChoice::Majority)]
    pub method: MethodChoice,
    /// Leave out pairs with a response that reached its most tokens.
    #[arg(long)]
    pub drop_cut_off: bool,
    /// Leave out pairs whose responses have nine tenths of their neighbouring words in common; otherwise they are counted.
    #[arg(long)]
    pub drop_near_identical: bool,
    /// Leave out pairs with a longer response; where nobody counted its tokens, four characters are one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,
}

/// Which part is for testing.
#[derive(Args, Debug)]
#[command(next_help_heading = "Test part")]
pub struct SplitArgs {
    /// The share of pairs to keep for testing; prompts that are nearly the same stay in one part.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub test_share: Option<f64>,
    /// The same seed keeps the same prompts for testing.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub split_seed: u64,
}

/// How weights reach the trainer; none reads one for a row.
#[derive(Args, Debug)]
#[command(next_help_heading = "Weights")]
pub struct WeighingArgs {
    /// As a column that nobody has to read, by drawing training pairs in proportion to their weights, or multiplied into the margin (trl-reward and openrlhf).
    #[arg(long, value_enum, default_value_t = WeightsChoice::Column)]
    pub weights_as: WeightsChoice,
    /// How many training pairs to draw with `--weights-as resample` [default: as many as there are].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub size: Option<u64>,
    /// The same seed draws the same pairs.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// The dataset's card.
#[derive(Args, Debug)]
#[command(next_help_heading = "Card")]
pub struct CardArgs {
    /// Write README.md, a card as dataset hubs show it, with the rows into a folder.
    #[arg(long)]
    pub card: bool,
    /// The data's licence by its identifier, such as cc-by-4.0.
    #[arg(long, value_name = "ID", requires = "card", value_parser = identifier)]
    pub license: Option<String>,
    /// The language of the texts by its code, such as en; may be given several times.
    #[arg(long, value_name = "CODE", requires = "card", value_parser = identifier)]
    pub language: Vec<String>,
    /// A report of `tiebreak drift --out`, whose finding the card tells.
    #[arg(long, value_name = "FILE.json", requires = "card")]
    pub drift: Option<PathBuf>,
}

impl ExportArgs {
    /// Every file that is read.
    pub fn every_input(&self) -> Vec<String> {
        let documents = self.names.pseudonym_key.iter().chain(&self.card.drift);
        let documents = documents.map(|path| path.to_string_lossy().into_owned());
        self.samples.iter().chain(&self.votes).chain(&self.weights).cloned().chain(documents).collect()
    }
}

/// A format by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatChoice(pub Format);

impl ValueEnum for FormatChoice {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [FormatChoice; Format::ALL.len()] = {
            let mut all = [FormatChoice(Format::TrlDpo); Format::ALL.len()];
            let mut i = 0;
            while i < all.len() {
                all[i] = FormatChoice(Format::ALL[i]);
                i += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.0.name());
        Some(if self.0 == Format::TrlDpo { value.alias("trl") } else { value })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormatChoice {
    #[value(alias = "jsonl")]
    Json,
    Parquet,
}

impl From<FileFormatChoice> for FileFormat {
    fn from(choice: FileFormatChoice) -> Self {
        match choice {
            FileFormatChoice::Json => Self::Json,
            FileFormatChoice::Parquet => Self::Parquet,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MethodChoice {
    Majority,
    DawidSkene,
    BradleyTerry,
}

impl From<MethodChoice> for Method {
    fn from(choice: MethodChoice) -> Self {
        match choice {
            MethodChoice::Majority => Self::Majority,
            MethodChoice::DawidSkene => Self::DawidSkene,
            MethodChoice::BradleyTerry => Self::BradleyTerry,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WeightsChoice {
    Column,
    Resample,
    Margin,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("expected a number above 0 and below 1, such as 0.1".to_owned()),
    }
}

/// What can stand in a card's head as it is.
fn identifier(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, `-`, `.` and `_`, such as cc-by-4.0 or en".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_0_and_1() {
        assert_eq!(share("0.25"), Ok(0.25));
        for bad in ["0", "1", "-0.1", "10", "NaN", "a tenth"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_format_has_its_name() {
        for format in Format::ALL {
            assert_eq!(FormatChoice::from_str(format.name(), false), Ok(FormatChoice(format)));
        }
        assert_eq!(FormatChoice::from_str("trl", false), Ok(FormatChoice(Format::TrlDpo)));
    }
}

//! What can be typed after `tiebreak import`.

use super::ConfigArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tiebreak_core::import::{Codes, Format, Part, Settings};
use tiebreak_core::schema::AnnotatorKind;

/// Make samples, votes and ratings of datasets that exist already.
///
/// Nothing is made up: a row without a time is kept without one, a tie stays a tie, and strengths other than 1 are the source's.
/// Rows and parts of rows that cannot be used are named with file and line and counted, and the rest goes on.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak import --in preferences.jsonl --samples samples.jsonl --votes votes.jsonl
  tiebreak import --format hh-rlhf --in old.jsonl --samples samples.jsonl --votes votes.jsonl
  tiebreak import --in votes.csv --prompt-field question --first-field left --second-field right --verdict-field won --samples samples.jsonl --votes votes.jsonl
  tiebreak import --in helpsteer2.jsonl --verdict-field preference_strength --codes strength --samples samples.jsonl --votes votes.jsonl
  tiebreak import --format alpaca-eval --in annotations.json --samples samples.jsonl --votes votes.jsonl
  tiebreak import --format helpsteer --in scores.jsonl --samples samples.jsonl --ratings ratings.jsonl
  gunzip -c old.jsonl.gz | tiebreak import --in - --samples samples.jsonl --votes votes.jsonl

Files are JSON lines, a JSON list, or .csv and .tsv tables with named columns. Compressed files and Parquet are not read; of Parquet:
  python -c 'import datasets; datasets.load_dataset(\"NAME\", split=\"train\").to_json(\"rows.jsonl\")'

Formats, and what their rows have:
  trl           prompt, chosen, rejected; or prompt, completion, label, which is a rating of 0 or 1. Without a prompt it is what both begin with, and counted
  hh-rlhf       chosen, rejected as transcripts of Human: and Assistant:; the turns that both share are the prompt
  helpsteer     prompt, response, and scores from 0 to 4, which are ratings
  helpsteer3    context, response1, response2, overall_preference; individual preferences are votes of their own
  lmarena       conversation_a, conversation_b, winner, judge, tstamp
  alpaca-eval   instruction, output_1, output_2, preference from 1 to 2, annotator
  argilla       fields, responses, suggestions, of Argilla 1 and 2; --question where several tell which is better
  label-studio  data, annotations, predictions of the JSON export
  pairs         prompt, response_a, response_b, winner (or the like) in words or by --codes, also strength from -3 to 3
  responses     prompt and a list of responses, possibly with ranks or scores
  csv           a table, whose columns tell which of these it is

Rows of one prompt become one sample with all their different responses. Chosen over rejected is a vote of strength 1.
A number alone is no verdict, since it may be counted from 0 or from 1 or stand on a scale: say with --codes what it means.
Votes whose annotator the source does not name are by `import:FILE-CONTENT`, where CONTENT are digits of a hash of the file; a second such vote on one pair is by `import:FILE-CONTENT#2`. Such names tell voices apart, and no people. A row that only repeats an earlier one of the file is left out.
Votes keep the ids that the source gives to people; reports and exports replace them by pseudonyms.")]
pub struct ImportArgs {
    /// The files, or `-` for standard input.
    #[arg(long = "in", value_name = "FILE", required = true, num_args = 1..)]
    pub inputs: Vec<String>,
    /// Whose format; `auto` tells it for each file by the fields of its first rows.
    #[arg(long, value_enum, default_value_t = ImportFormat::Auto)]
    pub format: ImportFormat,
    /// Where samples go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub samples: PathBuf,
    /// Where votes go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub votes: Option<PathBuf>,
    /// Where ratings go, a file, or `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub ratings: Option<PathBuf>,
    /// Who annotated the rows that do not say it [default: import:FILE-CONTENT].
    #[arg(long, value_name = "NAME")]
    pub annotator: Option<String>,
    /// Of which kind annotators are, where the source does not tell [default: judge for alpaca-eval and for LMArena's judges that are no users, else human].
    #[arg(long, value_enum)]
    pub kind: Option<KindChoice>,
    /// The lowest and the highest score where the format does not tell; without it such scores are kept as plain fields.
    #[arg(long, value_name = "LOW..HIGH", value_parser = scale, allow_hyphen_values = true)]
    pub scale: Option<[f64; 2]>,
    /// What values of the verdicts' field mean that are no words: those for the first, the second and a tie, as 1,2 or 0,1,2; or for -3 to 3 `strength` (below 0: the first) or `reversed-strength`.
    #[arg(long, value_name = "FIRST,SECOND,TIE", allow_hyphen_values = true)]
    pub codes: Option<Codes>,
    /// Of Argilla's records the question, of Label Studio's the control whose answers are the votes, where several tell which response is better.
    #[arg(long, value_name = "NAME")]
    pub question: Option<String>,
    /// The most MiB of texts that are held to join the rows of a prompt; what comes later becomes a second sample, and is counted.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub memory: u64,
    /// Replace files that are there already.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub fields: FieldArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How the source calls its fields, where not by a usual name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Fields")]
pub struct FieldArgs {
    /// The field with the prompt.
    #[arg(long, value_name = "NAME")]
    pub prompt_field: Option<String>,
    /// The field with the better response.
    #[arg(long, value_name = "NAME")]
    pub chosen_field: Option<String>,
    /// The field with the worse response.
    #[arg(long, value_name = "NAME")]
    pub rejected_field: Option<String>,
    /// The field with the first of two responses.
    #[arg(long, value_name = "NAME")]
    pub first_field: Option<String>,
    /// The field with the second of two responses.
    #[arg(long, value_name = "NAME")]
    pub second_field: Option<String>,
    /// The field with a list of responses.
    #[arg(long, value_name = "NAME")]
    pub responses_field: Option<String>,
    /// The field that says which response is better.
    #[arg(long, value_name = "NAME")]
    pub verdict_field: Option<String>,
    /// The field with the annotator.
    #[arg(long, value_name = "NAME")]
    pub annotator_field: Option<String>,
    /// The field with the time, between 2000 and 2099: RFC 3339, a date, or seconds or milliseconds since 1970.
    #[arg(long, value_name = "NAME")]
    pub time_field: Option<String>,
}

/// A format, or how it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    Auto,
    Trl,
    HhRlhf,
    #[value(name = "helpsteer")]
    HelpSteer,
    #[value(name = "helpsteer3")]
    HelpSteer3,
    #[value(name = "lmarena")]
    LmArena,
    AlpacaEval,
    Argilla,
    LabelStudio,
    Pairs,
    Responses,
    Csv,
}

impl ImportFormat {
    /// The format; none where the fields tell it.
    pub fn given(self) -> Option<Format> {
        Some(match self {
            Self::Auto | Self::Csv => return None,
            Self::Trl => Format::Trl,
            Self::HhRlhf => Format::HhRlhf,
            Self::HelpSteer => Format::HelpSteer,
            Self::HelpSteer3 => Format::HelpSteer3,
            Self::LmArena => Format::LmArena,
            Self::AlpacaEval => Format::AlpacaEval,
            Self::Argilla => Format::Argilla,
            Self::LabelStudio => Format::LabelStudio,
            Self::Pairs => Format::Pairs,
            Self::Responses => Format::Responses,
        })
    }
}

/// A kind of annotator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindChoice {
    Human,
    Expert,
    Judge,
}

impl From<KindChoice> for AnnotatorKind {
    fn from(choice: KindChoice) -> Self {
        match choice {
            KindChoice::Human => Self::Human,
            KindChoice::Expert => Self::Expert,
            KindChoice::Judge => Self::Judge,
        }
    }
}

impl ImportArgs {
    /// What the flags say of the files.
    pub fn settings(&self) -> Settings {
        let fields = &self.fields;
        let names = [
            (Part::Prompt, &fields.prompt_field),
            (Part::Chosen, &fields.chosen_field),
            (Part::Rejected, &fields.rejected_field),
            (Part::First, &fields.first_field),
            (Part::Second, &fields.second_field),
            (Part::Responses, &fields.responses_field),
            (Part::Verdict, &fields.verdict_field),
            (Part::Annotator, &fields.annotator_field),
            (Part::Time, &fields.time_field),
        ];
        let given = names.into_iter().filter_map(|(part, name)| Some((part, name.clone()?)));
        Settings {
            names: given.collect(),
            scale: self.scale,
            codes: self.codes.clone(),
            question: self.question.clone(),
        }
    }

    /// Whether the field with the time was named.
    pub fn has_time(&self) -> bool {
        self.fields.time_field.is_some()
    }
}

fn scale(text: &str) -> Result<[f64; 2], String> {
    let ends = text
        .split_once("..")
        .and_then(|(low, high)| Some([low.trim().parse().ok()?, high.trim().parse().ok()?]));
    match ends {
        Some([low, high]) if f64::is_finite(low) && f64::is_finite(high) && low < high => Ok([low, high]),
        _ => Err(format!("`{text}` is no scale; expected the lowest and a higher highest score, as 1..5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_has_two_ends() {
        assert_eq!(scale("-1.5..10"), Ok([-1.5, 10.0]));
        for bad in ["5", "5..1", "1..1", "1..inf", "a..b", ".."] {
            assert!(scale(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_formats_are_typed_as_they_are_called() {
        for choice in ImportFormat::value_variants() {
            let Some(format) = choice.given() else { continue };
            assert_eq!(choice.to_possible_value().unwrap().get_name(), format.name());
        }
        let given = ImportFormat::value_variants().iter().filter_map(|choice| choice.given());
        assert_eq!(given.collect::<Vec<_>>(), Format::ALL);
    }
}

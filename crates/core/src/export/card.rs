//! The card of a dataset: what a hub reads at its head, and what people want to know before they train on it.

use super::document::Document;
use super::format::{FileFormat, Format, Location};
use crate::aggregate::Method;
use crate::agreement::AgreementReport;
use crate::diversity::WithinPromptsSummary;
use crate::drift::finding::Advice;
use crate::report::Measure;
use crate::schema::AnnotatorKind;
use std::collections::BTreeMap;
use std::fmt::Write;

/// All that a card tells.
#[derive(Clone, Debug)]
pub struct Card<'a> {
    /// The dataset's name.
    pub name: &'a str,
    /// The licence's identifier, where one is chosen.
    pub license: Option<&'a str>,
    /// Codes of the texts' languages.
    pub languages: &'a [String],
    /// Whose format the rows have.
    pub format: Format,
    /// What kind of file the rows are in.
    pub file_format: FileFormat,
    /// Whether messages carry fields beside role and content: then columns are not declared, and a loader finds them in the rows.
    pub has_other_fields: bool,
    /// What went out, and what stayed behind.
    pub document: &'a Document,
    /// How many annotators of each kind stand behind the rows.
    pub annotators: BTreeMap<AnnotatorKind, usize>,
    /// How far they agree.
    pub agreement: &'a AgreementReport,
    /// How much the responses to a prompt differ.
    pub diversity: &'a WithinPromptsSummary,
    /// What a drift report found.
    pub drift: Option<&'a Advice>,
}

impl Card<'_> {
    /// The card as Markdown after a head of YAML, as dataset hubs show it.
    pub fn text(&self) -> String {
        let sections = [
            self.head(),
            format!("# {}\n", self.name),
            self.license_line(),
            section("What it holds", &self.contents()),
            section("How it is loaded", &self.loading()),
            section("How votes became rows", &self.rule()),
            section("Who judged", &self.annotators()),
            section("Whether the standard moved", &self.drift()),
            section("How much the responses differ", &self.diversity()),
            section("What was left out, and what to know of the rest", &self.left_out()),
        ];
        sections.join("\n")
    }

    fn head(&self) -> String {
        let mut head = "---\n".to_owned();
        match self.license {
            Some(license) => head += &format!("license: {}\n", quoted(license)),
            None => head += "# license: choose a licence\n",
        }
        head +=
            &list("language", &self.languages.iter().map(|language| quoted(language)).collect::<Vec<_>>());
        head += &list("size_categories", &[size_category(self.document.n_rows()).to_owned()]);
        head += &list("task_categories", &["text-generation".to_owned()]);
        head +=
            &list("tags", &["preference".to_owned(), self.format.name().to_owned(), "tiebreak".to_owned()]);
        head += "configs:\n- config_name: default\n  data_files:\n";
        for part in self.document.parts.iter().filter(|part| part.rows > 0) {
            let file = self.format.file_name(&part.name, self.file_format);
            head += &format!("  - split: {}\n    path: {file}\n", part.name);
        }
        if let Some(features) = self.features() {
            head += &format!("dataset_info:\n  config_name: default\n{features}");
        }
        head + "---\n"
    }

    /// A table declares its columns itself.
    fn features(&self) -> Option<String> {
        let is_declared_here = self.file_format == FileFormat::Json && !self.has_other_fields;
        self.format.features().filter(|_| is_declared_here)
    }

    fn license_line(&self) -> String {
        match self.license {
            Some(license) => format!("Licence: {license}.\n"),
            None => "**Choose a licence**: write `license:` at the head of this file; without one nobody may use the data.\n".to_owned(),
        }
    }

    fn contents(&self) -> String {
        let mut text = "| part | pairs | rows |\n|---|---|---|\n".to_owned();
        for part in &self.document.parts {
            writeln!(text, "| {} | {} | {} |", part.name, part.pairs, part.rows).expect(WRITING);
        }
        if let Some(split) = &self.document.split {
            writeln!(text, "\n{}.", capital(&split.sentence())).expect(WRITING);
        }
        if let Some(leakage) = &self.document.leakage {
            writeln!(
                text,
                "Of {} different test prompts, {} stand word for word in the training part, and {} have something almost the same there.",
                leakage.n_test, leakage.n_same, leakage.n_nearly_same
            )
            .expect(WRITING);
        }
        text
    }

    fn loading(&self) -> String {
        let language = match self.format {
            Format::Axolotl | Format::LlamaFactory | Format::NemoRl => "yaml",
            Format::Openrlhf => "sh",
            _ => "python",
        };
        let file = self.format.file_name("train", self.file_format);
        let at = Location {
            file: &file,
            file_format: self.file_format,
            dataset: self.name,
            folder: self.name,
            has_card: true,
        };
        format!(
            "With the library `datasets`, `load_dataset` takes the path of this folder.\n\n```{language}\n{}\n```\n",
            self.format.how_to_load(&at)
        )
    }

    fn rule(&self) -> String {
        let method = match self.document.method {
            Method::Majority => "The sum of the votes' strengths decides on a pair.",
            Method::DawidSkene => {
                "What a pair most probably is decides, given how each annotator errs (Dawid and Skene 1979)."
            }
            Method::BradleyTerry => {
                "The scores of all responses to a prompt decide on its pairs (Bradley and Terry 1952)."
            }
        };
        format!(
            "{method}\nExperts come before people, and people before judges; of several votes of one annotator the last counts.\n{}.\n",
            capital(&self.document.weights.sentence())
        )
    }

    fn annotators(&self) -> String {
        let name = |kind: AnnotatorKind| match kind {
            AnnotatorKind::Human => "people",
            AnnotatorKind::Expert => "experts",
            AnnotatorKind::Judge => "judges, which are models",
            AnnotatorKind::Constitution => "judges of revisions, which are models",
        };
        let mut text = String::new();
        for (kind, count) in &self.annotators {
            writeln!(text, "- {}: {count}", name(*kind)).expect(WRITING);
        }
        let answers = &self.agreement.answers;
        let alpha = told(&answers.alpha_nominal, |alpha| {
            let interval = alpha.interval.map(|i| format!(" (95 % interval {:.3} to {:.3})", i.low, i.high));
            format!("{:.3}{}", alpha.value, interval.unwrap_or_default())
        });
        let percent = told(&answers.percent, |share| format!("{:.1} %", 100.0 * share.value));
        write!(
            text,
            "\n{} pairs have two opinions or more of people, or of judges where no person voted: first better, second better, or neither.\nAnnotators agree on them: {percent}.\nKrippendorff's alpha: {alpha}.\n",
            answers.pairs
        )
        .expect(WRITING);
        text
    }

    fn drift(&self) -> String {
        match self.drift {
            Some(advice) => format!("{}\n", advice.reason),
            None => "This was not looked at.\n".to_owned(),
        }
    }

    fn diversity(&self) -> String {
        let number = |value: &Measure<f64>| told(value, |value| format!("{value:.3}"));
        let mut text = String::new();
        for (n, distinct) in (1..).zip(&self.diversity.distinct) {
            writeln!(text, "- distinct-{n}, within a prompt: {}", number(distinct)).expect(WRITING);
        }
        writeln!(text, "- self-BLEU, within a prompt: {}", number(&self.diversity.self_bleu)).expect(WRITING);
        let (near, pairs) = (self.diversity.n_near_duplicates, self.diversity.n_pairs);
        writeln!(text, "- pairs of responses that are almost the same: {near} of {pairs}").expect(WRITING);
        let lengths = &self.document.lengths;
        if let Some([chosen, rejected]) = lengths.mean_characters() {
            writeln!(
                text,
                "- mean length: {chosen:.0} characters where chosen, {rejected:.0} where rejected"
            )
            .expect(WRITING);
        }
        if let Some(share) = lengths.longer_chosen() {
            writeln!(
                text,
                "- the longer response was chosen in {:.1} % of {} pairs whose lengths differ",
                100.0 * share.share,
                lengths.n_different
            )
            .expect(WRITING);
        }
        text
    }

    fn left_out(&self) -> String {
        let report = &self.document.report;
        let mut text = "| pairs | what became of them |\n|---|---|\n".to_owned();
        for (count, what) in report.pair_lines() {
            writeln!(text, "| {count} | {what} |").expect(WRITING);
        }
        for (note, count) in &report.notes {
            writeln!(text, "| {count} | note: {} |", note.heading()).expect(WRITING);
        }
        text
    }
}

const WRITING: &str = "writing to a string cannot fail";

fn section(title: &str, text: &str) -> String {
    format!("## {title}\n\n{text}")
}

/// A text of YAML that nothing takes for a number, a truth value or a list; every text of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list of YAML; nothing where it is empty.
fn list(key: &str, values: &[String]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let lines: String = values.iter().map(|value| format!("- {value}\n")).collect();
    format!("{key}:\n{lines}")
}

fn told<T>(measure: &Measure<T>, text: impl Fn(&T) -> String) -> String {
    match measure {
        Measure::Value(value) => text(value),
        Measure::CannotTell(reason) => format!("cannot tell: {reason}"),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How hubs call sizes.
fn size_category(n_rows: u64) -> &'static str {
    match n_rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "10M<n<100M",
    }
}

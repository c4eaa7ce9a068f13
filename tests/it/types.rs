//! The TypeScript declarations of the records and of what crosses to the page, `web/app/records.d.ts`.
//!
//! `UPDATE=1 cargo test -p tiebreak-tests types` writes them.

use std::path::Path;
use tiebreak_core::{drift::weights, plan, schema, study};
use tiebreak_wasm::{diff, judging, kept, markdown, protocol, tried, views};
use ts_rs::{Config, TS};

const HEAD: &str = "\
// Made from the Rust records: UPDATE=1 cargo test -p tiebreak-tests types

/** What JSON can hold. */
export type JsonValue = number | string | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Fields that a record came with and that no declaration names; they are kept. */
export type Extra = { [field: string]: JsonValue };
";

/// A type's declaration with its documentation.
fn declaration<T: TS + 'static>(config: &Config) -> String {
    let extra = format!("({})", schema::Extra::inline(config));
    let text =
        format!("{}export {}", T::docs().unwrap_or_default(), T::decl(config)).replace(&extra, "Extra");
    format!("\n{}\n", laid_out(&text))
}

/// The same declaration with a field a line, and short documentation on one line.
fn laid_out(text: &str) -> String {
    let mut lines = Vec::new();
    let mut is_inside = false;
    let mut comment: Option<Vec<String>> = None;
    let text = text.replace(", } &", ",\n} &").replace(", };", ",\n};").replace("{ /**", "{\n/**");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let indent = if is_inside && !line.starts_with('}') { "  " } else { "" };
        match (&mut comment, line) {
            (None, "/**") => comment = Some(Vec::new()),
            (Some(said), "*/") => {
                match said.as_slice() {
                    [one] => lines.push(format!("{indent}/** {one} */")),
                    more => {
                        lines.push(format!("{indent}/**"));
                        lines.extend(
                            more.iter().map(|line| format!("{indent} * {line}").trim_end().to_owned()),
                        );
                        lines.push(format!("{indent} */"));
                    }
                }
                comment = None;
            }
            (Some(said), line) => said.push(without_links(line.trim_start_matches('*').trim_start())),
            (None, line) => lines.push(format!("{indent}{line}")),
        }
        is_inside = match line {
            line if line.ends_with('{') => true,
            line if line.starts_with('}') => false,
            _ => is_inside,
        };
    }
    lines.join("\n")
}

/// The text of links to other items, without the brackets and the address.
fn without_links(line: &str) -> String {
    let mut text = line.to_owned();
    while let Some(middle) = text.find("](") {
        let (Some(start), Some(end)) = (text[..middle].rfind('['), text[middle..].find(')')) else { break };
        // An address may itself end with brackets, as `receipt()` does.
        let end = middle + end + if text[middle + end..].starts_with("))") { 2 } else { 1 };
        text = format!("{}{}{}", &text[..start], &text[start + 1..middle], &text[end..]);
    }
    text
}

macro_rules! declarations {
    ($config:expr; $($type:ty),* $(,)?) => {
        [$(declaration::<$type>($config)),*].concat()
    };
}

fn all() -> String {
    let config = &Config::new().with_large_int("number");
    let records = declarations![config;
        schema::Role, schema::Message, schema::EdgeCase, schema::Prompt,
        schema::FinishReason, schema::Runtime, schema::Sampling, schema::ModelReference, schema::Revision,
        schema::Response, schema::Sample,
        schema::AnnotatorKind, schema::Annotator, schema::Verdict, schema::Side, schema::TemplateReference,
        schema::LikelihoodScore, schema::JudgeEvidence, schema::ShownIn, schema::Interaction, schema::Vote,
        schema::Rating, schema::Weight, schema::Origin, schema::Preference,
        weights::Decay, plan::Range, plan::Spread, plan::SamplingPlan,
        study::Scale, study::ResultMethod, study::Delivery, study::Answerers, study::Warnings,
        study::Settings, study::Guidelines,
        study::QualificationQuestion, study::Qualification, study::Item, study::Study,
        study::Choice, study::Answer, study::Timing, study::Completion,
    ];
    let views = declarations![config;
        views::StudyInfo<'static>, views::Progress, views::Turn<'static>, views::Answered<'static>, views::Taken,
        views::Question<'static>, views::QuestionResult, views::QualificationState, views::Imported, views::Batch,
        views::StudySummary<'static>, views::StoredStudy, views::StorageState, views::CataloguePrompt, views::CatalogueGuidelines, views::Versions,
        views::Identities, views::Shown, views::Preferences<'static>, views::GreedyReply<'static>,
        protocol::ModelFacts, kept::Version, kept::State, kept::KeptModel, kept::Listed,
        tried::Said, tried::Opinion, judging::JudgeTemplate, judging::JudgeQuestions, judging::JudgeVerdict, markdown::Node, diff::Piece, diff::WordDiff,
    ];
    [HEAD, &records, &views].concat()
}

#[test]
fn the_page_has_the_types_of_the_records() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/app/records.d.ts");
    let expected = all();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let update = "write it with UPDATE=1 cargo test -p tiebreak-tests types";
    assert!(found == expected, "{} is not what the records say; {update}", path.display());
}

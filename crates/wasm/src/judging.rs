//! What a judge is asked about a pair, and what its answers say, for pages that ask a model of their own.
//!
//! The templates and the reader are those of the command line.

use serde::Serialize;
use tiebreak_core::judge::{AnswerForm, Judgment, OnFlip, Spoken, Template, judge_ratings, judge_words};
use tiebreak_core::schema::{JudgeEvidence, Message, Prompt, TemplateReference, Verdict};

/// A text that judges are asked with.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct JudgeTemplate {
    /// What votes store of it.
    #[serde(flatten)]
    pub reference: TemplateReference,
    /// What is asked for: `letter`, `marked`, `json` or `ratings`.
    pub answer: &'static str,
    /// Whether it needs a prompt with a reference answer.
    pub needs_reference: bool,
    /// The template itself, to begin one's own with.
    pub text: &'static str,
}

/// What a model is asked about a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct JudgeQuestions {
    /// What votes store of the template.
    pub template: TemplateReference,
    /// What is asked for: `letter`, `marked`, `json` or `ratings`.
    pub answer: &'static str,
    /// The pair with the first text shown first, then shown second; for ratings the first text alone, then the second.
    pub questions: [Vec<Message>; 2],
}

/// What both answers come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct JudgeVerdict {
    /// Strength −1 where the first text is better, 1 where the second is, 0 for a tie; or another verdict, `unparsed` among them.
    pub verdict: Verdict,
    /// What it rests on.
    pub evidence: JudgeEvidence,
}

/// The built-in templates that ask for a verdict or for ratings.
pub fn templates() -> Vec<JudgeTemplate> {
    let of_name = |name| {
        let (template, text) = (Template::named(name)?, Template::text(name)?);
        let asks_judges = template.form() != AnswerForm::Prose;
        asks_judges.then(|| JudgeTemplate {
            reference: template.reference(),
            answer: template.form().name(),
            needs_reference: template.needs_reference(),
            text,
        })
    };
    Template::names().filter_map(of_name).collect()
}

/// The two questions about a pair; `template` is a built-in name, or a template's text.
pub fn questions(template: &str, prompt: &Prompt, texts: [&str; 2]) -> Result<JudgeQuestions, String> {
    let template = judges_template(template)?;
    if template.needs_reference() && prompt.reference_answer.is_none() {
        return Err("the template asks for a reference answer, and the prompt has none".to_owned());
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err("a response without text cannot be compared".to_owned());
    }
    let [first, second] = texts;
    let questions = match template.form() {
        AnswerForm::Ratings => texts.map(|text| template.ask_ratings(prompt, text)),
        _ => [template.ask_pair(prompt, first, second), template.ask_pair(prompt, second, first)],
    };
    Ok(JudgeQuestions { template: template.reference(), answer: template.form().name(), questions })
}

/// What the answers to [`questions`] come to; a flip between the orders is a tie.
///
/// `are_whole` says which answers ended by themselves: what breaks off holds no verdict.
pub fn verdict(template: &str, answers: [&str; 2], are_whole: [bool; 2]) -> Result<JudgeVerdict, String> {
    let template = judges_template(template)?;
    let spoken = |at: usize| Spoken::new(answers[at], are_whole[at]);
    let spoken = [spoken(0), spoken(1)];
    let Judgment { verdict, evidence } = match template.form() {
        AnswerForm::Ratings => judge_ratings(spoken, template.rubric(), 0.0),
        _ => judge_words(spoken, OnFlip::Tie),
    };
    Ok(JudgeVerdict { verdict, evidence: JudgeEvidence { template: Some(template.reference()), ..evidence } })
}

/// The name of a template that comes from a page.
const OWN: &str = "own";

fn judges_template(name_or_text: &str) -> Result<Template, String> {
    let template = match Template::named(name_or_text) {
        Some(template) => template,
        None if name_or_text.contains('\n') => {
            Template::parse(OWN, name_or_text).map_err(|error| error.to_string())?
        }
        None => {
            let names: Vec<&str> = Template::names().collect();
            return Err(format!("`{name_or_text}` is no template; expected {}, or a text", names.join(", ")));
        }
    };
    match template.form() {
        AnswerForm::Prose => Err("the template asks for a text, and a judge needs a verdict".to_owned()),
        _ => Ok(template),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::Role;

    fn prompt() -> Prompt {
        Prompt::new("p", vec![Message::new(Role::User, "Where is it?")])
    }

    #[test]
    fn both_orders_are_asked_and_read() {
        let asked = questions("reasoned", &prompt(), ["Here.", "There."]).unwrap();
        assert_ne!(asked.questions[0], asked.questions[1]);
        for (answers, expected) in [
            (["[[A]]", "[[B]]"], Verdict::Strength(-1)),
            (["[[B]]", "[[A]]"], Verdict::Strength(1)),
            (["[[A]]", "[[A]]"], Verdict::Strength(0)),
            (["[[A]]", "perhaps"], Verdict::Unparsed),
        ] {
            let found = verdict("reasoned", answers, [true, true]).unwrap();
            assert_eq!((found.verdict, found.evidence.template), (expected, Some(asked.template.clone())));
        }
        let cut = verdict("reasoned", ["[[A]]", "[[B]]"], [true, false]).unwrap();
        assert_eq!(cut.verdict, Verdict::Unparsed);
    }

    #[test]
    fn ratings_are_of_one_text_each() {
        let asked = questions("rubric", &prompt(), ["Here.", "There."]).unwrap();
        let text = |at: usize| {
            asked.questions[at].iter().map(|message| message.content.as_str()).collect::<String>()
        };
        assert!(text(0).contains("Here.") && !text(0).contains("There.") && text(1).contains("There."));
    }

    #[test]
    fn what_cannot_be_asked_is_told() {
        let check = |template: &str, expected: &str| {
            let error = questions(template, &prompt(), ["a", "b"]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("nice", "`nice` is no template; expected pairwise, bare");
        assert!(questions("pairwise", &prompt(), ["a", " "]).unwrap_err().contains("without text"));
        check("critique", "a judge needs a verdict");
        check("reference", "a reference answer");
        check("[user]\nhello", "version");
        assert!(verdict("critique", ["", ""], [true, true]).is_err());
        assert!(templates().iter().all(|template| template.answer != "prose") && templates().len() == 6);
    }
}

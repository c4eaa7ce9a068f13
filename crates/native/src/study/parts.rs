//! What the page is told: settings, guidelines and qualification items.

use crate::args::{AnswerArgs, AnswerersChoice, MethodChoice, PageArgs, ScaleChoice, StudyArgs, Switch};
use crate::files::read_text;
use anyhow::{bail, Context, Result};
use std::path::Path;
use tiebreak_core::catalogue::{self, QualificationItem};
use tiebreak_core::schema::Finding;
use tiebreak_core::study::{
    Answerers, Delivery, Guidelines, Parts, Qualification, QualificationQuestion, ResultMethod, Scale,
    Settings,
};

/// All but gold and anchors.
pub fn parts(args: &StudyArgs) -> Result<Parts> {
    let guidelines = guidelines(&args.answers)?;
    if args.answers.require_reason && guidelines.criteria.is_empty() {
        bail!("--require-reason: there is no criterion to choose; give --criteria, or guidelines with their table");
    }
    Ok(Parts {
        settings: Settings { answered_by: answerers(args.answerers), ..settings(&args.answers, &args.page)? },
        guidelines,
        qualification: qualification(&args.answers),
        ..Parts::default()
    })
}

fn answerers(choice: AnswerersChoice) -> Answerers {
    match choice {
        AnswerersChoice::People => Answerers::People,
        AnswerersChoice::Experts => Answerers::Experts,
    }
}

fn settings(answers: &AnswerArgs, page: &PageArgs) -> Result<Settings> {
    let method = match page.results_method {
        MethodChoice::Post => ResultMethod::Post,
        MethodChoice::Put => ResultMethod::Put,
    };
    Ok(Settings {
        title: page.title.clone(),
        consent: page.consent.as_deref().map(text_of).transpose()?,
        minutes: page.minutes,
        pay: page.pay.clone(),
        contact: page.contact.clone(),
        scale: match answers.scale {
            ScaleChoice::Seven => Scale::Seven,
            ScaleChoice::Forced => Scale::Forced,
            ScaleChoice::Three => Scale::Three,
        },
        require_reason: answers.require_reason,
        min_rationale_chars: answers.min_rationale,
        pass_share: answers.pass_share,
        save_every: page.save_every,
        completion_code: page.completion_code.clone(),
        completion_url: page.completion_url.clone(),
        delivery: page.results_url.clone().map(|url| Delivery { url, method }),
        ..Settings::default()
    })
}

/// A text file that says something.
fn text_of(path: &Path) -> Result<String> {
    let text = read_text(path)?;
    if text.trim().is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(text)
}

fn guidelines(answers: &AnswerArgs) -> Result<Guidelines> {
    let (version, text) = match &answers.guidelines {
        Some(path) => guidelines_of(&text_of(path)?)
            .with_context(|| format!("{}:1: the guidelines carry no version", path.display()))?,
        None => {
            let document = catalogue::guidelines();
            (document.version().to_owned(), document.body().to_owned())
        }
    };
    let criteria = if answers.criteria.is_empty() { criteria_of(&text) } else { answers.criteria.clone() };
    Ok(Guidelines { version, text, criteria })
}

/// The version in the first line, and the text after it.
fn guidelines_of(text: &str) -> Result<(String, String)> {
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    let version = first.trim().strip_prefix("<!-- version:").and_then(|rest| rest.strip_suffix("-->"));
    match version.map(str::trim) {
        Some(version) if !version.is_empty() => Ok((version.to_owned(), body.to_owned())),
        _ => bail!("expected `<!-- version: 1.0.0 -->` as the first line"),
    }
}

/// The criteria of the guidelines' table: rows such as `| 1 | **True** | ...`.
fn criteria_of(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let mut cells = line.trim().strip_prefix('|')?.split('|').map(str::trim);
        cells.next()?.parse::<u32>().ok()?;
        Some(cells.next()?.strip_prefix("**")?.strip_suffix("**")?.to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn qualification(answers: &AnswerArgs) -> Qualification {
    let is_on = match answers.qualification {
        Some(switch) => switch == Switch::On,
        None => answers.guidelines.is_none(),
    };
    let items = if is_on { catalogue::qualification_items() } else { Vec::new() };
    Qualification { questions: items.into_iter().map(question).collect() }
}

/// The item as a study asks it.
fn question(item: QualificationItem) -> QualificationQuestion {
    let QualificationItem { prompt, responses, verdict, reason, .. } = item;
    QualificationQuestion { messages: prompt.messages, responses, verdict, reason }
}

/// What is wrong with a study, by the flag that would mend it.
pub fn in_words(finding: &Finding) -> String {
    let place = match finding.path.strip_prefix("settings.") {
        Some("delivery.url") => "--results-url".to_owned(),
        Some(setting) => format!("--{}", setting.replace('_', "-")),
        None => finding.path.clone(),
    };
    format!("{place}: {} (expected {})", finding.message, finding.expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_come_from_the_guidelines_table() {
        let names = criteria_of(catalogue::guidelines().body());
        let expected = [
            "Safe and private",
            "True",
            "Answers this message",
            "Gets the customer further",
            "Clear",
            "Fit in tone",
        ];
        assert_eq!(names, expected);
        assert_eq!(criteria_of("| -3 | First | x |\n| **Tie** | **no** |\n|1|**Yes**|"), ["Yes"]);
    }

    #[test]
    fn guidelines_carry_their_version_in_the_first_line() {
        let read = |text| guidelines_of(text).ok();
        let pair = |version: &str, text: &str| Some((version.to_owned(), text.to_owned()));
        assert_eq!(read("<!-- version: 2.1 -->\r\n# Go by this\n"), pair("2.1", "# Go by this\n"));
        for bad in ["# Go by this\n", "<!-- version: -->\n", "", "<!-- version: 2.1\n"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_item_becomes_a_question() {
        let items = catalogue::qualification_items();
        let questions: Vec<_> = items.iter().cloned().map(question).collect();
        assert_eq!(questions.len(), 12);
        assert_eq!(questions[0].messages, items[0].prompt.messages);
        assert_eq!((&questions[0].reason, questions[0].verdict), (&items[0].reason, items[0].verdict));
    }

    #[test]
    fn faults_are_told_by_flag() {
        let finding = |path: &str| Finding {
            path: path.to_owned(),
            message: "the address is not https".to_owned(),
            expected: "an address".to_owned(),
        };
        let told = in_words(&finding("settings.completion_url"));
        assert_eq!(told, "--completion-url: the address is not https (expected an address)");
        assert!(in_words(&finding("settings.delivery.url")).starts_with("--results-url: "));
        assert!(in_words(&finding("items[3].id")).starts_with("items[3].id: "));
    }
}

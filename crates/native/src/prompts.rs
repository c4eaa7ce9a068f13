//! `tiebreak prompts`: the catalogue, to read or to pipe.

use crate::args::{PromptsArgs, PromptsFormat};
use crate::files::{json_lines, print};
use crate::outcome::Outcome;
use crate::terminal::Paper;
use anyhow::{bail, Result};
use tiebreak_core::catalogue::{self, QualificationItem};
use tiebreak_core::constitution::Constitution;
use tiebreak_core::judge::Template;
use tiebreak_core::schema::{to_line, EdgeCase, Prompt, Verdict};

pub fn run(args: &PromptsArgs) -> Result<Outcome> {
    let paper = Paper::of_stdout();
    let document = &args.document;
    let text = if document.guidelines {
        catalogue::guidelines().text().to_owned()
    } else if document.strategy {
        catalogue::strategy().text().to_owned()
    } else if let Some(name) = &document.template {
        template(name)?.to_owned()
    } else if document.constitution {
        Constitution::text().to_owned()
    } else if document.qualification {
        let items = catalogue::qualification_items();
        match args.format {
            PromptsFormat::Jsonl => items.iter().map(|item| to_line(item) + "\n").collect(),
            PromptsFormat::Text => items.iter().map(|item| qualification_item(&paper, item)).collect(),
        }
    } else if document.categories {
        categories(&paper)
    } else {
        let prompts = selected(args)?;
        match args.format {
            PromptsFormat::Jsonl => json_lines(&prompts),
            PromptsFormat::Text => list(&paper, &prompts),
        }
    };
    print(&text)?;
    Ok(Outcome::Done)
}

/// The text of a built-in template.
fn template(name: &str) -> Result<&'static str> {
    let Some(text) = Template::text(name) else {
        let names = Template::names().collect::<Vec<_>>().join(", ");
        bail!("--template {name}: there are {names}, critique and revision");
    };
    Ok(text)
}

/// The prompts that the flags ask for.
fn selected(args: &PromptsArgs) -> Result<Vec<Prompt>> {
    let mut prompts = if args.edge_cases { Vec::new() } else { catalogue::prompts() };
    if args.edge_cases || args.all {
        prompts.extend(catalogue::edge_cases());
    }
    if args.category.is_empty() {
        return Ok(prompts);
    }
    let known: Vec<String> = catalogue::categories().into_iter().map(|category| category.slug).collect();
    let asked: Vec<String> = args.category.iter().map(|name| name.to_lowercase().replace('-', "_")).collect();
    if let Some(unknown) = asked.iter().find(|name| !known.contains(name)) {
        bail!("there is no category `{unknown}`; there are {}", known.join(", "));
    }
    prompts.retain(|prompt| prompt.category.as_ref().is_some_and(|slug| asked.contains(slug)));
    Ok(prompts)
}

/// The prompts to read, under the titles of their categories and the kinds of edge case.
fn list(paper: &Paper, prompts: &[Prompt]) -> String {
    let categories = catalogue::categories();
    let mut text = String::new();
    let mut last_heading = None;
    for prompt in prompts {
        let slug = prompt.category.as_deref().unwrap_or_default();
        let title = categories.iter().find(|c| c.slug == slug).map_or(slug, |c| c.title.as_str());
        let heading = match prompt.edge_case {
            Some(kind) => format!("Edge case: {}", kind_name(kind)),
            None => title.to_owned(),
        };
        if last_heading.as_ref() != Some(&heading) {
            let gap = if last_heading.is_some() { "\n" } else { "" };
            text += &format!("{gap}{}\n", paper.bold(&heading));
            last_heading = Some(heading);
        }
        text += &format!("  {}\n", paper.dim(&format!("{}  {}", prompt.id, prompt.tags.join(", "))));
        for message in &prompt.messages {
            text += &paper.wrap(&message.content, "    ");
        }
    }
    text
}

/// The kind in words.
fn kind_name(kind: EdgeCase) -> &'static str {
    match kind {
        EdgeCase::Ambiguous => "ambiguous",
        EdgeCase::ConflictingGoals => "conflicting goals",
        EdgeCase::SafeButUnhelpful => "safe but unhelpful",
        EdgeCase::OutOfScope => "out of scope",
        EdgeCase::Abusive => "abusive",
        EdgeCase::PersonalData => "personal data",
        EdgeCase::PromptInjection => "prompt injection",
        EdgeCase::ThreatOrSelfHarm => "threat or self-harm",
        EdgeCase::WrongPremise => "wrong premise",
        EdgeCase::AnotherLanguage => "another language",
    }
}

fn categories(paper: &Paper) -> String {
    let entry = |category: catalogue::Category| {
        let heading = format!("{}  {}\n", paper.bold(&category.slug), paper.dim(&category.title));
        heading + &paper.wrap(&category.description, "  ")
    };
    catalogue::categories().into_iter().map(entry).collect()
}

fn qualification_item(paper: &Paper, item: &QualificationItem) -> String {
    let mut text = format!("{}\n", paper.bold(&item.id));
    for message in &item.prompt.messages {
        text += &paper.hang(&message.content, "  Customer  ", "            ");
    }
    for (label, response) in ["  First     ", "  Second    "].into_iter().zip(&item.responses) {
        text += &paper.hang(response, label, "            ");
    }
    text += &paper.hang(&verdict_name(item.verdict), "  Verdict   ", "            ");
    text += &paper.hang(&item.reason, "  Reason    ", "            ");
    text + "\n"
}

/// The verdict in words.
fn verdict_name(verdict: Verdict) -> String {
    let side = |strength: i8| if strength < 0 { "first" } else { "second" };
    match verdict {
        Verdict::Strength(0) => "a tie".to_owned(),
        Verdict::Strength(s) => format!("the {} is better, strength {}", side(s), s.unsigned_abs()),
        Verdict::BothBad => "both are bad".to_owned(),
        Verdict::Skip => "skip".to_owned(),
        Verdict::Flag => "flag".to_owned(),
        Verdict::Unparsed => "unparsed".to_owned(),
    }
}

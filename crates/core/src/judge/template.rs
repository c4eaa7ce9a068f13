//! The texts that judges are asked with, as data files.
//!
//! A file begins with lines such as `<!-- version: 1.0.0 -->`, and goes on in sections that begin with a line `[system]` or `[user]`.
//!
//! | header | says |
//! |---|---|
//! | `version` | the template's version; it has to be there |
//! | `answer` | what the model is asked for, see [`AnswerForm`]: `letter` (where none is named), `marked`, `json`, `ratings`, `prose` |
//! | `criteria` | with `ratings`: the criteria's names, with commas between them |
//! | `scale` | with `ratings`: `1 to 5` (where none is named) |
//!
//! Places stand in braces: `{conversation}`, `{reply_a}`, `{reply_b}`, `{reference}`; `{reply}` where ratings or prose are asked for; and `{principle}`, `{request}` and `{critique}` for prose.

use super::defuse::defuse;
use crate::schema::{Message, Prompt, Role, TemplateReference, sha256_hex};

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The header does not tell the version.
    #[error("template `{name}` tells no version: let its first line be `<!-- version: 1.0.0 -->`")]
    NoVersion {
        /// The template's name.
        name: String,
    },
    /// A line of the header says something that is not known.
    #[error("template `{name}` has `{line}` in its header: {expected}")]
    Header {
        /// The template's name.
        name: String,
        /// The line.
        line: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// Text stands before the first role.
    #[error("template `{name}` has text before its first role: begin with a line `[system]` or `[user]`")]
    NoRole {
        /// The template's name.
        name: String,
    },
    /// Nothing is asked: models answer what a user says, and chat templates refuse a conversation without it.
    #[error("template `{name}` asks nothing: write the question under a line `[user]`")]
    NoUser {
        /// The template's name.
        name: String,
    },
    /// A place that has to be there is not.
    #[error("template `{name}` has no place for `{{{place}}}`: write it where the text shall stand")]
    NoPlace {
        /// The template's name.
        name: String,
        /// The place's name.
        place: &'static str,
    },
    /// A place that nothing is known of.
    #[error("template `{name}` has a place `{{{place}}}`: with answer `{form}`, places are {known}")]
    UnknownPlace {
        /// The template's name.
        name: String,
        /// The place's name.
        place: String,
        /// The form of its answer.
        form: &'static str,
        /// The names that can stand there.
        known: String,
    },
}

/// What a model is asked to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// One letter, A or B.
    Letter,
    /// Reasons, and then a marked verdict such as `[[A]]`.
    Marked,
    /// A JSON object with a field `verdict`.
    Json,
    /// A JSON object with a number for each criterion, of one reply.
    Ratings,
    /// A text about one reply, by a principle: what is wrong with it, or a better one.
    Prose,
}

impl AnswerForm {
    const ALL: [Self; 5] = [Self::Letter, Self::Marked, Self::Json, Self::Ratings, Self::Prose];

    /// The name, as it stands in a template's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Marked => "marked",
            Self::Json => "json",
            Self::Ratings => "ratings",
            Self::Prose => "prose",
        }
    }

    /// The places that a template has to have.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Ratings => &["conversation", "reply"],
            Self::Prose => &["conversation", "reply", "request"],
            Self::Letter | Self::Marked | Self::Json => &["conversation", "reply_a", "reply_b"],
        }
    }

    /// The places that it may have beside.
    fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Prose => &["principle", "critique"],
            _ => &["reference"],
        }
    }
}

/// What ratings are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rubric {
    /// The criteria's names, at least one.
    pub criteria: Vec<String>,
    /// The lowest and the highest rating.
    pub scale: [f64; 2],
}

/// A text with places, in sections of a role each.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: String,
    version: String,
    hash: String,
    form: AnswerForm,
    rubric: Rubric,
    messages: Vec<Message>,
}

/// The templates that are compiled in, by name.
const BUILT_IN: [(&str, &str); 8] = [
    ("pairwise", include_str!("../../data/templates/pairwise.txt")),
    ("bare", include_str!("../../data/templates/bare.txt")),
    ("reasoned", include_str!("../../data/templates/reasoned.txt")),
    ("json", include_str!("../../data/templates/json.txt")),
    ("reference", include_str!("../../data/templates/reference.txt")),
    ("rubric", include_str!("../../data/templates/rubric.txt")),
    ("critique", include_str!("../../data/templates/critique.txt")),
    ("revision", include_str!("../../data/templates/revision.txt")),
];

impl Template {
    /// The names of the templates that are compiled in and that judges are asked with.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let is_for_judges = |name: &&str| Self::named(name).is_some_and(|it| it.form != AnswerForm::Prose);
        BUILT_IN.iter().map(|(name, _)| *name).filter(is_for_judges)
    }

    /// The text of the template of this name that is compiled in, if there is one.
    pub fn text(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, text)| *text)
    }

    /// The template of this name that is compiled in, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let text = Self::text(name)?;
        Some(Self::parse(name, text).expect("a test reads the templates that are compiled in"))
    }

    /// The template of the label method: one letter, by the criteria of customer service.
    pub fn pairwise() -> Self {
        Self::named("pairwise").expect("it is compiled in")
    }

    /// Reads a template.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        let (header, body) = Header::read(name, text)?;
        let template = Self {
            name: name.to_owned(),
            version: header.version,
            hash: sha256_hex(text.as_bytes()),
            form: header.form,
            rubric: header.rubric,
            messages: sections(name, body)?,
        };
        template.check_user()?;
        template.check_places()?;
        Ok(template)
    }

    fn check_user(&self) -> Result<(), TemplateError> {
        let asks = |message: &Message| message.role == Role::User && !message.content.is_empty();
        match self.messages.iter().any(asks) {
            true => Ok(()),
            false => Err(TemplateError::NoUser { name: self.name.clone() }),
        }
    }

    fn check_places(&self) -> Result<(), TemplateError> {
        let name = || self.name.clone();
        if let Some(place) = self.form.needed().iter().find(|place| !self.has(place)) {
            return Err(TemplateError::NoPlace { name: name(), place });
        }
        let known = [self.form.needed(), self.form.allowed()].concat();
        let places = self.messages.iter().flat_map(|message| places(&message.content));
        match places.into_iter().find(|place| !known.contains(place)) {
            None => Ok(()),
            Some(place) => Err(TemplateError::UnknownPlace {
                name: name(),
                place: place.to_owned(),
                form: self.form.name(),
                known: known.join(", "),
            }),
        }
    }

    fn has(&self, place: &str) -> bool {
        self.messages.iter().any(|message| places(&message.content).contains(&place))
    }

    /// What a vote stores of it.
    pub fn reference(&self) -> TemplateReference {
        TemplateReference { name: self.name.clone(), version: self.version.clone(), hash: self.hash.clone() }
    }

    /// What the model is asked for.
    pub fn form(&self) -> AnswerForm {
        self.form
    }

    /// What ratings are asked for; without criteria where none are.
    pub fn rubric(&self) -> &Rubric {
        &self.rubric
    }

    /// Whether only prompts with a reference answer can be asked about.
    pub fn needs_reference(&self) -> bool {
        self.has("reference")
    }

    /// The messages that ask which of two replies is better, `shown_first` being A.
    ///
    /// What is filled in stays material: see [`defuse`].
    pub fn ask_pair(&self, prompt: &Prompt, shown_first: &str, shown_second: &str) -> Vec<Message> {
        self.fill(prompt, &[("reply_a", shown_first), ("reply_b", shown_second)])
    }

    /// The messages that ask for ratings of one reply.
    pub fn ask_ratings(&self, prompt: &Prompt, reply: &str) -> Vec<Message> {
        self.fill(prompt, &[("reply", reply)])
    }

    /// The messages that ask for a text, each place with what it is filled with.
    pub fn ask_prose(&self, prompt: &Prompt, places: &[(&str, &str)]) -> Vec<Message> {
        self.fill(prompt, places)
    }

    fn fill(&self, prompt: &Prompt, replies: &[(&str, &str)]) -> Vec<Message> {
        let conversation = conversation(&prompt.messages);
        let reference = prompt.reference_answer.as_deref().unwrap_or_default();
        let mut values = vec![("conversation", defuse(&conversation)), ("reference", defuse(reference))];
        values.extend(replies.iter().map(|(place, text)| (*place, defuse(text))));
        let filled = |message: &Message| Message::new(message.role, fill(&message.content, &values));
        self.messages.iter().map(filled).collect()
    }
}

/// What the lines before the first section say.
struct Header {
    version: String,
    form: AnswerForm,
    rubric: Rubric,
}

impl Header {
    /// The header, and what follows it.
    fn read<'a>(name: &str, text: &'a str) -> Result<(Self, &'a str), TemplateError> {
        let no_version = || TemplateError::NoVersion { name: name.to_owned() };
        let (version, mut rest) = crate::catalogue::split_version(text).ok_or_else(no_version)?;
        let rubric = Rubric { criteria: Vec::new(), scale: [1.0, 5.0] };
        let mut header = Self { version: version.to_owned(), form: AnswerForm::Letter, rubric };
        while let Some((line, after)) = rest.split_once('\n') {
            let Some(entry) = line.trim().strip_prefix("<!--").and_then(|line| line.strip_suffix("-->"))
            else {
                break;
            };
            header.take(entry).map_err(|expected| TemplateError::Header {
                name: name.to_owned(),
                line: line.trim().to_owned(),
                expected,
            })?;
            rest = after;
        }
        if header.form == AnswerForm::Ratings && header.rubric.criteria.is_empty() {
            return Err(TemplateError::Header {
                name: name.to_owned(),
                line: "<!-- answer: ratings -->".to_owned(),
                expected: "name what is rated, such as `<!-- criteria: true, helps, clear -->`",
            });
        }
        Ok((header, rest))
    }

    fn take(&mut self, entry: &str) -> Result<(), &'static str> {
        let known = "known are version, answer, criteria and scale, each with a colon and its value";
        let (key, value) = entry.split_once(':').ok_or(known)?;
        let value = value.trim();
        match key.trim() {
            "answer" => {
                let form = AnswerForm::ALL.into_iter().find(|form| form.name() == value);
                self.form = form.ok_or("an answer is letter, marked, json, ratings or prose")?;
            }
            "criteria" => {
                let criteria = value.split(',').map(|name| name.trim().to_owned());
                self.rubric.criteria = criteria.filter(|name| !name.is_empty()).collect();
            }
            "scale" => {
                let ends = value.split_once(" to ").and_then(|(low, high)| {
                    Some([low.trim().parse::<u8>().ok()?, high.trim().parse::<u8>().ok()?])
                });
                let [low, high] =
                    ends.filter(|[low, high]| low < high).ok_or("a scale is written as `1 to 5`")?;
                self.rubric.scale = [f64::from(low), f64::from(high)];
            }
            _ => return Err(known),
        }
        Ok(())
    }
}

/// The messages of a template's text.
fn sections(name: &str, body: &str) -> Result<Vec<Message>, TemplateError> {
    let mut messages: Vec<Message> = Vec::new();
    for line in body.lines() {
        match (line.trim_end(), messages.last_mut()) {
            ("[system]", _) => messages.push(Message::new(Role::System, "")),
            ("[user]", _) => messages.push(Message::new(Role::User, "")),
            (line, Some(message)) => {
                message.content.push_str(line);
                message.content.push('\n');
            }
            ("", None) => {}
            (_, None) => return Err(TemplateError::NoRole { name: name.to_owned() }),
        }
    }
    for message in &mut messages {
        message.content.truncate(message.content.trim_end().len());
    }
    Ok(messages)
}

/// The conversation as text, a speaker a paragraph; who speaks is left out where only the customer does.
fn conversation(messages: &[Message]) -> String {
    match messages {
        [only] => only.content.clone(),
        messages => {
            let lines: Vec<String> = messages
                .iter()
                .map(|message| format!("{}: {}", message.role.as_str(), message.content))
                .collect();
            lines.join("\n")
        }
    }
}

/// The place that `text` begins with, without its braces: small letters and underscores, so that JSON is none.
fn place(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name.then_some(name)
}

fn places(text: &str) -> Vec<&str> {
    text.match_indices('{').filter_map(|(at, _)| place(&text[at..])).collect()
}

/// `text` with each place filled; what is filled in is not looked at again.
fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let found = place(rest).and_then(|name| values.iter().find(|(known, _)| *known == name));
        match found {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

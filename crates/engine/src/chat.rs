//! Conversations as the tokens that a model was trained on.
//!
//! A model's file carries a Jinja template that writes messages out with control tokens between them.
//! Control tokens are read in the template's own text only: what a person wrote stays text, even where it reads `<|im_end|>`.

mod environment;
mod marker;

pub use environment::Date;

use crate::gguf::Metadata;
use crate::tokenizer::{self, Tokenizer};
use crate::{EngineError, Result};
use marker::Marker;
use minijinja::{Environment, ErrorKind, Value, context};
use std::io;
use tiebreak_core::schema::{Message, Role};

/// A model's chat template.
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
    bos_text: String,
    eos_text: String,
}

/// An assistant's reply in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The reply's text, without the token that ends it.
    pub tokens: Vec<u32>,
    /// The token that ends it.
    pub end: Option<u32>,
}

const CHAT_TEMPLATE: &str = "tokenizer.chat_template";
const CHATML: &str = r"{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
const NAME: &str = "chat template";
/// What to do where there is no usable one.
const GIVE_ONE: &str = "give the one that the model was trained with (--chat-template FILE), or take a model that was trained for chat";
/// What a template may write beside a few times what the messages hold.
const FREE_OUTPUT_BYTES: usize = 1 << 20;
const OUTPUT_BYTES_PER_MESSAGE_BYTE: usize = 8;
/// Stands for any message while the template is asked where one goes.
const ANY_TEXT: &str = "\u{FDEF}";
/// So much of a template is quoted where it is none.
const QUOTED_CHARACTERS: usize = 60;

/// What stands behind the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prompting {
    /// The prompt for the assistant's reply.
    pub for_reply: bool,
    /// Whether the template is told that the model may think before it answers; most know no such thing.
    pub thinking: bool,
}

impl Prompting {
    /// Nothing.
    pub const NONE: Self = Self { for_reply: false, thinking: false };
    /// The prompt for a reply without thinking: a customer is to be answered, and not shown how the answer came about.
    pub const REPLY: Self = Self { for_reply: true, thinking: false };
}

struct Turn<'a> {
    role: &'static str,
    content: &'a str,
}

impl ChatTemplate {
    /// The template in a file's metadata; where there is none, ChatML if the vocabulary has its two tokens.
    ///
    /// # Errors
    /// [`EngineError::Template`] when there is neither, or when the template does not parse.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let tokens = metadata.texts("tokenizer.ggml.tokens")?;
        let name_of = |key: &str| -> Result<String> {
            let id = metadata.optional_u32(key)?;
            Ok(id.and_then(|id| tokens.get(id as usize)).unwrap_or_default().to_owned())
        };
        let has_token = |name: &str| tokens.iter().any(|token| token == name);
        let missing = format!("the file has none (key `{CHAT_TEMPLATE}`)");
        let source = source_or_chatml(metadata.optional_string(CHAT_TEMPLATE)?, has_token, &missing)?;
        let bos_text = name_of("tokenizer.ggml.bos_token_id")?;
        Self::new(source, bos_text, name_of("tokenizer.ggml.eos_token_id")?)
    }

    /// The template of a Hugging Face folder: the text of its `chat_template.jinja`, or else what its `tokenizer_config.json` holds; where there is neither, ChatML if the vocabulary has its two tokens.
    ///
    /// # Errors
    /// [`EngineError::Template`] when there is none of these, when there are several and none is the default, or when the template does not parse.
    /// [`EngineError::Tokenizer`] when the configuration is no such JSON.
    pub fn from_hugging_face(
        tokenizer_config: Option<&str>,
        chat_template: Option<&str>,
        tokenizer: &Tokenizer,
    ) -> Result<Self> {
        let configured = match (chat_template, tokenizer_config) {
            (None, Some(config)) => tokenizer::configured_template(config)?,
            _ => None,
        };
        let has_token = |name: &str| tokenizer.token_id(name).is_some();
        let missing = "the folder has none (chat_template.jinja, or chat_template in tokenizer_config.json)";
        Self::for_tokenizer(
            source_or_chatml(chat_template.or(configured.as_deref()), has_token, missing)?,
            tokenizer,
        )
    }

    /// A template from its Jinja source, for a model of which it need not come.
    ///
    /// # Errors
    /// As [`ChatTemplate::new`].
    pub fn for_tokenizer(source: &str, tokenizer: &Tokenizer) -> Result<Self> {
        let name_of = |id: Option<u32>| id.and_then(|id| tokenizer.token_text(id)).unwrap_or_default();
        Self::new(source, name_of(tokenizer.bos()), name_of(tokenizer.eos()))
    }

    /// A template from its Jinja source and the names of the tokens that begin and end a sequence.
    ///
    /// # Errors
    /// [`EngineError::Template`] when it does not parse, or leaves out what a user writes.
    pub fn new(source: &str, bos_text: impl Into<String>, eos_text: impl Into<String>) -> Result<Self> {
        let source = environment::without_generation_tags(source);
        let mut environment = environment::new();
        environment.add_template_owned(NAME, source.clone()).map_err(|error| problem(error.to_string()))?;
        let template = Self { environment, source, bos_text: bos_text.into(), eos_text: eos_text.into() };
        template.refuse_deaf()?;
        Ok(template)
    }

    /// Some files hold a template's name in its place, which as Jinja writes itself whatever the messages are.
    fn refuse_deaf(&self) -> Result<()> {
        let asked = Turn { role: Role::User.as_str(), content: ANY_TEXT };
        match self.render_turns(&[asked], Prompting::REPLY) {
            Ok(text) if !text.contains(ANY_TEXT) => {
                let beginning = self.source.trim().chars().take(QUOTED_CHARACTERS).collect::<String>();
                Err(problem(format!(
                    "it leaves out what a user writes, and begins with {beginning:?}; {GIVE_ONE}"
                )))
            }
            // Some want other messages, or the date, which they are told later.
            _ => Ok(()),
        }
    }

    /// Tells the template the date, which some put into the system message; without it they fall back to one of their own.
    #[must_use]
    pub fn with_date(mut self, date: Date) -> Self {
        environment::set_date(&mut self.environment, date);
        self
    }

    /// As [`with_date`](Self::with_date), where there is a date.
    pub(crate) fn dated(self, date: Option<Date>) -> Self {
        match date {
            Some(date) => self.with_date(date),
            None => self,
        }
    }

    /// The text that the template makes of `messages`, for people to look at.
    ///
    /// # Errors
    /// [`EngineError::Template`] when the template refuses the messages or does not come to an end.
    pub fn render(&self, messages: &[Message], prompting: Prompting) -> Result<String> {
        let turns =
            messages.iter().map(|message| Turn { role: message.role.as_str(), content: &message.content });
        self.render_turns(&turns.collect::<Vec<_>>(), prompting)
    }

    /// The tokens of a conversation, with the prompt for the assistant's reply behind it if `prompting` says so, and never more than one token that begins a sequence.
    ///
    /// # Errors
    /// As [`ChatTemplate::render`] and [`Tokenizer::encode`].
    pub fn encode(
        &self,
        tokenizer: &Tokenizer,
        messages: &[Message],
        prompting: Prompting,
    ) -> Result<Vec<u32>> {
        let contents = messages.iter().map(|message| message.content.as_str());
        let marker = Marker::for_texts(contents.clone(), &self.source, tokenizer)?;
        let guarded = contents.map(|content| marker.guard(content)).collect::<Vec<_>>();
        let turns = messages.iter().zip(&guarded);
        let turns = turns.map(|(message, content)| Turn { role: message.role.as_str(), content });
        let text = self.render_turns(&turns.collect::<Vec<_>>(), prompting)?;
        let ids = tokenizer.encode_marked(&text, Some(marker.character))?;
        Ok(with_beginning(tokenizer, ids))
    }

    /// The tokens of an assistant's reply where the template puts it, behind the prompt for it.
    ///
    /// # Errors
    /// As [`ChatTemplate::encode`].
    pub fn encode_reply(&self, tokenizer: &Tokenizer, reply: &str) -> Result<Reply> {
        let asked = Turn { role: Role::User.as_str(), content: "?" };
        let answered = Turn { role: Role::Assistant.as_str(), content: ANY_TEXT };
        let prompt = self.render_turns(std::slice::from_ref(&asked), Prompting::REPLY)?;
        let whole = self.render_turns(&[asked, answered], Prompting::NONE)?;
        let (before, after) = whole.split_once(ANY_TEXT).unwrap_or((&prompt, ""));
        // Some templates put a space between the prompt and the reply.
        let gap = before.strip_prefix(prompt.as_str()).unwrap_or_default();
        let begins = tokenizer.ends_with_special(&[&prompt, gap].concat());
        let text = [gap, reply].concat();
        let tokens = if begins { tokenizer.encode(&text)? } else { tokenizer.encode_continuation(&text)? };
        Ok(Reply { tokens, end: tokenizer.first_special(after).or(tokenizer.eos()) })
    }

    /// The shortest context in which a reply can stand with no message before it: the prompt for it alone.
    /// Templates without such a prompt leave the token that begins a sequence, or else the one that ends the sequence before.
    ///
    /// # Errors
    /// As [`ChatTemplate::encode`], and when the vocabulary has neither of these tokens.
    pub fn encode_without_prompt(&self, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        let asked = [Message::new(Role::User, "?")];
        let (with_prompt, without) =
            (self.render(&asked, Prompting::REPLY)?, self.render(&asked, Prompting::NONE)?);
        let beginning = self
            .encode(tokenizer, &asked, Prompting::REPLY)?
            .first()
            .copied()
            .filter(|first| Some(*first) == tokenizer.bos());
        let prompt = match with_prompt.strip_prefix(without.as_str()) {
            Some(prompt) => tokenizer.encode_with_special(prompt)?,
            None => {
                let (longer, shorter) =
                    (tokenizer.encode_with_special(&with_prompt)?, tokenizer.encode_with_special(&without)?);
                let common = longer.iter().zip(&shorter).take_while(|(left, right)| left == right).count();
                longer[common..].to_vec()
            }
        };
        let context = beginning.into_iter().chain(prompt).collect::<Vec<_>>();
        match (context.is_empty(), tokenizer.bos().or(tokenizer.eos())) {
            (false, _) => Ok(context),
            (true, Some(token)) => Ok(vec![token]),
            (true, None) => Err(problem(
                "it has no prompt for a reply, and the vocabulary no token that begins or ends a sequence",
            )),
        }
    }

    fn render_turns(&self, turns: &[Turn], prompting: Prompting) -> Result<String> {
        if turns.is_empty() {
            return Err(EngineError::Request("a conversation needs at least one message".to_owned()));
        }
        let message_bytes = turns.iter().map(|turn| turn.content.len()).sum::<usize>();
        let mut output = Limited::new(FREE_OUTPUT_BYTES + OUTPUT_BYTES_PER_MESSAGE_BYTE * message_bytes);
        let messages = turns.iter().map(|turn| context! { role => turn.role, content => turn.content });
        let values = context! {
            messages => messages.collect::<Vec<_>>(),
            add_generation_prompt => prompting.for_reply,
            bos_token => self.bos_text.as_str(),
            eos_token => self.eos_text.as_str(),
            tools => Value::from(()),
            documents => Value::from(()),
            enable_thinking => prompting.thinking,
            // Granite's name for it.
            thinking => prompting.thinking,
        };
        let template = self.environment.get_template(NAME).expect("it was added when this was built");
        let rendered = template.render_captured_to(values, &mut output).map(drop);
        rendered.map_err(|error| explained(&error))?;
        String::from_utf8(output.bytes).map_err(|error| problem(error.to_string()))
    }
}

/// Puts the token that begins a sequence before `ids` where the model wants one and the template wrote none.
fn with_beginning(tokenizer: &Tokenizer, mut ids: Vec<u32>) -> Vec<u32> {
    if let Some(bos) = tokenizer.bos().filter(|bos| tokenizer.add_bos() && ids.first() != Some(bos)) {
        ids.insert(0, bos);
    }
    ids
}

/// The template that a model has, or the usual one where the vocabulary has its tokens.
fn source_or_chatml<'a>(
    source: Option<&'a str>,
    has_token: impl Fn(&str) -> bool,
    missing: &str,
) -> Result<&'a str> {
    match source {
        Some(source) => Ok(source),
        None if ["<|im_start|>", "<|im_end|>"].into_iter().all(has_token) => Ok(CHATML),
        None => Err(problem(format!(
            "{missing}, and its vocabulary lacks the tokens <|im_start|> and <|im_end|> of the usual one; {GIVE_ONE}"
        ))),
    }
}

fn problem(text: impl Into<String>) -> EngineError {
    EngineError::Template(text.into())
}

/// What to do about an error, where we know, or else what it says.
fn explained(error: &minijinja::Error) -> EngineError {
    let text = with_detail(error);
    match error.kind() {
        ErrorKind::UnknownFunction if text.contains(environment::DATE_FUNCTION) => problem(
            "it writes the date, and was told none; give --date YYYY-MM-DD (for some a system message will do as well)",
        ),
        _ => problem(text),
    }
}

/// The error with what caused it, in one line.
fn with_detail(error: &minijinja::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A buffer that refuses to grow without end.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Limited {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(io::Error::other(format!("the template writes more than {} bytes", self.limit)));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! One response on its way through the rounds.

use crate::endpoint::{REFUSAL, SERVERS_REASON};
use jiff::Timestamp;
use tiebreak_core::constitution::{
    edit_distance, looks_like_refusal, revised_text, Constitution, Principle, Questions,
};
use tiebreak_core::schema::{
    response_ids, Extra, FinishReason, Message, ModelReference, Response, Revision, Runtime, Sample,
    Sampling, TemplateReference, Unrevised,
};

/// What all revisions of a run have in common.
pub struct Settings {
    pub constitution: Constitution,
    pub questions: Questions,
    pub has_critique: bool,
    pub n_rounds: u32,
    pub sampling: Sampling,
}

impl Settings {
    /// How records name the constitution.
    fn constitution(&self) -> TemplateReference {
        let (version, hash) = (self.constitution.version.clone(), self.constitution.hash.clone());
        TemplateReference { name: "constitution".to_owned(), version, hash }
    }

    fn templates(&self) -> Vec<TemplateReference> {
        let asked = [self.has_critique.then_some(&self.questions.critique), Some(&self.questions.revision)];
        asked.into_iter().flatten().map(|template| template.reference()).collect()
    }
}

/// What a model wrote.
#[derive(Clone, Debug)]
pub struct Written {
    pub text: String,
    pub tokens: Option<u32>,
    pub finish_reason: Option<FinishReason>,
    /// The server's own name for another reason to end, such as `content_filter`.
    pub other_ending: Option<String>,
    pub mean_logprob_nats: Option<f64>,
    pub model: ModelReference,
    pub runtime: Runtime,
}

impl Written {
    /// What kept it from its end, where something did.
    fn is_broken_off(&self) -> Option<String> {
        match (&self.other_ending, self.finish_reason) {
            (Some(name), _) => Some(format!("was ended by the server ({name})")),
            (None, Some(FinishReason::Length)) => Some("reached --max-tokens before its end".to_owned()),
            _ => None,
        }
    }

    /// Whether the server says so; others are told by their words.
    fn is_refusal(&self) -> bool {
        self.other_ending.as_deref().is_some_and(|name| [REFUSAL, "content_filter"].contains(&name))
    }
}

/// A response, its revisions so far, and what is asked next.
pub struct Chain<'a> {
    settings: &'a Settings,
    pub sample: &'a Sample,
    /// The place of the original in its sample.
    index: usize,
    principles: Vec<&'a Principle>,
    /// The original, and what was made of it.
    responses: Vec<Response>,
    /// Which round it is in, from 0.
    round: usize,
    critique: Option<String>,
    /// Rounds that gave the reply back as it was.
    pub unchanged: Vec<Unrevised>,
    pub n_refusals: usize,
    /// Why it cannot go on.
    pub failure: Option<String>,
}

impl<'a> Chain<'a> {
    pub fn new(settings: &'a Settings, sample: &'a Sample, index: usize) -> Self {
        let (seed, prompt_id) = (settings.sampling.seed, &sample.prompt.id);
        let principles = settings.constitution.draw(seed, prompt_id, index as u32, settings.n_rounds);
        Self {
            settings,
            sample,
            index,
            principles,
            responses: vec![sample.responses[index].clone()],
            round: 0,
            critique: None,
            unchanged: Vec::new(),
            n_refusals: 0,
            failure: None,
        }
    }

    pub fn original(&self) -> &Response {
        &self.sample.responses[self.index]
    }

    /// What is asked next, and a key of its own for the random numbers; none where the chain has ended.
    pub fn question(&self) -> Option<(String, Vec<Message>)> {
        let principle = self.principles.get(self.round).filter(|_| self.failure.is_none())?;
        let (prompt, reply) = (&self.sample.prompt, &self.newest().text);
        let questions = &self.settings.questions;
        let (step, messages) = match (&self.critique, self.settings.has_critique) {
            (None, true) => ("critique", questions.ask_critique(prompt, reply, principle)),
            (critique, _) => {
                let critique = critique.as_deref().unwrap_or_default();
                ("revision", questions.ask_revision(prompt, reply, principle, critique))
            }
        };
        let key = format!("{}/{}/{}/{step}", prompt.id, self.original().id, self.round + 1);
        Some((key, messages))
    }

    fn newest(&self) -> &Response {
        self.responses.last().expect("the original stands first")
    }

    /// Takes the answer to [`question`](Self::question).
    pub fn take(&mut self, answer: Result<Written, String>, now: Timestamp) {
        let written = match answer {
            Ok(written) => written,
            Err(what) => {
                self.failure = Some(what);
                return;
            }
        };
        if self.settings.has_critique && self.critique.is_none() {
            if let Some(what) = written.is_broken_off() {
                self.failure = Some(format!("the critique {what}"));
                return;
            }
            match tiebreak_core::judge::without_reasoning(&written.text) {
                Ok(critique) if !critique.is_empty() => self.critique = Some(critique.to_owned()),
                _ => self.failure = Some("the model wrote no critique".to_owned()),
            }
            return;
        }
        match revised_text(&written.text) {
            None => self.failure = Some("the model wrote no revision".to_owned()),
            Some(text) if text == self.newest().text.trim() => self.unchanged(),
            Some(text) => self.revised(text, written, now),
        }
        self.critique = None;
        self.round += 1;
    }

    /// What this round rests on, before its reply is looked at.
    fn revision(&self) -> Revision {
        Revision {
            parent: self.newest().id.clone(),
            principle: self.principles[self.round].id.clone(),
            critique: self.critique.clone().unwrap_or_default(),
            round: self.round as u32 + 1,
            constitution: Some(self.settings.constitution()),
            templates: self.settings.templates(),
            length_change: None,
            edit_distance: None,
            is_refusal: None,
            extra: Extra::new(),
        }
    }

    fn unchanged(&mut self) {
        self.unchanged.push(Unrevised {
            prompt_id: self.sample.prompt.id.clone(),
            original: self.original().id.clone(),
            revision: self.revision(),
            extra: Extra::new(),
        });
    }

    fn revised(&mut self, text: String, written: Written, now: Timestamp) {
        let parent = self.newest();
        let n_characters = |text: &str| text.chars().count() as i64;
        let is_refusal = written.is_refusal() || looks_like_refusal(&text);
        let revision = Revision {
            length_change: Some(n_characters(&text) - n_characters(&parent.text)),
            edit_distance: Some(edit_distance(&parent.text, &text)),
            is_refusal: Some(is_refusal),
            ..self.revision()
        };
        let response = Response {
            id: response_ids(&self.sample.prompt.messages, &[&text]).remove(0),
            text,
            tokens: written.tokens,
            finish_reason: written.finish_reason,
            thinking: None,
            thinking_tokens: None,
            mean_logprob_nats: written.mean_logprob_nats,
            sampling: Some(self.settings.sampling.clone()),
            model: Some(written.model),
            runtime: Some(written.runtime),
            kernels: None,
            created_at: Some(now),
            revision: Some(Box::new(revision)),
            extra: written
                .other_ending
                .map(|name| (SERVERS_REASON.to_owned(), name.into()))
                .into_iter()
                .collect(),
        };
        // A round can lead back to an earlier text, which is no response of its own.
        if self.responses.iter().any(|earlier| earlier.id == response.id) {
            self.unchanged();
            return;
        }
        self.n_refusals += usize::from(is_refusal);
        self.responses.push(response);
    }

    /// The original and its revisions; none where nothing was changed.
    pub fn sample(&self) -> Option<Sample> {
        let (sample, responses) = (self.sample, self.responses.clone());
        (responses.len() > 1).then(|| Sample {
            prompt: sample.prompt.clone(),
            responses,
            extra: Extra::new(),
        })
    }
}

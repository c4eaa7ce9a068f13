//! Pairs that are judged by what a model writes: which questions there are, and what their answers make of the pairs.
//!
//! Words need two questions for a pair, one in each order; ratings need one for each response, whatever the number of its pairs.

use super::way::Way;
use crate::files::Placed;
use std::collections::BTreeMap;
use tiebreak_core::judge::{
    judge_first_tokens, judge_label, judge_ratings, judge_words, judge_words_in_one_order, Judge, Judgment,
    LabelLogprobs, Template,
};
use tiebreak_core::schema::{pairs, Message, Pair, Prompt, Role, Sample, Side};

/// A question: the place of its sample, and its number there.
pub type QuestionId = (usize, usize);

/// Something to ask.
pub struct Question {
    pub id: QuestionId,
    pub messages: Vec<Message>,
}

/// The questions that pairs without a vote need.
pub struct Questions<'a> {
    way: &'a Way,
    judge: &'a Judge,
    samples: &'a [&'a Placed<Sample>],
    /// The pairs without a vote, by the place of their sample.
    pending: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Questions<'a> {
    /// The questions about the pairs that `is_pending` names.
    pub fn new(
        way: &'a Way,
        judge: &'a Judge,
        samples: &'a [&'a Placed<Sample>],
        is_pending: impl Fn(&Sample, &Pair<'_>) -> bool,
    ) -> Self {
        let pending_of = |sample: &Sample| -> Vec<usize> {
            let numbered = pairs(sample).enumerate();
            numbered.filter(|(_, pair)| is_pending(sample, pair)).map(|(number, _)| number).collect()
        };
        let pending = samples.iter().enumerate().map(|(at, sample)| (at, pending_of(&sample.record)));
        Self { way, judge, samples, pending: pending.filter(|(_, pairs)| !pairs.is_empty()).collect() }
    }

    /// All of them, made as they are needed.
    pub fn iter(&self) -> impl Iterator<Item = Question> + '_ {
        self.pending.iter().flat_map(move |(&at, pairs)| {
            let mut numbers: Vec<usize> = pairs.iter().flat_map(|&pair| self.needs(at, pair)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers
                .into_iter()
                .map(move |number| Question { id: (at, number), messages: self.ask(at, number) })
        })
    }

    /// Two questions that differ in all that is filled in: what both begin with, all do.
    pub fn examples(&self) -> [Vec<Message>; 2] {
        ["1", "2"].map(|text| {
            let prompt = Prompt {
                reference_answer: Some(text.to_owned()),
                ..Prompt::new("", vec![Message::new(Role::User, text)])
            };
            match self.way {
                Way::Ratings { template, .. } => template.ask_ratings(&prompt, text),
                Way::Words { template, .. } | Way::Label { template, .. } => {
                    template.ask_pair(&prompt, text, text)
                }
                Way::Likelihood(_) => Vec::new(),
            }
        })
    }

    /// The numbers of the questions that a pair needs.
    fn needs(&self, at: usize, pair: usize) -> Vec<usize> {
        match self.way {
            Way::Ratings { .. } => self.places(at, pair).to_vec(),
            Way::Words { one_order: true, .. } => vec![2 * pair],
            _ => vec![2 * pair, 2 * pair + 1],
        }
    }

    /// The places of a pair's responses in their sample.
    fn places(&self, at: usize, pair: usize) -> [usize; 2] {
        let sample = &self.samples[at].record;
        let pair = self.pair(at, pair);
        [pair.first, pair.second].map(|wanted| {
            let place = sample.responses.iter().position(|response| std::ptr::eq(response, wanted));
            place.expect("a pair's responses are its sample's")
        })
    }

    fn pair(&self, at: usize, number: usize) -> Pair<'a> {
        pairs(&self.samples[at].record).nth(number).expect("the number is from this list")
    }

    fn ask(&self, at: usize, number: usize) -> Vec<Message> {
        let sample = &self.samples[at].record;
        match self.way {
            Way::Ratings { template, .. } => {
                template.ask_ratings(&sample.prompt, &sample.responses[number].text)
            }
            Way::Words { template, one_order, .. } => {
                let pair = self.pair(at, number / 2);
                let is_turned = match one_order {
                    true => self.judge.shown_first(&pair.id) == Side::Second,
                    false => number % 2 == 1,
                };
                self.ask_pair(template, &pair, is_turned, at)
            }
            Way::Label { template, .. } => {
                self.ask_pair(template, &self.pair(at, number / 2), number % 2 == 1, at)
            }
            Way::Likelihood(_) => Vec::new(),
        }
    }

    fn ask_pair(&self, template: &Template, pair: &Pair<'_>, is_turned: bool, at: usize) -> Vec<Message> {
        let (a, b) = (&pair.first.text, &pair.second.text);
        let [a, b] = if is_turned { [b, a] } else { [a, b] };
        template.ask_pair(&self.samples[at].record.prompt, a, b)
    }
}

/// What was heard in answer to a question.
pub enum Heard {
    /// What the model wrote.
    Text(String),
    /// The log-probabilities of the two labels, in nats.
    Labels(LabelLogprobs),
    /// The likeliest first tokens, with their log-probabilities in nats.
    FirstTokens(Vec<(String, f64)>),
}

/// The answers that came, until every pair that needs them has its judgment.
pub struct Answers<'a> {
    questions: &'a Questions<'a>,
    pending: BTreeMap<usize, Vec<usize>>,
    came: BTreeMap<QuestionId, Result<Heard, String>>,
}

/// A pair whose questions are all answered.
pub struct Judged<'a> {
    pub sample: &'a Placed<Sample>,
    pub pair: Pair<'a>,
    /// The judgment, or why a question has no answer.
    pub judgment: Result<Judgment, String>,
}

impl<'a> Answers<'a> {
    pub fn new(questions: &'a Questions<'a>) -> Self {
        Self { questions, pending: questions.pending.clone(), came: BTreeMap::new() }
    }

    /// Takes an answer, or why there is none; returns the pairs that it completes.
    pub fn take(&mut self, id: QuestionId, heard: Result<Heard, String>) -> Vec<Judged<'a>> {
        self.came.insert(id, heard);
        let (at, questions) = (id.0, self.questions);
        let Some(pending) = self.pending.get_mut(&at) else { return Vec::new() };
        let has_come = |pair: &usize| {
            questions.needs(at, *pair).into_iter().all(|number| self.came.contains_key(&(at, number)))
        };
        let (complete, left): (Vec<usize>, Vec<usize>) = pending.iter().partition(|pair| has_come(pair));
        *pending = left;
        let is_last = pending.is_empty();
        let judged = complete.into_iter().map(|number| self.judged(at, number)).collect();
        if is_last {
            self.pending.remove(&at);
            self.came.retain(|(sample, _), _| *sample != at);
        }
        judged
    }

    fn judged(&self, at: usize, number: usize) -> Judged<'a> {
        let questions = self.questions;
        let pair = questions.pair(at, number);
        let heard: Result<Vec<&Heard>, String> = questions
            .needs(at, number)
            .into_iter()
            .map(|number| self.came[&(at, number)].as_ref().map_err(Clone::clone))
            .collect();
        let judgment = heard.map(|heard| judgment(questions, &pair, &heard));
        Judged { sample: questions.samples[at], pair, judgment }
    }
}

/// What the answers make of a pair.
fn judgment(questions: &Questions<'_>, pair: &Pair<'_>, heard: &[&Heard]) -> Judgment {
    match (questions.way, heard) {
        (Way::Label { tie_band, .. }, [Heard::Labels(one), Heard::Labels(other)]) => {
            judge_label(*one, *other, *tie_band)
        }
        (Way::Label { tie_band, .. }, [Heard::FirstTokens(one), Heard::FirstTokens(other)]) => {
            judge_first_tokens([one, other], *tie_band)
        }
        (Way::Ratings { template, tie_band, .. }, [Heard::Text(first), Heard::Text(second)]) => {
            judge_ratings([first, second], template.rubric(), *tie_band)
        }
        (Way::Words { on_flip, .. }, [Heard::Text(one), Heard::Text(other)]) => {
            judge_words([one, other], *on_flip)
        }
        (Way::Words { .. }, [Heard::Text(only)]) => {
            judge_words_in_one_order(only, questions.judge.shown_first(&pair.id))
        }
        _ => unreachable!("each way hears its own kind of answer, as often as it needs"),
    }
}

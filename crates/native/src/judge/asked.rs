//! Pairs that are judged by what a model answers: which questions there are, and what their answers make of the pairs.
//!
//! Words and labels need two questions for a pair, one in each order; ratings need one for each response, whatever the number of its pairs.

use super::way::Way;
use crate::endpoint::{Finish, REFUSAL};
use crate::files::Placed;
use std::collections::{BTreeMap, BTreeSet};
use tiebreak_core::judge::{
    judge_first_tokens, judge_label, judge_ratings, judge_words, judge_words_in_one_order, Ending, Judge,
    Judgment, LabelLogprobs, Spoken,
};
use tiebreak_core::schema::{pairs, Message, Pair, Prompt, Response, Role, Sample, Side};

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
    /// The numbers of the pairs without a vote, by the place of their sample.
    pending: BTreeMap<usize, Vec<usize>>,
}

/// A pair without a vote, and the numbers of the questions that it needs.
struct Pending<'a> {
    pair: Pair<'a>,
    needs: Vec<usize>,
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
        self.pending.keys().flat_map(move |&at| {
            let mut asked = BTreeSet::new();
            self.open(at).into_iter().flat_map(move |Pending { pair, needs }| {
                let new: Vec<usize> = needs.into_iter().filter(|number| asked.insert(*number)).collect();
                let question = |number| Question { id: (at, number), messages: self.ask(at, number, &pair) };
                new.into_iter().map(question).collect::<Vec<_>>()
            })
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let of_sample = |at: &usize| {
            let numbers = self.open(*at).into_iter().flat_map(|pending| pending.needs);
            numbers.collect::<BTreeSet<_>>().len()
        };
        self.pending.keys().map(of_sample).sum()
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

    /// The pairs of a sample that have no vote.
    fn open(&self, at: usize) -> Vec<Pending<'a>> {
        let sample = &self.samples[at].record;
        let wanted = &self.pending[&at];
        let mut next = wanted.iter().peekable();
        let mut open = Vec::with_capacity(wanted.len());
        for (number, pair) in pairs(sample).enumerate() {
            if next.next_if_eq(&&number).is_some() {
                let needs = self.needs(sample, &pair, number);
                open.push(Pending { pair, needs });
            }
        }
        open
    }

    fn needs(&self, sample: &Sample, pair: &Pair<'_>, number: usize) -> Vec<usize> {
        match self.way {
            Way::Ratings { .. } => {
                let is_of_pair =
                    |wanted: &Response| sample.responses.iter().position(|other| std::ptr::eq(other, wanted));
                [pair.first, pair.second].into_iter().filter_map(is_of_pair).collect()
            }
            Way::Words { one_order: true, .. } => vec![2 * number],
            _ => vec![2 * number, 2 * number + 1],
        }
    }

    fn ask(&self, at: usize, number: usize, pair: &Pair<'_>) -> Vec<Message> {
        let sample = &self.samples[at].record;
        let prompt = &sample.prompt;
        let (template, is_turned) = match self.way {
            Way::Likelihood(_) => return Vec::new(),
            Way::Ratings { template, .. } => {
                return template.ask_ratings(prompt, &sample.responses[number].text)
            }
            Way::Words { template, one_order: true, .. } => {
                (template, self.judge.shown_first(&pair.id) == Side::Second)
            }
            Way::Words { template, .. } | Way::Label { template, .. } => (template, number % 2 == 1),
        };
        let (a, b) = (&pair.first.text, &pair.second.text);
        let [a, b] = if is_turned { [b, a] } else { [a, b] };
        template.ask_pair(prompt, a, b)
    }
}

/// What was heard in answer to a question.
pub enum Heard {
    /// What the model wrote, and how that ended.
    Text { text: String, finish: Finish },
    /// The log-probabilities of the two labels, in nats.
    Labels(LabelLogprobs),
    /// The likeliest first tokens, with their log-probabilities in nats.
    FirstTokens(Vec<(String, f64)>),
}

impl Heard {
    fn spoken(&self) -> Option<Spoken<'_>> {
        match self {
            Self::Text { text, finish } => {
                let ending = match finish {
                    Finish::Stop => Ending::Whole,
                    Finish::Length => Ending::CutOff,
                    Finish::Other(name) if name == REFUSAL => Ending::Refused,
                    Finish::Other(name) => Ending::Other(name),
                };
                Some(Spoken { text, ending })
            }
            _ => None,
        }
    }
}

/// The answers that came, until every pair that needs them has its judgment.
pub struct Answers<'a> {
    questions: &'a Questions<'a>,
    /// Of samples with an answer, the pairs that are not judged yet.
    open: BTreeMap<usize, Vec<Pending<'a>>>,
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
        Self { questions, open: BTreeMap::new(), came: BTreeMap::new() }
    }

    /// Takes an answer, or why there is none; returns the pairs that it completes.
    pub fn take(&mut self, id: QuestionId, heard: Result<Heard, String>) -> Vec<Judged<'a>> {
        let (at, number) = id;
        let questions = self.questions;
        self.came.insert(id, heard);
        let open = self.open.entry(at).or_insert_with(|| questions.open(at));
        let came = &self.came;
        let is_complete = |pending: &mut Pending<'_>| {
            pending.needs.contains(&number)
                && pending.needs.iter().all(|number| came.contains_key(&(at, *number)))
        };
        let complete: Vec<Pending<'a>> = open.extract_if(.., is_complete).collect();
        let is_last = open.is_empty();
        let judged = complete.into_iter().map(|pending| self.judged(at, pending)).collect();
        if is_last {
            self.open.remove(&at);
            self.came.retain(|(sample, _), _| *sample != at);
        }
        judged
    }

    fn judged(&self, at: usize, Pending { pair, needs }: Pending<'a>) -> Judged<'a> {
        let questions = self.questions;
        let heard: Result<Vec<&Heard>, String> =
            needs.iter().map(|number| self.came[&(at, *number)].as_ref().map_err(Clone::clone)).collect();
        let judgment = heard.map(|heard| judgment(questions, &pair, &heard));
        Judged { sample: questions.samples[at], pair, judgment }
    }
}

/// What the answers make of a pair.
fn judgment(questions: &Questions<'_>, pair: &Pair<'_>, heard: &[&Heard]) -> Judgment {
    let spoken: Vec<Spoken<'_>> = heard.iter().filter_map(|heard| heard.spoken()).collect();
    match (questions.way, heard, spoken.as_slice()) {
        (Way::Label { tie_band, .. }, [Heard::Labels(one), Heard::Labels(other)], _) => {
            judge_label(*one, *other, *tie_band)
        }
        (Way::Label { tie_band, .. }, [Heard::FirstTokens(one), Heard::FirstTokens(other)], _) => {
            judge_first_tokens([one, other], *tie_band)
        }
        (Way::Ratings { template, tie_band, .. }, _, [first, second]) => {
            judge_ratings([*first, *second], template.rubric(), *tie_band)
        }
        (Way::Words { on_flip, .. }, _, [one, other]) => judge_words([*one, *other], *on_flip),
        (Way::Words { .. }, _, [only]) => {
            judge_words_in_one_order(*only, questions.judge.shown_first(&pair.id))
        }
        _ => unreachable!("each way hears its own kind of answer, as often as it needs"),
    }
}

//! Pairs judged by a model in this process.

use super::asked::{Answers, Heard, QuestionId, Questions};
use super::key;
use super::run::Run;
use super::way::Way;
use crate::endpoint::Finish;
use crate::files::Placed;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use tiebreak_core::judge::{judge_likelihood, LikelihoodSettings, LABELS};
use tiebreak_core::schema::{pairs, FinishReason, Response, Sample, Sampling};
use tiebreak_engine::generate::{common_beginning, generate_after, Event, Generated, Job, Options};
use tiebreak_engine::score::{LabelScorer, ReplyScorer};
use tiebreak_engine::Model;

impl Run<'_> {
    /// Votes on each pair of the samples that has no vote yet; an error is one of writing.
    pub fn ask_model(&mut self, model: &Model, pending: &[&Placed<Sample>], batch: u32) -> Result<()> {
        let way = self.request.way;
        if let Way::Likelihood(settings) = way {
            return self.by_likelihood(model, pending, settings);
        }
        let judge = self.judge.clone();
        let questions =
            Questions::new(way, &judge, pending, |sample, pair| !self.done.contains(&key(sample, pair)));
        match way {
            Way::Words { max_tokens, .. } | Way::Ratings { max_tokens, .. } => {
                let options = Options { batch: batch as usize };
                self.by_words(model, &questions, (*max_tokens, options))
            }
            _ => self.by_label(model, &questions),
        }
    }

    fn by_likelihood(
        &mut self,
        model: &Model,
        pending: &[&Placed<Sample>],
        settings: &LikelihoodSettings,
    ) -> Result<()> {
        for sample in pending {
            if self.is_interrupted() {
                break;
            }
            self.sample_by_likelihood(model, sample, settings)?;
        }
        Ok(())
    }

    fn sample_by_likelihood(
        &mut self,
        model: &Model,
        sample: &Placed<Sample>,
        settings: &LikelihoodSettings,
    ) -> Result<()> {
        let mut scorer = match ReplyScorer::new(model, &sample.record.prompt.messages) {
            Ok(scorer) => scorer,
            Err(error) => {
                self.fail(sample, &error.to_string());
                return Ok(());
            }
        };
        // A text is scored when the first pair needs it, so that Ctrl-C waits for two texts at most.
        let mut scores = BTreeMap::new();
        let mut score_of = |response: &Response| {
            let score = scores.entry(response.id.clone()).or_insert_with(|| {
                scorer.score(&response.text).map_err(|error| format!("response `{}`: {error}", response.id))
            });
            score.clone()
        };
        for pair in pairs(&sample.record) {
            if self.done.contains(&key(&sample.record, &pair)) {
                continue;
            }
            if self.is_interrupted() {
                break;
            }
            match score_of(pair.first).and_then(|first| Ok((first, score_of(pair.second)?))) {
                Ok((first, second)) => {
                    self.write(sample, &pair, judge_likelihood(first, second, settings))?;
                }
                Err(what) => self.skip(sample, &pair, &what),
            }
        }
        Ok(())
    }

    /// Asks for the log-probabilities of both labels, question by question; what all begin with is read once.
    ///
    /// Several at once would be no faster: a question's tokens are read together and keep the processor busy, as single tokens of many answers do.
    fn by_label(&mut self, model: &Model, questions: &Questions<'_>) -> Result<()> {
        let mut answers = Answers::new(questions);
        let mut scorer =
            LabelScorer::new(model, &questions.examples(), &LABELS).context("judging stopped")?;
        for question in questions.iter() {
            if self.is_interrupted() {
                break;
            }
            let heard =
                scorer.score(&question.messages).map(Heard::Labels).map_err(|error| error.to_string());
            self.answered(&mut answers, question.id, heard)?;
        }
        Ok(())
    }

    /// Lets the model write an answer to each question, as many at once as the batch holds.
    fn by_words(
        &mut self,
        model: &Model,
        questions: &Questions<'_>,
        (max_tokens, options): (u32, Options),
    ) -> Result<()> {
        let mut answers = Answers::new(questions);
        let jobs = questions.iter().map(|question| Job {
            prompt_id: format!("{} {}", question.id.0, question.id.1),
            messages: question.messages,
            sampling: vec![likeliest(max_tokens)],
            thinking: false,
        });
        let mut failure = None;
        let prefix = common_beginning(model, &questions.examples()).context("judging stopped")?;
        let generated =
            generate_after(model, &prefix, jobs, &options, |event| match self.take(&mut answers, event) {
                Ok(flow) => flow,
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            });
        generated.context("judging stopped")?;
        failure.map_or(Ok(()), Err)
    }

    fn take(&mut self, answers: &mut Answers<'_>, event: Event) -> Result<ControlFlow<()>> {
        match event {
            Event::Step { rows_in_flight, new_tokens, .. } => {
                self.progress.step(rows_in_flight, new_tokens);
                if self.is_interrupted() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Event::Halved { batch } => self.progress.halved(batch),
            Event::Failed { prompt_id, error } => {
                self.answered(answers, question_id(&prompt_id), Err(error.to_string()))?;
            }
            Event::Completed(completed) => {
                let heard = completed.responses.into_iter().next().map(|response| Heard::Text {
                    finish: match response.finish_reason {
                        FinishReason::Stop => Finish::Stop,
                        FinishReason::Length => Finish::Length,
                    },
                    text: whole(response),
                });
                let heard = heard.ok_or_else(|| "the model wrote nothing".to_owned());
                self.answered(answers, question_id(&completed.prompt_id), heard)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// All that was written: votes keep it, and it is read as a server's answer is, without the thought.
fn whole(response: Generated) -> String {
    match response.thought {
        None => response.text,
        Some(thought) if response.tokens == 0 => format!("<think>\n{}", thought.text),
        Some(thought) => format!("<think>\n{}\n</think>\n\n{}", thought.text, response.text),
    }
}

/// The settings of an answer: the likeliest one.
fn likeliest(max_tokens: u32) -> Sampling {
    Sampling {
        temperature: 0.0,
        top_p: 1.0,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens,
        stop: Vec::new(),
        seed: 0,
        extra: Default::default(),
    }
}

/// The question that a job's id names.
fn question_id(id: &str) -> QuestionId {
    let parts = id.split_once(' ').and_then(|(at, number)| Some((at.parse().ok()?, number.parse().ok()?)));
    parts.expect("the job's id was made of two numbers")
}

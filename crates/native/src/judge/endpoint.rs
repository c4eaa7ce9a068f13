//! Pairs judged by a model behind a server.

use super::asked::{Answers, Heard, Question, Questions};
use super::run::Run;
use super::way::Way;
use super::{key, PairKey};
use crate::endpoint::{ask_all, Answer, Ask, AskError, Client, Extras, Next};
use crate::files::{say, Placed};
use anyhow::{bail, Result};
use std::collections::BTreeSet;
use tiebreak_core::judge::Judge;
use tiebreak_core::schema::Sample;

/// For how many of the likeliest first tokens the label method asks; more are not offered.
const TOP_LOGPROBS: u32 = 20;

/// Who judges through `client` in this way.
pub fn judge(client: &Client, way: &Way) -> Judge {
    let redacted = client.redacts().then_some("redacted");
    let temperature = (!client.sends_temperature()).then_some("servers-temperature");
    let of_client: Vec<&str> = redacted.into_iter().chain(temperature).collect();
    let variation = way.variation((!of_client.is_empty()).then(|| of_client.join("+")).as_deref());
    Judge { host: Some(client.host()), variation, ..Judge::new(way.method(), client.reference()) }
}

/// An error where the way needs what no server offers.
pub fn check(way: &Way) -> Result<()> {
    match way {
        Way::Likelihood(_) => bail!(
            "the likelihood method needs the model itself, and a server only answers: take --template reasoned, or --method label where it offers log-probabilities"
        ),
        _ => Ok(()),
    }
}

/// Tells what judging the pairs without a vote would take, and makes no call.
pub fn dry_run(
    way: &Way,
    client: &Client,
    samples: &[&Placed<Sample>],
    done: &BTreeSet<PairKey>,
) -> Result<()> {
    let judge = judge(client, way);
    let questions = Questions::new(way, &judge, samples, |sample, pair| !done.contains(&key(sample, pair)));
    let estimate = client.estimate(questions.iter().map(|question| ask(way, question)))?;
    say(&format!("a dry run: {}", estimate.text()));
    Ok(())
}

impl Run<'_> {
    /// Asks a server all questions of all pairs that have no vote yet.
    pub fn ask_server(&mut self, client: &Client, pending: &[&Placed<Sample>]) -> Result<()> {
        let way = self.request.way;
        let judge = self.judge.clone();
        let questions =
            Questions::new(way, &judge, pending, |sample, pair| !self.done.contains(&key(sample, pair)));
        for question in questions.iter().take(1) {
            client.check(&ask(way, question))?;
        }
        let texts = pending.iter().flat_map(|sample| texts(&sample.record));
        client.announce(questions.count(), texts);
        let mut answers = Answers::new(&questions);
        let asks = questions.iter().map(|question| (question.id, ask(way, question)));
        let totals = ask_all(client, asks, |id, result| {
            let heard = result.map_err(|error| error.to_string()).and_then(|answer| heard(way, answer));
            self.answered(&mut answers, id, heard)?;
            Ok(Next::GoOn)
        })?;
        self.tell(&totals.to_string());
        self.report.early_end = totals.end.early(&self.progress)?;
        Ok(())
    }
}

fn texts(sample: &Sample) -> impl Iterator<Item = &str> {
    let messages = sample.prompt.messages.iter().map(|message| message.content.as_str());
    messages
        .chain(sample.prompt.reference_answer.as_deref())
        .chain(sample.responses.iter().map(|response| response.text.as_str()))
}

fn ask(way: &Way, question: Question) -> Ask {
    let (max_tokens, top_logprobs) = match way {
        Way::Words { max_tokens, .. } | Way::Ratings { max_tokens, .. } => (*max_tokens, None),
        Way::Label { .. } | Way::Likelihood(_) => (1, Some(TOP_LOGPROBS)),
    };
    Ask {
        messages: question.messages,
        temperature: Some(0.0),
        top_p: 1.0,
        max_tokens,
        seed: None,
        stop: Vec::new(),
        top_logprobs,
        extras: Extras::default(),
    }
}

fn heard(way: &Way, answer: Answer) -> Result<Heard, String> {
    match way {
        Way::Label { .. } => match answer.first_token {
            Some(tokens) => Ok(Heard::FirstTokens(tokens)),
            None => Err(AskError::NoLogprobs.to_string()),
        },
        _ => Ok(Heard::Text { text: answer.text, finish: answer.finish }),
    }
}

//! Comparisons with a known answer, and what they say of the built-in model's two ways of judging.
//!
//! `tiebreak-trainer comparisons` writes them: of dialogues that the model was never trained on, the written reply against one with a planted defect.
//! They become samples and votes like any others, so that `tiebreak calibrate` gives the same cards again.

use crate::device::Compute;
use crate::files::{json_lines, make_folder, read_all, write_whole, Placed};
use crate::judge::{self, vote_on, Way, ASKED_TIE_BAND};
use crate::model::ModelFile;
use crate::outcome::EarlyEnd;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;
use tiebreak_core::judge::card::{measure, Card, CardSettings, BY_CONSTRUCTION};
use tiebreak_core::judge::{LikelihoodSettings, Template};
use tiebreak_core::schema::{
    pairs, prompt_id, response_ids, Annotator, AnnotatorKind, Extra, Message, Prompt, Response, Role, Sample,
    Verdict, Vote,
};

const COMPARISONS: &str = include_str!("../../data/held_out.jsonl");

/// A prompt, the reply that was written for it, and a worse one.
#[derive(Deserialize)]
struct Comparison {
    prompt: String,
    better: String,
    worse: String,
    /// What is wrong with the worse one.
    defect: String,
}

/// How the judges did, and whether they came to their end.
#[derive(Default)]
pub struct Measured {
    /// The way of judging, and its card.
    pub cards: Vec<(&'static str, Card)>,
    pub early_end: Option<EarlyEnd>,
    pub n_problems: usize,
}

/// Judges all comparisons by likelihood and by label, and writes samples, answers, votes and cards into `folder`.
pub fn measured(
    folder: &Path,
    (model, batch, compute): (&ModelFile, u32, &Compute),
    (force, quiet): (bool, bool),
) -> Result<Measured> {
    let (samples, answers) = comparisons()?;
    make_folder(folder)?;
    let samples_file = folder.join("samples.jsonl");
    write_whole(&samples_file, &json_lines(&samples))?;
    write_whole(&folder.join("answers.jsonl"), &json_lines(&answers))?;
    let place = |record| Placed { place: samples_file.display().to_string(), record };
    let placed: Vec<Placed<Sample>> = samples.iter().cloned().map(place).collect();
    let label = Way::Label { template: Template::pairwise(), tie_band: ASKED_TIE_BAND };
    let mut measured = Measured::default();
    for way in [Way::Likelihood(LikelihoodSettings::default()), label] {
        let name = way.method().name();
        let votes_file = folder.join(format!("votes-{name}.jsonl"));
        let judged = vote_on(&judge::Request {
            samples: &placed,
            way: &way,
            source: judge::Source::Local { model, batch, compute },
            out: &votes_file,
            ratings: None,
            trust: None,
            force,
            quiet,
        })?;
        measured.n_problems += judged.n_problems;
        measured.early_end = judged.early_end;
        if judged.early_end.is_some() {
            break;
        }
        let mut votes = read_all::<Vote>(&[votes_file.to_string_lossy().into_owned()], |_| {})?;
        let judge = votes.first().map(|vote| vote.annotator.id.clone()).unwrap_or_default();
        votes.extend(answers.iter().cloned());
        let card = measure(&samples, &votes, &judge, CardSettings::default());
        write_whole(&folder.join(format!("card-{name}.json")), &card.to_json())?;
        measured.cards.push((name, card));
    }
    Ok(measured)
}

/// The comparisons as samples, and the answers to them as votes.
fn comparisons() -> Result<(Vec<Sample>, Vec<Vote>)> {
    let read = |line: &str| serde_json::from_str::<Comparison>(line).context("the comparisons are damaged");
    let comparisons = COMPARISONS.lines().map(read).collect::<Result<Vec<_>>>()?;
    let samples: Vec<Sample> = comparisons.iter().map(Comparison::sample).collect();
    let answers =
        comparisons.iter().zip(&samples).flat_map(|(comparison, sample)| comparison.answers(sample));
    let answers = answers.collect();
    Ok((samples, answers))
}

impl Comparison {
    fn sample(&self) -> Sample {
        let messages = vec![Message::new(Role::User, &self.prompt)];
        let texts = [self.better.as_str(), self.worse.as_str()];
        let ids = response_ids(&messages, &texts);
        let responses = ids.into_iter().zip(texts).map(|(id, text)| Response::new(id, text)).collect();
        Sample { prompt: Prompt::new(prompt_id(&messages), messages), responses, extra: Extra::new() }
    }

    /// That the written reply is clearly better, of the one pair that there is.
    fn answers<'a>(&'a self, sample: &'a Sample) -> impl Iterator<Item = Vote> + 'a {
        pairs(sample).map(|pair| {
            let strength = if pair.first.text == self.better { -2 } else { 2 };
            let responses = [pair.first.id.clone(), pair.second.id.clone()];
            let annotator = Annotator { id: BY_CONSTRUCTION.to_owned(), kind: AnnotatorKind::Expert };
            let rationale = Some(format!("the defect of the other one: {}", self.defect));
            let verdict = Verdict::Strength(strength);
            Vote { rationale, ..Vote::new(pair.id, sample.prompt.id.clone(), responses, annotator, verdict) }
        })
    }
}

//! Votes by the hundred thousand, for `tests/benches/votes.sh`.
//!
//! `bench-votes make PAIRS VOTES ANNOTATORS FOLDER` writes `samples.jsonl`, `votes.jsonl` and `labels.csv`;
//! `bench-votes dawid-skene FOLDER` reads the labels and prints how many seconds 20 steps take, the best of five.
//!
//! The votes are spread over two years. Annotators differ in how often they err, and all of them like longer replies less from the middle on.

use jiff::Timestamp;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use tiebreak_core::agreement::{DawidSkeneSettings, Label, dawid_skene};
use tiebreak_core::catalogue;
use tiebreak_core::random::{Purpose, ResponseRandom};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Extra, Message, Prompt, Response, Role, Sample, Side, Verdict, Vote, pairs,
    prompt_id, response_ids, to_line,
};

const SEED: u64 = 11;
/// 2024-01-01.
const BEGIN_SECS: i64 = 1_704_067_200;
const SPAN_SECS: f64 = 2.0 * 365.25 * 86_400.0;
const N_STEPS: usize = 20;
const N_ROUNDS: usize = 5;
const SENTENCES: [&str; 8] = [
    "Your order left our warehouse today.",
    "Please write 'agent' and a colleague takes over.",
    "I am sorry for the trouble that this has caused you.",
    "You find the setting under Account > Privacy.",
    "A refund takes five working days from the day on which we get the parcel back.",
    "Could you tell me the number of the order?",
    "That is not something I can change from here.",
    "The invoice lies in your account and can be loaded again at any time.",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["make", n_pairs, n_votes, n_annotators, folder] => make([n_pairs, n_votes, n_annotators], folder),
        ["dawid-skene", folder] => time_dawid_skene(folder),
        _ => Err("usage: bench-votes make PAIRS VOTES ANNOTATORS FOLDER | dawid-skene FOLDER".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes the samples, the votes on them in the order of their times, and each vote with a side as a row `task,worker,label`.
fn make(numbers: [&str; 3], folder: &str) -> Result<(), Box<dyn Error>> {
    let [n_pairs, n_votes, n_annotators] = numbers.map(str::parse::<usize>);
    let (n_pairs, n_votes, n_annotators) = (n_pairs?, n_votes?, n_annotators?);
    let create = |name: &str| File::create(Path::new(folder).join(name)).map(BufWriter::new);
    let mut file = create("samples.jsonl")?;
    let prompts = catalogue::prompts();
    let mut comparisons = Vec::with_capacity(n_pairs);
    for number in 0..n_pairs {
        let sample = sample(number, &prompts[number % prompts.len()]);
        writeln!(file, "{}", to_line(&sample))?;
        comparisons.push(Comparison::of(&sample)?);
    }
    file.flush()?;
    let (mut votes, mut labels) = (create("votes.jsonl")?, create("labels.csv")?);
    writeln!(labels, "task,worker,label")?;
    for number in 0..n_votes {
        // A pair comes again after all others, and to other annotators.
        let (pair, round) = (number % n_pairs, number / n_pairs);
        let annotator = (pair + round * 7) % n_annotators;
        let vote = comparisons[pair].vote(number, number as f64 / n_votes as f64, annotator)?;
        writeln!(votes, "{}", to_line(&vote))?;
        if let Verdict::Strength(strength @ (..=-1 | 1..)) = vote.verdict {
            writeln!(labels, "{pair},{annotator},{}", u8::from(strength > 0))?;
        }
    }
    votes.flush()?;
    Ok(labels.flush()?)
}

/// A prompt of the catalogue about an order of its own, and two replies of two to six sentences.
fn sample(number: usize, prompt: &Prompt) -> Sample {
    let random = ResponseRandom::new(SEED, &number.to_string(), 0);
    let mut draw = (0..).map(|counter| random.uniform(Purpose::Resample, counter));
    let mut below = |n: usize| (draw.next().unwrap_or(0.0) * n as f64) as usize;
    let mut messages = prompt.messages.clone();
    messages.push(Message::new(Role::User, format!("It is about order {number}.")));
    let mut reply = |side: &str| {
        let n_sentences = 2 + below(5);
        let sentences: Vec<&str> = (0..n_sentences).map(|_| SENTENCES[below(SENTENCES.len())]).collect();
        format!("{} Yours, {side} {number}", sentences.join(" "))
    };
    let responses = [reply("Shop"), reply("Store")];
    let ids = response_ids(&messages, &[&responses[0], &responses[1]]);
    let mut prompt = Prompt { id: prompt_id(&messages), messages, ..prompt.clone() };
    prompt.tags.clear();
    Sample {
        prompt,
        responses: ids.into_iter().zip(responses).map(|(id, text)| Response::new(id, text)).collect(),
        extra: Extra::new(),
    }
}

/// What a vote needs of a pair.
struct Comparison {
    pair: String,
    prompt_id: String,
    responses: [String; 2],
    /// How much better the first is, in nats.
    quality: f64,
    /// How much longer the first is, from -1 to 1.
    length: f64,
}

impl Comparison {
    fn of(sample: &Sample) -> Result<Self, Box<dyn Error>> {
        let pair = pairs(sample).next().ok_or("a sample without a pair")?;
        let [first, second] = [pair.first, pair.second].map(|response| response.text.len() as f64);
        let random = ResponseRandom::new(SEED, &pair.id, 1);
        Ok(Self {
            quality: 3.0 * (random.uniform(Purpose::Resample, 0) - 0.5),
            length: ((first - second) / 150.0).tanh(),
            prompt_id: sample.prompt.id.clone(),
            responses: [pair.first.id.clone(), pair.second.id.clone()],
            pair: pair.id,
        })
    }

    /// The vote that is `share` of the way through the two years.
    fn vote(&self, number: usize, share: f64, annotator: usize) -> Result<Vote, Box<dyn Error>> {
        let random = ResponseRandom::new(SEED, &self.pair, 2 + number as u32);
        let draw = |counter| random.uniform(Purpose::Resample, counter);
        let likes_longer = if share < 0.5 { 1.0 } else { 0.3 };
        let care = 0.5 + (annotator % 10) as f64 / 5.0;
        let log_odds = care * (self.quality + likes_longer * self.length);
        let strength = match 1.0 / (1.0 + (-log_odds).exp()) {
            _ if draw(0) < 0.1 => 0,
            first if draw(1) < first => -1 - (draw(2) * 3.0) as i8,
            _ => 1 + (draw(2) * 3.0) as i8,
        };
        let decided_at = Timestamp::from_second(BEGIN_SECS + (share * SPAN_SECS) as i64)?;
        let annotator = Annotator { id: format!("annotator {annotator}"), kind: AnnotatorKind::Human };
        Ok(Vote {
            shown_first: Some(if draw(3) < 0.5 { Side::First } else { Side::Second }),
            decided_at: Some(decided_at),
            active_ms: Some(8_000 + (draw(4) * 20_000.0) as u64),
            ..Vote::new(
                self.pair.clone(),
                self.prompt_id.clone(),
                self.responses.clone(),
                annotator,
                Verdict::Strength(strength),
            )
        })
    }
}

/// Reads the labels and prints the seconds of the fastest of several estimates.
fn time_dawid_skene(folder: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(Path::new(folder).join("labels.csv"))?;
    let number = |field: Option<&str>| Ok::<_, Box<dyn Error>>(field.ok_or("a row is too short")?.parse()?);
    let label = |row: &str| {
        let mut fields = row.split(',');
        let mut next = || number(fields.next());
        Ok::<_, Box<dyn Error>>(Label { item: next()?, worker: next()?, class: next()? })
    };
    let labels = text.lines().skip(1).map(label).collect::<Result<Vec<Label>, _>>()?;
    let settings =
        DawidSkeneSettings { most_steps: N_STEPS, smallest_change: 0.0, ..DawidSkeneSettings::default() };
    let seconds = || {
        let started = Instant::now();
        let estimate = dawid_skene(&labels, 2, &settings).ok_or("no estimate")?;
        if estimate.n_steps != N_STEPS {
            return Err(format!("{} steps instead of {N_STEPS}", estimate.n_steps).into());
        }
        Ok::<_, Box<dyn Error>>(started.elapsed().as_secs_f64())
    };
    let times = (0..N_ROUNDS).map(|_| seconds()).collect::<Result<Vec<f64>, _>>()?;
    println!("{:.4}", times.into_iter().fold(f64::INFINITY, f64::min));
    Ok(())
}

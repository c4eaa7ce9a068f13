//! What a finished model is worth: held-out loss, whether replies end, how varied they are, and how well it judges.

use crate::comparisons::{Comparison, Defect, DefectLines, comparisons};
use crate::held_out::HeldOut;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use tiebreak_core::judge::{self, Judgment, LikelihoodSettings};
use tiebreak_core::schema::{Extra, FinishReason, LikelihoodScore, Message, Prompt, Role, Sampling, Verdict};
use tiebreak_engine::Model;
use tiebreak_engine::generate::{Event, Job, Options, generate};
use tiebreak_engine::score::{label_logprobs, likelihood, likelihoods};

/// What is measured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many comparisons.
    pub n_comparisons: usize,
    /// Of the sampled replies.
    pub temperature: f64,
    /// Keys the comparisons and the sampled replies.
    pub seed: u64,
    /// How likelihoods are compared.
    pub likelihood: LikelihoodSettings,
    /// Whether the label method is measured too, which takes most of the time.
    pub with_label: bool,
}

/// Measures everything on `dialogues`, which messages call `name`; the result is for people to read.
pub fn report(model: &Model, name: &str, dialogues: &[HeldOut], settings: &Settings) -> Result<String> {
    let Settings { n_comparisons, temperature, seed, .. } = settings;
    let fluency = fluency(model, dialogues, *temperature, *seed)?;
    let made = comparisons(dialogues, &DefectLines::committed()?, *n_comparisons, *seed);
    let (rows, by_weight) = accuracy(model, &made, settings)?;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let percent_if = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    let mut text = format!("{} {name}\n", dialogues.len());
    text += &format!("  held-out loss                {:.3} nats a token\n", fluency.loss_nats);
    text += &format!("  replies sampled at {temperature}       {}\n", fluency.n_replies);
    text += &format!("  that end by themselves       {}\n", percent(fluency.ended));
    text += &format!("  mean length                  {:.0} tokens\n", fluency.mean_tokens);
    text += &format!("  distinct-3                   {:.3}\n\n", fluency.distinct_3);
    text += &format!("{} comparisons, {name}\n", made.len());
    text += "  worse reply                   n  likelihood     label  consistent  longest\n";
    for row in rows {
        let name = row.defect.map_or("all", Defect::name);
        text += &format!(
            "  {name:<23} {:>7}  {:>10} {:>9}  {:>10} {:>8}\n",
            row.n,
            percent(row.likelihood),
            percent_if(row.label),
            percent_if(row.label_consistency),
            percent(row.longest)
        );
    }
    text +=
        "  likelihood with other weights (unconditional, end, reward): of all, of another intent's replies\n";
    for row in by_weight {
        let AtWeights { unconditional_weight, end_weight, reward_weight, .. } = row;
        let (all, other) = (percent(row.all), percent(row.other_intent));
        text += &format!(
            "    {unconditional_weight:>4}, {end_weight:>4}, {reward_weight:>4}  {all:>8} {other:>8}\n"
        );
    }
    Ok(text)
}

/// Held-out loss and what sampling at one temperature gives.
#[derive(Clone, Debug)]
pub struct Fluency {
    /// Mean negative log-likelihood of the replies' tokens after their prompts, their ends included, in nats.
    pub loss_nats: f64,
    /// The share of sampled replies that end by themselves.
    pub ended: f64,
    /// Different runs of three words among all such runs of the sampled replies.
    pub distinct_3: f64,
    /// How many replies were sampled.
    pub n_replies: usize,
    /// Mean number of tokens of a sampled reply.
    pub mean_tokens: f64,
}

/// Measures held-out loss, and samples one reply to every prompt at `temperature`.
pub fn fluency(model: &Model, dialogues: &[HeldOut], temperature: f64, seed: u64) -> Result<Fluency> {
    let (mut nats, mut n_tokens) = (0.0, 0.0);
    for dialogue in dialogues {
        let score = likelihood(model, &messages(&dialogue.prompt), &dialogue.reply)?;
        let n = model.tokenizer().encode(&dialogue.reply)?.len() as f64;
        nats -= score.conditional_nats * n + score.end_nats;
        n_tokens += n + 1.0;
    }
    let replies = sampled_replies(model, dialogues, temperature, seed)?;
    let ended = replies.iter().filter(|reply| reply.finish_reason == FinishReason::Stop).count();
    Ok(Fluency {
        loss_nats: nats / n_tokens,
        ended: ended as f64 / replies.len() as f64,
        distinct_3: distinct_3(replies.iter().map(|reply| reply.text.as_str())),
        n_replies: replies.len(),
        mean_tokens: replies.iter().map(|reply| f64::from(reply.tokens)).sum::<f64>() / replies.len() as f64,
    })
}

fn sampled_replies(
    model: &Model,
    dialogues: &[HeldOut],
    temperature: f64,
    seed: u64,
) -> Result<Vec<tiebreak_engine::generate::Generated>> {
    let sampling = Sampling {
        temperature,
        top_p: 0.95,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: 256,
        stop: Vec::new(),
        seed,
        extra: Extra::new(),
    };
    let jobs = dialogues.iter().enumerate().map(|(i, dialogue)| Job {
        prompt_id: format!("held-out-{i}"),
        messages: messages(&dialogue.prompt),
        sampling: vec![sampling.clone()],
        thinking: false,
    });
    let mut replies = Vec::new();
    let mut failed = None;
    generate(model, jobs, &Options { batch: 16 }, |event| {
        match event {
            Event::Completed(completed) => replies.extend(completed.responses),
            Event::Failed { prompt_id, error } => failed = Some(format!("{prompt_id}: {error}")),
            Event::Step { .. } | Event::Halved { .. } => {}
        }
        ControlFlow::Continue(())
    })?;
    match failed {
        Some(problem) => bail!("{problem}"),
        None => Ok(replies),
    }
}

/// Different runs of three words among all such runs (Li et al. 2016).
fn distinct_3<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    let (mut all, mut different) = (0usize, BTreeSet::new());
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        all += words.len().saturating_sub(2);
        different.extend(words.windows(3).map(<[&str]>::to_vec));
    }
    different.len() as f64 / all.max(1) as f64
}

/// How often each way of judging finds the fitting reply.
#[derive(Clone, Debug, Default)]
pub struct Accuracy {
    /// Which kind of defect, none for all of them.
    pub defect: Option<Defect>,
    /// How many comparisons.
    pub n: usize,
    /// The likelihood method.
    pub likelihood: f64,
    /// The label method, where it was measured.
    pub label: Option<f64>,
    /// The share of comparisons in which the label method says the same in both orders.
    pub label_consistency: Option<f64>,
    /// The rule that the longer reply is better.
    pub longest: f64,
}

/// What both methods say of one comparison.
struct Judged {
    defect: Defect,
    /// Of the better and of the worse reply.
    scores: [LikelihoodScore; 2],
    likelihood: bool,
    label: Option<bool>,
    consistent: Option<bool>,
    longest: bool,
}

/// How often the likelihood method is right with weights other than those in force.
#[derive(Clone, Copy, Debug)]
pub struct AtWeights {
    /// How much of the likelihood without the prompt is taken away.
    pub unconditional_weight: f64,
    /// How much the end counts.
    pub end_weight: f64,
    /// How much the reward head counts, where the model has one.
    pub reward_weight: f64,
    /// Over all comparisons.
    pub all: f64,
    /// Over those with another intent's reply.
    pub other_intent: f64,
}

/// Unconditional, end and reward.
const OTHER_WEIGHTS: [[f64; 3]; 11] = [
    [0.0, 0.02, 0.5],
    [0.75, 0.02, 0.5],
    [0.9, 0.02, 0.5],
    [0.95, 0.02, 0.5],
    [1.0, 0.02, 0.5],
    [0.9, 0.0, 0.5],
    [0.9, 0.2, 0.5],
    [0.9, 0.02, 0.0],
    [0.9, 0.02, 0.2],
    [0.9, 0.02, 0.3],
    [0.9, 0.02, 1.0],
];

/// The accuracy of both judging methods by kind of defect, and over all kinds at the end; and that of the likelihood method with other weights.
pub fn accuracy(
    model: &Model,
    comparisons: &[Comparison],
    settings: &Settings,
) -> Result<(Vec<Accuracy>, Vec<AtWeights>)> {
    let bar = indicatif::ProgressBar::new(comparisons.len() as u64).with_message("judging");
    let judged = comparisons
        .iter()
        .map(|comparison| {
            bar.inc(1);
            judge_both_ways(model, comparison, settings)
        })
        .collect::<Result<Vec<_>>>()?;
    bar.finish_and_clear();
    let kinds = Defect::ALL.into_iter().map(Some).chain([None]);
    let by_kind = kinds.map(|defect| summary(&judged, defect)).collect();
    let by_weight = OTHER_WEIGHTS.map(|weights| at_weights(&judged, weights, settings.likelihood));
    Ok((by_kind, by_weight.to_vec()))
}

/// The scores of the better and the worse reply of every comparison.
pub fn likelihood_scores(model: &Model, comparisons: &[Comparison]) -> Result<Vec<[LikelihoodScore; 2]>> {
    comparisons
        .iter()
        .map(|comparison| {
            let mut scores =
                likelihoods(model, &messages(&comparison.prompt), &[&comparison.better, &comparison.worse])?;
            let worse = scores.pop();
            match (scores.pop(), worse) {
                (Some(better), Some(worse)) => Ok([better?, worse?]),
                _ => bail!("two texts have two scores"),
            }
        })
        .collect()
}

fn judge_both_ways(model: &Model, comparison: &Comparison, settings: &Settings) -> Result<Judged> {
    let prompt = prompt(&comparison.prompt);
    let [better, worse] = likelihood_scores(model, std::slice::from_ref(comparison))?.remove(0);
    let verdict = judge::judge_likelihood(better.clone(), worse.clone(), &settings.likelihood).verdict;
    let by_label = if settings.with_label { Some(judge_by_label(model, &prompt, comparison)?) } else { None };
    Ok(Judged {
        defect: comparison.defect,
        scores: [better, worse],
        likelihood: prefers_first(verdict),
        // The log-odds count where the labels hold too little for a verdict, too: they are what is measured here.
        label: by_label.as_ref().map(|judgment| judgment.evidence.log_odds.is_some_and(|odds| odds > 0.0)),
        consistent: by_label
            .and_then(|judgment| judgment.evidence.log_odds_by_order)
            .map(|[shown_first, shown_second]| (shown_first > 0.0) == (shown_second > 0.0)),
        longest: comparison.better.len() > comparison.worse.len(),
    })
}

fn prefers_first(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Strength(strength) if strength < 0)
}

fn judge_by_label(model: &Model, prompt: &Prompt, comparison: &Comparison) -> Result<Judgment> {
    let template = judge::Template::pairwise();
    let orders = [
        template.ask_pair(prompt, &comparison.better, &comparison.worse),
        template.ask_pair(prompt, &comparison.worse, &comparison.better),
    ];
    let logprobs = label_logprobs(model, &orders, &judge::LABELS)?;
    let [first, second] = [logprobs[0], logprobs[1]];
    Ok(judge::judge_label(first, second, 0.0))
}

fn at_weights(
    judged: &[Judged],
    [unconditional_weight, end_weight, reward_weight]: [f64; 3],
    likelihood: LikelihoodSettings,
) -> AtWeights {
    let settings = LikelihoodSettings { unconditional_weight, end_weight, reward_weight, ..likelihood };
    let share = |wanted: fn(&Judged) -> bool| {
        let of_kind: Vec<&Judged> = judged.iter().filter(|one| wanted(one)).collect();
        let is_right = |one: &&&Judged| settings.score(&one.scores[0]) > settings.score(&one.scores[1]);
        of_kind.iter().filter(is_right).count() as f64 / of_kind.len() as f64
    };
    let (all, other_intent) = (share(|_| true), share(|one| one.defect == Defect::OtherIntent));
    AtWeights { unconditional_weight, end_weight, reward_weight, all, other_intent }
}

fn summary(judged: &[Judged], defect: Option<Defect>) -> Accuracy {
    let of_kind: Vec<&Judged> =
        judged.iter().filter(|one| defect.is_none_or(|kind| one.defect == kind)).collect();
    let share = |is: fn(&Judged) -> Option<bool>| {
        let said: Vec<bool> = of_kind.iter().filter_map(|one| is(one)).collect();
        (!said.is_empty()).then(|| said.iter().filter(|yes| **yes).count() as f64 / said.len() as f64)
    };
    Accuracy {
        defect,
        n: of_kind.len(),
        likelihood: share(|one| Some(one.likelihood)).unwrap_or_default(),
        label: share(|one| one.label),
        label_consistency: share(|one| one.consistent),
        longest: share(|one| Some(one.longest)).unwrap_or_default(),
    }
}

fn messages(text: &str) -> Vec<Message> {
    vec![Message::new(Role::User, text)]
}

fn prompt(text: &str) -> Prompt {
    Prompt {
        id: "held-out".into(),
        category: None,
        messages: messages(text),
        tags: Vec::new(),
        edge_case: None,
        reference_answer: None,
        extra: Extra::new(),
    }
}

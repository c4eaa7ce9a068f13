//! The training run: schedule, steps, progress, checkpoints.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use candle_core::Tensor;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use crate::checkpoint::{self, State};
use crate::dialogues::Dialogue;
use crate::held_out::{HeldOut, committed};
use crate::model::{Batch, Model, Shape};
use crate::optimizer::{Optimizer, norm};
use crate::stream::{COOLING_BEGINS, Source, held_out};
use crate::vocabulary::Vocabulary;

const PEAK_LEARNING_RATE: f64 = 2e-3;
const WARMUP_SHARE: f64 = 0.02;
const FINAL_SHARE: f64 = 0.1;
const GREATEST_NORM: f64 = 1.0;
/// Dialogues of each kind that a vocabulary is learned from, at most, and for each of its tokens.
const DIALOGUES_FOR_VOCABULARY: u64 = 20_000;
const DIALOGUES_FOR_TOKEN: u64 = 5;
/// Held-out dialogues that the loss is measured on while training.
const HELD_OUT_DIALOGUES: usize = 200;
const LOG_EVERY: Duration = Duration::from_secs(15);
const CHECKPOINT_EVERY: Duration = Duration::from_secs(180);

/// When a run ends; its learning rate falls towards that end.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// After so many steps.
    Steps(u64),
    /// After so many minutes of work, resumed parts included.
    Minutes(f64),
}

/// What a run needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When it ends.
    pub length: Length,
    /// Keys the first parameters and the text.
    pub seed: u64,
    /// Where checkpoints go.
    pub out: PathBuf,
    /// The folder of data files.
    pub texts: PathBuf,
    /// A CSV file of real rows.
    pub data: Option<PathBuf>,
    /// Whether to continue what stands in `out`.
    pub resume: bool,
    /// Leave a checkpoint after so many steps of this call, and stop.
    pub pause_after: Option<u64>,
    /// The sizes of the model.
    pub shape: Shape,
}

/// Trains until the end and leaves a checkpoint.
pub fn train(settings: &Settings) -> Result<State> {
    let source = Source::read(&settings.texts, settings.data.as_deref(), settings.seed)?;
    let mut run = Run::start(settings, &source)?;
    let dialogues = held_out_text(settings, &source)?;
    let held_out = held_out(&dialogues, &run.vocabulary, settings.shape.context)?;
    let mut progress = Progress::new();
    let (started, before) = (Instant::now(), run.state.elapsed_secs);
    let pause = settings.pause_after.map(|steps| run.state.steps + steps);
    let (mut logged, mut saved) = (Instant::now(), Instant::now());
    loop {
        let share = share_done(settings.length, &run.state);
        let last = share >= 1.0 || pause == Some(run.state.steps);
        if last || saved.elapsed() >= CHECKPOINT_EVERY {
            run.state.held_out_nats = mean_loss(&run.model, &held_out)?;
            run.save(settings)?;
            saved = Instant::now();
        }
        if last || logged.elapsed() >= LOG_EVERY || progress.bar.is_some() {
            progress.show(&run.state, share);
            logged = Instant::now();
        }
        if last {
            return Ok(run.state);
        }
        run.step(&source, share)?;
        run.state.elapsed_secs = before + started.elapsed().as_secs_f64();
    }
}

struct Run {
    state: State,
    vocabulary: Vocabulary,
    model: Model,
    optimizer: Optimizer,
}

impl Run {
    fn start(settings: &Settings, source: &Source) -> Result<Self> {
        let found = checkpoint::exists(&settings.out);
        if found && settings.resume {
            let (state, vocabulary, model, optimizer) = checkpoint::read(&settings.out)?;
            if state.seed != settings.seed {
                bail!("the checkpoint was made with --seed {}", state.seed);
            }
            return Ok(Self { state, vocabulary, model, optimizer });
        }
        if found {
            let folder = settings.out.display();
            bail!("{folder} holds a checkpoint; continue it with --resume or choose another --out");
        }
        let size = settings.shape.vocabulary;
        let dialogues = DIALOGUES_FOR_VOCABULARY.min(size as u64 * DIALOGUES_FOR_TOKEN);
        let vocabulary = Vocabulary::train(size, source.texts(dialogues))?;
        if vocabulary.size() != size {
            bail!("the text yields {} tokens only", vocabulary.size());
        }
        let model = Model::random(settings.shape, settings.seed)?;
        let optimizer = Optimizer::new(&model.parameters);
        let state = State {
            shape: settings.shape,
            seed: settings.seed,
            steps: 0,
            tokens: 0,
            elapsed_secs: 0.0,
            loss_nats: 0.0,
            held_out_nats: None,
        };
        Ok(Self { state, vocabulary, model, optimizer })
    }

    fn save(&self, settings: &Settings) -> Result<()> {
        let trained = (&self.model, &self.optimizer);
        checkpoint::write(&settings.out, &self.state, &self.vocabulary, trained)
    }

    fn step(&mut self, source: &Source, share_done: f64) -> Result<()> {
        let now = (self.state.steps, share_done);
        let batches = source.step(now, &self.vocabulary, self.state.shape.context)?;
        let targets: usize = batches.iter().map(Batch::learned).sum();
        let (loss, gradients) = sum_of_gradients(&self.model, &batches)?;
        let loss = loss / targets as f64;
        if !loss.is_finite() {
            bail!("the loss is {loss} after {} steps", self.state.steps);
        }
        let length = norm(&gradients)? / targets as f64;
        let scale = (GREATEST_NORM / length).min(1.0) / targets as f64;
        let parameters = &mut self.model.parameters;
        self.optimizer.step(parameters, &gradients, scale as f32, learning_rate(share_done) as f32)?;
        self.state.steps += 1;
        self.state.tokens += batches.iter().map(|batch| batch.tokens.len() as u64).sum::<u64>();
        let blend = 0.98f64.min(1.0 - 1.0 / self.state.steps as f64);
        self.state.loss_nats = blend * self.state.loss_nats + (1.0 - blend) * loss;
        Ok(())
    }
}

/// The summed loss and gradients of several batches, added in their order whatever core was first.
pub fn sum_of_gradients(model: &Model, batches: &[Batch]) -> Result<(f64, Vec<Tensor>)> {
    let parts: Vec<(f64, Vec<Tensor>)> =
        batches.par_iter().map(|batch| model.gradients(batch)).collect::<Result<_>>()?;
    let mut parts = parts.into_iter();
    let (mut loss, mut sums) = parts.next().context("a step needs a batch")?;
    for (more, gradients) in parts {
        loss += more;
        for (sum, gradient) in sums.iter_mut().zip(&gradients) {
            *sum = (&*sum + gradient)?;
        }
    }
    Ok((loss, sums))
}

/// The mean loss over all targets in nats a token, or nothing where there is no batch.
pub fn mean_loss(model: &Model, batches: &[Batch]) -> Result<Option<f64>> {
    let losses: Vec<f64> = batches.par_iter().map(|batch| model.loss(batch)).collect::<Result<_>>()?;
    let targets: usize = batches.iter().map(Batch::learned).sum();
    Ok((targets > 0).then(|| losses.iter().sum::<f64>() / targets as f64))
}

fn held_out_text(settings: &Settings, source: &Source) -> Result<Vec<Dialogue>> {
    let written = committed(&settings.texts)?;
    let mut dialogues: Vec<Dialogue> =
        written.into_iter().take(HELD_OUT_DIALOGUES / 2).map(HeldOut::into_dialogue).collect();
    if let Some(rows) = &source.rows {
        dialogues.extend(rows.held_out_dialogues().into_iter().take(HELD_OUT_DIALOGUES / 2));
    }
    Ok(dialogues)
}

fn share_done(length: Length, state: &State) -> f64 {
    match length {
        Length::Steps(steps) => state.steps as f64 / steps.max(1) as f64,
        Length::Minutes(minutes) => state.elapsed_secs / (minutes * 60.0),
    }
}

/// Linear warmup, then a cosine down to a tenth.
fn learning_rate(share: f64) -> f64 {
    if share < WARMUP_SHARE {
        // Never zero, so that the first step counts.
        return PEAK_LEARNING_RATE * (share / WARMUP_SHARE).max(0.01);
    }
    let along = (share - WARMUP_SHARE) / (1.0 - WARMUP_SHARE);
    let cosine = 0.5 * (1.0 + libm::cos(std::f64::consts::PI * along.min(1.0)));
    let cooling = ((1.0 - share) / (1.0 - COOLING_BEGINS)).clamp(0.0, 1.0);
    PEAK_LEARNING_RATE * (FINAL_SHARE + (1.0 - FINAL_SHARE) * cosine) * cooling
}

/// A bar on a terminal, plain lines elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    last: Option<(f64, u64)>,
}

impl Progress {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1000);
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, last: None }
    }

    fn show(&mut self, state: &State, share: f64) {
        let (seconds, tokens) = self.last.unwrap_or((0.0, 0));
        let rate = (state.tokens - tokens) as f64 / (state.elapsed_secs - seconds).max(1e-3);
        let left = state.elapsed_secs * (1.0 - share).max(0.0) / share.max(1e-6) / 60.0;
        let held_out = state.held_out_nats.map_or_else(|| "-".to_owned(), |loss| format!("{loss:.3}"));
        let line = format!(
            "step {} · loss {:.3} · held-out {held_out} · {rate:.0} tokens/s · {left:.0} min left",
            state.steps, state.loss_nats
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position((share * 1000.0) as u64);
                bar.set_message(line);
            }
            None => eprintln!("{line}"),
        }
        // On a bar the rate is that of the whole run, in the log that since the last line.
        self.last = self.bar.is_none().then_some((state.elapsed_secs, state.tokens));
    }
}

//! The command line of the trainer.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use tiebreak_core::judge::LikelihoodSettings;
use tiebreak_engine::{Device, Model};
use tiebreak_trainer::bitext::Rows;
use tiebreak_trainer::dialogues::Composer;
use tiebreak_trainer::export::export;
use tiebreak_trainer::model::Shape;
use tiebreak_trainer::reward::{self, source::Source, validate, weights};
use tiebreak_trainer::train::{Length, Settings, train};
use tiebreak_trainer::{checkpoint, comparisons, evaluate, held_out};

/// Makes the shipped model: trains it, and exports it as one GGUF file.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model and leave checkpoints.
    Train(TrainArgs),
    /// Write a checkpoint as one quantized GGUF file.
    Export(ExportArgs),
    /// Train the reward head and write it into a GGUF file, whose weights stay as they are.
    Reward(RewardArgs),
    /// Measure a finished model on dialogues that it was never trained on.
    Eval(EvalArgs),
    /// Write comparisons with a known answer, on which the demo measures its judges.
    Comparisons(ComparisonsArgs),
}

#[derive(Args)]
struct TrainArgs {
    /// Stop after so many steps of about 2,048 tokens.
    #[arg(long, conflicts_with = "minutes")]
    steps: Option<u64>,
    /// Stop after so many minutes; the learning rate follows the time. Without --steps the default is 60.
    #[arg(long)]
    minutes: Option<f64>,
    /// Keys the first weights and the text.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the checkpoint.
    #[arg(long, default_value = "target/trainer")]
    out: PathBuf,
    /// CSV file of real customer-support rows.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Folder of the data files that dialogues are composed from.
    #[arg(long, default_value = "crates/trainer/data")]
    texts: PathBuf,
    /// Continue the run whose checkpoint stands in the folder.
    #[arg(long)]
    resume: bool,
    /// Leave a checkpoint after so many steps of this call and stop, to go on with --resume.
    #[arg(long)]
    pause_after: Option<u64>,
    /// Batches worked on at once; by default one for each core.
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Args)]
struct ExportArgs {
    /// Folder of the checkpoint.
    #[arg(long, default_value = "target/trainer")]
    checkpoint: PathBuf,
    /// The file to write.
    #[arg(long, default_value = "web/model/tiebreak-support-6m-q8_0.gguf")]
    out: PathBuf,
}

#[derive(Args)]
struct RewardArgs {
    /// The GGUF file.
    #[arg(long, default_value = "web/model/tiebreak-support-6m-q8_0.gguf")]
    model: PathBuf,
    /// The file to write; by default the same.
    #[arg(long)]
    out: Option<PathBuf>,
    /// CSV file of real customer-support rows.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Folder of the data files that dialogues are composed from.
    #[arg(long, default_value = "crates/trainer/data")]
    texts: PathBuf,
    /// Keys the first rows and all draws.
    #[arg(long, default_value_t = reward::Settings::SHIPPED.seed)]
    seed: u64,
    /// How many batches to learn from.
    #[arg(long, default_value_t = reward::Settings::SHIPPED.steps)]
    steps: u64,
    /// How many comparisons to measure the head's weight on.
    #[arg(long, default_value_t = 1_000)]
    comparisons: usize,
}

#[derive(Args)]
struct EvalArgs {
    /// The GGUF file.
    #[arg(long, default_value = "web/model/tiebreak-support-6m-q8_0.gguf")]
    model: PathBuf,
    /// CSV file of real customer-support rows; those that are never trained on are measured too.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Folder of the data files.
    #[arg(long, default_value = "crates/trainer/data")]
    texts: PathBuf,
    /// How many comparisons.
    #[arg(long, default_value_t = 400)]
    comparisons: usize,
    /// Of the sampled replies.
    #[arg(long, default_value_t = 0.7)]
    temperature: f64,
    /// Keys the comparisons and the sampled replies.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out the label method, which takes most of the time.
    #[arg(long)]
    no_label: bool,
}

#[derive(Args)]
struct ComparisonsArgs {
    /// The file to write, JSON lines.
    #[arg(long, default_value = "crates/native/data/held_out.jsonl")]
    out: PathBuf,
    /// Folder of the data files.
    #[arg(long, default_value = "crates/trainer/data")]
    texts: PathBuf,
    /// How many comparisons.
    #[arg(long, default_value_t = 200)]
    comparisons: usize,
    /// Keys which dialogues they are made of, and how.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Train(args) => run_train(args),
        Command::Export(args) => run_export(&args),
        Command::Reward(args) => run_reward(&args),
        Command::Eval(args) => run_eval(&args),
        Command::Comparisons(args) => run_comparisons(&args),
    }
}

fn run_train(args: TrainArgs) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(args.threads.unwrap_or(cores)).build_global()?;
    let length = args.steps.map_or_else(|| Length::Minutes(args.minutes.unwrap_or(60.0)), Length::Steps);
    let settings = Settings {
        length,
        seed: args.seed,
        out: args.out,
        texts: args.texts,
        data: args.data,
        resume: args.resume,
        pause_after: args.pause_after,
        shape: Shape::SHIPPED,
    };
    let state = train(&settings)?;
    eprintln!(
        "{} steps, {} tokens, {:.0} minutes, checkpoint in {}",
        state.steps,
        state.tokens,
        state.elapsed_secs / 60.0,
        settings.out.display()
    );
    Ok(())
}

fn run_export(args: &ExportArgs) -> Result<()> {
    let (state, vocabulary, model, _) = checkpoint::read(&args.checkpoint)?;
    let bytes = export(&model, &vocabulary, &args.out)?;
    eprintln!("{}: {bytes} bytes, {} steps, {} tokens", args.out.display(), state.steps, state.tokens);
    Ok(())
}

fn run_reward(args: &RewardArgs) -> Result<()> {
    if std::env::var_os(CANDLE_THREADS).is_none() {
        return with_one_thread();
    }
    let (source, set_aside) = Source::read(&args.texts, args.data.as_deref())?;
    let settings = reward::Settings { seed: args.seed, steps: args.steps, ..reward::Settings::SHIPPED };
    let mut head = reward::train(&source, &settings)?;
    let cosines = validate::cosines(&head, &set_aside.dialogues);
    (head.slope, head.offset) = cosines.logistic();
    println!("{} dialogues that were set aside", set_aside.dialogues.len());
    println!("  the fitting reply wins against another intent's  {:.1} %", 100.0 * cosines.accuracy());
    println!("  log-probability of fitting  log σ({:.2} · cosine {:+.2})\n", head.slope, head.offset);
    let out = args.out.as_ref().unwrap_or(&args.model);
    let bytes = reward::file::write(&args.model, &head, out)?;
    print!("{}", weights::report(&load(out)?, &set_aside, args.comparisons, args.seed)?);
    eprintln!("{}: {bytes} bytes", out.display());
    Ok(())
}

fn load(path: &Path) -> Result<Model> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Model::load(BufReader::new(file), &Device::Cpu).with_context(|| format!("cannot load {}", path.display()))
}

/// What candle reads before its first product.
const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

/// Runs the same command with one thread a product: those of a model this small are so short that threads wait for each other longer than they compute.
fn with_one_thread() -> Result<()> {
    let this = std::env::current_exe().context("cannot tell which program this is")?;
    let status = std::process::Command::new(this)
        .args(std::env::args_os().skip(1))
        .envs([(CANDLE_THREADS, "1"), ("RAYON_NUM_THREADS", "1")])
        .status()
        .context("cannot start the command again")?;
    std::process::exit(status.code().unwrap_or(2))
}

fn run_eval(args: &EvalArgs) -> Result<()> {
    if std::env::var_os(CANDLE_THREADS).is_none() {
        return with_one_thread();
    }
    let model = load(&args.model)?;
    let settings = evaluate::Settings {
        n_comparisons: args.comparisons,
        temperature: args.temperature,
        seed: args.seed,
        // Without ties, so that every comparison counts as right or wrong.
        likelihood: LikelihoodSettings { tie_band: 0.0, ..LikelihoodSettings::default() },
        with_label: !args.no_label,
    };
    let written = held_out::committed(&args.texts)?;
    let composed = held_out::with_composed_replies(&written, &Composer::read(&args.texts)?)?;
    print!("{}", evaluate::report(&model, "held-out prompts, composed replies", &composed, &settings)?);
    print!("\n{}", evaluate::report(&model, "held-out prompts, hand-written replies", &written, &settings)?);
    if let Some(csv) = &args.data {
        let real = held_out::real(&Rows::read(csv, &args.texts)?);
        print!("\n{}", evaluate::report(&model, "real rows", &real, &settings)?);
    }
    Ok(())
}

fn run_comparisons(args: &ComparisonsArgs) -> Result<()> {
    let lines = comparisons::held_out_lines(&args.texts, args.comparisons, args.seed)?;
    std::fs::write(&args.out, lines).with_context(|| format!("cannot write {}", args.out.display()))
}

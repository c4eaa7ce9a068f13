//! The command line around the core and the engine: files, progress, and what a person reads.
//!
//! `args` says what can be typed, one file per command says what it does, and `files` is the only one that opens any, beside `hub`, whose cache others write to as well.
//! Data go to standard output or files, everything else to standard error.

mod args;
mod byte_progress;
mod certificates;
mod clock;
mod collected;
mod config;
mod device;
mod endpoint;
mod files;
mod hub;
mod interrupt;
mod model;
mod outcome;
mod progress;
mod prompt_source;
mod pseudonyms;
mod studies;
mod terminal;
mod threads;

mod agreement;
mod calibrate;
mod completions;
mod demo;
mod drift;
mod export;
mod generate;
mod import;
mod judge;
mod merge;
mod models;
mod panel;
mod pool;
mod prompts;
mod report;
mod revise;
mod serve;
mod study;

use anyhow::{Context, Result};
use args::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use outcome::Outcome;
use std::ffi::OsString;
use std::path::PathBuf;

/// Runs what was typed and returns the exit code.
pub fn main(argv: Vec<OsString>) -> u8 {
    let arguments = match parse(argv) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match run(arguments) {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Problems) => 1,
        Ok(Outcome::Interrupted) => interrupt::EXIT_CODE,
        // The reader of our output has what it wanted.
        Err(error) if error.is::<files::StdoutClosed>() => 0,
        Err(error) => fail(&error),
    }
}

fn run(arguments: Arguments) -> Result<Outcome> {
    match arguments.command {
        Command::Demo(args) => demo::run(&args),
        Command::Prompts(args) => prompts::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Judge(args) => judge::run(&args),
        Command::Revise(args) => revise::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Agreement(args) => agreement::run(&args),
        Command::Panel(args) => panel::run(&args),
        Command::Pool(args) => pool::run(&args),
        Command::Study(args) => study::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

fn fail(error: &anyhow::Error) -> u8 {
    files::say(&format!("error: {error:#}"));
    2
}

/// The arguments of the command line and of the config file that it names, or the exit code where that was all.
fn parse(argv: Vec<OsString>) -> Result<Arguments, u8> {
    let from_file = read_config(&argv).map_err(|error| fail(&error))?;
    let mut argv = argv;
    if let Some((_, settings)) = &from_file {
        argv.extend(settings.iter().map(config::Setting::argument));
    }
    let parsed = Arguments::command()
        .try_get_matches_from(argv)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map_err(|error| {
        // Help and version are printed the same way; a closed pipe is no fault there either.
        let _ = error.print();
        if let Some((path, settings)) = &from_file {
            if let Some(note) = config::explain(&error, path, settings) {
                files::say(&note);
            }
        }
        u8::try_from(error.exit_code()).unwrap_or(2)
    })
}

fn read_config(argv: &[OsString]) -> Result<Option<(PathBuf, Vec<config::Setting>)>> {
    let command = Arguments::command();
    let Some((name, path, typed)) = config::requested(&command, argv) else {
        return Ok(None);
    };
    let text = files::read_text(&path).context("cannot read the config file")?;
    let settings = config::settings(&command, &name, &typed, (&path, &text))?;
    Ok(Some((path, settings)))
}

//! `tiebreak completions`: what shells complete.

use crate::args::{Arguments, CompletionsArgs};
use crate::files::print;
use crate::outcome::Outcome;
use anyhow::{Context, Result};
use clap::CommandFactory;

pub fn run(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "tiebreak", &mut script);
    print(&String::from_utf8(script).context("the completion script is not UTF-8")?)?;
    Ok(Outcome::Done)
}

//! What computes, for every command that loads a model.

use super::RunArgs;
use crate::device::{Compute, DeviceChoice};
use crate::files::read_text;
use crate::hub::{Adapted, Wanted};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What computes, and how much at once; on a processor this changes the speed and not the result.
#[derive(Args, Debug)]
#[command(next_help_heading = "Speed")]
pub struct ComputeArgs {
    /// The most responses in the works at once; one where candle-transformers computes the model [default: 16].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub batch: Option<u32>,
    #[command(flatten)]
    pub device: DeviceArgs,
}

impl ComputeArgs {
    /// The most responses in the works at once.
    pub fn batch(&self) -> u32 {
        self.batch.unwrap_or(16)
    }

    /// How the model is fetched that `compute` is to compute, where it is one of the hub, and what is done to it.
    pub fn wanted(&self, run: &RunArgs, compute: &Compute) -> Result<Wanted> {
        let DeviceArgs { ignore_memory, quantize, date, ref chat_template, .. } = self.device;
        let read = |path: &PathBuf| -> Result<&'static str> {
            Ok(read_text(path).context("--chat-template")?.leak())
        };
        let chat_template = chat_template.as_ref().map(read).transpose()?;
        let adapted = Adapted { is_quantized: quantize.is_some(), date, chat_template };
        let ignores_memory = ignore_memory || compute.is_gpu();
        Ok(Wanted { is_quiet: run.quiet, ignores_memory, is_newest: false, adapted })
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Speed")]
pub struct DeviceArgs {
    /// How many threads compute [default: one a core, and two at most for a model below 64 MiB].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// What computes: cpu, cuda:0 for the first GPU, or auto for a GPU where there is one and the program can use it.
    #[arg(long, value_name = "auto|cpu|cuda:N", default_value = "auto", value_parser = clap::value_parser!(DeviceChoice))]
    pub device: DeviceChoice,
    /// Try a model that is larger than the memory that is free; for a GPU nothing is compared.
    #[arg(long)]
    pub ignore_memory: bool,
    /// Round weights in F32, F16 and BF16 to 8 bits while they are loaded: about twice as fast, in half the memory, and nearly as good.
    #[arg(long, value_enum, value_name = "TYPE", help_heading = "Model")]
    pub quantize: Option<QuantizeChoice>,
    /// What templates are told that put the date into the system message; without it they take one of their own, or refuse.
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Model")]
    pub date: Option<jiff::civil::Date>,
    /// The model's chat template, Jinja as its maker publishes it, where its files have none or one that is of no use.
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    pub chat_template: Option<PathBuf>,
}

/// What weights are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QuantizeChoice {
    #[value(name = "q8_0")]
    Q8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use tiebreak_core::schema::Runtime;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        compute: ComputeArgs,
        #[command(flatten)]
        run: RunArgs,
    }

    /// What it computes need not fit into this machine's own.
    #[test]
    fn memory_is_compared_for_a_processor_alone() {
        let ignores = |typed: &[&str], compute: &Compute| {
            let Typed { compute: args, run } = Typed::parse_from([&["x"], typed].concat());
            args.wanted(&run, compute).unwrap().ignores_memory
        };
        let gpu = Compute { runtime: Runtime::Cuda, ..Compute::CPU };
        assert!(!ignores(&[], &Compute::CPU) && ignores(&["--ignore-memory"], &Compute::CPU));
        assert!(ignores(&[], &gpu));
    }
}

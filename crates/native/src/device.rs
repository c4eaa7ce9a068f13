//! What `--device` asks for, and what there is of it.

use crate::args::{ComputeArgs, RunArgs};
use crate::files::say;
use crate::model::ModelFile;
use crate::threads;
use anyhow::{bail, Result};
use std::str::FromStr;
use tiebreak_core::schema::Runtime;
use tiebreak_engine::Device;

/// What `--device` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A GPU where the program can use one and there is one, else the processor.
    Auto,
    Cpu,
    /// The GPU that CUDA counts as the so many-th, from 0.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().ok().map(Self::Cuda);
        match text {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            text => text.strip_prefix("cuda:").and_then(number),
        }
        .ok_or_else(|| "expected auto, cpu, or cuda:0 for the first GPU, cuda:1 for the second".to_owned())
    }
}

/// What computes.
#[derive(Clone, Debug)]
pub struct Compute {
    pub device: Device,
    /// What records say of it.
    pub runtime: Runtime,
}

impl Compute {
    pub const CPU: Self = Self { device: Device::Cpu, runtime: Runtime::NativeCpu };

    /// What the choice comes to on this machine; a GPU that was asked for by its number and is not there is an error.
    pub fn find(choice: DeviceChoice, is_quiet: bool) -> Result<Self> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::CPU),
            DeviceChoice::Auto if !Device::KNOWS_CUDA => Ok(Self::CPU),
            DeviceChoice::Auto => Ok(Self::gpu(0, is_quiet).unwrap_or_else(|error| {
                if !is_quiet {
                    say(&format!("the processor computes, because no GPU can be used: {error}"));
                }
                Self::CPU
            })),
            DeviceChoice::Cuda(number) if !Device::KNOWS_CUDA => bail!(
                "--device cuda:{number}: this program was built without support for GPUs: \
                 build it by crates/native/cuda/build.sh, or take --device cpu"
            ),
            DeviceChoice::Cuda(number) => match Self::gpu(number, is_quiet) {
                Ok(gpu) => Ok(gpu),
                Err(error) => bail!(
                    "--device cuda:{number}: this GPU cannot be used: {error}; see whether `nvidia-smi` lists it \
                     and CUDA's libraries are on LD_LIBRARY_PATH, or take --device cpu"
                ),
            },
        }
    }

    /// What computes, and the model that it is to compute.
    ///
    /// The device comes first: one that is not there is told before anything is fetched, and what a GPU computes need not fit into this machine's own memory.
    pub fn with_model(args: &ComputeArgs, run: &RunArgs, model: &str) -> Result<(Self, ModelFile)> {
        // A GPU's driver starts threads, beside which no variable may be set.
        threads::fix_typed(args.device.threads);
        let compute = Self::find(args.device.device, run.quiet)?;
        let model = ModelFile::find(model, args.wanted(run, &compute)?)?;
        if !compute.is_gpu() {
            threads::fix(model.n_bytes);
        }
        Ok((compute, model))
    }

    /// Whether a device with memory of its own computes.
    pub fn is_gpu(&self) -> bool {
        self.runtime == Runtime::Cuda
    }

    fn gpu(number: usize, is_quiet: bool) -> tiebreak_engine::Result<Self> {
        let device = Device::cuda(number)?;
        if let Some(problem) = device.drawing_problem().filter(|_| !is_quiet) {
            say(&format!(
                "the processor draws the tokens, because the GPU's driver does not take the program for it ({problem}): \
                 a newer driver makes runs faster"
            ));
        }
        Ok(Self { device, runtime: Runtime::Cuda })
    }

    /// How a manifest calls it, with what results depend on: on a GPU, how many responses are computed at once.
    pub fn argument(&self, batch: u32) -> String {
        match self.is_gpu() {
            true => format!("cuda, batch {batch}"),
            false => "cpu".to_owned(),
        }
    }

    /// The same for manifests that say nothing of a processor.
    pub fn gpu_argument(&self, batch: u32) -> Option<(&'static str, String)> {
        self.is_gpu().then(|| ("device", self.argument(batch)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written() {
        for (text, expected) in [
            ("auto", Some(DeviceChoice::Auto)),
            ("cpu", Some(DeviceChoice::Cpu)),
            ("cuda:0", Some(DeviceChoice::Cuda(0))),
            ("cuda:11", Some(DeviceChoice::Cuda(11))),
            ("cuda", None),
            ("cuda:", None),
            ("cuda:-1", None),
            ("CPU", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text:?}");
        }
    }

    /// So that a run that was begun with one goes on with the other.
    #[test]
    fn a_processor_is_the_same_in_a_manifest_however_it_was_chosen() {
        let arguments = |compute: &Compute| (compute.argument(16), compute.gpu_argument(16));
        assert_eq!(arguments(&Compute::CPU), ("cpu".to_owned(), None));
        let gpu = Compute { runtime: Runtime::Cuda, ..Compute::CPU };
        let expected = "cuda, batch 16".to_owned();
        assert_eq!(arguments(&gpu), (expected.clone(), Some(("device", expected))));
    }

    #[test]
    fn a_gpu_that_is_asked_for_by_number_is_there_or_an_error() {
        // No machine has so many.
        let error = Compute::find(DeviceChoice::Cuda(4_000), true).unwrap_err().to_string();
        assert!(error.starts_with("--device cuda:4000: ") && error.contains("--device cpu"), "{error}");
        assert_eq!(Compute::find(DeviceChoice::Cpu, true).unwrap().runtime, Runtime::NativeCpu);
        Compute::find(DeviceChoice::Auto, true).unwrap();
    }
}

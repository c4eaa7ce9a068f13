//! Whether a model fits into memory, said before any of it is read.

use super::{n_bytes, ModelFiles};
use crate::files::{open, read_text};
use crate::hub::Adapted;
use crate::terminal::bytes;
use anyhow::{bail, Result};
use std::io::{Read, Seek};
use sysinfo::{CGroupLimits, MemoryRefreshKind, RefreshKind, System};
use tiebreak_engine::config::Config;
use tiebreak_engine::decoder::CpuWeights;
use tiebreak_engine::gguf::GgufFile;
use tiebreak_engine::safetensors::Shards;
use tiebreak_engine::Computation;

/// The memory that a program may still take: what the machine has, or what the control group leaves it where that is less; none where the system does not say.
pub fn free_bytes() -> Option<u64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory);
    let of_group = system.cgroup_limits().map(|limits| left_by_group(&limits));
    let available = [Some(system.available_memory()), of_group].into_iter().flatten();
    // Where the system says nothing, the number is 0.
    available.filter(|free| *free > 0).min()
}

/// What a control group leaves: its limit less what its programs hold.
///
/// What it is charged with includes the page cache, so a model that was just fetched or hashed, and that is given back when memory is asked for.
fn left_by_group(limits: &CGroupLimits) -> u64 {
    limits.total_memory.saturating_sub(limits.rss)
}

/// About how much memory a model's weights take, without keys and values; what its header does not tell is taken as it is stored.
pub fn needed_bytes(files: &ModelFiles, adapted: Adapted) -> Result<u64> {
    let stored = n_bytes(files)?;
    match files {
        ModelFiles::Builtin => Ok(stored),
        ModelFiles::Gguf { parts } => {
            let parts = parts.iter().map(|part| open(part)).collect::<Result<Vec<_>>>()?;
            // A header that is wrong is for the engine to tell.
            Ok(GgufFile::read_parts(parts).map_or(stored, |file| gguf_bytes(&file, adapted)))
        }
        ModelFiles::Folder(folder) => {
            let computation = Computation::of_folder(&read_text(&folder.config)?);
            Ok(folder_bytes(&folder.tensors()?, computation.ok().as_ref(), adapted))
        }
    }
}

/// About how much memory the weights of a folder take, and the masks that candle-transformers keeps beside them; as much as they have in the files where nothing computes them.
pub fn folder_bytes<R: Read + Seek>(
    weights: &Shards<R>,
    computation: Option<&Computation>,
    adapted: Adapted,
) -> u64 {
    let (n_parameters, stored_bytes) = (weights.n_parameters(), weights.weight_bytes());
    match computation {
        Some(computation) if !computation.own().is_some_and(CpuWeights::fit) => {
            // All types of a folder are of numbers that candle makes F32.
            let of_weights = candle_bytes("BF16", (n_parameters, stored_bytes));
            of_weights.saturating_add(computation.mask_bytes())
        }
        _ if adapted.is_quantized => packed_bytes("BF16", n_parameters, adapted),
        _ => stored_bytes,
    }
}

/// About how much memory the weights of a `.gguf` file take.
pub fn gguf_bytes<R: Read + Seek>(file: &GgufFile<R>, adapted: Adapted) -> u64 {
    let (main_type, n_parameters) = (file.main_type(), file.n_parameters());
    match Config::from_gguf(file.metadata()) {
        Ok(config) if !CpuWeights::suit(file, &config) => {
            candle_bytes(&main_type, (n_parameters, file.weight_bytes()))
        }
        _ => packed_bytes(&main_type, n_parameters, adapted),
    }
}

/// About how much memory candle's weights take, of which most are of one type and `stored_bytes` are in the files.
///
/// It computes the models whose widths 32 does not divide and those that run through candle-transformers, keeps what is quantized as it is, makes everything else F32, and never rounds.
fn candle_bytes(main_type: &str, (n_parameters, stored_bytes): (u64, u64)) -> u64 {
    match main_type {
        "F16" | "BF16" => n_parameters.saturating_mul(4),
        _ => stored_bytes,
    }
}

/// About how much memory the fast CPU decoder's weights take, of which most are of one type.
///
/// It packs 4 bits as such and everything else that is quantized into 8 bits, and keeps the scales and minimums of 32 weights or less in about the bytes that they have in the file.
fn packed_bytes(main_type: &str, n_parameters: u64, adapted: Adapted) -> u64 {
    let bytes_of_32 = match main_type {
        "Q4_0" => 18,
        "Q4_1" | "Q4_K" => 20,
        "F32" | "F16" | "BF16" if adapted.is_quantized => 34,
        "Q5_0" | "Q8_0" => 34,
        "F16" | "BF16" => 64,
        "F32" => 128,
        _ => 36,
    };
    n_parameters.saturating_mul(bytes_of_32) / 32
}

/// An error where a model needs more memory than is free.
pub fn refuse_too_large(name: &str, needed_bytes: u64) -> Result<()> {
    refuse(name, needed_bytes, free_bytes())
}

fn refuse(name: &str, needed_bytes: u64, free_bytes: Option<u64>) -> Result<()> {
    match free_bytes {
        Some(free) if needed_bytes > free => bail!(
            "{name} takes about {} of memory, and {} is free: take a smaller or more quantized one, \
             or --ignore-memory to try all the same",
            bytes(needed_bytes),
            bytes(free)
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_in_the_refusal() {
        let error = refuse("big.gguf", 40_000_000_000, Some(16_500_000_000)).unwrap_err().to_string();
        assert!(error.starts_with("big.gguf takes about 40.0 GB of memory, and 16.5 GB is free"), "{error}");
        refuse("small.gguf", 1, Some(1)).unwrap();
        refuse("unknown.gguf", u64::MAX, None).unwrap();
    }

    /// Within a twentieth of what the loaded model says.
    #[test]
    fn the_estimate_is_near_the_truth() {
        let model = tiebreak_engine::Model::load(
            std::io::Cursor::new(super::super::BUILTIN_MODEL),
            &tiebreak_engine::Device::Cpu,
        )
        .unwrap();
        let (info, loaded) = (model.info(), model.weight_memory() as f64);
        let estimate = packed_bytes(&info.quantization, info.n_parameters, Adapted::default()) as f64;
        assert!((0.95..1.05).contains(&(estimate / loaded)), "{estimate} for {loaded}");
    }

    #[test]
    fn the_page_cache_of_a_group_is_free() {
        let limits = |total_memory, rss| CGroupLimits { total_memory, rss, ..CGroupLimits::default() };
        // A file of 15 GB was hashed: `free_memory` is 0.
        assert_eq!(left_by_group(&limits(16_000_000_000, 500_000_000)), 15_500_000_000);
        assert_eq!(left_by_group(&limits(1, 2)), 0);
    }

    #[test]
    fn candle_makes_numbers_of_16_bits_wider() {
        for (main_type, stored_bytes, expected) in
            [("F16", 20, 40), ("BF16", 20, 40), ("F32", 40, 40), ("Q8_0", 11, 11)]
        {
            assert_eq!(candle_bytes(main_type, (10, stored_bytes)), expected, "{main_type}");
        }
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(free_bytes().is_none_or(|free| free > 1 << 20));
    }
}

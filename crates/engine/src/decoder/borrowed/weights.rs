//! Weights for candle-transformers: first its code is run on shapes alone, which tells what it asks for, then that is read.

use super::config::BorrowedConfig;
use super::families::Forward;
use super::fence::fenced;
use crate::error::{EngineError, Result};
use crate::safetensors::Shards;
use crate::source::{check_shape, problem};
use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::Init;
use candle_nn::var_builder::{SimpleBackend, VarBuilder};
use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, PoisonError};

/// A model of candle-transformers: its weights, which all its decoders share.
#[derive(Clone, Debug)]
pub struct BorrowedModel {
    pub(super) config: BorrowedConfig,
    pub(super) device: Device,
    dtype: DType,
    bytes: u64,
    tensors: Arc<BTreeMap<String, Tensor>>,
}

impl BorrowedModel {
    /// Reads the tensors that the family asks for, in 32 bits on a processor and where half precision would round positions.
    ///
    /// # Errors
    /// [`EngineError::Tensor`] for one that is absent or of another shape, before any of them is read.
    pub fn load<R: Read + Seek>(
        config: BorrowedConfig,
        shards: &mut Shards<R>,
        device: &Device,
    ) -> Result<Self> {
        let dtype = if !device.is_cpu() && config.family.has_half { DType::BF16 } else { DType::F32 };
        Self::load_in(dtype, config, shards, device)
    }

    /// The same in a type of one's own.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_in<R: Read + Seek>(
        dtype: DType,
        config: BorrowedConfig,
        shards: &mut Shards<R>,
        device: &Device,
    ) -> Result<Self> {
        let (mut tensors, mut by_stored_name) = (BTreeMap::new(), BTreeMap::<String, Tensor>::new());
        for (name, (stored, shape)) in wanted(&config, shards)? {
            let tensor = match by_stored_name.get(&stored) {
                Some(shared) => shared.clone(),
                None => {
                    let numbers = shards.open(&stored, &shape)?.numbers()?;
                    Tensor::from_vec(numbers, shape, device)?.to_dtype(dtype)?
                }
            };
            by_stored_name.insert(stored, tensor.clone());
            tensors.insert(name, tensor);
        }
        let n_numbers: usize = by_stored_name.values().map(Tensor::elem_count).sum();
        let bytes = (n_numbers * dtype.size_in_bytes()) as u64;
        Ok(Self { config, device: device.clone(), dtype, bytes, tensors: Arc::new(tensors) })
    }

    /// The memory that the weights take, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The family, as `model_type` calls it.
    pub fn architecture(&self) -> &'static str {
        self.config.family.name
    }

    /// A model that has read nothing.
    pub(super) fn begin(&self) -> Result<Forward> {
        let backend = Box::new(Shared(Arc::clone(&self.tensors)));
        let weights = VarBuilder::from_backend(backend, self.dtype, self.device.clone());
        fenced(&self.config, || (self.config.family.build)(&self.config.values, weights))
    }
}

/// A wanted tensor by the name that candle-transformers has for it: its name in the files, and its shape.
type Wanted = BTreeMap<String, (String, Vec<usize>)>;

/// What the family asks for.
fn wanted<R: Read + Seek>(config: &BorrowedConfig, shards: &Shards<R>) -> Result<Wanted> {
    let asked = Arc::new(Mutex::new(Asked::default()));
    let plan = Plan { config: config.clone(), shapes: shards.shapes(), asked: Arc::clone(&asked) };
    let weights = VarBuilder::from_backend(Box::new(plan), DType::F32, Device::Cpu);
    let built = fenced(config, || (config.family.build)(&config.values, weights)).map(drop);
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    match (built, asked.problem.take()) {
        (Err(_), Some(problem)) => Err(problem),
        (built, _) => built.map(|()| std::mem::take(&mut asked.wanted)),
    }
}

/// The name in the files of what candle-transformers calls `name`.
fn stored_name(config: &BorrowedConfig, name: &str) -> String {
    match name {
        "lm_head.weight" if config.is_tied => config.family.embedding.to_owned(),
        "backbone.embedding.weight" => config.family.embedding.to_owned(),
        name => name.to_owned(),
    }
}

/// Gives tensors without content, and notes which were asked for.
struct Plan {
    config: BorrowedConfig,
    shapes: BTreeMap<String, Vec<usize>>,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    wanted: Wanted,
    /// The first that is not there as it was asked for; some families ask for one or another.
    problem: Option<EngineError>,
}

impl SimpleBackend for Plan {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Tensor> {
        let stored = stored_name(&self.config, name);
        let found = self.shapes.get(&stored).map(Vec::as_slice);
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(problem) = check_shape(&stored, found, shape.dims()) {
            let error = candle_core::Error::Msg(problem.to_string());
            asked.problem.get_or_insert(problem);
            return Err(error);
        }
        asked.wanted.insert(name.to_owned(), (stored, shape.dims().to_vec()));
        Tensor::zeros((), dtype, device)?.broadcast_as(shape)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        Err(unshaped(name))
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.shapes.contains_key(&stored_name(&self.config, name))
    }
}

/// Gives tensors that were read.
struct Shared(Arc<BTreeMap<String, Tensor>>);

impl SimpleBackend for Shared {
    fn get(&self, _: Shape, name: &str, _: Init, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        let absent = || candle_core::Error::Msg(problem(name, "is absent").to_string());
        self.0.get(name).cloned().ok_or_else(absent)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> candle_core::Result<Tensor> {
        Err(unshaped(name))
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

fn unshaped(name: &str) -> candle_core::Error {
    candle_core::Error::Msg(problem(name, "was asked for without a shape").to_string())
}

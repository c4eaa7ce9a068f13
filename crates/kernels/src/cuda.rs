//! The sampler on NVIDIA's GPUs.
#![expect(unsafe_code, reason = "a GPU reads and writes its memory as it is told")]

use crate::sampling::{DeviceDraw, DeviceDrawn, MOST_DEVICE_TOKENS};
use cudarc::driver::{
    CudaFunction, CudaStream, CudaView, DeviceRepr, DriverError, LaunchConfig, PushKernelArg,
};
use cudarc::nvrtc::Ptx;
use std::sync::Arc;

/// `cuda/sample.cu`, which the driver compiles for the GPU at hand.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/sample.ptx"));

/// The threads that share a row: as many as a block may have.
const THREADS: u32 = 1024;

// SAFETY: five numbers in C's layout, with nothing between them, as `Draw` in cuda/sample.cu.
unsafe impl DeviceRepr for DeviceDraw {}
// SAFETY: three numbers in C's layout, with nothing between them, as `Drawn` in cuda/sample.cu.
unsafe impl DeviceRepr for DeviceDrawn {}

/// Draws tokens from logits that lie in a GPU's memory.
#[derive(Debug)]
pub struct DeviceSampler {
    stream: Arc<CudaStream>,
    function: CudaFunction,
}

impl DeviceSampler {
    /// One whose work follows what else `stream` is given.
    ///
    /// # Errors
    /// The driver's, such as for PTX of a newer CUDA than its own.
    pub fn new(stream: Arc<CudaStream>) -> Result<Self, DriverError> {
        let function = stream.context().load_module(Ptx::from_src(PTX))?.load_function("sample")?;
        Ok(Self { stream, function })
    }

    /// Draws a token for each of `draws` from its row of logits, (draws, vocabulary), and waits for them.
    ///
    /// A token depends on its own row and draw alone.
    ///
    /// # Errors
    /// The driver's, such as for want of memory.
    ///
    /// # Panics
    /// Where the logits are not rows of one number of tokens, 1 to [`MOST_DEVICE_TOKENS`], and where a temperature is below 0.
    pub fn sample(
        &self,
        logits: &CudaView<'_, f32>,
        draws: &[DeviceDraw],
    ) -> Result<Vec<DeviceDrawn>, DriverError> {
        let vocabulary = logits.len() / draws.len().max(1);
        assert!(vocabulary * draws.len() == logits.len(), "every draw has a whole row");
        assert!((1..=MOST_DEVICE_TOKENS).contains(&vocabulary), "a vocabulary of {vocabulary} tokens");
        assert!(draws.iter().all(|draw| draw.temperature >= 0.0), "temperatures are 0 or more");
        let draws_there = self.stream.clone_htod(draws)?;
        // SAFETY: nothing reads it before the kernel has written all of it.
        let mut drawn = unsafe { self.stream.alloc::<DeviceDrawn>(draws.len())? };
        let vocabulary = vocabulary as u32;
        let config = LaunchConfig {
            grid_dim: (draws.len() as u32, 1, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        let mut launch = self.stream.launch_builder(&self.function);
        launch.arg(logits).arg(&vocabulary).arg(&draws_there).arg(&mut drawn);
        // SAFETY: these are the kernel's arguments in type and order; each block reads its own row and draw and writes its own result, and no draw leads it out of its row.
        unsafe { launch.launch(config)? };
        self.stream.clone_dtoh(&drawn)
    }
}

//! Compiles the sampler for NVIDIA's GPUs, where the feature `cuda` asks for it.

use std::env;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = "cuda/sample.cu";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-env-changed=NVCC");
    println!("cargo::rerun-if-env-changed=CUDA_COMPUTE_CAP");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    let nvcc = env::var("NVCC").unwrap_or_else(|_| "nvcc".into());
    let capability = env::var("CUDA_COMPUTE_CAP").unwrap_or_else(|_| "80".into());
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let status = Command::new(&nvcc)
        .args(["--ptx", "-std=c++17", &format!("-arch=compute_{capability}")])
        // A product and a sum are rounded one by one, as the processor's are.
        .arg("--fmad=false")
        .args([SOURCE, "-o"])
        .arg(Path::new(&folder).join("sample.ptx"))
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{nvcc} could not compile {SOURCE}: {status}"),
        Err(error) => panic!("{nvcc} cannot be started ({error}): build by crates/native/cuda/build.sh"),
    }
}

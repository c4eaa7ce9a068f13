//! Writes a random model: `random-model SHAPE TYPE FILE`, with SHAPE one of tiny-llama, tiny-qwen2, tiny-qwen3, smollm2-135m and TYPE such as q8_0.

use candle_core::quantized::GgmlDType;
use std::process::ExitCode;
use tiebreak_tests::random_model::{Shape, write};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [shape, kind, path] = arguments.as_slice() else {
        eprintln!(
            "usage: random-model tiny-llama|tiny-qwen2|tiny-qwen3|smollm2-135m f32|bf16|f16|q8_0|q4_0|q4_k|q6_k FILE"
        );
        return ExitCode::from(2);
    };
    let kind = match kind.as_str() {
        "f32" => GgmlDType::F32,
        "bf16" => GgmlDType::BF16,
        "f16" => GgmlDType::F16,
        "q8_0" => GgmlDType::Q8_0,
        "q4_0" => GgmlDType::Q4_0,
        "q4_k" => GgmlDType::Q4K,
        "q6_k" => GgmlDType::Q6K,
        other => {
            eprintln!("error: unknown type `{other}`");
            return ExitCode::from(2);
        }
    };
    let shape = match shape.as_str() {
        "tiny-llama" => Shape::tiny("llama", kind),
        "tiny-qwen2" => Shape::tiny("qwen2", kind),
        "tiny-qwen3" => Shape::tiny("qwen3", kind),
        "smollm2-135m" => Shape::smollm2_135m(kind),
        other => {
            eprintln!("error: unknown shape `{other}`");
            return ExitCode::from(2);
        }
    };
    let written = std::fs::File::create(path)
        .map_err(candle_core::Error::from)
        .and_then(|mut file| write(&shape, &mut file));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {path}: {error}");
            ExitCode::from(2)
        }
    }
}

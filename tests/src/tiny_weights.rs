//! Weights that depend on a tensor's name and shape alone, as `tests/borrowed/make.py` computes them too.

use serde_json::{Map, json};
use std::collections::BTreeMap;

/// A safetensors file of these tensors in F32; `norms` is the middle of the weights of norms.
pub fn safetensors(tensors: &BTreeMap<String, Vec<usize>>, norms: f64) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for (name, shape) in tensors {
        let start = data.len();
        data.extend(numbers(name, shape, norms).flat_map(f32::to_le_bytes));
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        header.insert(name.clone(), entry);
    }
    let header = serde_json::to_vec(&header).expect("an object of names is JSON");
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

fn numbers(name: &str, shape: &[usize], norms: f64) -> impl Iterator<Item = f32> {
    let is_norm = name.contains("norm") || name.contains("ln_");
    let (middle, spread) = match shape {
        [_] if is_norm && name.ends_with("weight") => (norms, 0.5),
        [_] => (0.0, 0.5),
        shape => (0.0, 2.0 / (shape[1..].iter().product::<usize>() as f64).sqrt()),
    };
    let seed = hash(name);
    (0..shape.iter().product::<usize>() as u32).map(move |place| {
        let mut mixed = place.wrapping_mul(0x9E37_79B9).wrapping_add(seed);
        for (shift, factor) in [(16, 0x85EB_CA6B), (13, 0xC2B2_AE35)] {
            mixed = (mixed ^ (mixed >> shift)).wrapping_mul(factor);
        }
        mixed ^= mixed >> 16;
        let even = f64::from(mixed >> 8) / f64::from(1 << 23) - 1.0;
        (middle + spread * even) as f32
    })
}

/// FNV-1a in 32 bits.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |value, byte| (value ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

//! Makes the shipped model, so that anyone can make it again.
//!
//! The way from data files to a `.gguf` file:
//!
//! 1. [`dialogues`] composes prompts and replies from `data/dialogues/*.toml` and takes whole ones from `data/whole_replies/*.toml`, with [`slots`] filled alike in both;
//!    [`bitext`] adds real rows from a CSV file.
//! 2. [`vocabulary`] learns a byte-level BPE from that text and writes dialogues as tokens in the chat format.
//! 3. [`stream`] mixes and packs them into batches; what a step reads depends on the seed and the step alone.
//! 4. [`model`] runs forward and backward: candle multiplies the matrices, [`attention`] and [`ops`] do the rest.
//! 5. [`optimizer`] moves the parameters, [`train`] keeps the schedule, [`checkpoint`] lets a run go on later.
//! 6. [`export`] quantizes a checkpoint into the file that the demo carries.
//! 7. [`reward`] trains a head that tells whether a reply fits, and writes it into that file.
//! 8. [`evaluate`] measures that file on [`held_out`] dialogues and on [`comparisons`] with planted defects.
//!
//! Train with the instructions of the machine at hand:
//!
//! ```text
//! export RUSTFLAGS="-C target-cpu=native"
//! cargo run --release -p tiebreak-trainer --features avx512 -- train --minutes 80 --data rows.csv
//! cargo run --release -p tiebreak-trainer -- export
//! cargo run --release -p tiebreak-trainer -- reward --data rows.csv
//! ```
//!
//! On two cores with AVX-512 that is about 5,000 tokens a second, forward and backward, for the shipped shape.
//! Two runs with `--steps` and the same seed, data and build give the same weights, however often they are resumed.

pub mod attention;
pub mod bitext;
pub mod checkpoint;
pub mod comparisons;
pub mod dialogues;
pub mod evaluate;
pub mod export;
pub mod held_out;
pub mod model;
pub mod ops;
pub mod optimizer;
pub mod random;
pub mod reward;
pub mod slots;
pub mod stream;
pub mod train;
pub mod vocabulary;

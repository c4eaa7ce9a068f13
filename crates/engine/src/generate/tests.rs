//! What becomes of a run on a device that has too little memory, or draws tokens itself.

use super::*;
use crate::decoder::{Stepped, Wanted};
use crate::sampler;
use std::fs::File;
use tiebreak_core::schema::{Extra, Role};

/// A decoder that has memory for so many rows of a step, and may draw their tokens.
struct Elsewhere {
    inner: Box<dyn Decoder>,
    most_rows: usize,
    draws: bool,
}

impl Decoder for Elsewhere {
    fn open(&mut self, parent: Option<SequenceId>) -> Result<SequenceId> {
        self.inner.open(parent)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.inner.close(sequence);
    }

    fn length(&self, sequence: SequenceId) -> usize {
        self.inner.length(sequence)
    }

    fn extend(&mut self, sequence: SequenceId, tokens: &[u32], wanted: Wanted) -> Result<Vec<f32>> {
        self.inner.extend(sequence, tokens, wanted)
    }

    fn step(&mut self, rows: &[(SequenceId, u32)]) -> Result<Vec<f32>> {
        if rows.len() > self.most_rows {
            let text = "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")";
            return Err(candle_core::Error::Msg(text.to_owned()).into());
        }
        self.inner.step(rows)
    }

    fn step_and_sample(&mut self, rows: &[(SequenceId, u32)], draws: &[Draw<'_>]) -> Result<Stepped> {
        let logits = self.step(rows)?;
        if !self.draws {
            return Ok(Stepped::Logits(logits));
        }
        let rows = logits.chunks_exact(logits.len() / rows.len()).zip(draws);
        rows.map(|(logits, draw)| sampler::sample(logits, *draw)).collect::<Result<_>>().map(Stepped::Sampled)
    }
}

fn model() -> Model {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models/qwen3.gguf");
    Model::load(File::open(path).expect("the fixture is there"), &crate::Device::Cpu)
        .expect("the fixture loads")
}

fn jobs() -> Vec<Job> {
    let sampling = |seed| Sampling {
        temperature: 1.0,
        top_p: 1.0,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: 12,
        stop: Vec::new(),
        seed,
        extra: Extra::new(),
    };
    let messages = vec![Message { role: Role::User, content: "Where is it?".into(), extra: Extra::new() }];
    let job = |id: &str| Job {
        prompt_id: id.to_owned(),
        messages: messages.clone(),
        sampling: (0..4).map(sampling).collect(),
        thinking: false,
    };
    ["a", "b", "c"].map(job).to_vec()
}

/// Responses by their prompts, and the batches to which it came down.
type Ran = (BTreeMap<String, Vec<Generated>>, Vec<usize>);

fn run(most_rows: usize, draws: bool) -> Result<Ran> {
    let model = model();
    let decoder = Box::new(Elsewhere { inner: model.decoder(), most_rows, draws });
    let mut generation = Generation::on(decoder, &model, jobs().into_iter(), &Options { batch: 8 })?;
    let (mut answers, mut batches) = (BTreeMap::new(), Vec::new());
    while let Some(events) = generation.advance()? {
        for event in events {
            match event {
                Event::Completed(done) => _ = answers.insert(done.prompt_id, done.responses),
                Event::Halved { batch } => batches.push(batch),
                Event::Failed { error, .. } => return Err(error),
                Event::Step { .. } => {}
            }
        }
    }
    Ok((answers, batches))
}

#[test]
fn a_full_memory_halves_the_batch_and_changes_no_response() {
    let (expected, halved) = run(usize::MAX, false).unwrap();
    assert_eq!((expected.len(), halved.len()), (3, 0));
    for (most_rows, draws) in [(1, false), (3, false), (3, true)] {
        let (answers, halved) = run(most_rows, draws).unwrap();
        assert_eq!(answers, expected, "{most_rows} rows");
        assert_eq!(halved.last(), Some(&if most_rows == 1 { 1 } else { 2 }), "{halved:?}");
    }
}

#[test]
fn responses_are_the_same_where_the_device_draws() {
    assert_eq!(run(usize::MAX, true).unwrap(), run(usize::MAX, false).unwrap());
}

#[test]
fn a_memory_that_holds_no_response_is_an_error() {
    let error = run(0, false).unwrap_err();
    assert!(matches!(error, EngineError::OutOfMemory), "{error}");
}

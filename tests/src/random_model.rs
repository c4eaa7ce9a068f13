//! Writes random models of the families that the engine knows.

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::io::{Seek, Write};
use tiebreak_core::random::{Purpose, ResponseRandom};

/// The shape of a random model.
#[derive(Clone, Debug)]
pub struct Shape {
    /// `llama`, `qwen2` or `qwen3`.
    pub family: &'static str,
    pub vocab: usize,
    pub context: usize,
    pub width: usize,
    pub layers: usize,
    pub feed_forward: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_width: usize,
    /// Whether the output shares the embedding's weights.
    pub tied: bool,
    /// What `rope_freqs.weight` divides every frequency by, where the file has that tensor, as Llama 3's do.
    pub rope_freqs: Option<f32>,
    /// The factor of linear scaling, where the file asks for it.
    pub rope_scale: Option<f32>,
    pub kind: GgmlDType,
    pub seed: u64,
}

impl Shape {
    /// A model small enough for a test, with grouped heads.
    pub fn tiny(family: &'static str, kind: GgmlDType) -> Self {
        Self {
            family,
            vocab: 320,
            context: 256,
            width: 256,
            layers: 2,
            feed_forward: 512,
            heads: 4,
            kv_heads: 2,
            head_width: 64,
            tied: true,
            rope_freqs: None,
            rope_scale: None,
            kind,
            seed: 1,
        }
    }

    /// The shape of SmolLM2-135M.
    pub fn smollm2_135m(kind: GgmlDType) -> Self {
        Self {
            family: "llama",
            vocab: 49_152,
            context: 2_048,
            width: 576,
            layers: 30,
            feed_forward: 1_536,
            heads: 9,
            kv_heads: 3,
            head_width: 64,
            tied: true,
            rope_freqs: None,
            rope_scale: None,
            kind,
            seed: 1,
        }
    }
}

/// Writes a model of `shape` with a byte-level tokenizer and a ChatML template.
pub fn write(shape: &Shape, output: &mut (impl Write + Seek)) -> candle_core::Result<()> {
    let tensors = tensors(shape)?;
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let metadata = metadata(shape);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    gguf_file::write(output, &metadata, &tensors)
}

/// The bytes of a model of `shape`.
pub fn bytes(shape: &Shape) -> Vec<u8> {
    let mut output = std::io::Cursor::new(Vec::new());
    write(shape, &mut output).expect("a model fits memory");
    output.into_inner()
}

fn tensors(shape: &Shape) -> candle_core::Result<Vec<(String, QTensor)>> {
    let Shape { vocab, width, feed_forward, heads, kv_heads, head_width, .. } = *shape;
    let mut tensors = Vec::new();
    let mut add = |name: String, dims: &[usize]| -> candle_core::Result<()> {
        let is_matrix = dims.len() == 2;
        let inputs = if is_matrix { dims[1] as f32 } else { 1.0 };
        // The embedding gets ordinary numbers, matrices such that widths do not matter, norms something around 1.
        let (centre, spread) = match (is_matrix, name.as_str()) {
            (true, "token_embd.weight") => (0.0, 0.05),
            (true, _) => (0.0, (3.0 / inputs).sqrt()),
            (false, name) if name.ends_with("bias") => (0.0, 0.2),
            (false, _) => (1.0, 0.2),
        };
        let n = dims.iter().product::<usize>();
        let random = ResponseRandom::new(shape.seed, &name, 0);
        let numbers: Vec<f32> = (0..n as u32)
            .map(|i| centre + spread * (2.0 * random.uniform(Purpose::Token, i) as f32 - 1.0))
            .collect();
        let tensor = Tensor::from_vec(numbers, dims, &Device::Cpu)?;
        let kind = if is_matrix { shape.kind } else { GgmlDType::F32 };
        tensors.push((name, QTensor::quantize(&tensor, kind)?));
        Ok(())
    };
    add("token_embd.weight".into(), &[vocab, width])?;
    add("output_norm.weight".into(), &[width])?;
    if !shape.tied {
        add("output.weight".into(), &[vocab, width])?;
    }
    for i in 0..shape.layers {
        let mut part = |part: &str, dims: &[usize]| add(format!("blk.{i}.{part}"), dims);
        part("attn_norm.weight", &[width])?;
        part("attn_q.weight", &[heads * head_width, width])?;
        part("attn_k.weight", &[kv_heads * head_width, width])?;
        part("attn_v.weight", &[kv_heads * head_width, width])?;
        part("attn_output.weight", &[width, heads * head_width])?;
        if shape.family == "qwen2" {
            part("attn_q.bias", &[heads * head_width])?;
            part("attn_k.bias", &[kv_heads * head_width])?;
            part("attn_v.bias", &[kv_heads * head_width])?;
        }
        if shape.family == "qwen3" {
            part("attn_q_norm.weight", &[head_width])?;
            part("attn_k_norm.weight", &[head_width])?;
        }
        part("ffn_norm.weight", &[width])?;
        part("ffn_gate.weight", &[feed_forward, width])?;
        part("ffn_up.weight", &[feed_forward, width])?;
        part("ffn_down.weight", &[width, feed_forward])?;
    }
    if let Some(factor) = shape.rope_freqs {
        let tensor = Tensor::from_vec(vec![factor; head_width / 2], head_width / 2, &Device::Cpu)?;
        tensors.push(("rope_freqs.weight".into(), QTensor::quantize(&tensor, GgmlDType::F32)?));
    }
    Ok(tensors)
}

const TEMPLATE: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

fn metadata(shape: &Shape) -> Vec<(String, Value)> {
    let family = shape.family;
    let number = |n: usize| Value::U32(n as u32);
    let string = |text: &str| Value::String(text.to_owned());
    let (tokens, types, merges) = vocabulary(shape.vocab);
    let list = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let of_family = [
        ("context_length", number(shape.context)),
        ("embedding_length", number(shape.width)),
        ("block_count", number(shape.layers)),
        ("feed_forward_length", number(shape.feed_forward)),
        ("rope.dimension_count", number(shape.head_width)),
        ("rope.freq_base", Value::F32(10_000.0)),
        ("attention.head_count", number(shape.heads)),
        ("attention.head_count_kv", number(shape.kv_heads)),
        ("attention.key_length", number(shape.head_width)),
        ("attention.value_length", number(shape.head_width)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("vocab_size", number(shape.vocab)),
    ];
    let mut metadata = vec![
        ("general.architecture".to_owned(), string(family)),
        ("general.name".to_owned(), string("random")),
        // candle-transformers computes Qwen 3 in half precision where this is absent; 0 asks for single precision.
        ("general.dtype".to_owned(), Value::U32(0)),
        ("tokenizer.ggml.model".to_owned(), string("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), string("smollm")),
        ("tokenizer.ggml.tokens".to_owned(), list(tokens)),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(types.into_iter().map(Value::I32).collect())),
        ("tokenizer.ggml.merges".to_owned(), list(merges)),
        ("tokenizer.ggml.bos_token_id".to_owned(), number(0)),
        ("tokenizer.ggml.eos_token_id".to_owned(), number(2)),
        ("tokenizer.ggml.add_bos_token".to_owned(), Value::Bool(false)),
        ("tokenizer.chat_template".to_owned(), string(TEMPLATE)),
    ];
    metadata.extend(of_family.map(|(key, value)| (format!("{family}.{key}"), value)));
    if let Some(factor) = shape.rope_scale {
        metadata.push((format!("{family}.rope.scaling.type"), string("linear")));
        metadata.push((format!("{family}.rope.scaling.factor"), Value::F32(factor)));
    }
    metadata
}

/// Three special tokens, the 256 bytes as byte-level tokenizers write them, some pairs of letters, and fillers.
fn vocabulary(n: usize) -> (Vec<String>, Vec<i32>, Vec<String>) {
    const NORMAL: i32 = 1;
    const CONTROL: i32 = 3;
    assert!(n >= 259 + MERGES.len(), "a vocabulary of {n} is too small");
    let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
    let mut tokens: Vec<String> = special.map(str::to_owned).to_vec();
    tokens.extend((0..=255).map(|byte| byte_character(byte).to_string()));
    tokens.extend(MERGES.iter().map(|(a, b)| format!("{a}{b}")));
    tokens.extend((tokens.len()..n).map(|i| format!("[{i}]")));
    let types = (0..n).map(|i| if i < special.len() { CONTROL } else { NORMAL }).collect();
    let merges = MERGES.iter().map(|(a, b)| format!("{a} {b}")).collect();
    (tokens, types, merges)
}

const MERGES: &[(&str, &str)] =
    &[("t", "h"), ("th", "e"), ("i", "n"), ("e", "r"), ("o", "n"), ("Ġ", "the"), ("a", "n")];

/// The printable character that stands for a byte in byte-level vocabularies: itself where it is printable, else one from U+0100 on.
fn byte_character(byte: u8) -> char {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if printable(byte) {
        return char::from(byte);
    }
    let nth = (0..byte).filter(|b| !printable(*b)).count() as u32;
    char::from_u32(0x100 + nth).expect("a code point below U+0200")
}

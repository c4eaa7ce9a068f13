//! Sound files, and headers that lie.

use super::*;
use crate::config::HuggingFaceConfig;
use proptest::prelude::*;
use std::io::Cursor;

fn config(family: &str) -> Config {
    let json = format!(
        r#"{{"model_type": "{family}", "vocab_size": 4, "hidden_size": 2, "intermediate_size": 2, "num_hidden_layers": 1,
            "num_attention_heads": 1, "rms_norm_eps": 1e-5, "max_position_embeddings": 8}}"#
    );
    HuggingFaceConfig::parse(&json).unwrap().config().unwrap()
}

/// A file of a header and some bytes.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn read(files: &[Vec<u8>]) -> Result<Safetensors<Cursor<&Vec<u8>>>> {
    Safetensors::read(files.iter().map(Cursor::new).collect(), &config("llama"), false)
}

fn error(files: &[Vec<u8>]) -> String {
    read(files).err().expect("the file is refused").to_string()
}

const SOUND: &str = r#"{"__metadata__": {"format": "pt"},
    "model.embed_tokens.weight": {"dtype": "BF16", "shape": [4, 2], "data_offsets": [0, 16]},
    "model.norm.weight": {"dtype": "F32", "shape": [2], "data_offsets": [16, 24]}}"#;

fn sound() -> Vec<u8> {
    let ones: Vec<u8> = [1.0f32, 2.0].into_iter().flat_map(f32::to_le_bytes).collect();
    file(SOUND, &[[0x80, 0x3F].repeat(8), ones].concat())
}

#[test]
fn tensors_are_found_by_the_names_of_gguf_in_all_files() {
    let head = r#"{"lm_head.weight": {"dtype": "F16", "shape": [4, 2], "data_offsets": [0, 16]}}"#;
    let files = [sound(), file(head, &[0; 16])];
    let mut all = read(&files).unwrap();
    assert_eq!((all.shards.n_parameters(), all.shards.weight_bytes()), (18, 40));
    assert_eq!(read(&files[..1]).unwrap().shards.main_type(), "BF16");
    assert_eq!(all.open("token_embd.weight", &[4, 2]).unwrap().numbers().unwrap(), [1.0; 8]);
    assert_eq!(all.open("output_norm.weight", &[2]).unwrap().numbers().unwrap(), [1.0, 2.0]);
    assert_eq!(all.open("output.weight", &[4, 2]).unwrap().numbers().unwrap(), [0.0; 8]);
    let absent = all.open("blk.3.attn_q.weight", &[2, 2]).err().unwrap().to_string();
    assert!(absent.starts_with("tensor `model.layers.3.self_attn.q_proj.weight` is absent: "), "{absent}");
    let misshapen = all.open("output_norm.weight", &[3]).err().unwrap().to_string();
    assert_eq!(misshapen, "tensor `model.norm.weight` has shape [2]; expected [3]");
    let readers = files.iter().map(Cursor::new).collect();
    let tied = Safetensors::read(readers, &config("llama"), true).unwrap();
    assert!(!tied.has_tensor("output.weight"));
}

#[test]
fn models_of_text_and_pictures_have_longer_names() {
    for (prefix, head) in [
        ("language_model.model.", "language_model.lm_head"),
        ("model.language_model.", "lm_head"),
        ("", "lm_head"),
    ] {
        let header = SOUND.replace("model.embed", &format!("{prefix}embed"));
        let all = read(&[file(&header, &[0; 24])]).map(|all| all.names);
        let names = all.unwrap();
        assert_eq!(
            names.translate("blk.0.ffn_norm.weight"),
            [format!("{prefix}layers.0.post_attention_layernorm.weight")]
        );
        assert_eq!(names.translate("output.weight"), [format!("{head}.weight")]);
        let expert = names.translate("blk.2.ffn_down.7.weight");
        assert_eq!(
            expert,
            ["mlp.experts.7.down_proj", "block_sparse_moe.experts.7.w2"]
                .map(|name| format!("{prefix}layers.2.{name}.weight"))
        );
    }
}

/// Such as the positions that older models carry along.
#[test]
fn tensors_of_other_types_hurt_only_where_they_are_asked_for() {
    let header = SOUND.replace("BF16", "I16");
    let files = [file(&header, &[0; 24])];
    let mut all = read(&files).unwrap();
    assert_eq!((all.shards.n_parameters(), all.shards.main_type()), (10, "I16"));
    let error = all.open("token_embd.weight", &[4, 2]).err().unwrap().to_string();
    assert_eq!(
        error,
        "tensor `model.embed_tokens.weight` is stored as I16; take weights in F32, F16 or BF16, or a GGUF file, of the same model"
    );
}

#[test]
fn broken_files_are_refused_by_name() {
    let one = |entry: &str| file(&format!(r#"{{"t": {entry}}}"#), &[0; 16]);
    for (bytes, named) in [
        (vec![], "0 bytes"),
        (vec![0; 7], "7 bytes"),
        (u64::MAX.to_le_bytes().to_vec(), "header claims 18446744073709551615 bytes"),
        ([&9u64.to_le_bytes(), &b"{}"[..]].concat(), "header claims 9 bytes of a file of 10"),
        (file("<!doctype html>", &[]), "header is broken"),
        (file("[]", &[]), "header is broken"),
        (one(r#"{"dtype": "I64", "shape": [2], "data_offsets": [0, 17]}"#), "`t` of shape [2]"),
        (one(r#"{"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}"#), "`t` of shape [5]"),
        (one(r#"{"dtype": "F32", "shape": [4], "data_offsets": [4, 20]}"#), "cut off"),
        (one(r#"{"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}"#), "`t` of shape [4]"),
        (one(r#"{"dtype": "F32", "shape": [4], "data_offsets": [0, 12]}"#), "`t` of shape [4]"),
        (
            one(&format!(r#"{{"dtype": "F32", "shape": [{0}, {0}], "data_offsets": [0, 16]}}"#, 1u64 << 32)),
            "`t`",
        ),
        (one(&format!(r#"{{"dtype": "F32", "shape": [4], "data_offsets": [16, {}]}}"#, u64::MAX)), "`t`"),
    ] {
        let error = error(&[bytes]);
        assert!(error.contains(named), "{named}: {error}");
    }
    let error_of = |entries: &str| error(&[file(entries, &[0; 16])]);
    let gap = r#"{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "u": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}"#;
    for entries in [
        gap.replace("[8, 16]", "[4, 12]"),
        gap.replace("[1], \"data_offsets\": [0, 4]", "[3], \"data_offsets\": [0, 12]"),
        gap.to_owned(),
    ] {
        assert!(error_of(&entries).contains("do not fill the 16 bytes after its header"), "{entries}");
    }
    let twice = r#"{"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "t": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}"#;
    assert!(error(&[file(twice, &[0; 8])]).contains("`t` stands in two places"));
    assert!(error(&[sound(), sound()]).contains("stands in two places"));
}

proptest! {
    /// Whatever the bytes, the answer is a model's tensors or an error.
    #[test]
    fn nothing_breaks_the_reader(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sound();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(mut all) = read(&[bytes]) {
            let opened = all.open("token_embd.weight", &[4, 2]).and_then(OpenTensor::numbers);
            prop_assert!(opened.is_err() || opened.is_ok_and(|numbers| numbers.len() == 8));
        }
    }
}

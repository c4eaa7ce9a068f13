use super::*;
use crate::model::{needed_bytes, ModelFiles};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// A file of weights with one tensor of two numbers in 16 bits for each name.
fn weights(names: &[&str]) -> Vec<u8> {
    let tensor = |(i, name): (usize, &&str)| {
        ((*name).to_owned(), json!({"dtype": "BF16", "shape": [1, 2], "data_offsets": [4 * i, 4 * i + 4]}))
    };
    let header = Value::Object(names.iter().enumerate().map(tensor).collect()).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; 4 * names.len()]].concat()
}

/// A folder with a model in two files, changed by `change`.
fn folder(change: impl Fn(&Path)) -> (tempfile::TempDir, Result<Facts>) {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    let config = json!({"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "max_position_embeddings": 4096});
    put("config.json", config.to_string().as_bytes());
    put(
        "tokenizer.json",
        json!({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}}}).to_string().as_bytes(),
    );
    let template = "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}";
    let tokens = json!({"bos_token": {"content": "<s>"}, "chat_template": [{"name": "default", "template": template}]});
    put("tokenizer_config.json", tokens.to_string().as_bytes());
    put("a.safetensors", &weights(&["x", "y"]));
    put("b.safetensors", &weights(&["z"]));
    let index = json!({"weight_map": {"x": "a.safetensors", "y": "a.safetensors", "z": "b.safetensors"}});
    put("model.safetensors.index.json", index.to_string().as_bytes());
    change(folder.path());
    let facts = ModelFiles::at(folder.path()).and_then(|files| match files {
        ModelFiles::Folder(files) => facts(&files),
        other => panic!("{other:?} is no folder"),
    });
    (folder, facts)
}

#[track_caller]
fn refused(change: impl Fn(&Path), part: &str) {
    let error = format!("{:#}", folder(change).1.unwrap_err());
    assert!(error.contains(part), "no `{part}` in {error}");
}

#[test]
fn a_folder_is_known_without_its_weights_being_read() {
    let facts = folder(|_| {}).1.unwrap();
    let expected = Facts {
        n_files: 2,
        architecture: "qwen3 (Qwen3ForCausalLM)".to_owned(),
        n_parameters: Some(6),
        quantization: "BF16".to_owned(),
        weight_bytes: 12,
        context_length: Some(4096),
        tokenizer: "BPE, 2 tokens".to_owned(),
        template: r#"a greeting reads "<s>[Hello]""#.to_owned(),
        memory_bytes: 12,
        runs_on: facts.runs_on.clone(),
        ..Facts::default()
    };
    assert_eq!(facts, expected);
}

/// Widths that 32 does not divide are candle's, which makes the numbers F32 and rounds none.
#[test]
fn a_shape_for_candle_takes_twice_the_memory() {
    let narrow = |path: &Path| {
        let config = json!({
            "model_type": "llama", "hidden_size": 48, "intermediate_size": 96, "num_attention_heads": 3,
            "num_hidden_layers": 1, "vocab_size": 100, "max_position_embeddings": 64, "rms_norm_eps": 1e-5
        });
        fs::write(path.join("config.json"), config.to_string()).unwrap();
    };
    let (folder, facts) = folder(narrow);
    assert_eq!(facts.unwrap().memory_bytes, 24);
    let files = ModelFiles::at(folder.path()).unwrap();
    for is_quantized in [false, true] {
        let adapted = Adapted { is_quantized, ..Adapted::default() };
        assert_eq!(needed_bytes(&files, adapted).unwrap(), 24, "quantized: {is_quantized}");
    }
}

/// candle-transformers computes in 32 bits.
#[cfg(feature = "candle-transformers")]
#[test]
fn a_family_that_candle_transformers_computes_is_told_with_its_memory() {
    let config = json!({"model_type": "helium", "max_position_embeddings": 512}).to_string();
    let put = |path: &Path| fs::write(path.join("config.json"), &config).unwrap();
    let (folder, facts) = folder(put);
    let facts = facts.unwrap();
    assert_eq!((facts.memory_bytes, facts.context_length, facts.bytes_per_token), (24, Some(512), None));
    let files = ModelFiles::at(folder.path()).unwrap();
    assert_eq!(needed_bytes(&files, Adapted::default()).unwrap(), 24);
}

/// StarCoder's are kept for a whole context from the beginning.
#[cfg(feature = "candle-transformers")]
#[test]
fn masks_are_counted_with_the_weights() {
    let config = json!({"model_type": "gpt_bigcode", "n_positions": 512}).to_string();
    let put = |path: &Path| fs::write(path.join("config.json"), &config).unwrap();
    let (folder, facts) = folder(put);
    assert_eq!(facts.unwrap().memory_bytes, 24 + 512 * 512);
    let files = ModelFiles::at(folder.path()).unwrap();
    assert_eq!(needed_bytes(&files, Adapted::default()).unwrap(), 24 + 512 * 512);
}

#[test]
fn a_template_of_its_own_file_wins_and_none_is_said() {
    let put = |name: &'static str, content: &'static str| {
        move |path: &Path| fs::write(path.join(name), content).unwrap()
    };
    let template = |change: &dyn Fn(&Path)| folder(change).1.unwrap().template;
    assert_eq!(
        template(&put("chat_template.jinja", "{{ messages[0].content }}!")),
        r#"a greeting reads "Hello!""#
    );
    let of_processor = put("chat_template.json", r#"{"chat_template": "{{ messages[0].content }}?"}"#);
    assert_eq!(template(&of_processor), r#"a greeting reads "Hello?""#);
    let both = |path: &Path| {
        of_processor(path);
        put("chat_template.jinja", "{{ messages[0].content }}!")(path);
    };
    assert_eq!(template(&both), r#"a greeting reads "Hello!""#);
    // One that holds none leaves it to the tokenizer's.
    assert_eq!(template(&put("chat_template.json", "{}")), r#"a greeting reads "<s>[Hello]""#);
    assert!(template(&put("tokenizer_config.json", "{}")).starts_with("none: "));
    assert!(template(&put("chat_template.jinja", "{% for")).contains("chat template"));
}

#[test]
fn weights_that_are_not_as_described_are_named() {
    let path = |folder: &Path, name: &str| -> PathBuf { folder.join(name) };
    let cut = |folder: &Path| {
        let bytes = weights(&["z"]);
        fs::write(path(folder, "b.safetensors"), &bytes[..bytes.len() - 1]).unwrap();
    };
    refused(cut, "b.safetensors is not what its name says: fetch it again");
    refused(
        |folder| fs::write(path(folder, "b.safetensors"), weights(&["y"])).unwrap(),
        "tensor `y` stands in two places",
    );
    refused(
        |folder| fs::write(path(folder, "b.safetensors"), weights(&["w"])).unwrap(),
        "puts the tensor `z` into",
    );
    let misshapen = |folder: &Path| {
        let header = r#"{"z":{"dtype":"BF16","shape":[3],"data_offsets":[0,4]}}"#;
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat();
        fs::write(path(folder, "b.safetensors"), bytes).unwrap();
    };
    refused(
        misshapen,
        "`z` of shape [3] lies at bytes 0 to 4 of 4; the file is cut off, or its header wrong",
    );
    refused(|folder| fs::write(path(folder, "tokenizer.json"), "{}").unwrap(), "it is no tokenizer");
}

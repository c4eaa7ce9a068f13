//! A family that candle-transformers computes, from the command line.

use super::Folder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tiebreak_tests::tiny_weights::safetensors;

const SENTENCE: &str = "models of the architecture helium run through candle-transformers: one response at a time, whatever --batch is";

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder with the tiny Helium of `tests/borrowed`, its vocabulary grown to a tokenizer's.
fn model(folder: &Folder) {
    let text = fs::read_to_string(here("borrowed/helium.json")).unwrap();
    let mut fixture: Value = serde_json::from_str(&text).unwrap();
    let of_llama: Value =
        serde_json::from_str(&fs::read_to_string(here("models/llama/config.json")).unwrap()).unwrap();
    for key in ["vocab_size", "bos_token_id", "eos_token_id"] {
        fixture["config"][key] = of_llama[key].clone();
    }
    fixture["config"]["max_position_embeddings"] = json!(1024);
    let mut tensors: BTreeMap<String, Vec<usize>> =
        serde_json::from_value(fixture["tensors"].take()).unwrap();
    for name in ["model.embed_tokens.weight", "lm_head.weight"] {
        tensors.get_mut(name).unwrap()[0] = of_llama["vocab_size"].as_u64().unwrap() as usize;
    }
    fs::create_dir(folder.path("helium")).unwrap();
    folder.put("helium/config.json", fixture["config"].to_string());
    folder.put("helium/model.safetensors", safetensors(&tensors, 1.0));
    for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
        fs::copy(here("models/llama").join(name), folder.path(&format!("helium/{name}"))).unwrap();
    }
}

#[test]
fn responses_come_one_at_a_time_and_the_program_says_so() {
    let folder = Folder::new();
    model(&folder);
    let arguments =
        "generate --model helium --prompts prompts.jsonl --responses 2 --max-tokens 8 --temperature 0..1";
    folder.run(&format!("{arguments} --batch 1 --out one.jsonl")).check(0, &[SENTENCE]);
    folder.run(&format!("{arguments} --batch 8 --out eight.jsonl")).check(0, &[SENTENCE]);
    assert_eq!(folder.text("one.jsonl"), folder.text("eight.jsonl"));
    assert!(folder.text("one.jsonl").contains("\"quantization\":\"F32\""), "{}", folder.text("one.jsonl"));
    folder
        .run("judge --model helium --method likelihood --samples one.jsonl --out votes.jsonl")
        .check(0, &[SENTENCE]);
    folder
        .run(&format!("{arguments} --quantize q8_0 --out rounded.jsonl"))
        .check(2, &["leave out --quantize"]);
}

#[test]
fn what_will_run_it_is_known_beforehand() {
    let folder = Folder::new();
    model(&folder);
    let shown = folder.run("models helium --check");
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in ["candle-transformers, one response at a time", "computed with candle-transformers"] {
        assert!(shown.stdout.contains(part), "no `{part}` in {}", shown.stdout);
    }
    let config = folder.text("helium/config.json").replace("\"helium\"", "\"gpt_neox\"");
    folder.put("helium/config.json", config);
    let names = ["`gpt_neox` is not supported", "smollm3", "through candle-transformers", "starcoder2"];
    folder.run("generate --model helium --prompts prompts.jsonl --out none.jsonl").check(2, &names);
}

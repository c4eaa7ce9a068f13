//! Every family by its folder and by its file, from the command line.

use super::Folder;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const MODELS: [&str; 20] = [
    "llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "gemma", "gemma2", "gemma3", "phi3",
    "phi4-mini", "smollm3", "granite", "granitemoe", "granite4", "olmo2", "olmo3", "olmoe", "glm4",
];
/// Of these a GGUF file cannot say all that the folder says.
const MORE_IN_FOLDERS: [&str; 2] = ["mistral", "gemma2"];

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

/// What a model answers, by `more` arguments.
fn samples(folder: &Folder, name: &str, more: &str) -> Vec<Value> {
    let out = format!("{}.jsonl", name.replace(['/', '.'], "-"));
    let model = model(name).display().to_string();
    let arguments =
        format!("generate --model {model} --prompts prompts.jsonl --max-tokens 12 --temperature 0..1 --force --out {out} {more}");
    folder.run(&arguments).check(0, &[]);
    folder.sorted(&out).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts(samples: &[Value]) -> Vec<&str> {
    let responses = samples.iter().flat_map(|sample| sample["responses"].as_array().unwrap());
    responses.map(|response| response["text"].as_str().unwrap()).collect()
}

#[test]
fn a_folder_and_its_file_answer_alike() {
    let folder = Folder::new();
    for name in MODELS {
        let of_folder = samples(&folder, name, "--date 2026-11-30");
        let of_file = samples(&folder, &format!("{name}.gguf"), "--date 2026-11-30");
        assert_eq!(texts(&of_folder).len(), 14, "{name}");
        let [quantized, stored] =
            [&of_folder, &of_file].map(|samples| samples[0]["responses"][0]["model"]["quantization"].clone());
        assert_eq!((quantized, stored), ("BF16".into(), "F16".into()), "{name}");
        if !MORE_IN_FOLDERS.contains(&name) {
            assert_eq!(texts(&of_folder), texts(&of_file), "{name}");
        }
    }
}

#[test]
fn weights_are_rounded_where_it_is_asked_and_the_record_says_it() {
    let folder = Folder::new();
    let rounded = samples(&folder, "qwen3", "--quantize q8_0");
    let response = &rounded[0]["responses"][0];
    assert_eq!(response["model"]["quantization"], "BF16 as Q8_0");
    assert_eq!(response["model"]["name"], "qwen3");
    let arguments = "--prompts prompts.jsonl --max-tokens 12 --temperature 0..1 --out qwen3.jsonl";
    // What was made of rounded weights is not continued with others.
    folder.run(&format!("generate --model {} {arguments}", model("qwen3").display())).check(2, &["model"]);
}

/// A folder with a model of which one file has another content.
fn copied(folder: &Folder, original: &str, (changed, content): (&str, &str)) -> String {
    let name = format!("copy-of-{}", changed.replace('.', "-"));
    fs::create_dir(folder.path(&name)).unwrap();
    for entry in fs::read_dir(model(original)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path(&name).join(path.file_name().unwrap())).unwrap();
    }
    folder.put(&format!("{name}/{changed}"), content);
    name
}

#[test]
fn a_thought_that_takes_all_tokens_is_told() {
    let folder = Folder::new();
    let opened = "{{ messages[0].content }}{% if enable_thinking %}<think>{% endif %}";
    let name = copied(&folder, "qwen3", ("chat_template.jinja", opened));
    let arguments = format!("generate --model {name} --prompts prompts.jsonl --max-tokens 2 --out out.jsonl");
    let says = "14 of 14 responses hold no answer: the thought took all tokens; give more than --max-tokens 2";
    folder.run(&format!("{arguments} --thinking drop --quiet")).check(0, &[says]);
    for line in folder.sorted("out.jsonl") {
        let sample: Value = serde_json::from_str(&line).unwrap();
        let [thinking, tokens, text] =
            ["thinking_tokens", "tokens", "text"].map(|field| sample["responses"][0][field].clone());
        assert_eq!((thinking, tokens, text), (2.into(), 0.into(), "".into()));
    }
    let without = folder.run(&format!("{arguments} --force")).check(0, &["7 samples"]);
    assert!(!without.stderr.contains("hold no answer"), "{}", without.stderr);
    // Some models think whatever they are told.
    folder.put(&format!("{name}/chat_template.jinja"), "{{ messages[0].content }}<think>");
    let says = ["give more than --max-tokens 2", "this model thinks though its template is told"];
    let always = folder.run(&format!("{arguments} --force")).check(0, &says);
    assert!(!always.stderr.contains("--thinking off"), "{}", always.stderr);
    // Votes keep what a judge thought.
    folder.generate("--out samples.jsonl").check(0, &[]);
    folder.put("short.txt", "<!-- version: 1 -->\n<!-- answer: marked -->\n[user]\n{conversation} A: {reply_a} B: {reply_b}");
    let judge = format!("judge --model {name} --samples samples.jsonl --template short.txt --max-tokens 4 --out votes.jsonl");
    folder.run(&judge).check(0, &["no verdict on 7 of 7"]);
    for line in folder.sorted("votes.jsonl") {
        let vote: Value = serde_json::from_str(&line).unwrap();
        let said = vote["judge"]["raw_text"].as_str().unwrap();
        assert!(said.contains("no verdict: reasoning without an end") && said.contains("<think>\n"), "{said}");
    }
}

#[test]
fn a_template_can_be_given() {
    let folder = Folder::new();
    let own = "{{ bos_token }}[INST] {{ messages[0].content }}[/INST]";
    let name = copied(&folder, "mistral", ("chat_template.jinja", own));
    let generate = |model: &str, out: &str, more: &str| {
        let arguments = "--prompts prompts.jsonl --max-tokens 12 --temperature 0..1";
        folder.run(&format!("generate --model {model} {arguments} --out {out} {more}"))
    };
    generate(&name, "own.jsonl", "").check(0, &[]);
    fs::remove_file(folder.path(&name).join("chat_template.jinja")).unwrap();
    generate(&name, "given.jsonl", "").check(2, &["the folder has none", "--chat-template FILE"]);
    folder.put("own.jinja", own);
    folder.put("other.jinja", "{{ bos_token }}{{ messages[0].content }}");
    generate(&name, "given.jsonl", "--chat-template own.jinja").check(0, &["7 samples"]);
    assert_eq!(sampled(&folder, "given.jsonl"), sampled(&folder, "own.jsonl"));
    generate(&name, "given.jsonl", "--chat-template own.jinja").check(0, &["finished already"]);
    // What was made with one template is not continued with another.
    generate(&name, "given.jsonl", "--chat-template other.jinja").check(2, &["model"]);
    generate(&name, "given.jsonl", "--chat-template none.jinja").check(2, &["--chat-template", "none.jinja"]);
    // It wins over the one that a file has.
    let file = model("mistral.gguf").display().to_string();
    for (out, template) in [("file.jsonl", "own.jinja"), ("other.jsonl", "other.jinja")] {
        generate(&file, out, &format!("--chat-template {template}")).check(0, &[]);
    }
    assert_ne!(sampled(&folder, "file.jsonl"), sampled(&folder, "other.jsonl"));
    let likelihood = "--method likelihood --out votes.jsonl --chat-template own.jinja";
    folder.run(&format!("judge --model {name} --samples own.jsonl {likelihood}")).check(0, &["7 votes"]);
}

/// The texts of a file of samples.
fn sampled(folder: &Folder, file: &str) -> Vec<Value> {
    let lines = folder.sorted(file).into_iter();
    let samples = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let texts = |sample: Value| sample["responses"].as_array().unwrap().iter().map(|r| r["text"].clone()).collect();
    samples.map(texts).collect()
}

#[test]
fn facts_and_faults_of_a_folder_are_told() {
    let folder = Folder::new();
    let shown = folder.run(&format!("models {}", model("gemma3").display())).check(0, &[]);
    for part in ["gemma3_text", "BF16", "128 tokens", "the fast CPU decoder", "--quantize q8_0 halves", "a token of each sequence"] {
        assert!(shown.stdout.contains(part), "no `{part}` in {}", shown.stdout);
    }
    folder.run(&format!("models {} --check", model("mistral").display())).check(0, &[]);
    let copied = |changed: &str, content: &str| copied(&folder, "qwen2", (changed, content));
    let config = fs::read_to_string(model("qwen2").join("config.json")).unwrap();
    let fails = |name: &str, parts: &[&str]| {
        folder.run(&format!("generate --model {name} --prompts prompts.jsonl --out x.jsonl")).check(2, parts);
    };
    fails(&copied("config.json", &config.replace("\"qwen2\"", "\"mamba\"")), &["mamba", "supported: llama"]);
    let narrow = config.replace("\"intermediate_size\": 64", "\"intermediate_size\": 96");
    assert_ne!(narrow, config);
    folder.put("copy-of-config-json/config.json", narrow);
    fails("copy-of-config-json", &["mlp.gate_proj.weight", "expected [96, 32]"]);
    let untied = config.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
    assert_ne!(untied, config);
    folder.put("copy-of-config-json/config.json", untied);
    fails("copy-of-config-json", &["`lm_head.weight` is absent"]);
    folder.put("copy-of-config-json/tokenizer.json", r#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#);
    let shown = folder.run("models copy-of-config-json").check(0, &[]).stdout;
    assert!(shown.contains("runs on       nothing here: ") && shown.contains("tokenizer"), "{shown}");
    let phi = fs::read_to_string(model("gemma3").join("tokenizer.json")).unwrap();
    fails(&copied("tokenizer.json", &phi), &["tokenizer", "another model's"]);
    fails(&copied("chat_template.jinja", "{% for i in range(100000000) %}x{% endfor %}"), &["chat template"]);
}

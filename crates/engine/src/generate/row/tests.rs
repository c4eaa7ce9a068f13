use super::*;
use crate::gguf::GgufFile;
use std::fs::File;
use tiebreak_core::schema::Extra;

fn tokenizer() -> Tokenizer {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models/qwen3.gguf");
    let file = GgufFile::read(File::open(path).unwrap()).unwrap();
    Tokenizer::from_gguf(file.metadata()).unwrap()
}

/// One whose marks around thoughts are control tokens, as Mistral's are.
fn mistrals_tokenizer() -> Tokenizer {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/tokenizers/tekken/");
    let [tokenizer, config] = ["tokenizer.json", "tokenizer_config.json"]
        .map(|name| std::fs::read_to_string(format!("{folder}{name}")).unwrap().replace("INST]", "THINK]"));
    Tokenizer::from_hugging_face(&tokenizer, Some(&config)).unwrap()
}

/// What becomes of a response that a model writes exactly so, after `prompt`.
fn written(prompt: &str, text: &str) -> Generated {
    written_with(&tokenizer(), (prompt, text))
}

fn written_with(tokenizer: &Tokenizer, (prompt, text): (&str, &str)) -> Generated {
    let prompt_tokens = tokenizer.encode_with_special(prompt).unwrap();
    let sampling = Sampling {
        temperature: 0.0,
        top_p: 1.0,
        top_k: None,
        min_p: 0.0,
        repetition_penalty: 1.0,
        max_tokens: 400,
        stop: vec!["STOP".to_owned(), "\n\n".to_owned()],
        seed: 0,
        extra: Extra::new(),
    };
    let start = Start {
        prompt: 0,
        index: 0,
        sequence: SequenceId::test(),
        room: 400,
        prompt_id: "p",
        prompt_tokens: &prompt_tokens,
    };
    let mut row = Row::new(start, sampling, tokenizer);
    let mut tokens = tokenizer.encode_with_special(text).unwrap();
    tokens.push(tokenizer.eos().unwrap());
    for token in tokens {
        let mut logits = vec![0.0; tokenizer.vocab_size()];
        logits[token as usize] = 30.0;
        if let Some(generated) = row.push(&Next::Logits(&logits), tokenizer).unwrap() {
            return generated;
        }
    }
    panic!("a response ends with its last token");
}

#[test]
fn a_template_that_always_opens_a_thought_is_known() {
    let generated = written("Where?<think>\n", "A parcel.</think>\n\nYes");
    assert_eq!(generated.text, "Yes");
    assert_eq!(generated.thought.unwrap().text, "A parcel.");
}

fn check(prompt: &str, text: &str, (thought, answer): (Option<&str>, &str)) {
    let generated = written(prompt, text);
    assert_eq!(generated.thought.as_ref().map(|thought| thought.text.as_str()), thought, "{text:?}");
    assert_eq!(generated.text, answer, "{text:?}");
    let all = tokenizer().encode_with_special(text).unwrap().len() as u32 + 1;
    let thinking = generated.thought.map_or(0, |thought| thought.tokens);
    if !text.contains("STOP") && !text.is_empty() {
        assert_eq!(generated.tokens + thinking, all, "{text:?}");
    }
    assert_eq!(generated.mean_logprob_nats.is_some(), generated.tokens > 0, "{text:?}");
}

#[test]
fn what_was_thought_is_kept_apart() {
    check("Where?", "It is here.", (None, "It is here."));
    check("Where?", "<think>\nA parcel.\n</think>\n\nIt is here.", (Some("A parcel."), "It is here."));
    check("Where?", "\n<think></think>Yes", (Some(""), "Yes"));
    // Some templates open the block themselves.
    check("Where?<think>\n", "A parcel.</think>\nYes", (Some("A parcel."), "Yes"));
    // What ends an answer ends no thought.
    check("Where?", "<think>STOP</think>a STOP b", (Some("STOP"), "a "));
    check("Where?", "a STOP <think>b</think>", (None, "a "));
    // Marks later on are part of the answer.
    check("Where?", "<think>a</think>b <think>c</think>", (Some("a"), "b <think>c</think>"));
    check("Where?", "<thin", (None, "<thin"));
    check("Where?", "<think>a</think><response>b</response>", (Some("a"), "b"));
}

#[test]
fn mistrals_marks_are_seen_as_text_and_as_control_tokens() {
    let mistrals = mistrals_tokenizer();
    for tokenizer in [&tokenizer(), &mistrals] {
        let thinks = "[THINK]A parcel.[/THINK]Yes";
        let begun = written_with(tokenizer, ("Where?", thinks));
        let opened = written_with(tokenizer, ("Where?[THINK]", &thinks["[THINK]".len()..]));
        for generated in [begun, opened] {
            assert_eq!(generated.text, "Yes");
            assert_eq!(generated.thought.unwrap().text, "A parcel.");
        }
        let other = written_with(tokenizer, ("Where?", "<think>a [/THINK]</think>b"));
        assert_eq!(other.text, "b");
    }
    assert_eq!(mistrals.decode(&mistrals.encode_with_special("[THINK]").unwrap()), "");
}

#[test]
fn a_thought_without_an_end_is_no_answer() {
    let generated = written("Where?", "<think>A parcel");
    assert_eq!((generated.text.as_str(), generated.tokens, generated.mean_logprob_nats), ("", 0, None));
    assert_eq!(generated.thought.unwrap().text, "A parcel");
}

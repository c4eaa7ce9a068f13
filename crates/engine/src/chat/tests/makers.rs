//! Templates with the families' Jinja, against what transformers makes of them; `tests/templates/README.md` tells how they came about.

use super::*;
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Expected {
    date: (u16, u8, u8),
    conversations: BTreeMap<String, Vec<(Role, String)>>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    template: String,
    tokenizer: String,
    conversation: String,
    prompt: bool,
    text: Option<String>,
    ids: Option<String>,
    error: Option<String>,
}

fn read(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(path)).unwrap()
}

/// A template and the tokenizer of its family.
struct Loaded {
    template: ChatTemplate,
    tokenizer: Tokenizer,
}

fn load(case: &Case, date: Date) -> Loaded {
    let config = read(&format!("tokenizers/{}/tokenizer_config.json", case.tokenizer));
    let tokenizer = read(&format!("tokenizers/{}/tokenizer.json", case.tokenizer));
    let tokenizer = Tokenizer::from_hugging_face(&tokenizer, Some(&config)).unwrap();
    let template = read(&format!("templates/{}.jinja", case.template));
    let template = ChatTemplate::from_hugging_face(Some(&config), Some(&template), &tokenizer).unwrap();
    Loaded { template: template.with_date(date), tokenizer }
}

/// Calls `check` with each case, its messages and what it needs.
fn for_each_case(check: impl Fn(&Case, &[Message], &Loaded)) {
    let expected: Expected = serde_json::from_str(&read("templates/expected.json")).unwrap();
    let (year, month, day) = expected.date;
    let mut loaded = BTreeMap::new();
    assert_eq!(expected.cases.len(), 14 * 17 * 2);
    for case in &expected.cases {
        let messages = expected.conversations[&case.conversation].iter();
        let messages = messages.map(|(role, content)| Message::new(*role, content)).collect::<Vec<_>>();
        let loaded = loaded.entry(&case.template).or_insert_with(|| load(case, Date { year, month, day }));
        check(case, &messages, loaded);
    }
}

#[test]
fn rendered_texts_and_refusals_are_those_of_transformers() {
    for_each_case(|case, messages, Loaded { template, .. }| {
        match (
            template.render(messages, Prompting { for_reply: case.prompt, thinking: false }),
            &case.text,
            &case.error,
        ) {
            (Ok(found), Some(text), None) => assert_eq!(&found, text, "{case:?}"),
            (Err(found), None, Some(error)) => {
                assert!(found.to_string().contains(error.as_str()), "{case:?}: {found}");
            }
            (found, ..) => panic!("{case:?}: {found:?}"),
        }
    });
}

#[test]
fn the_tokens_of_conversations_are_those_of_transformers() {
    for_each_case(|case, messages, Loaded { template, tokenizer }| {
        let Some(ids) = &case.ids else { return };
        let digits = |pair: &[u8]| u32::from_str_radix(std::str::from_utf8(pair).unwrap(), 36).unwrap();
        let ids = ids.as_bytes().chunks(2).map(digits).collect::<Vec<_>>();
        assert_eq!(template.encode(tokenizer, messages, Prompting::REPLY).unwrap(), ids, "{case:?}");
    });
}

#[test]
fn a_folder_has_its_template_in_either_file() {
    let config = read("tokenizers/smollm/tokenizer_config.json");
    let tokenizer = Tokenizer::from_hugging_face(&read("tokenizers/smollm/tokenizer.json"), Some(&config));
    let tokenizer = tokenizer.unwrap();
    let render = |config: Option<&str>, file: Option<&str>| {
        let template = ChatTemplate::from_hugging_face(config, file, &tokenizer)?;
        template.render(&messages(&[(Role::User, "Hi")]), Prompting::NONE)
    };
    let one = r#"{"chat_template": "one {{ messages[0].content }}"}"#;
    let named = r#"{"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "two {{ messages[0].content }}"}]}"#;
    let alone = r#"{"chat_template": [{"name": "rag", "template": "three {{ messages[0].content }}"}]}"#;
    for (config, file, expected) in [
        (Some(one), None, "one Hi"),
        (Some(named), None, "two Hi"),
        (Some(alone), None, "three Hi"),
        (
            Some(one),
            Some("{{ bos_token }}file {{ messages[0].content }}{{ eos_token }}"),
            "<|im_start|>file Hi<|im_end|>",
        ),
        (Some("{}"), None, "<|im_start|>user\nHi<|im_end|>\n"),
        (None, None, "<|im_start|>user\nHi<|im_end|>\n"),
    ] {
        assert_eq!(render(config, file).unwrap(), expected, "{config:?} {file:?}");
    }
    let several = named.replace("default", "rag");
    let error = render(Some(&several), None).unwrap_err().to_string();
    assert!(error.contains("several (tool_use, rag) and none that is named default"), "{error}");
    assert!(
        render(Some(r#"{"chat_template": 3}"#), None).unwrap_err().to_string().contains("tokenizer_config")
    );
    let config = read("tokenizers/gemma/tokenizer_config.json");
    let gemma =
        Tokenizer::from_hugging_face(&read("tokenizers/gemma/tokenizer.json"), Some(&config)).unwrap();
    let error = ChatTemplate::from_hugging_face(None, None, &gemma).err().unwrap().to_string();
    assert!(error.contains("the folder has none"), "{error}");
}

#[test]
fn a_date_that_nobody_gave_is_asked_for() {
    let template = ChatTemplate::new(&read("templates/granite.jinja"), "", "").unwrap();
    let error = template.render(&messages(&[(Role::User, "Hi")]), Prompting::REPLY).unwrap_err().to_string();
    assert!(error.contains("and was told none; give --date YYYY-MM-DD"), "{error}");
    template.render(&messages(&[(Role::System, "Be kind."), (Role::User, "Hi")]), Prompting::REPLY).unwrap();
}

/// Templates take marks out of messages, and what stood on both sides of one may then read as a control token.
#[test]
fn no_control_token_comes_about_where_a_template_takes_something_out() {
    let expected: Expected = serde_json::from_str(&read("templates/expected.json")).unwrap();
    let (year, month, day) = expected.date;
    for family in ["gemma3", "mistral", "qwen3", "smollm3"] {
        let case = expected.cases.iter().find(|case| case.template == family).unwrap();
        let Loaded { template, tokenizer } = load(case, Date { year, month, day });
        let special = tokenizer.special_tokens().map(|(id, _)| id).collect::<Vec<_>>();
        let control = |content: &str| {
            let turns = [(Role::System, content), (Role::User, content), (Role::Assistant, content)];
            let ids = template.encode(&tokenizer, &messages(&turns), Prompting::REPLY).unwrap();
            ids.into_iter().filter(|id| special.contains(id)).collect::<Vec<_>>()
        };
        for mark in ["", " ", "\n", "</think>", "<think>", "/no_think", "/think", "<tool_response>"] {
            let harmless = control(&format!("x{mark}x"));
            for (_, name) in tokenizer.special_tokens() {
                for (index, _) in name.char_indices() {
                    let attack = format!("{}{mark}{}", &name[..index], &name[index..]);
                    assert_eq!(control(&attack), harmless, "{family}: {attack:?}");
                }
            }
        }
    }
}

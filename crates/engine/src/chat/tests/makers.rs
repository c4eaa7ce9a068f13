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

#[derive(Deserialize)]
struct Case {
    template: String,
    tokenizer: String,
    conversation: String,
    prompt: bool,
    text: Option<String>,
    error: Option<String>,
}

fn read(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(path)).unwrap()
}

fn load(case: &Case) -> (Tokenizer, ChatTemplate) {
    let config = read(&format!("tokenizers/{}/tokenizer_config.json", case.tokenizer));
    let tokenizer = read(&format!("tokenizers/{}/tokenizer.json", case.tokenizer));
    let tokenizer = Tokenizer::from_hugging_face(&tokenizer, Some(&config)).unwrap();
    let template = read(&format!("templates/{}.jinja", case.template));
    let template = ChatTemplate::from_hugging_face(Some(&config), Some(&template), &tokenizer).unwrap();
    (tokenizer, template)
}

#[test]
fn rendered_texts_and_refusals_are_those_of_transformers() {
    let expected: Expected = serde_json::from_str(&read("templates/expected.json")).unwrap();
    let (year, month, day) = expected.date;
    let mut loaded: BTreeMap<&str, ChatTemplate> = BTreeMap::new();
    assert_eq!(expected.cases.len(), 12 * 17 * 2);
    for case in &expected.cases {
        let template =
            loaded.entry(&case.template).or_insert_with(|| load(case).1.with_date(Date { year, month, day }));
        let messages = expected.conversations[&case.conversation].iter();
        let messages = messages.map(|(role, content)| Message::new(*role, content)).collect::<Vec<_>>();
        let name = format!("{}: {} {}", case.template, case.conversation, case.prompt);
        match (template.render(&messages, case.prompt), &case.text, &case.error) {
            (Ok(found), Some(text), None) => assert_eq!(&found, text, "{name}"),
            (Err(found), None, Some(error)) => {
                assert!(found.to_string().contains(error.as_str()), "{name}: {found}");
            }
            (found, ..) => panic!("{name}: {found:?}, expected {:?} {:?}", case.text, case.error),
        }
    }
}

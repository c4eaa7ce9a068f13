//! The catalogue on the command line, help and completions.

use super::Folder;
use tiebreak_core::schema::read_prompts;

#[test]
fn json_lines_are_prompts_again() {
    let folder = Folder::new();
    for (arguments, at_least) in [
        ("prompts --format jsonl", 50),
        ("prompts --format jsonl --category billing", 5),
        ("prompts --format jsonl --category billing --category order_status", 10),
        ("prompts --format jsonl --edge-cases", 18),
        ("prompts --format jsonl --all", 68),
    ] {
        let ended = folder.run(arguments).check(0, &[]);
        let read = read_prompts(ended.stdout.as_bytes(), "stdout");
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        assert!(read.records.len() >= at_least, "{arguments}: {}", read.records.len());
    }
}

#[test]
fn documents_are_printed() {
    let folder = Folder::new();
    for what in ["guidelines", "strategy", "qualification", "categories"] {
        let ended = folder.run(&format!("prompts --{what}")).check(0, &[]);
        assert!(ended.stdout.lines().count() >= 10, "{what}: {}", ended.stdout);
    }
    folder.run("prompts --category weather").check(2, &["`weather`", "billing"]);
}

#[test]
fn every_command_has_help_with_examples() {
    let folder = Folder::new();
    assert!(folder.run("--help").check(0, &[]).stdout.contains("Examples:"));
    for command in ["demo", "prompts", "generate", "judge", "study", "serve", "export", "completions"] {
        let help = folder.run(&format!("{command} --help")).check(0, &[]).stdout;
        assert!(help.contains("Examples:") && help.contains(&format!("tiebreak {command}")), "{help}");
    }
    assert!(folder.run("--version").check(0, &[]).stdout.starts_with("tiebreak 0."));
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.run(&format!("completions {shell}")).check(0, &[]).stdout;
        assert!(script.contains("max-tokens"), "{shell}");
    }
}

//! Settings from a file.

use super::Folder;

#[test]
fn a_file_gives_what_was_not_typed() {
    let folder = Folder::new();
    folder.put(
        "study.toml",
        "[generate]\nmodel = \"model.gguf\"\nprompts = \"prompts.jsonl\"\nmax-tokens = 12\nthreads = 2\nseed = 5\n",
    );
    folder.run("generate --config study.toml --out from-file.jsonl").check(0, &[]);
    folder.generate("--seed 5 --out typed.jsonl").check(0, &[]);
    assert_eq!(folder.sorted("from-file.jsonl"), folder.sorted("typed.jsonl"));
    folder.run("generate --config study.toml --seed 6 --out wins.jsonl").check(0, &[]);
    assert!(folder.text("wins.jsonl.run.json").contains("\"seed\": \"6\""));
}

#[test]
fn faults_name_key_and_line() {
    let folder = Folder::new();
    for (text, parts) in [
        ("[generate]\nmodle = 1\n", ["study.toml:2", "unknown key `modle`"]),
        ("[generat]\nmodel = 1\n", ["study.toml:1", "`generat`"]),
        ("[generate\n", ["study.toml:1", "error: "]),
        ("[generate]\nseed = \"many\"\n", ["note: `seed` is set in study.toml:2", "many"]),
    ] {
        folder.put("study.toml", text);
        folder.generate("--config study.toml --out out.jsonl").check(2, &parts);
    }
    folder.generate("--config none.toml --out out.jsonl").check(2, &["none.toml"]);
    assert!(!folder.path("out.jsonl").exists());
}

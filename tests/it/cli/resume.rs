//! Kill and Ctrl-C at any moment: the run that goes on ends with what an unbroken one gives.

use super::{Ended, Folder, ended, generate};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// Starts `arguments`, kills it after a while, and starts it again until it ends by itself.
fn killed_until_done(folder: &Folder, arguments: &str, mut random: u64) -> (Ended, usize) {
    let mut kills = 0;
    loop {
        let mut child = folder.start(arguments);
        // The delays grow, so that a slow machine comes to an end too.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis((random >> 33) % 150 + 20 * kills as u64));
        if child.try_wait().expect("the child is ours").is_some() {
            return (ended(child), kills);
        }
        child.kill().expect("the child is ours");
        child.wait().expect("the child is ours");
        kills += 1;
    }
}

#[test]
fn killed_runs_end_like_an_unbroken_one() {
    let folder = Folder::new();
    folder.generate("--out whole.jsonl --max-tokens 40").check(0, &[]);
    let expected = folder.sorted("whole.jsonl");
    let mut all_kills = 0;
    for (batch, threads, seed) in [(1, 1, 1), (3, 2, 2), (8, 1, 3)] {
        let out = format!("killed-{batch}-{threads}.jsonl");
        let arguments = format!(
            "generate --model model.gguf --prompts prompts.jsonl --max-tokens 40 --batch {batch} --threads {threads} --out {out}"
        );
        let (last, kills) = killed_until_done(&folder, &arguments, seed);
        last.check(0, &[]);
        all_kills += kills;
        assert_eq!(folder.sorted(&out), expected, "after {kills} kills");
    }
    assert!(all_kills > 0, "nothing was killed");
}

#[test]
fn every_cut_of_the_output_is_mended() {
    let folder = Folder::new();
    folder.generate("--out out.jsonl").check(0, &[]);
    let whole = fs::read(folder.path("out.jsonl")).unwrap();
    let expected = folder.sorted("out.jsonl");
    for share in [0, 1, 35, 50, 77, 99, 100] {
        let cut = whole.len() * share / 100;
        fs::write(folder.path("out.jsonl"), &whole[..cut]).unwrap();
        folder.generate("--out out.jsonl").check(0, &[]);
        assert_eq!(folder.sorted("out.jsonl"), expected, "cut at {cut} of {}", whole.len());
    }
}

#[test]
fn judging_goes_on_too() {
    let folder = Folder::new();
    folder.generate("--out samples.jsonl").check(0, &[]);
    let judge = "judge --samples samples.jsonl --model model.gguf --method likelihood --out";
    folder.run(&format!("{judge} whole.jsonl")).check(0, &["7 votes"]);
    let (last, kills) = killed_until_done(&folder, &format!("{judge} killed.jsonl"), 5);
    last.check(0, &[]);
    assert_eq!(folder.sorted("killed.jsonl"), folder.sorted("whole.jsonl"), "after {kills} kills");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_says_how_to_go_on() {
    let folder = Folder::new();
    folder.generate("--out whole.jsonl --max-tokens 200").check(0, &[]);
    let arguments = generate("--out out.jsonl --max-tokens 200 --batch 1");
    let child = folder.start(&arguments);
    while fs::read(folder.path("out.jsonl")).map_or(0, |bytes| bytes.len()) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let stopped = ended(child);
    stopped.check(130, &["interrupted: out.jsonl holds ", "the same command goes on from there"]);
    let so_far = folder.sorted("out.jsonl").len();
    assert!((1..7).contains(&so_far), "{so_far} samples");
    folder.run(&arguments).check(0, &["going on after"]);
    assert_eq!(folder.sorted("out.jsonl"), folder.sorted("whole.jsonl"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_heard_within_a_sample_of_many_pairs() {
    let folder = Folder::new();
    folder.put("prompts.jsonl", super::PROMPTS.lines().next().unwrap());
    folder.generate("--out samples.jsonl -n 40 --max-tokens 30").check(0, &[]);
    for method in ["likelihood", "label"] {
        let out = format!("{method}.jsonl");
        let judge = format!("judge --samples samples.jsonl --model model.gguf --method {method} --out {out}");
        let child = folder.start(&judge);
        while fs::read(folder.path(&out)).map_or(0, |bytes| bytes.len()) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        ended(child).check(130, &["interrupted: ", " of 780 pairs are judged, see "]);
        assert!((1..780).contains(&folder.sorted(&out).len()), "{method}");
    }
}

//! Files of several annotators and machines to one file.

use super::{Ended, Folder};
use serde_json::{Value, json};
use tiebreak_core::schema::{
    Annotator, AnnotatorKind, Extra, Interaction, Sample, Side, Verdict, Vote, pairs, to_line,
};
use tiebreak_core::study::{Answer, Choice, Session, Study, Timing};

/// 2023-11-01; commands run at 2023-11-14.
const START_MS: i64 = 1_698_796_800_000;
pub const N_SAMPLES: usize = 24;

/// Samples of a good and a poor reply, in two categories.
pub fn samples() -> Vec<Sample> {
    let sample = |i: usize| {
        let category = ["billing", "order_status"][i % 2];
        serde_json::from_value(json!({
            "prompt": {
                "id": format!("n{i:02}"), "tags": [], "category": category,
                "messages": [{"role": "user", "content": format!("question {i}")}],
            },
            "responses": [
                {"id": format!("b{i}"), "text": format!("a good answer {i} of some words"), "finish_reason": "stop"},
                {"id": format!("a{i}"), "text": format!("poor reply {i} indeed"), "finish_reason": "stop"},
            ],
        }))
    };
    (0..N_SAMPLES).map(|i| sample(i).unwrap()).collect()
}

/// A vote without a study, for or against the good reply.
pub fn plain_vote(sample: &Sample, annotator: &str, kind: AnnotatorKind, strength: i8) -> Vote {
    let pair = pairs(sample).next().unwrap();
    let towards_good = if pair.first.text.contains("good") { -strength } else { strength };
    let ids = [pair.first.id.clone(), pair.second.id.clone()];
    let annotator = Annotator { id: annotator.to_owned(), kind };
    Vote::new(pair.id, sample.prompt.id.clone(), ids, annotator, Verdict::Strength(towards_good))
}

pub fn lines<'a>(votes: impl IntoIterator<Item = &'a Vote>) -> String {
    votes.into_iter().map(|vote| to_line(vote) + "\n").collect()
}

/// A folder with samples, and a study of them with four known verdicts and its key.
pub fn folder() -> Folder {
    let folder = Folder::new();
    let samples = samples();
    folder.put("samples.jsonl", samples.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    let gold: Vec<Vote> =
        samples[..4].iter().map(|sample| plain_vote(sample, "lead", AnnotatorKind::Expert, 2)).collect();
    folder.put("gold.jsonl", lines(&gold));
    let shape = "--gold gold.jsonl --pairs 30 --slots 1 --check-share 0.2 --repeat-share 0.1 --seed 3";
    folder.run(&format!("study --samples samples.jsonl --out study.json {shape}")).check(0, &[]);
    folder
}

/// Everything an annotator says, a minute each; the `wrong`th turns go to the poor reply.
pub fn votes_of(folder: &Folder, annotator: &str, wrong: usize) -> Vec<Vote> {
    let study = Study::read(folder.text("study.json").as_bytes()).unwrap();
    let mut session = Session::new(study, annotator, None).unwrap();
    while let Some(turn) = session.next_turn() {
        let likes_first =
            session.shown(turn).unwrap().texts[0].contains("good") != (turn % wrong == wrong - 1);
        answer(&mut session, turn, if likes_first { -2 } else { 2 });
    }
    session.votes().to_vec()
}

fn answer(session: &mut Session, turn: usize, strength: i8) {
    let shown_at_ms = START_MS + 60_000 * session.votes().len() as i64;
    let interaction = Interaction::default();
    let timing = Timing { shown_at_ms, decided_at_ms: shown_at_ms + 9000, active_ms: 8000, interaction };
    let answer = Answer { choice: Choice::Strength(strength), reasons: Vec::new(), rationale: None };
    let vote = session.vote(turn, &answer, &timing).unwrap();
    session.accept(turn, vote);
}

/// Merges the votes of two people and whatever `change` does to the first one's, with study and key.
#[track_caller]
fn check(change: impl FnOnce(&mut Vec<Vote>), code: i32, stderr_has: &[&str]) -> (Folder, Ended) {
    let folder = folder();
    let mut ann = votes_of(&folder, "ann", 9);
    change(&mut ann);
    folder.put("ann.jsonl", lines(&ann));
    folder.put("bob.jsonl", lines(&votes_of(&folder, "bob", 7)));
    let ended = folder.run(STUDY).check(code, stderr_has);
    assert!(!ended.stderr.contains("NaN"), "{}", ended.stderr);
    (folder, ended)
}

const STUDY: &str = "merge --in ann.jsonl bob.jsonl --study study.json --key study.key.json --out votes.jsonl --report report.json";

#[test]
fn whole_files_are_merged_without_a_concern() {
    let told = ["exact duplicates left out", "24 pairs by 2 annotators", "Nothing.", "votes.jsonl: 54 votes"];
    let (folder, ended) = check(|ann| ann.extend(ann.clone()), 0, &told);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.lines().all(|line| line.chars().count() <= 80), "{}", ended.stderr);
    let report: Value = serde_json::from_str(&folder.text("report.json")).unwrap();
    assert_eq!(report["counts"]["read"], 81);
    assert_eq!(report["counts"]["duplicates"], 27);
    assert_eq!(report["concerns"], json!({}));
    folder.run(STUDY).check(2, &["votes.jsonl exists", "--force"]);
}

#[test]
fn any_order_and_a_second_time_give_the_same_file() {
    let (folder, _) = check(|_| {}, 0, &[]);
    let merged = folder.text("votes.jsonl");
    let mut all: Vec<&str> = merged.lines().collect();
    all.reverse();
    let (some, others) = all.split_at(17);
    folder.put("a.jsonl", some.join("\n"));
    folder.put("b.jsonl", others.join("\r\n"));
    for (i, order) in
        ["b.jsonl a.jsonl", "a.jsonl b.jsonl ann.jsonl a.jsonl", "votes.jsonl"].iter().enumerate()
    {
        folder.run(&format!("merge --in {order} --out again{i}.jsonl")).check(0, &[]);
        assert_eq!(folder.text(&format!("again{i}.jsonl")), merged, "{order}");
    }
    let piped =
        folder.run("merge --in a.jsonl --in b.jsonl --out -").check(0, &["standard output: 54 votes"]);
    assert_eq!(piped.stdout, merged);
}

#[test]
fn what_is_wrong_with_a_chain_is_named() {
    check(
        |ann| drop(ann.remove(5)),
        1,
        &["votes that their receipt does not fit: 1", "ann on p", "number 7"],
    );
    let change = |ann: &mut Vec<Vote>| ann[3].verdict = Verdict::Strength(3);
    check(change, 1, &["votes that their receipt does not fit: 1"]);
    check(|ann| ann[26].receipt = None, 1, &["votes of a study without a receipt: 1"]);
}

#[test]
fn the_side_that_the_key_gives_is_checked() {
    let turn = |ann: &mut Vec<Vote>| {
        ann[4].shown_first = ann[4].shown_first.map(|side| match side {
            Side::First => Side::Second,
            Side::Second => Side::First,
        });
    };
    check(turn, 1, &["votes whose sides stood otherwise than the key says: 1", "votes.jsonl: 54 votes"]);
}

#[test]
fn clocks_that_are_wrong_are_named_and_the_votes_kept() {
    let set =
        |time: &'static str| move |ann: &mut Vec<Vote>| ann[26].decided_at = Some(time.parse().unwrap());
    check(set("1970-01-01T00:00:07Z"), 1, &["votes from before the year 2000: 1", "1970-01-01", "54 votes"]);
    check(set("2031-01-01T00:00:00Z"), 1, &["votes from the future: 1", "2031-01-01", "54 votes"]);
    let same = |ann: &mut Vec<Vote>| ann[26].decided_at = ann[25].decided_at;
    check(same, 1, &["votes at the same time as the vote before: 1"]);
    check(|ann| ann[26].decided_at = None, 1, &["votes without a time: 1"]);
}

#[test]
fn votes_of_elsewhere_and_of_two_studies_are_named() {
    let (folder, _) = check(|_| {}, 0, &[]);
    let mut stray = plain_vote(&samples()[0], "cy", AnnotatorKind::Human, 1);
    stray.pair = "p0123456789abcdef".to_owned();
    let mut other = votes_of(&folder, "dee", 5);
    other
        .iter_mut()
        .filter_map(|vote| vote.shown_in.as_mut())
        .for_each(|shown| shown.study = "sother".to_owned());
    folder.put("stray.jsonl", lines(&[stray]));
    folder.put("other.jsonl", lines(&other));
    let merge = "merge --in ann.jsonl stray.jsonl other.jsonl --out mixed.jsonl --force";
    let told = ["studies in the same files: 2", "- sother"];
    let without = folder.run(merge).check(1, &told);
    assert!(!without.stderr.contains("unknown pairs"), "nothing is unknown where nothing is expected");
    let told =
        ["votes on unknown pairs: 1", "cy on p0123456789abcdef", "votes of a study that was not given: 27"];
    folder.run(&format!("{merge} --study study.json")).check(1, &told);
    folder.run(&format!("{merge} --samples samples.jsonl")).check(1, &["votes on unknown pairs: 1"]);
}

#[test]
fn what_is_missing_is_named() {
    let told = ["annotators without a vote on a known verdict: 2", "- ann"];
    let folder = folder();
    let gold: Vec<String> = samples()[..4].iter().map(|sample| pairs(sample).next().unwrap().id).collect();
    let mut ann = votes_of(&folder, "ann", 9);
    ann.retain(|vote| !gold.contains(&vote.pair));
    ann.truncate(15);
    folder.put("ann.jsonl", lines(&ann));
    folder.put("bob.jsonl", lines(&votes_of(&folder, "bob", 7)[..5]));
    let ended = folder.run(STUDY).check(1, &told);
    for part in ["pairs with a known verdict without a vote", "pairs without a vote"] {
        assert!(ended.stderr.contains(part), "no `{part}` in {}", ended.stderr);
    }
}

#[test]
fn a_cut_line_and_a_foreign_one_cost_only_themselves() {
    let folder = folder();
    let ann = lines(&votes_of(&folder, "ann", 9));
    folder.put("ann.jsonl", &ann[..ann.len() - 40]);
    folder.put(
        "bob.jsonl",
        format!("{{\"schema\":\"tiebreak/vote/9\"}}\n{}", lines(&votes_of(&folder, "bob", 7))),
    );
    let told = [
        "lines that cannot be read: 2",
        "the last line breaks off",
        "bob.jsonl:1:",
        "53 votes",
        "1 problem reported",
    ];
    folder.run("merge --in ann.jsonl bob.jsonl --out votes.jsonl").check(1, &told);
    folder.put("bad.jsonl", "{\"schema\":\"tiebreak/vote/1\"}\n");
    folder
        .run("merge --in bad.jsonl --out none.jsonl")
        .check(2, &["lines that cannot be read: 1", "nothing was written"]);
    assert!(!folder.path("none.jsonl").exists());
}

#[test]
fn shares_of_samples_are_joined_in_the_order_of_the_prompts() {
    let folder = folder();
    let samples = samples();
    let prompts = samples.iter().rev().map(|sample| to_line(&sample.prompt) + "\n").collect::<String>();
    folder.put("prompts.jsonl", prompts);
    for shard in 1..=3u32 {
        let part = tiebreak_core::plan::Shard { index: shard, count: 3 };
        let own = samples.iter().filter(|sample| part.contains(&sample.prompt.id));
        folder.put(&format!("s{shard}.jsonl"), own.map(|sample| to_line(sample) + "\n").collect::<String>());
    }
    let merge = |inputs: &str| {
        folder.run(&format!("merge --in {inputs} --prompts prompts.jsonl --shards 3 --out all.jsonl --force"))
    };
    merge("s3.jsonl s1.jsonl s2.jsonl s1.jsonl").check(0, &["Merged samples", "all.jsonl: 24 samples"]);
    let expected: String = samples.iter().rev().map(|sample| to_line(sample) + "\n").collect();
    assert_eq!(folder.text("all.jsonl"), expected);
    merge("s3.jsonl s1.jsonl")
        .check(1, &["shares without any sample: 1", "share 2/3", "prompts without a sample"]);
    let mut other = samples[0].clone();
    other.responses[0].text = "something else".to_owned();
    other.extra = Extra::new();
    folder.put("other.jsonl", to_line(&other) + "\n");
    merge("s1.jsonl s2.jsonl s3.jsonl other.jsonl").check(
        1,
        &[
            "samples of a prompt that has another sample: 1",
            "responses whose text differs under the same id: 1",
        ],
    );
}

#[test]
fn what_cannot_be_merged_is_refused_before_anything_is_written() {
    let folder = folder();
    folder.put("ann.jsonl", lines(&votes_of(&folder, "ann", 9)));
    folder.put("empty.jsonl", "\n");
    folder.put("other.key.json", folder.text("study.key.json").replace("\"seed\": 3", "\"seed\": 4"));
    for (arguments, told) in [
        ("--in ann.jsonl samples.jsonl --out x.jsonl", vec!["ann.jsonl: votes", "samples.jsonl: samples"]),
        ("--in - --out x.jsonl", vec!["standard input can be read only once", "write it to a file first"]),
        ("--in empty.jsonl --out x.jsonl", vec!["no vote and no sample in empty.jsonl"]),
        ("--in ann.jsonl --out ann.jsonl --force", vec!["is the output and an input"]),
        ("--in ann.jsonl --out x.jsonl --report x.jsonl", vec!["two outputs at once"]),
        ("--in ann.jsonl --out x.jsonl --shards 2", vec!["for samples", "hold votes"]),
        ("--in samples.jsonl --out x.jsonl --study study.json", vec!["for votes", "hold samples"]),
        ("--in ann.jsonl --out x.jsonl --key study.key.json", vec!["--study"]),
        ("--in ann.jsonl --out x.jsonl --study samples.jsonl", vec!["cannot use samples.jsonl"]),
        ("--in ann.jsonl --out x.jsonl --study study.json --key study.json", vec!["no key of a study"]),
        (
            "--in ann.jsonl --out x.jsonl --study study.json --key study.key.json --key other.key.json",
            vec!["other.key.json is the key of none of these studies"],
        ),
        ("--in ann.jsonl none.jsonl --out x.jsonl", vec!["cannot open none.jsonl"]),
    ] {
        folder.run(&format!("merge {arguments}")).check(2, &told);
    }
    assert!(!folder.path("x.jsonl").exists());
    folder
        .run("merge --in ann.jsonl --out x.jsonl --study study.json --key other.key.json")
        .check(1, &["keys that are not their study's: 1"]);
}

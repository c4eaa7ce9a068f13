//! A collection to one HTML file.

use super::merge::{folder, lines, plain_vote, samples, votes_of};
use super::{Ended, Folder};
use tiebreak_core::schema::{AnnotatorKind, Vote, to_line};

const INPUTS: &str = "--samples samples.jsonl --votes votes.jsonl --key study.key.json";

/// Votes of three people and a judge.
fn votes(folder: &Folder) -> Vec<Vote> {
    let mut votes: Vec<Vote> = [("ann", 9), ("bob", 7), ("cy", 6)]
        .iter()
        .flat_map(|(id, wrong)| votes_of(folder, id, *wrong))
        .collect();
    let judge =
        |(i, sample)| plain_vote(sample, "judge:a", AnnotatorKind::Judge, if i % 5 == 2 { -1 } else { 1 });
    votes.extend(samples().iter().enumerate().map(judge));
    votes
}

/// A folder with votes after `change`.
fn collected(change: impl FnOnce(&mut Vec<Vote>)) -> Folder {
    let folder = folder();
    let mut votes = votes(&folder);
    change(&mut votes);
    folder.put("votes.jsonl", lines(&votes));
    folder
}

/// The report of `report INPUTS MORE`, without the marks that keep flags on one line.
#[track_caller]
fn check(folder: &Folder, more: &str, code: i32, has: &[&str]) -> (Ended, String) {
    let ended = folder
        .run(&format!("report {INPUTS} --out report.html --force {more}"))
        .check(code, &["report.html: the report"]);
    let html = folder.text("report.html").replace("<span class=\"flag\">", "").replace("</span>", "");
    for part in has {
        assert!(html.contains(part), "no `{part}` in {html}");
    }
    for never in ["NaN", "inf ", "<script", "http:", "https:", " src=", "@import", "null"] {
        assert!(!html.contains(never), "`{never}` in {html}");
    }
    (ended, html)
}

#[test]
fn every_part_is_there_or_says_what_makes_it() {
    let folder = collected(|_| {});
    let told = [
        "<h1>Preference collection</h1>",
        "At a glance",
        "Krippendorff&#x27;s alpha",
        "billing",
        "2023-11",
        "judge:a",
        "Who should be asked about",
        "tiebreak calibrate --samples",
        "tiebreak export --samples",
        "tiebreak drift --samples",
        "No ratings were given",
        "No prompt is marked as an edge case",
        "Most disputed pairs",
        "a good answer",
        "cannot tell: a stretch of time takes 100 votes",
    ];
    let (ended, html) = check(&folder, "", 0, &told);
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    assert!(ended.stderr.contains("--examples 0"), "{}", ended.stderr);
    let (_, again) = check(&folder, "", 0, &[]);
    assert_eq!(html, again, "the same records give the same bytes");
    let (_, without) =
        check(&folder, "--examples 0 --title Spring&<b>", 0, &["<h1>Spring&amp;&lt;b&gt;</h1>"]);
    assert!(!without.contains("good answer") && without.contains("Texts were left out"), "{without}");
}

#[test]
fn what_was_made_before_is_shown() {
    let folder = collected(|_| {});
    let inputs = "--samples samples.jsonl --votes votes.jsonl";
    folder.run(&format!("calibrate {inputs} --out card.json")).check(0, &[]);
    folder
        .run(&format!("drift {inputs} --out drift.json --half-life 90 --weights weights.jsonl"))
        .check(0, &[]);
    folder.run(&format!("export {inputs} --out preferences.jsonl")).check(0, &[]);
    let more = "--card card.json --drift drift.json --weights weights.jsonl --preferences preferences.jsonl";
    let told = [
        "may it label? Cannot tell: too few pairs.",
        "given with --drift; the curves",
        "The weights are those given with --weights",
        "Weight by age",
        "rows of weight 1 tell as much",
    ];
    let (_, html) = check(&folder, more, 0, &told);
    assert!(!html.contains("tiebreak export --samples"), "{html}");
    folder.put("drift.json", "{\"schema\":\"tiebreak/agreement/1\"}");
    folder
        .run(&format!("report {inputs} --drift drift.json --out other.html"))
        .check(2, &["cannot use drift.json", "tiebreak drift --out"]);
    assert!(!folder.path("other.html").exists());
}

#[test]
fn agreement_is_that_of_people_and_of_judges_where_nobody_else_voted() {
    let both = collected(|_| {});
    let told = [" by 3 people and 1 judge on ", "Agreement of people.", "Of people&#x27;s opinions alone"];
    let (_, html) = check(&both, "", 0, &told);
    let people = collected(|votes| votes.retain(|vote| vote.annotator.kind != AnnotatorKind::Judge));
    let (_, alone) = check(&people, "", 0, &[" by 3 people on "]);
    let alpha = |html: &str| {
        let start = html.find("Krippendorff&#x27;s alpha of which response is better is").unwrap();
        html[start..start + 150].to_owned()
    };
    assert_eq!(alpha(&html), alpha(&alone), "a judge says nothing of how far people agree");
    let judges = collected(|votes| {
        votes.retain(|vote| vote.annotator.kind == AnnotatorKind::Judge);
        let second = votes.clone().into_iter().map(|mut vote| {
            vote.annotator.id = "judge:b".to_owned();
            vote
        });
        votes.extend(second.collect::<Vec<_>>());
    });
    check(&judges, "", 0, &[" by 2 judges on ", "Agreement of judges.", "Only judges voted. "]);
    let one_each = collected(|votes| {
        votes.retain(|vote| ["ann", "judge:a"].contains(&vote.annotator.id.as_str()));
    });
    check(&one_each, "", 0, &["no pair has opinions of two people"]);
}

#[test]
fn a_judge_is_right_by_whoever_it_was_measured_by() {
    for (id, kind, told) in [
        ("ann", AnnotatorKind::Human, "Right by people&#x27;s majority: "),
        ("ann", AnnotatorKind::Expert, "Right by experts&#x27; majority: "),
        ("by-construction", AnnotatorKind::Expert, "Right by the known answers: "),
    ] {
        let folder = collected(|votes| {
            votes.retain(|vote| ["ann", "judge:a"].contains(&vote.annotator.id.as_str()));
            for vote in votes.iter_mut().filter(|vote| vote.annotator.id == "ann") {
                vote.annotator = tiebreak_core::schema::Annotator { id: id.to_owned(), kind };
                (vote.receipt, vote.shown_in) = (None, None);
            }
        });
        folder.run("calibrate --samples samples.jsonl --votes votes.jsonl --out card.json").check(0, &[]);
        let (_, html) = check(&folder, "--card card.json", 0, &[told]);
        let is_person = kind == AnnotatorKind::Human;
        assert_eq!(html.contains("right by people"), is_person, "{id}: {html}");
    }
}

#[test]
fn rows_of_several_files_are_counted_and_repeats_apart() {
    let folder = collected(|_| {});
    let inputs = "--samples samples.jsonl --votes votes.jsonl";
    folder.run(&format!("drift {inputs} --half-life 90 --weights weights.jsonl --out d.json")).check(0, &[]);
    let export = format!("export {inputs}");
    folder.run(&format!("{export} --out parts.jsonl --test-share 0.3")).check(0, &[]);
    let drawn = "--weights weights.jsonl --weights-as resample --size 60 --out drawn.jsonl";
    folder.run(&format!("{export} {drawn}")).check(0, &[]);
    let facts = |html: &str| -> Vec<String> {
        let training = html.split("<section id=\"training\"").nth(1).unwrap();
        let facts = training.split("<div><dt>").skip(1).map(|fact| fact.split("</dd>").next().unwrap());
        facts.map(|fact| fact.replace("</dt><dd>", ": ")).collect()
    };
    let n_lines = |name: &str| folder.text(name).lines().count();
    let n_parts = n_lines("parts.train.jsonl") + n_lines("parts.test.jsonl");
    let parts = "--preferences parts.train.jsonl --preferences parts.test.jsonl";
    let (_, html) = check(&folder, parts, 0, &[]);
    assert_eq!(facts(&html)[0], format!("rows: {n_parts}"));
    assert!(!html.contains("different row"), "none is repeated: {html}");
    let (_, html) =
        check(&folder, "--preferences drawn.jsonl", 0, &["as rows do that are drawn by their weights"]);
    let drawn = facts(&html);
    assert_eq!(drawn[0], "rows: 60");
    let pairs: std::collections::BTreeSet<String> = folder
        .text("drawn.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["origin"]["pair"].to_string())
        .collect();
    assert_eq!(drawn[1], format!("different rows: {}", pairs.len()));
    assert!(pairs.len() < 60);
    folder.run(&format!("{export} --format trl-reward --out reward.jsonl")).check(0, &[]);
    folder
        .run(&format!("report {inputs} --preferences reward.jsonl --out other.html"))
        .check(2, &["reward.jsonl:1:", "tiebreak export --format trl-dpo", "reward.jsonl holds none"]);
    assert!(!folder.path("other.html").exists());
}

#[test]
fn lines_that_cannot_be_read_are_counted_in_the_report() {
    let folder = collected(|_| {});
    folder.put("votes.jsonl", folder.text("votes.jsonl") + "{\n[]\n");
    folder.put("samples.jsonl", folder.text("samples.jsonl") + "{}\n");
    check(
        &folder,
        "",
        1,
        &["Not read.", "In no number here: 1 line of samples and 2 lines of votes.", "Not read:"],
    );
}

#[test]
fn a_share_takes_more_than_a_vote_and_an_interval_more_than_a_few_pairs() {
    let folder = collected(|votes| {
        let mut one = plain_vote(&samples()[0], "dan", AnnotatorKind::Human, 2);
        one.shown_first = Some(tiebreak_core::schema::Side::First);
        votes.push(one);
    });
    let (_, html) = check(&folder, "", 0, &["<td class=\"number\">few: 1</td>", "and a share takes 10"]);
    assert!(html.contains("none: an interval takes 20") && html.contains("2 have no interval"), "{html}");
    assert!(html.contains("billing (12)"), "{html}");
}

#[test]
fn people_go_by_pseudonyms_unless_their_ids_are_asked_for() {
    let folder = collected(|votes| {
        for vote in votes.iter_mut().filter(|vote| vote.annotator.id == "ann") {
            vote.annotator.id = "prolific-4711".to_owned();
            (vote.receipt, vote.shown_in) = (None, None);
        }
    });
    let (_, html) = check(&folder, "", 0, &["People go by pseudonyms"]);
    assert!(!html.contains("4711"), "{html}");
    check(&folder, "--raw-ids", 0, &["prolific-4711", "not for everybody"]);
    let (_, by_key) = check(&folder, "--pseudonym-key names.key", 0, &[]);
    assert!(by_key != html && !by_key.contains("4711"), "{by_key}");
}

#[test]
fn hostile_texts_and_names_stay_text() {
    const HOSTILE: &str = "</style><script>alert(1)</script><img src=x>";
    let folder = folder();
    let mut samples = samples();
    for sample in &mut samples {
        sample.prompt.category = Some(HOSTILE.to_owned());
        sample.prompt.edge_case = Some(tiebreak_core::schema::EdgeCase::Abusive);
        sample.responses[0].text += HOSTILE;
    }
    folder.put("samples.jsonl", samples.iter().map(|sample| to_line(sample) + "\n").collect::<String>());
    let vote = |(i, sample)| {
        let sides = [("<b>a</b>", 1), ("\"b'", if i % 2 == 0 { 1 } else { -1 })];
        sides.map(|(id, strength)| plain_vote(sample, id, AnnotatorKind::Human, strength))
    };
    let judged = samples.iter().map(|sample| plain_vote(sample, "<i>judge</i>", AnnotatorKind::Judge, 1));
    let votes: Vec<Vote> = samples.iter().enumerate().flat_map(vote).chain(judged).collect();
    folder.put("votes.jsonl", lines(&votes));
    let run = "report --samples samples.jsonl --votes votes.jsonl --raw-ids --out report.html";
    folder.run(run).check(0, &[]);
    let html = folder.text("report.html");
    for markup in ["<script", "<img", "<b>", "<i>"] {
        assert!(!html.contains(markup), "`{markup}` in {html}");
    }
    assert_eq!(html.matches("</style>").count(), 1);
    for text in ["&lt;script&gt;", "&lt;b&gt;a&lt;", "&quot;b&#x27;", "&lt;i&gt;judge&lt;"] {
        assert!(html.contains(text), "no `{text}` in {html}");
    }
}

#[test]
fn odd_votes_give_reasons_and_no_made_up_numbers() {
    use tiebreak_core::schema::Verdict;
    let one_person = collected(|votes| votes.retain(|vote| vote.annotator.id == "ann"));
    check(
        &one_person,
        "",
        0,
        &["Nobody can be compared with anybody", "No judge voted", "nobody can disagree"],
    );
    let ties = collected(|votes| votes.iter_mut().for_each(|vote| vote.verdict = Verdict::Strength(0)));
    let (ended, _) =
        check(&ties, "", 0, &["cannot tell: all say the same", "Annotators disagree on no pair"]);
    assert!(!ended.stderr.contains("--examples 0"), "there is no text to leave out: {}", ended.stderr);
    let one_vote = collected(|votes| votes.truncate(1));
    check(&one_vote, "", 0, &["<dt>vote</dt><dd>1</dd>", "<dt>pair with a vote</dt>", "<dt>person</dt>"]);
    let no_order = collected(|votes| votes.iter_mut().for_each(|vote| vote.shown_first = None));
    let (_, html) = check(&no_order, "", 0, &["nothing is known of the order"]);
    assert!(!html.contains("Where sides were drawn at random"), "{html}");
    let silent = collected(|votes| votes.iter_mut().for_each(|vote| vote.verdict = Verdict::Skip));
    check(&silent, "", 0, &["no vote takes a side"]);
    let timeless = collected(|votes| votes.iter_mut().for_each(|vote| vote.decided_at = None));
    check(&timeless, "", 0, &["No vote has a time"]);
    let judge = collected(|votes| votes.retain(|vote| vote.annotator.kind == AnnotatorKind::Judge));
    check(&judge, "", 0, &["no person voted, by whom a judge could be measured", "because no person voted"]);
    let stray = collected(|votes| votes[0].pair = "p0123456789abcdef".to_owned());
    check(&stray, "", 1, &["Votes on unknown pairs:"]);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let folder = collected(|_| {});
    folder.put("empty.jsonl", "");
    folder.put("broken.jsonl", "{}\n]\n");
    let stray = Vote {
        pair: "p0123456789abcdef".to_owned(),
        ..plain_vote(&samples()[0], "ann", AnnotatorKind::Human, 1)
    };
    folder.put("stray.jsonl", lines([&stray]));
    for (arguments, told) in [
        ("--samples samples.jsonl --votes -", "votes are read several times"),
        ("--samples samples.jsonl --votes empty.jsonl", "there is no vote in empty.jsonl"),
        ("--samples samples.jsonl --votes broken.jsonl", "no vote in broken.jsonl can be read, of 2 lines"),
        (
            "--samples samples.jsonl --votes stray.jsonl",
            "no vote in stray.jsonl is on a pair of these samples",
        ),
        ("--samples samples.jsonl --votes votes.jsonl --card study.json", "cannot use study.json"),
        (
            "--samples samples.jsonl --votes votes.jsonl --out votes.jsonl --force",
            "is the output and an input",
        ),
    ] {
        let out = if arguments.contains("--out") { "" } else { "--out report.html" };
        folder.run(&format!("report {arguments} {out}")).check(2, &[told]);
    }
    assert!(!folder.path("report.html").exists());
    folder.put("report.html", "mine");
    folder.run(&format!("report {INPUTS} --out report.html")).check(2, &["report.html exists", "--force"]);
    let piped = folder.run(&format!("report {INPUTS} --out -")).check(0, &["standard output: the report"]);
    assert!(piped.stdout.starts_with("<!doctype html>"), "{}", piped.stdout);
}

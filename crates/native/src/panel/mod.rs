//! `tiebreak panel`: several judges in one run, and one vote of theirs on each pair.

mod judges;

use crate::args::{JudgeArgs, PanelArgs};
use crate::collected::placed_samples;
use crate::files::{json_lines, make_folder, read_all, refuse_existing, say, write_whole, DASH};
use crate::judge::{self, Way};
use crate::outcome::{EarlyEnd, Outcome, Problems};
use crate::pool::{announce, pooling};
use anyhow::{bail, Context, Result};
use judges::{Member, PANEL};
use std::collections::BTreeSet;
use tiebreak_core::judge::panel::pool;
use tiebreak_core::schema::{Sample, Vote};

pub fn run(args: &PanelArgs) -> Result<Outcome> {
    if args.samples.iter().chain(&args.votes).any(|source| source == DASH) {
        bail!("a panel takes samples and votes from files, and not from standard input");
    }
    let members = judges::read(&args.judges, &args.out)?;
    // What is wrong with the last judge is told before the first one is asked.
    let seats = members.iter().map(|member| seat(member, args)).collect::<Result<Vec<_>>>()?;
    let (pooling, cards) = pooling(args.method, &args.card)?;
    if members.len() < pooling.least_members() {
        bail!(
            "{} names {} judges, and --method {} takes {}: which of two is right where they differ, their votes do not tell; add a judge, or take --method median with a card of each",
            args.judges.display(),
            members.len(),
            pooling.name(),
            pooling.least_members()
        );
    }
    let out = args.out.join(format!("{PANEL}.jsonl"));
    let has_begun = members.iter().any(|member| member.out.exists());
    refuse_existing(&out, args.run.force || has_begun)?;
    let mut problems = Problems::default();
    let samples = placed_samples(&args.samples, &mut problems)?;
    if !args.dry_run {
        make_folder(&args.out)?;
    }
    let mut is_out_of_budget = false;
    for (member, (judge, way)) in members.iter().zip(&seats) {
        if args.dry_run && judge.endpoint.endpoint.is_none() {
            say(&format!("{}: a model of this machine, no calls", member.name));
            continue;
        }
        say(&format!("{}:", member.name));
        let report =
            judge::judged(judge, way, &samples).with_context(|| format!("judge `{}`", member.name))?;
        problems.were_told(report.n_problems);
        if report.early_end == Some(EarlyEnd::Interrupted) {
            return Ok(problems.outcome(report.early_end));
        }
        is_out_of_budget |= report.early_end.is_some();
    }
    if args.dry_run {
        return Ok(problems.outcome(None));
    }
    let (mut votes, ids) = members_votes(&members)?;
    let is_person = |vote: &Vote| vote.annotator.kind.is_person();
    let others = read_all::<Vote>(&args.votes, |problem| problems.add(problem))?;
    votes.extend(others.into_iter().filter(is_person));
    let samples: Vec<Sample> = samples.into_iter().map(|placed| placed.record).collect();
    let panel = pool(&samples, &votes, &ids, (pooling, &cards))?;
    write_whole(&out, &json_lines(&panel.votes))?;
    announce(&panel, &out);
    Ok(problems.outcome(is_out_of_budget.then_some(EarlyEnd::OutOfBudget)))
}

/// What a judge of the panel is asked, as if it were typed for it alone.
fn seat(member: &Member, args: &PanelArgs) -> Result<(Box<JudgeArgs>, Way)> {
    let flags = [(args.run.force, "--force"), (args.run.quiet, "--quiet")];
    let flags = flags.into_iter().filter_map(|(is_given, flag)| is_given.then_some(flag));
    let mut judge = member.arguments(&args.samples, flags)?;
    judge.endpoint.dry_run = args.dry_run;
    let way = judge::checked(&judge).with_context(|| format!("judge `{}`", member.name))?;
    Ok((judge, way))
}

/// The votes of all members, and their annotator ids.
fn members_votes(members: &[Member]) -> Result<(Vec<Vote>, Vec<String>)> {
    let mut all = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for member in members {
        // Lines that are no votes were told when the file was opened to go on with.
        let votes = read_all::<Vote>(&[member.out.to_string_lossy().into_owned()], |_| {})?;
        let there: BTreeSet<String> = votes.iter().map(|vote| vote.annotator.id.clone()).collect();
        if let Some(twice) = there.iter().find(|id| ids.contains(id)) {
            bail!("two judges of the panel are one, `{twice}`: give them different models or templates");
        }
        ids.extend(there);
        all.extend(votes);
    }
    Ok((all, ids))
}

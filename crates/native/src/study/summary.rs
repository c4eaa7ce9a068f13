//! What the command says of a study that was made.

use super::known::Known;
use super::workload::{Workload, SECONDS_PER_ANSWER, WORDS_PER_MINUTE};
use crate::args::StudyArgs;
use crate::terminal::{count, plural};
use std::collections::BTreeSet;
use std::fmt;
use tiebreak_core::blind::{coverage, Coverage};
use tiebreak_core::study::{Built, LeftOut, Role};

/// The simulation goes through about so many turns, and through at most so many runs.
const SIMULATED_TURNS: usize = 10_000_000;
const MOST_RUNS: usize = 200;
/// From this number of annotations on, the simulation counts them together.
const OR_MORE: usize = 8;

pub struct Summary<'a> {
    pub args: &'a StudyArgs,
    pub built: &'a Built,
    pub known: &'a Known,
    pub n_samples: usize,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pairs(f)?;
        self.roles(f)?;
        self.lists(f)?;
        self.time(f)?;
        self.coverage(f)
    }
}

impl Summary<'_> {
    fn pairs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n_items, left_out) = (self.built.study.items.len(), &self.built.left_out);
        let n_left_out: usize = left_out.values().sum();
        let all = plural(n_items + n_left_out, "pair");
        let samples = plural(self.n_samples, "sample");
        writeln!(f, "{all} of {samples}: {} in the study, {} left out", number(n_items), number(n_left_out))?;
        left_out.iter().try_for_each(|(reason, n)| writeln!(f, "  {:>8}  {}", number(*n), in_words(*reason)))
    }

    fn roles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |role| self.built.key.items.iter().filter(|item| item.role == role).count();
        let n_marked = self.built.study.items.iter().filter(|item| !item.marks.is_empty()).count();
        let (n_gold, n_anchors) = (of(Role::Gold), of(Role::Anchor));
        write!(f, "Of these: {} to be annotated, {} gold", number(of(Role::Ordinary)), number(n_gold))?;
        if n_gold < self.known.gold.len() {
            write!(f, " ({} more left out)", number(self.known.gold.len() - n_gold))?;
        }
        write!(f, ", {}", plural(n_anchors, "anchor"))?;
        if n_anchors < self.known.n_anchors_given {
            write!(f, " (of {} with earlier votes)", plural(self.known.n_anchors_given, "pair"))?;
        }
        writeln!(f, "; {} marked", number(n_marked))
    }

    fn lists(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = &self.built.study.lists;
        let Some(list) = lists.first() else { return Ok(()) };
        let different: BTreeSet<usize> = list.iter().copied().collect();
        let is_ordinary = |place: &&usize| self.built.ordinary.binary_search(place).is_ok();
        let n_ordinary = different.iter().filter(is_ordinary).count();
        writeln!(
            f,
            "{} of {}: {} to be annotated, {} gold or anchors, {}",
            plural(lists.len(), "list"),
            plural(list.len(), "turn"),
            number(n_ordinary),
            number(different.len() - n_ordinary),
            plural(list.len() - different.len(), "repeat"),
        )
    }

    fn time(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let study = &self.built.study;
        let (list, start) = (Workload::of_list(study), Workload::of_start(study));
        writeln!(
            f,
            "Time: about {:.0} minutes a list, and {:.0} before it for guidelines and qualification",
            list.minutes().ceil(),
            start.minutes().ceil()
        )?;
        writeln!(
            f,
            "  ({:.0} and {:.0} words at {WORDS_PER_MINUTE:.0} a minute, {SECONDS_PER_ANSWER:.0} s an answer; words end at spaces)",
            list.words, start.words
        )?;
        match study.settings.minutes {
            None => {
                writeln!(f, "  annotators are told no time; --minutes {:.0} tells them", total(list, start))
            }
            Some(told) if told < (list.minutes() + start.minutes()) / 2.0 => {
                writeln!(f, "  annotators are told {told} minutes, less than half of that")
            }
            Some(_) => Ok(()),
        }
    }

    fn coverage(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lists, ordinary) = (&self.built.study.lists, &self.built.ordinary);
        let [least, most] = annotations_by_link(self.built);
        let each = if least == most { format!("{least}") } else { format!("{least} or {most}") };
        let end = if most == 1 { "" } else { "s" };
        writeln!(f, "With a link for each list, every pair gets {each} annotation{end}")?;
        let n = self.args.dealing.annotators.map_or(lists.len(), |n| n as usize);
        let length = lists.iter().map(Vec::len).max().unwrap_or(0);
        let runs = (SIMULATED_TURNS / (n * length).max(1)).clamp(1, MOST_RUNS);
        let found = coverage(lists, ordinary, n, u32::try_from(runs).unwrap_or(1));
        let come = if n == 1 { "comes" } else { "come" };
        writeln!(
            f,
            "Without slots, if {} {come} (simulated, {}):",
            plural(n, "annotator"),
            plural(runs, "run")
        )?;
        write!(f, "{}", table(&found))
    }
}

/// The least and the most lists that a pair stands in.
fn annotations_by_link(built: &Built) -> [usize; 2] {
    let mut counts = vec![0; built.study.items.len()];
    for list in &built.study.lists {
        let different: BTreeSet<usize> = list.iter().copied().collect();
        different.into_iter().for_each(|place| counts[place] += 1);
    }
    let ordinary = || built.ordinary.iter().map(|place| counts[*place]);
    [ordinary().min().unwrap_or(0), ordinary().max().unwrap_or(0)]
}

/// `  annotations   pairs` and a row for each number of annotations.
fn table(coverage: &Coverage) -> String {
    let mut text = "  annotations   pairs\n".to_owned();
    for (n, share) in coverage.shares.iter().enumerate() {
        let n = if n == OR_MORE { format!("{n} or more") } else { n.to_string() };
        text += &format!("  {n:>11}  {:>4.0} %\n", 100.0 * share);
    }
    text + &format!("  {:>11}  {:>4.1}", "mean", coverage.mean)
}

/// Minutes with what stands before the list.
fn total(list: Workload, start: Workload) -> f64 {
    (list.minutes() + start.minutes()).ceil()
}

/// Why a study has no pair to annotate.
pub fn why_none(built: &Built) -> String {
    if !built.study.items.is_empty() {
        return "all are gold or anchors".to_owned();
    }
    if built.left_out.is_empty() {
        return "no sample has two responses".to_owned();
    }
    let reasons: Vec<String> =
        built.left_out.iter().map(|(reason, n)| format!("{} ({})", in_words(*reason), number(*n))).collect();
    format!("all were left out: {}", reasons.join(", "))
}

fn in_words(reason: LeftOut) -> &'static str {
    match reason {
        LeftOut::Duplicate => "the same pair came before",
        LeftOut::NotChosen => "other pairs were chosen, or it cannot be asked",
        LeftOut::Screened(concern) => concern.description(),
    }
}

fn number(n: usize) -> String {
    count(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_last_row_by_what_it_holds() {
        let text = table(&Coverage { shares: vec![0.25, 0.75], mean: 0.75 });
        assert_eq!(
            text,
            "  annotations   pairs\n            0    25 %\n            1    75 %\n         mean   0.8"
        );
        let shares = vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        assert!(table(&Coverage { shares, mean: 9.5 }).contains("    8 or more   100 %"));
    }
}

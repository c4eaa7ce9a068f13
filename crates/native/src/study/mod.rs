//! `tiebreak study`: samples in, a study and its key out, and what is to be expected of them.

mod known;
mod links;
mod next;
mod outputs;
mod parts;
mod summary;
mod workload;

use crate::args::{ConcernChoice, ScreeningArgs, StudyArgs};
use crate::collected::read_samples;
use crate::files::{refuse_second_dash, say, write_whole};
use crate::outcome::{Outcome, Problems};
use crate::terminal::count;
use anyhow::{bail, Result};
use known::Known;
use outputs::Outputs;
use std::collections::BTreeSet;
use summary::Summary;
use tiebreak_core::schema::Sample;
use tiebreak_core::screen::Concern;
use tiebreak_core::study::next::Next;
use tiebreak_core::study::{build, BuildSettings, Built, Parts};

/// The most turns of all lists together that a page takes.
const MOST_TURNS: usize = 5_000_000;

pub fn run(args: &StudyArgs) -> Result<Outcome> {
    next::check_list(args)?;
    if args.next.dry_run {
        return tell_next(args);
    }
    let outputs = Outputs::of(args)?;
    let settings = build_settings(args)?;
    let mut parts = parts::parts(args)?;
    let mut problems = Problems::default();
    let Material { samples, known, next } = Material::read(args, &settings, &mut problems)?;
    next::refuse_nothing(next.as_ref())?;
    parts.gold.clone_from(&known.gold);
    parts.anchors.clone_from(&known.anchors);
    parts.chosen = next.as_ref().map(Next::selections);
    let built = checked_build(&samples, &parts, &settings)?;
    let links = links::links(args, built.study.lists.len())?;
    write_whole(&outputs.key, &built.key.to_json())?;
    write_whole(&outputs.study, &built.study.to_json())?;
    if let Some(links) = &links {
        write_whole(&outputs.links, links)?;
    }
    if let Some(next) = &next {
        next::write_list(args, next)?;
        say(&next.to_string());
    }
    say(&Summary { args, built: &built, known: &known, n_samples: samples.len() }.to_string());
    say(&outputs.notes(links.is_some()));
    Ok(problems.outcome(None))
}

/// Chooses pairs and makes no study.
fn tell_next(args: &StudyArgs) -> Result<Outcome> {
    let settings = build_settings(args)?;
    let mut problems = Problems::default();
    if let Some(next) = Material::read(args, &settings, &mut problems)?.next {
        next::tell_only(args, &next, settings.seed)?;
    }
    Ok(problems.outcome(None))
}

/// What a study is made of.
struct Material {
    samples: Vec<Sample>,
    known: Known,
    /// The pairs that were chosen, where choosing is asked for.
    next: Option<Next>,
}

impl Material {
    fn read(args: &StudyArgs, settings: &BuildSettings, problems: &mut Problems) -> Result<Self> {
        refuse_second_dash(args.samples.iter().chain(args.votes()).chain(&args.next.weights))?;
        let samples = asked_samples(args, problems)?;
        let known = Known::read(args, &samples, problems)?;
        let next = next::next(args, (&samples, &known), settings, problems)?;
        Ok(Self { samples, known, next })
    }
}

/// The samples of the categories that are asked for.
fn asked_samples(args: &StudyArgs, problems: &mut Problems) -> Result<Vec<Sample>> {
    let mut samples = read_samples(&args.samples, problems)?;
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let category_of = |sample: &Sample| sample.prompt.category.as_deref().map(plain);
    let there: BTreeSet<String> = samples.iter().filter_map(category_of).collect();
    let asked: BTreeSet<String> = args.category.iter().map(|name| plain(name)).collect();
    if let Some(unknown) = asked.difference(&there).next() {
        let names: Vec<&str> = there.iter().map(String::as_str).collect();
        let names = if names.is_empty() { "none at all".to_owned() } else { names.join(", ") };
        bail!("no sample has the category `{unknown}`; there is {names}");
    }
    samples.retain(|sample| {
        asked.is_empty() || category_of(sample).is_some_and(|category| asked.contains(&category))
    });
    Ok(samples)
}

fn build_settings(args: &StudyArgs) -> Result<BuildSettings> {
    let dealing = &args.dealing;
    Ok(BuildSettings {
        annotations_per_pair: dealing.annotations,
        pairs_per_annotator: dealing.pairs,
        check_share: dealing.check_share,
        repeat_share: dealing.repeat_share,
        slots: dealing.slots,
        drop: dropped(&args.screening)?,
        seed: dealing.seed.unwrap_or_else(drawn_seed),
    })
}

/// A number that nobody can guess: the system's random keys, through the hash that they are made for.
fn drawn_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one("seed of a study")
}

/// What the screening drops.
fn dropped(screening: &ScreeningArgs) -> Result<BTreeSet<Concern>> {
    let holds = |choices: &[ConcernChoice], concern| choices.iter().any(|choice| choice.holds(concern));
    let (mark, drop) = (screening.mark.as_slice(), screening.drop.as_slice());
    if let Some(both) =
        Concern::ALL.into_iter().find(|concern| holds(mark, *concern) && holds(drop, *concern))
    {
        bail!("`{}` is to be marked and to be dropped; give it to one of --mark and --drop", both.name());
    }
    if mark.contains(&ConcernChoice::One(Concern::Identical)) {
        bail!("--mark identical: nobody can say which of two identical responses is better; such pairs are always dropped");
    }
    let is_dropped = |concern: &Concern| {
        let is_chosen = if drop.is_empty() { !holds(mark, *concern) } else { holds(drop, *concern) };
        is_chosen || *concern == Concern::Identical
    };
    Ok(Concern::ALL.into_iter().filter(is_dropped).collect())
}

/// A study that pages take, or why there is none.
fn checked_build(samples: &[Sample], parts: &Parts, settings: &BuildSettings) -> Result<Built> {
    refuse_too_many_turns(most_pairs(samples, parts), settings)?;
    let built = build(samples, parts, settings);
    if built.ordinary.is_empty() {
        bail!("there is no pair to annotate: {}", summary::why_none(&built));
    }
    let faults: Vec<String> = built.study.check().iter().map(parts::in_words).collect();
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    if built.study.lists.iter().flatten().all(|place| built.ordinary.binary_search(place).is_err()) {
        bail!("gold and anchors take all of the lists; give more --pairs or a smaller --check-share");
    }
    Ok(built)
}

/// How many pairs a study has at most.
fn most_pairs(samples: &[Sample], parts: &Parts) -> usize {
    let of_sample = |s: &Sample| s.responses.len() * s.responses.len().saturating_sub(1) / 2;
    match &parts.chosen {
        Some(chosen) => chosen.len() + parts.gold.len() + parts.anchors.len(),
        None => samples.iter().map(of_sample).sum(),
    }
}

/// An error before memory is filled with lists that no page would take.
fn refuse_too_many_turns(n_pairs: usize, settings: &BuildSettings) -> Result<()> {
    let length = (settings.pairs_per_annotator as usize).min(n_pairs.saturating_mul(2));
    let taken = (settings.check_share + settings.repeat_share).min(1.0);
    let fresh = ((length as f64 * (1.0 - taken)) as usize).max(1);
    let wanted = n_pairs.saturating_mul(settings.annotations_per_pair as usize);
    let n_lists = settings.slots.map_or_else(|| wanted.div_ceil(fresh), |slots| slots as usize);
    let turns = n_lists.saturating_mul(length);
    if turns > MOST_TURNS {
        bail!(
            "the lists would hold about {} turns together, and a page takes {}; \
             give fewer --annotations, --pairs or --slots, or split the samples",
            count(turns as u64),
            count(MOST_TURNS as u64)
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screening(mark: &[ConcernChoice], drop: &[ConcernChoice]) -> ScreeningArgs {
        ScreeningArgs { mark: mark.to_vec(), drop: drop.to_vec() }
    }

    #[test]
    fn what_is_not_marked_is_dropped_and_what_is_not_dropped_is_marked() {
        let one = ConcernChoice::One;
        let all: BTreeSet<Concern> = Concern::ALL.into();
        assert_eq!(dropped(&screening(&[], &[])).unwrap(), all);
        let without_email = dropped(&screening(&[one(Concern::Email)], &[])).unwrap();
        assert_eq!(all.difference(&without_email).collect::<Vec<_>>(), [&Concern::Email]);
        let identical_too = BTreeSet::from([Concern::Identical, Concern::Phone]);
        assert_eq!(dropped(&screening(&[], &[one(Concern::Phone)])).unwrap(), identical_too);
        let identical = BTreeSet::from([Concern::Identical]);
        assert_eq!(dropped(&screening(&[ConcernChoice::All], &[])).unwrap(), identical);
        assert_eq!(dropped(&screening(&[], &[ConcernChoice::All])).unwrap(), all);
    }

    #[test]
    fn choices_that_exclude_each_other_are_refused() {
        let (phone, identical) = (ConcernChoice::One(Concern::Phone), ConcernChoice::One(Concern::Identical));
        let error = dropped(&screening(&[phone], &[phone])).unwrap_err().to_string();
        assert!(error.contains("`phone`"), "{error}");
        assert!(dropped(&screening(&[phone], &[ConcernChoice::All])).is_err());
        assert!(dropped(&screening(&[identical], &[])).is_err());
    }

    #[test]
    fn lists_that_no_page_takes_are_never_made() {
        let sample: Sample = serde_json::from_str(
            r#"{"prompt": {"id": "a", "messages": [{"role": "user", "content": "?"}], "tags": []},
                "responses": [{"id": "r1", "text": "x"}, {"id": "r2", "text": "y"}]}"#,
        )
        .unwrap();
        let n_pairs = most_pairs(&vec![sample; 3000], &Parts::default());
        let settings = |slots, pairs_per_annotator| BuildSettings {
            slots: Some(slots),
            pairs_per_annotator,
            ..BuildSettings::default()
        };
        assert!(refuse_too_many_turns(n_pairs, &settings(100, 100_000)).is_ok());
        let error = refuse_too_many_turns(n_pairs, &settings(100_000, 100_000)).unwrap_err().to_string();
        assert!(error.contains("600,000,000 turns"), "{error}");
    }
}

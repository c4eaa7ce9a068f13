//! From samples to a study and its key.

use super::document::{Guidelines, Item, Qualification, Settings, Study};
use super::key::{KeyItem, Role, StudyKey};
use super::next::{SelectedBy, Selection};
use crate::blind::{Dealt, lists};
use crate::schema::{ContentHash, Extra, Pair, Response, Sample, Verdict, pairs, response_ids};
use crate::screen::{Concern, screen};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A pair whose right verdict is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gold {
    /// The pair's id.
    pub pair: String,
    /// The right verdict; "first" is the canonical first.
    pub verdict: Verdict,
}

/// How a study is made, beside what annotators' pages need to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuildSettings {
    /// How many annotators see each pair.
    pub annotations_per_pair: u32,
    /// How many pairs an annotator sees, gold, anchors and repeats included.
    pub pairs_per_annotator: u32,
    /// The share of those that are gold and anchors together, where there are any.
    pub check_share: f64,
    /// The share of those that come a second time with their sides swapped.
    pub repeat_share: f64,
    /// So many lists, one for each link; by default as many as give each pair its annotations.
    pub slots: Option<u32>,
    /// What the screening drops; what it finds beside that is marked.
    pub drop: BTreeSet<Concern>,
    /// Keys the lists and the order; whoever guesses it can tell gold from the rest.
    pub seed: u64,
}

impl Default for BuildSettings {
    fn default() -> Self {
        Self {
            annotations_per_pair: 3,
            pairs_per_annotator: 50,
            check_share: 0.1,
            repeat_share: 0.1,
            slots: None,
            drop: Concern::ALL.into(),
            seed: 0,
        }
    }
}

/// What is put together into a study.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// For the page.
    pub settings: Settings,
    /// What annotators go by.
    pub guidelines: Guidelines,
    /// What is asked first.
    pub qualification: Qualification,
    /// Pairs with known verdicts.
    pub gold: Vec<Gold>,
    /// Ids of pairs that were annotated before.
    pub anchors: BTreeSet<String>,
    /// How each pair that is to be annotated was chosen, by its id; none for all pairs. Gold and anchors are in the study in any case.
    pub chosen: Option<BTreeMap<String, Selection>>,
}

impl Parts {
    fn selection(&self, pair: &str) -> Option<Selection> {
        self.chosen.as_ref()?.get(pair).copied()
    }
}

/// Why a pair is not in the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// The same pair came before.
    Duplicate,
    /// Other pairs were chosen.
    NotChosen,
    /// The screening found something that is dropped.
    Screened(Concern),
}

/// A study, its key, and what did not get into them.
#[derive(Clone, Debug)]
pub struct Built {
    /// For annotators.
    pub study: Study,
    /// For the researcher.
    pub key: StudyKey,
    /// How many pairs were left out for each reason.
    pub left_out: BTreeMap<LeftOut, usize>,
    /// The places of the ordinary pairs, for [`coverage`](crate::blind::coverage).
    pub ordinary: Vec<usize>,
}

/// Makes a study of all pairs of the samples' responses.
pub fn build(samples: &[Sample], parts: &Parts, settings: &BuildSettings) -> Built {
    let mut builder = Builder {
        parts,
        settings,
        gold: parts.gold.iter().map(|gold| (gold.pair.as_str(), gold.verdict)).collect(),
        seen: BTreeSet::new(),
        items: Vec::new(),
        left_out: BTreeMap::new(),
    };
    for sample in samples {
        for pair in pairs(sample) {
            builder.add(sample, &pair);
        }
    }
    builder.finish()
}

struct Builder<'a> {
    parts: &'a Parts,
    settings: &'a BuildSettings,
    gold: BTreeMap<&'a str, Verdict>,
    seen: BTreeSet<String>,
    items: Vec<(Item, KeyItem)>,
    left_out: BTreeMap<LeftOut, usize>,
}

impl Builder<'_> {
    fn add(&mut self, sample: &Sample, pair: &Pair<'_>) {
        if !self.seen.insert(pair.id.clone()) {
            *self.left_out.entry(LeftOut::Duplicate).or_default() += 1;
            return;
        }
        if self.is_not_chosen(&pair.id) {
            *self.left_out.entry(LeftOut::NotChosen).or_default() += 1;
            return;
        }
        let found = screen(&sample.prompt.messages, pair.first, pair.second);
        if let Some(dropped) = found.iter().find(|found| self.settings.drop.contains(&found.concern)) {
            *self.left_out.entry(LeftOut::Screened(dropped.concern)).or_default() += 1;
            return;
        }
        let marks: BTreeSet<&str> = found.iter().map(|found| found.concern.name()).collect();
        // The study orders responses by the ids that their texts give, which tell nothing of where they come from.
        let texts = [pair.first.text.as_str(), pair.second.text.as_str()];
        let ids = response_ids(&sample.prompt.messages, &texts);
        let swapped = ids[1] < ids[0];
        let order: [&Response; 2] =
            if swapped { [pair.second, pair.first] } else { [pair.first, pair.second] };
        let id = self.item_id(&pair.id);
        let gold = self.gold.get(pair.id.as_str()).map(|verdict| match verdict {
            Verdict::Strength(strength) if swapped => Verdict::Strength(-strength),
            other => *other,
        });
        let selection = self.parts.selection(&pair.id);
        let is_anchor = selection.is_some_and(|selection| selection.by == SelectedBy::Anchor)
            || self.parts.anchors.contains(&pair.id);
        let role = match gold {
            Some(_) => Role::Gold,
            None if is_anchor => Role::Anchor,
            None => Role::Ordinary,
        };
        let item = Item {
            id: id.clone(),
            messages: sample.prompt.messages.clone(),
            responses: order.map(|response| response.text.clone()),
            marks: marks.into_iter().map(str::to_owned).collect(),
        };
        let key = KeyItem {
            id,
            pair: pair.id.clone(),
            prompt_id: sample.prompt.id.clone(),
            responses: order.map(|response| response.id.clone()),
            role,
            gold,
            selection,
            models: order.map(|response| response.model.clone()),
            sampling: order.map(|response| response.sampling.clone()),
        };
        self.items.push((item, key));
    }

    /// Whether pairs were chosen, and this one neither was nor is gold or an anchor.
    fn is_not_chosen(&self, pair: &str) -> bool {
        let parts = self.parts;
        let is_wanted =
            |chosen: &BTreeMap<String, Selection>| chosen.contains_key(pair) || parts.anchors.contains(pair);
        parts.chosen.as_ref().is_some_and(|chosen| !is_wanted(chosen)) && !self.gold.contains_key(pair)
    }

    /// Keyed, so that an id in one study says nothing about another study.
    fn item_id(&self, pair: &str) -> String {
        let mut hash = ContentHash::new("tiebreak/item-id/1");
        hash.text(&self.settings.seed.to_string());
        hash.text(pair);
        hash.id('i')
    }

    fn finish(mut self) -> Built {
        // The order of ids is a shuffle: neighbours in the study need not be neighbours in the samples.
        self.items.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        let (items, key_items): (Vec<Item>, Vec<KeyItem>) = self.items.into_iter().unzip();
        let places = |wanted: &dyn Fn(Role) -> bool| -> Vec<usize> {
            (0..items.len()).filter(|i| wanted(key_items[*i].role)).collect()
        };
        let ordinary = places(&|role| role == Role::Ordinary);
        let checks = places(&|role| role != Role::Ordinary);
        let settings = self.settings;
        let length = settings.pairs_per_annotator as usize;
        let share = |share: f64| (share.clamp(0.0, 1.0) * length as f64).round_ties_even() as usize;
        let dealt = Dealt {
            ordinary: &ordinary,
            checks: &checks,
            checks_per_list: share(settings.check_share),
            repeats_per_list: share(settings.repeat_share),
        };
        let deal_key = keyed("tiebreak/deal-key/1", settings.seed);
        let fresh = dealt.fresh(length).max(1);
        let wanted = ordinary.len() * settings.annotations_per_pair as usize;
        let n_lists = settings.slots.map_or_else(|| wanted.div_ceil(fresh), |slots| slots as usize).max(1);
        let lists = lists(&dealt, n_lists, length, &deal_key);
        let key = StudyKey {
            schema: StudyKey::SCHEMA.to_owned(),
            seed: settings.seed,
            deal_key,
            items: key_items,
            extra: Extra::new(),
        };
        let mut study = Study {
            schema: Study::SCHEMA.to_owned(),
            id: String::new(),
            settings: self.parts.settings.clone(),
            guidelines: self.parts.guidelines.clone(),
            qualification: self.parts.qualification.clone(),
            order_key: keyed("tiebreak/order-key/1", settings.seed),
            key_sha256: key.sha256(),
            items,
            lists,
            extra: Extra::new(),
        };
        study.id = study.content_id();
        Built { study, key, left_out: self.left_out, ordinary }
    }
}

fn keyed(purpose: &str, seed: u64) -> String {
    let mut hash = ContentHash::new(purpose);
    hash.text(&seed.to_string());
    hash.hex()
}

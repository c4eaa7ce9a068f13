//! Which votes come from pairs that were chosen, by the keys of their studies.

use super::document::SelectedBy;
use crate::schema::Vote;
use crate::study::StudyKey;
use std::collections::BTreeMap;
use std::fmt;

/// How a vote's pair came into the study that the vote was given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// With all others, or no key tells.
    Unchosen,
    /// It was drawn at random.
    Random,
    /// It is an anchor, which was chosen without a look at what was said of it.
    Anchor,
    /// It was selected by what was said of it, or is expected.
    Selected,
}

/// Tells votes on pairs that were drawn at random from those on pairs that were selected.
///
/// Selected pairs are harder than others, or older, so that agreement and drift over them are not those of all pairs.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    /// How each item of the studies was chosen, by its id.
    by_item: BTreeMap<String, SelectedBy>,
    counts: BTreeMap<Stream, usize>,
}

impl Streams {
    /// By the keys of studies; those of studies of all pairs say nothing.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a StudyKey>) -> Self {
        let items = keys.into_iter().flat_map(|key| &key.items);
        let chosen = items.filter_map(|item| Some((item.id.clone(), item.selection?.by)));
        Self { by_item: chosen.collect(), counts: BTreeMap::new() }
    }

    /// The stream of a vote, which is counted.
    pub fn of(&mut self, vote: &Vote) -> Stream {
        let by = vote.shown_in.as_ref().and_then(|shown| self.by_item.get(&shown.item));
        let stream = match by {
            None => Stream::Unchosen,
            Some(SelectedBy::Random) => Stream::Random,
            Some(SelectedBy::Anchor) => Stream::Anchor,
            Some(_) => Stream::Selected,
        };
        *self.counts.entry(stream).or_default() += 1;
        stream
    }

    /// How many votes so far are of a stream.
    pub fn count(&self, stream: Stream) -> usize {
        self.counts.get(&stream).copied().unwrap_or(0)
    }
}

impl fmt::Display for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [selected, anchors, random] =
            [Stream::Selected, Stream::Anchor, Stream::Random].map(|stream| self.count(stream));
        write!(
            f,
            "{selected} of the votes are on pairs that `tiebreak study --next` selected, {anchors} on anchors and {random} on pairs that it drew at random: selected pairs are harder or older than others, so that what all these votes say is not what all pairs would give"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Annotator, AnnotatorKind, Sample, ShownIn, Verdict, pairs};
    use crate::study::next::Selection;
    use crate::study::{BuildSettings, Parts, build};

    fn sample(i: usize) -> Sample {
        serde_json::from_value(serde_json::json!({
            "prompt": {"id": format!("n{i}"), "tags": [], "messages": [{"role": "user", "content": format!("question {i}")}]},
            "responses": [{"id": "a", "text": format!("good answer {i}")}, {"id": "b", "text": format!("poor reply {i} indeed")}],
        }))
        .unwrap()
    }

    #[test]
    fn votes_are_told_apart_by_how_their_pairs_were_chosen() {
        let samples: Vec<Sample> = (0..4).map(sample).collect();
        let by = [SelectedBy::Random, SelectedBy::Gain, SelectedBy::Anchor];
        let selection = |by| Selection { by, propensity: 0.5, gain_nats: 0.1 };
        let ids = samples.iter().map(|sample| pairs(sample).next().unwrap().id);
        let chosen = ids.zip(by).map(|(id, by)| (id, selection(by))).collect();
        let parts = Parts { chosen: Some(chosen), ..Parts::default() };
        let built = build(&samples, &parts, &BuildSettings::default());
        assert_eq!(built.study.items.len(), 3);
        assert!(!built.study.to_json().contains("propensity"), "the study tells how pairs were chosen");
        let vote = |item: &str| {
            let annotator = Annotator { id: "ann".to_owned(), kind: AnnotatorKind::Human };
            let ids = ["a", "b"].map(str::to_owned);
            let shown = ShownIn { study: built.study.id.clone(), item: item.to_owned(), repeat: 0 };
            let vote = Vote::new("p".to_owned(), "n".to_owned(), ids, annotator, Verdict::Strength(1));
            Vote { shown_in: Some(shown), ..vote }
        };
        let mut streams = Streams::new([&built.key]);
        for item in &built.key.items {
            let expected = match item.selection.unwrap().by {
                SelectedBy::Anchor => Stream::Anchor,
                SelectedBy::Random => Stream::Random,
                _ => Stream::Selected,
            };
            assert_eq!(streams.of(&vote(&item.id)), expected);
        }
        assert_eq!(streams.of(&vote("elsewhere")), Stream::Unchosen);
        let all = [Stream::Selected, Stream::Anchor, Stream::Random, Stream::Unchosen];
        assert_eq!(all.map(|stream| streams.count(stream)), [1, 1, 1, 1]);
        assert!(streams.to_string().starts_with("1 of the votes are on pairs"));
    }
}

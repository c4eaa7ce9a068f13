//! The one model of a vote: what is compared, what stands first, and what the two responses differ in.
//!
//! ```text
//! P(first preferred) = σ(θ_a − θ_b + δ · position + Σ_k β_k x_k)
//! ```
//!
//! θ are the strengths of items that are compared again and again, such as generator models (Bradley and Terry 1952).
//! Responses are mostly seen once and have none; what they have in common are features x, first minus second.
//! A vote for neither side has the outcome one half.
//! The fit maximises the weighted log-likelihood less a ridge, and says why where no fit exists.

mod graph;
#[cfg(test)]
mod tests;
mod unfit;

pub use unfit::Unfit;

use crate::statistics::{Design, LogisticFit, Rows};
use std::ops::Range;

/// One vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The places in [`Terms::items`] of what is compared; none where it is not compared again.
    pub items: Option<[usize; 2]>,
    /// 1 where the first was shown first, −1 where the second was, 0 where that is not known.
    pub position: f64,
    /// In what the first differs from the second, as many numbers as [`Terms::features`]; turning the pair turns their signs.
    pub features: Vec<f64>,
    /// 1 where the first was preferred, 0 where the second was, one half for neither.
    pub outcome: f64,
    /// When, in days from any beginning.
    pub time_days: f64,
    /// Who voted, as a number.
    pub annotator: usize,
    /// On which pair, as a number.
    pub pair: usize,
}

/// What the model has a coefficient for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The names of the items.
    pub items: Vec<String>,
    /// Whether standing first is worth something.
    pub has_position: bool,
    /// The names of the features.
    pub features: Vec<String>,
}

/// How strengths, of which only differences are known, are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// The first item's strength is 0, and the others are relative to it: for fits without a ridge.
    RelativeToFirst,
    /// Each item has a strength, and the ridge centres them.
    Each,
}

/// How strongly coefficients are drawn to 0: half of this times their squares is taken from the log-likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ridge {
    /// On the strengths of items, at least 0; above 0 with [`Coding::Each`].
    pub items: f64,
    /// On position and features, at least 0.
    pub features: f64,
}

/// Votes in the order of their times, ready to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparisons {
    terms: Terms,
    n_item_columns: usize,
    design: Design,
    items: Vec<Option<[usize; 2]>>,
    times: Vec<f64>,
    annotators: Vec<usize>,
    pairs: Vec<usize>,
}

impl Comparisons {
    /// Orders the votes by time; those of one time keep their order.
    pub fn new(terms: Terms, mut votes: Vec<Comparison>, coding: Coding) -> Self {
        votes.sort_by(|a, b| a.time_days.total_cmp(&b.time_days));
        Self::in_order(terms, votes, coding)
    }

    /// The same for votes whose times rise already, each of which is let go when it is taken in.
    pub fn in_order(terms: Terms, votes: impl IntoIterator<Item = Comparison>, coding: Coding) -> Self {
        let mut all = Self::empty(terms, coding);
        for vote in votes {
            debug_assert!(all.times.last().is_none_or(|last| *last <= vote.time_days), "times rise");
            let position = all.terms.has_position.then_some(vote.position);
            let others: Vec<f64> = position.into_iter().chain(vote.features.iter().copied()).collect();
            all.push(&others, &vote);
        }
        all
    }

    fn empty(terms: Terms, coding: Coding) -> Self {
        let skipped = usize::from(coding == Coding::RelativeToFirst);
        let n_item_columns = terms.items.len().saturating_sub(skipped);
        let n_columns = n_item_columns + usize::from(terms.has_position) + terms.features.len();
        Self {
            terms,
            n_item_columns,
            design: Design::new(n_columns),
            items: Vec::new(),
            times: Vec::new(),
            annotators: Vec::new(),
            pairs: Vec::new(),
        }
    }

    /// Appends a vote; `others` are its terms but the strengths.
    fn push(&mut self, others: &[f64], vote: &Comparison) {
        let skipped = self.terms.items.len() - self.n_item_columns;
        let mut row = vec![0.0; self.n_item_columns];
        for (item, sign) in vote.items.into_iter().flatten().zip([1.0, -1.0]) {
            if item >= skipped {
                row[item - skipped] += sign;
            }
        }
        row.extend(others);
        self.design.push(row, vote.outcome, 1.0, vote.annotator);
        self.items.push(vote.items);
        self.times.push(vote.time_days);
        self.annotators.push(vote.annotator);
        self.pairs.push(vote.pair);
    }

    /// The votes at these places, which rise, and their strengths told apart in a way of their own.
    pub fn subset(&self, places: &[usize], coding: Coding) -> Self {
        let mut subset = Self::empty(self.terms.clone(), coding);
        for &place in places {
            let row = self.design.rows().row(place);
            let vote = Comparison {
                items: self.items[place],
                position: 0.0,
                features: Vec::new(),
                outcome: row.outcome,
                time_days: self.times[place],
                annotator: self.annotators[place],
                pair: self.pairs[place],
            };
            subset.push(&row.features[self.n_item_columns..], &vote);
        }
        subset
    }

    /// The names of the coefficients, in order; an item's is relative to the first where that has none.
    pub fn names(&self) -> Vec<String> {
        let skipped = self.terms.items.len() - self.n_item_columns;
        let items = self.terms.items[skipped..].iter().map(|name| format!("strength of {name}"));
        let position = self.terms.has_position.then(|| "position".to_owned());
        items.chain(position).chain(self.terms.features.iter().cloned()).collect()
    }

    /// How many coefficients are strengths of items; they come first.
    pub fn n_item_columns(&self) -> usize {
        self.n_item_columns
    }

    /// How many votes there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When each vote was given, in days, rising.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// From the first vote to the last, in days.
    pub fn span_days(&self) -> f64 {
        self.times.first().zip(self.times.last()).map_or(0.0, |(first, last)| last - first)
    }

    /// Who gave each vote.
    pub fn annotators(&self) -> &[usize] {
        &self.annotators
    }

    /// The pair of each vote.
    pub fn pairs(&self) -> &[usize] {
        &self.pairs
    }

    /// All votes, each with weight 1, clustered by annotator.
    pub fn rows(&self) -> Rows<'_> {
        self.design.rows()
    }

    /// Neighbouring votes of them.
    pub fn range(&self, range: Range<usize>) -> Rows<'_> {
        self.design.range(range)
    }

    /// The ridge of each coefficient.
    pub fn ridges(&self, ridge: Ridge) -> Vec<f64> {
        let n_columns = self.design.rows().n_columns();
        (0..n_columns).map(|j| if j < self.n_item_columns { ridge.items } else { ridge.features }).collect()
    }

    /// Fits the model to all votes, each with weight 1, without a ridge.
    pub fn fit(&self) -> Result<LogisticFit, Unfit> {
        self.fit_weighed(0..self.len(), &vec![1.0; self.len()], Ridge::default())
    }

    /// Fits the model to neighbouring votes with a weight each.
    ///
    /// Without a ridge this fails where items were never compared across two groups of them, or where a group, a feature or the position wins always: no finite coefficients are best there.
    pub fn fit_weighed(
        &self,
        range: Range<usize>,
        weights: &[f64],
        ridge: Ridge,
    ) -> Result<LogisticFit, Unfit> {
        let rows = self.design.range(range.clone()).weighed(weights);
        if weights.iter().all(|weight| *weight <= 0.0) {
            return Err(Unfit::NoComparisons);
        }
        if ridge.items == 0.0 {
            graph::check(&self.terms.items, &self.items[range], rows)?;
        }
        if ridge.features == 0.0 {
            self.check_columns(rows)?;
        }
        let fit = rows.fit(&self.ridges(ridge)).ok_or(Unfit::NotIdentified)?;
        let largest = rows.iter().map(|row| fit.log_odds(row.features).abs()).fold(0.0, f64::max);
        if largest > unfit::SEPARATED_LOG_ODDS {
            return Err(Unfit::Separated { term: None });
        }
        Ok(fit)
    }

    /// That each term but the items' varies, and does not always point to the preferred side.
    fn check_columns(&self, rows: Rows<'_>) -> Result<(), Unfit> {
        for (column, name) in self.names().into_iter().enumerate().skip(self.n_item_columns) {
            let (mut helps, mut harms) = (false, false);
            for row in rows.iter().filter(|row| row.weight > 0.0) {
                let towards = row.features[column] * (row.outcome - 0.5);
                let is_tie = row.outcome > 0.0 && row.outcome < 1.0 && row.features[column] != 0.0;
                helps |= towards > 0.0 || is_tie;
                harms |= towards < 0.0 || is_tie;
            }
            match (helps, harms) {
                (true, true) => {}
                (false, false) => return Err(Unfit::NeverDiffers { term: name }),
                _ => return Err(Unfit::Separated { term: Some(name) }),
            }
        }
        Ok(())
    }

    /// The strengths of the items, with a mean of 0, in the order of their names.
    pub fn strengths(&self, fit: &LogisticFit) -> Vec<f64> {
        let n_without = self.terms.items.len() - self.n_item_columns;
        let known = &fit.coefficients[..self.n_item_columns];
        let raw: Vec<f64> = vec![0.0; n_without].into_iter().chain(known.iter().copied()).collect();
        let mean = raw.iter().sum::<f64>() / raw.len().max(1) as f64;
        raw.into_iter().map(|strength| strength - mean).collect()
    }
}

/// How many votes of weight 1 tell as much as votes of these weights: (Σ w)² / Σ w² (Kish 1965, "Survey Sampling"); 0 of nothing.
pub fn kish_size(weights: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, squares) = weights.into_iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

//! `tiebreak report`: a collection in, one HTML file out that opens without network and shows it.
//!
//! [`material`] reads and computes, [`sections`] say what the page tells, [`chart`] draws, and [`html`] writes.

mod chart;
mod html;
mod inputs;
mod material;
mod page;
mod sections;
mod words;

use crate::args::ReportArgs;
use crate::clock::Clock;
use crate::collected::{read_ratings, read_samples};
use crate::files::{self, refuse_existing, refuse_shared, say, write_whole, DASH};
use crate::outcome::{Outcome, Problems};
use crate::pseudonyms;
use crate::terminal::plural;
use anyhow::{bail, Result};
use jiff::Timestamp;
use material::{gather, Material};
use page::Page;
use std::path::Path;
use tiebreak_core::drift::finding::DriftReport;
use tiebreak_core::judge::card::Card;
use tiebreak_core::pseudonym::{Pseudonyms, VotesKey};
use tiebreak_core::report::{TrainingRows, WeightTable};
use tiebreak_core::schema::{Rating, Sample};
use tiebreak_core::study::StudyKey;

/// How many disputed pairs are shown where nobody says.
pub const EXAMPLES: usize = 6;
/// The page's heading where nobody gives one.
pub const TITLE: &str = "Preference collection";

/// What a report is to be made of.
pub struct Request<'a> {
    pub samples: &'a [Sample],
    /// How many lines of samples could not be read, which were told.
    pub n_unreadable_samples: usize,
    /// Files of votes, which are read several times.
    pub votes: &'a [String],
    pub ratings: &'a [Rating],
    pub keys: &'a [StudyKey],
    pub cards: &'a [Card],
    /// The finding, where it was made before.
    pub drift: Option<&'a DriftReport>,
    pub weights: Option<&'a WeightTable>,
    pub rows: Option<TrainingRows>,
    pub names: Names<'a>,
    pub title: &'a str,
    /// How many disputed pairs are shown with their texts.
    pub n_examples: usize,
    /// After this no vote can have been given.
    pub now: Timestamp,
}

/// What people are called.
#[derive(Clone, Copy)]
pub enum Names<'a> {
    /// By a key that follows from the votes.
    ByVotes,
    /// By the key in a file.
    ByKey(&'a Path),
    Raw,
}

impl Names<'_> {
    /// None where people keep their ids.
    fn pseudonyms(self, votes_key: VotesKey) -> Result<Option<Pseudonyms>> {
        Ok(match self {
            Self::ByVotes => Some(votes_key.pseudonyms()),
            Self::ByKey(path) => Some(pseudonyms::by_key_file(path)?),
            Self::Raw => None,
        })
    }
}

pub fn run(args: &ReportArgs) -> Result<Outcome> {
    check_files(args)?;
    let mut problems = Problems::default();
    let samples = read_samples(&args.samples, &mut problems)?;
    let n_unreadable_samples = problems.count();
    let ratings = read_ratings(&args.ratings, &samples, &mut problems)?;
    let read = inputs::read(args, &mut problems)?;
    let names = match &args.names.pseudonym_key {
        Some(path) => Names::ByKey(path),
        None if args.names.raw_ids => Names::Raw,
        None => Names::ByVotes,
    };
    let request = Request {
        samples: &samples,
        n_unreadable_samples,
        votes: &args.votes,
        ratings: &ratings,
        keys: &read.keys,
        cards: &read.cards,
        drift: read.drift.as_ref(),
        weights: read.weights.as_ref(),
        rows: read.rows,
        names,
        title: &args.title,
        n_examples: args.examples as usize,
        now: Clock::from_environment()?.now(),
    };
    let written = html(&request, &mut problems)?;
    write_whole(&args.out, &written.html)?;
    if !args.names.raw_ids {
        say("People go by pseudonyms; --raw-ids calls them as their votes do.");
    }
    if written.n_disputes > 0 {
        let pairs = plural(written.n_disputes, "disputed pair");
        say(&format!("The report shows texts of {pairs}; --examples 0 leaves them out."));
    }
    say(&format!("{}: the report, which any browser opens", files::output_name(&args.out)));
    Ok(problems.outcome(None))
}

/// The report as a file, and of how many pairs it shows texts.
pub struct Written {
    pub html: String,
    pub n_disputes: usize,
}

pub fn html(request: &Request<'_>, problems: &mut Problems) -> Result<Written> {
    let material = gather(request, problems)?;
    Ok(Written { html: html::html(&page(request, &material))?, n_disputes: material.disputes.len() })
}

fn page(request: &Request<'_>, material: &Material) -> Page {
    let collection = &material.collection;
    let mut subtitle = format!(
        "{} by {} on {}",
        plural(collection.votes(), "vote"),
        words::annotators(&collection.kinds),
        plural(collection.voted_pairs, "pair")
    );
    if let (Some(first), Some(last)) = (collection.first, collection.last) {
        subtitle += &format!(", {}", words::period(first, last));
    }
    let names = match request.names {
        Names::Raw => "Annotators go by the ids of their votes: this file is not for everybody.",
        _ => "People go by pseudonyms, judges by their ids.",
    };
    let notes = vec![
        names.to_owned(),
        format!("Made by tiebreak {} from the records alone: the same records give the same file. Times are in UTC.", env!("CARGO_PKG_VERSION")),
    ];
    Page { title: request.title.to_owned(), subtitle, sections: sections::sections(material), notes }
}

/// An error where a file cannot be read or written as asked for, before anything is.
fn check_files(args: &ReportArgs) -> Result<()> {
    let inputs = args.every_input();
    files::refuse_second_dash(&inputs)?;
    if args.votes.iter().any(|source| source == DASH) {
        bail!("votes are read several times: give a file as --votes, and not standard input");
    }
    refuse_shared(&[&args.out], &inputs)?;
    refuse_existing(&args.out, args.force)
}

//! What half-lives are worth on dated football results: `bench-football FILE` prints the loss curve, then what the one-standard-error rule picks, then one line of JSON.
//!
//! The teams are the items, the home side is the position, draws are left out, and each game stands for a vote.

use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;
use tiebreak_core::drift::comparison::{Coding, Comparison, Comparisons, Ridge, Terms};
use tiebreak_core::drift::weights::{Block, Candidate, Choice, Decay, choose, losses};

/// Games before these years are not looked at, those between them only train, and those of the last ones are foretold.
const HISTORY_FROM: &str = "2000-01-01";
const FORETOLD_FROM: &str = "2010-01-01";
const FORETOLD_TO: &str = "2020-01-01";
/// Games of so many days are foretold together, from all games before them.
const BLOCK_DAYS: f64 = 30.0;
/// Half of this times the squares of strengths and of what home is worth is taken from the log-likelihood.
const RIDGE: Ridge = Ridge { items: 0.5, features: 0.5 };
const HALF_LIVES: [f64; 6] = [90.0, 365.0, 730.0, 1460.0, 2920.0, 5840.0];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path] = arguments.as_slice() else {
        eprintln!("usage: bench-football FILE.csv");
        return ExitCode::from(2);
    };
    match measure(path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {path}: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(path: &str) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let text = std::fs::read_to_string(path)?;
    let games = games(&text)?;
    let comparisons = comparisons(&games);
    let blocks = foretold(comparisons.times(), day(FORETOLD_FROM)?, day(FORETOLD_TO)?);
    let n_foretold: usize = blocks.iter().map(|block| block.votes.len()).sum();
    if n_foretold == 0 {
        return Err(format!("there is no game from {FORETOLD_FROM} to {FORETOLD_TO}").into());
    }
    println!(
        "{} games without draws from {HISTORY_FROM} on; {n_foretold} of them, {FORETOLD_FROM} to {FORETOLD_TO}, are foretold in {} blocks of {BLOCK_DAYS} days, with a ridge of {} on strengths and {} on home.",
        comparisons.len(),
        blocks.len(),
        RIDGE.items,
        RIDGE.features
    );
    println!("\n{:>16}  {:>12}", "half-life, days", "nats a game");
    let mut curve = serde_json::Map::new();
    let decays = HALF_LIVES.map(|days| (days.to_string(), Decay::HalfLife { days }));
    for (name, decay) in decays.into_iter().chain([("none".to_owned(), Decay::None)]) {
        let losses = losses(&comparisons, &blocks, Candidate::Aged(decay), RIDGE);
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        println!("{name:>16}  {loss:>12.4}");
        curve.insert(name, json!((loss * 1e4).round() / 1e4));
    }
    let choice = choose(&comparisons, &[])?;
    tell(&choice);
    let line = json!({
        "games": comparisons.len(), "foretold": n_foretold, "block_days": BLOCK_DAYS, "ridge": RIDGE.items, "curve": curve,
        "best": choice.best, "selected": choice.selected, "used": choice.decay, "gain": choice.gain, "secs": started.elapsed().as_secs(),
    });
    println!("{line}");
    Ok(())
}

/// What `tiebreak drift` would do with these games.
fn tell(choice: &Choice) {
    println!("\nThe one-standard-error rule, on blocks of as many games each: {}", choice.reason);
    for candidate in &choice.candidates {
        println!(
            "{:>30}  {:.4}, worse by {:.4} ± {:.4}",
            candidate.decay.to_string(),
            candidate.loss,
            candidate.worse_by,
            candidate.standard_error
        );
    }
}

/// A game that somebody won.
struct Game<'a> {
    day: f64,
    teams: [&'a str; 2],
    is_neutral: bool,
    has_home_won: bool,
}

/// All that count; games without a score were not played yet.
fn games(text: &str) -> Result<Vec<Game<'_>>, Box<dyn Error>> {
    let mut games = Vec::new();
    for (number, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [date, home, away, home_score, away_score, .., neutral] = fields.as_slice() else {
            return Err(format!("line {}: expected date, teams, scores and neutral", number + 1).into());
        };
        let (Ok(scored), Ok(lost)) = (home_score.parse::<u32>(), away_score.parse::<u32>()) else { continue };
        if scored != lost && (HISTORY_FROM..FORETOLD_TO).contains(date) {
            let is_neutral = neutral.eq_ignore_ascii_case("true");
            games.push(Game {
                day: day(date)?,
                teams: [home, away],
                is_neutral,
                has_home_won: scored > lost,
            });
        }
    }
    Ok(games)
}

/// Days since the beginning of 1970.
fn day(date: &str) -> Result<f64, jiff::Error> {
    let time: jiff::Timestamp = format!("{date}T00:00:00Z").parse()?;
    Ok(time.as_second() as f64 / 86_400.0)
}

fn comparisons(games: &[Game<'_>]) -> Comparisons {
    let mut numbers: BTreeMap<&str, usize> =
        games.iter().flat_map(|game| game.teams).map(|team| (team, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(place, number)| *number = place);
    let vote = |(place, game): (usize, &Game<'_>)| Comparison {
        items: Some(game.teams.map(|team| numbers[team])),
        position: if game.is_neutral { 0.0 } else { 1.0 },
        features: Vec::new(),
        outcome: f64::from(u8::from(game.has_home_won)),
        time_days: game.day,
        annotator: 0,
        pair: place,
    };
    let terms = Terms {
        items: numbers.keys().map(|team| (*team).to_owned()).collect(),
        has_position: true,
        features: Vec::new(),
    };
    Comparisons::new(terms, games.iter().enumerate().map(vote).collect(), Coding::Each)
}

/// Blocks of [`BLOCK_DAYS`] from one day to another, but for empty ones.
fn foretold(times: &[f64], from: f64, to: f64) -> Vec<Block> {
    let place = |day: f64| times.partition_point(|time| *time < day);
    let votes = |day: f64| -> Range<usize> { place(day)..place((day + BLOCK_DAYS).min(to)) };
    let n_blocks = ((to - from) / BLOCK_DAYS).ceil() as usize;
    let days = (0..n_blocks).map(|block| from + block as f64 * BLOCK_DAYS);
    days.map(|day| Block { votes: votes(day), day }).filter(|block| !block.votes.is_empty()).collect()
}

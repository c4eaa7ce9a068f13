//! A server as the flags describe it, with its pace, its budget and the answers that are kept.

use super::address::{Address, Reach};
use super::ask::Ask;
use super::budget::{Bounds, Budget, Prices, Tokens};
use super::cache::{AskId, Cache};
use super::http::{Connecting, Server};
use super::key::{Key, KeyChoice};
use super::pace::Pace;
use super::protocol::Protocol;
use super::screening::{redacted_ask, Screening};
use crate::args::EndpointArgs;
use crate::clock::Clock;
use crate::files::{beside, say, DASH};
use crate::terminal::{harmless, plural};
use anyhow::{bail, Result};
use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tiebreak_core::schema::{Extra, ModelReference};

/// A server that can be asked.
pub struct Client {
    pub(super) line: Line,
    pub(super) cache: Option<RefCell<Cache>>,
    pub(super) concurrency: usize,
    pub(super) clock: Clock,
    redacts: bool,
    sends_temperature: bool,
}

/// What all threads share that call.
pub(super) struct Line {
    pub server: Server,
    pub pace: Pace,
    pub budget: Budget,
    pub retries: u32,
}

/// What a run would take; tokens are guesses from the number of characters, and answers are taken at their longest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Calls, where none is made twice.
    pub n_calls: usize,
    /// Asks that the cache answers, or that another ask of the run answers.
    pub n_free: usize,
    pub tokens: Tokens,
    /// In the prices' currency, where prices were given.
    pub cost: Option<f64>,
}

impl Client {
    /// The server that the flags describe, for a run that writes to `out`; none without `--endpoint`.
    ///
    /// An error where the address, the key or the file of answers is not right; no call is made.
    pub fn new(args: &EndpointArgs, model: &str, out: &Path) -> Result<Option<Self>> {
        let Some(endpoint) = &args.endpoint else { return Ok(None) };
        let address = Address::parse(endpoint)?;
        let protocol = Protocol::choose(args.protocol, &address);
        let choice = KeyChoice {
            variable: args.key_env.as_deref(),
            usual: protocol.usual_variable(),
            is_refused: args.no_key || args.dry_run,
        };
        let key = Key::find(choice, &address)?;
        let concurrency = args.concurrency as usize;
        let connecting = Connecting { timeout_secs: u64::from(args.timeout_secs), concurrency };
        let names = (model.to_owned(), args.accept_model.clone());
        let server = Server::new((address, protocol), key, names, connecting)?;
        let cache = open_cache(args, &server, out)?;
        let prices = args.price_in.zip(args.price_out);
        let budget = Budget::new(
            Bounds { calls: args.max_calls, cost: args.max_cost },
            prices.map(|(prompt, completion)| Prices { prompt, completion }),
            cache.as_ref().map(|cache| cache.spent_before).unwrap_or_default(),
        );
        let pace = Pace::new(args.requests_per_minute, args.tokens_per_minute);
        let line = Line { server, pace, budget, retries: args.retries };
        let clock = Clock::from_environment()?;
        Ok(Some(Self {
            line,
            cache: cache.map(RefCell::new),
            concurrency,
            clock,
            redacts: args.redact,
            sends_temperature: !args.no_temperature,
        }))
    }

    /// How manifests call the model: whatever server serves it, because a cluster gives its machines other names each day.
    pub fn fingerprint(&self) -> String {
        format!("{} by {}", self.line.server.model, self.line.server.protocol.name())
    }

    /// What records say of the model.
    pub fn reference(&self) -> ModelReference {
        let name = self.line.server.model.clone();
        ModelReference { name, sha256: None, quantization: None, extra: Extra::new() }
    }

    /// The server's name, with its port where that is not the usual one.
    pub fn host(&self) -> String {
        self.line.server.address.authority()
    }

    /// The model, as it was typed, for messages.
    pub fn model(&self) -> String {
        harmless(&self.line.server.model)
    }

    /// Whether personal data is replaced before anything is sent.
    pub fn redacts(&self) -> bool {
        self.redacts
    }

    /// Whether the temperature is sent, and not left to the server.
    pub fn sends_temperature(&self) -> bool {
        self.sends_temperature
    }

    /// An error where the protocol cannot carry what `ask` asks for.
    pub fn check(&self, ask: &Ask) -> Result<()> {
        match self.line.server.protocol.cannot_carry(ask) {
            Some(what) => bail!("the {} protocol cannot carry {what}", self.line.server.protocol.name()),
            None => Ok(()),
        }
    }

    /// Says who will receive the texts, before the first call, and what personal data is in them.
    pub fn announce<'a>(&self, n_asks: usize, texts: impl IntoIterator<Item = &'a str>) {
        let server = &self.line.server;
        let reach = match server.address.reach() {
            Reach::Loopback => "this machine",
            Reach::Private => "a private network",
            Reach::Public => "the public network",
        };
        let (host, model) = (server.address.host(), self.model());
        say(&format!(
            "{host} ({reach}) receives the texts: up to {} of the model {model}",
            plural(n_asks, "ask")
        ));
        if let Some(found) = Screening::of(texts).text(self.redacts) {
            say(&found);
        }
    }

    /// What `asks` would take.
    pub fn estimate(&self, asks: impl IntoIterator<Item = Ask>) -> Result<Estimate> {
        let (mut seen, mut estimate) = (HashSet::new(), Estimate::default());
        for ask in asks {
            let prepared = self.prepare(ask)?;
            let is_kept = self.cache.as_ref().is_some_and(|cache| cache.borrow().contains(&prepared.id));
            if is_kept || !seen.insert(prepared.id) {
                estimate.n_free += 1;
                continue;
            }
            estimate.n_calls += 1;
            estimate.tokens += prepared.guess;
        }
        estimate.cost = self.line.budget.cost(estimate.tokens);
        Ok(estimate)
    }

    /// The ask as it is sent.
    pub(super) fn prepare(&self, ask: Ask) -> Result<Prepared> {
        self.check(&ask)?;
        let ask = if self.redacts { redacted_ask(ask) } else { ask };
        let temperature = ask.temperature.filter(|_| self.sends_temperature);
        let ask = Ask { temperature, ..ask };
        let body = self.line.server.body(&ask);
        let guess = Tokens { prompt: ask.estimated_prompt_tokens(), completion: u64::from(ask.max_tokens) };
        let (id, wants_logprobs) =
            (AskId::new(&self.line.server, &body, ask.seed), ask.top_logprobs.is_some());
        Ok(Prepared { id, body, guess, reserved: guess, wants_logprobs })
    }
}

/// An ask as it is sent.
pub(super) struct Prepared {
    pub id: AskId,
    pub body: String,
    /// The most that it takes, as far as that can be guessed.
    pub guess: Tokens,
    /// What is reserved for its next call.
    pub reserved: Tokens,
    /// Whether an answer without log-probabilities is of no use.
    pub wants_logprobs: bool,
}

impl Estimate {
    /// The most that `n_steps` take, one after the other, if later ones ask `growth` tokens more than the first.
    pub fn steps(self, n_steps: u64, growth: u64, client: &Client) -> Self {
        let n_calls = self.n_calls as u64;
        let grown = growth * n_calls * n_steps.saturating_sub(1);
        let tokens = Tokens {
            prompt: self.tokens.prompt * n_steps + grown,
            completion: self.tokens.completion * n_steps,
        };
        Self {
            n_calls: self.n_calls * n_steps as usize,
            tokens,
            cost: client.line.budget.cost(tokens),
            ..self
        }
    }

    /// What a person is told.
    pub fn text(&self) -> String {
        let free = match self.n_free {
            0 => String::new(),
            n => format!(", and {} answered already", plural(n, "ask")),
        };
        let tokens = [self.tokens.prompt, self.tokens.completion].map(crate::terminal::count);
        let cost = self.cost.map_or_else(
            || "; --price-in and --price-out tell the cost".to_owned(),
            |cost| format!("; at most {cost:.4} in the prices' currency"),
        );
        format!(
            "{}{free}; an estimate of {} tokens of questions, and at most {} of answers{cost}",
            plural(self.n_calls, "call"),
            tokens[0],
            tokens[1]
        )
    }
}

/// The file of answers; none where none is wanted, or where a dry run has none to look into.
fn open_cache(args: &EndpointArgs, server: &Server, out: &Path) -> Result<Option<Cache>> {
    let usual = || match out == Path::new(DASH) || (out.exists() && !out.is_file()) {
        true => None,
        false => Some(beside(out, ".answers.jsonl")),
    };
    let path: Option<PathBuf> = if args.no_cache { None } else { args.cache.clone().or_else(usual) };
    match path {
        Some(path) if path == out => {
            bail!("{} is --out and --cache at once; give another --cache", out.display())
        }
        Some(path) if args.dry_run && !path.exists() => Ok(None),
        Some(path) => Cache::open(&path, server).map(Some),
        None => Ok(None),
    }
}

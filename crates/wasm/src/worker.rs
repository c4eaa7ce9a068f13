//! A model in a worker: requests in, progress and text and exactly one end for each out.
//!
//! One request that needs the model runs at a time; others wait for it. A request can be given up at any moment:
//! between two pieces of work, at most 64 tokens, the worker looks at its messages.

mod keep;
mod load;
mod pair;

use crate::browser::{error, from_js, message_of, name_of, pause, tell_panics, to_js};
use crate::protocol::{Done, ErrorCode, ModelFacts, Numbered, Reply, Request, Stage, VERSION};
use futures_channel::oneshot;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use tiebreak_core::judge::{
    Judgment, LABELS, LikelihoodSettings, Method, Template, judge_label, judge_likelihood,
};
use tiebreak_core::schema::{LikelihoodScore, Message, Prompt};
use tiebreak_engine::score::{LabelScorer, ReplyScorer};
use tiebreak_engine::{EngineError, Model, ReadPrompt};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// The compiled module, so that another worker does not compile it again.
#[wasm_bindgen]
pub fn compiled_module() -> JsValue {
    wasm_bindgen::module()
}

/// What a worker's script makes one of, and hands its messages to.
#[wasm_bindgen]
pub struct ModelWorker {
    state: Rc<State>,
}

struct State {
    post: js_sys::Function,
    model: RefCell<Option<Rc<Loaded>>>,
    given_up: RefCell<BTreeSet<u32>>,
    /// Requests that have no end yet.
    open: RefCell<BTreeSet<u32>>,
    /// Whether a request has the model now.
    is_busy: RefCell<bool>,
    /// Those that wait for it.
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

struct Loaded {
    model: Model,
    facts: ModelFacts,
    /// The prompt that was asked last: it is often asked again, or judged.
    prompt: RefCell<Option<ReadPrompt>>,
}

/// Why a request ends without a result.
struct Failure {
    code: ErrorCode,
    message: String,
}

impl Failure {
    fn new(code: ErrorCode, message: impl std::fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled, "given up")
    }
}

impl From<EngineError> for Failure {
    fn from(problem: EngineError) -> Self {
        let code = match problem {
            EngineError::Unsupported { .. } => ErrorCode::Unsupported,
            EngineError::Request(_) | EngineError::TooLong { .. } | EngineError::Template(_) => {
                ErrorCode::Request
            }
            _ => ErrorCode::BadGguf,
        };
        Self::new(code, problem)
    }
}

impl From<JsValue> for Failure {
    fn from(problem: JsValue) -> Self {
        let code = match name_of(&problem).as_str() {
            "NoModificationAllowedError" | "InvalidStateError" => ErrorCode::Busy,
            "QuotaExceededError" => ErrorCode::Space,
            "storage" | "no_answer" => ErrorCode::Storage,
            "memory" => ErrorCode::Memory,
            "gone" => ErrorCode::Gone,
            _ => ErrorCode::Network,
        };
        Self::new(code, message_of(&problem))
    }
}

impl From<io::Error> for Failure {
    fn from(problem: io::Error) -> Self {
        Self::new(ErrorCode::BadGguf, problem)
    }
}

#[wasm_bindgen]
impl ModelWorker {
    /// A worker without a model; `post` sends a reply to the page.
    #[wasm_bindgen(constructor)]
    pub fn new(post: js_sys::Function) -> Self {
        tell_panics();
        let state = State {
            post,
            model: RefCell::default(),
            given_up: RefCell::default(),
            open: RefCell::default(),
            is_busy: RefCell::default(),
            waiting: RefCell::default(),
        };
        Self { state: Rc::new(state) }
    }

    /// Takes a message of the page; its answers come through `post`.
    pub fn handle(&self, message: JsValue) -> Result<(), JsValue> {
        let numbered: Numbered<Request> = from_js(&message)?;
        if numbered.v != VERSION {
            return Err(error("request", format!("version {} of the protocol is not known", numbered.v)));
        }
        if let Request::Cancel { target } = numbered.request {
            // A request that has ended already cannot be given up.
            if self.state.open.borrow().contains(&target) {
                self.state.given_up.borrow_mut().insert(target);
                self.state.wake_all();
            }
            self.state.reply(numbered.id, &Reply::done());
            return Ok(());
        }
        let state = Rc::clone(&self.state);
        state.open.borrow_mut().insert(numbered.id);
        spawn_local(async move {
            let id = numbered.id;
            let end = state.answer(numbered, &message).await;
            state.open.borrow_mut().remove(&id);
            state.given_up.borrow_mut().remove(&id);
            state.reply(id, &end);
        });
        Ok(())
    }
}

impl State {
    fn reply(&self, id: u32, reply: &Reply) {
        #[derive(Serialize)]
        struct Out<'a> {
            v: u32,
            id: u32,
            #[serde(flatten)]
            reply: &'a Reply,
        }
        if let Ok(message) = to_js(&Out { v: VERSION, id, reply }) {
            // A page that is gone needs no answer.
            let _ = self.post.call1(&JsValue::UNDEFINED, &message);
        }
    }

    fn progress(&self, id: u32, stage: Stage, done: u64, total: u64) {
        self.reply(id, &Reply::Progress { stage, done, total });
    }

    fn is_given_up(&self, id: u32) -> bool {
        self.given_up.borrow().contains(&id)
    }

    /// Lets messages in, and ends the request where it was given up.
    async fn breathe(&self, id: u32) -> Result<(), Failure> {
        pause().await?;
        if self.is_given_up(id) { Err(Failure::cancelled()) } else { Ok(()) }
    }

    /// Comes back when a request gives the model back, or is given up.
    async fn wait_for_the_model(&self) {
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().push(sender);
        // A sender is not lost before it has sent.
        let _ = receiver.await;
    }

    fn wake_all(&self) {
        for sender in self.waiting.take() {
            // Whoever waits is there until it is woken.
            let _ = sender.send(());
        }
    }

    async fn answer(&self, numbered: Numbered<Request>, message: &JsValue) -> Reply {
        let id = numbered.id;
        let result = async {
            // What does not need the model does not wait for it.
            match numbered.request {
                Request::ListModels => return keep::list().await,
                Request::DeleteModel { number } => return keep::delete(number).await,
                Request::Join => return pair::join(message),
                _ => {}
            }
            while *self.is_busy.borrow() {
                self.wait_for_the_model().await;
                if self.is_given_up(id) {
                    return Err(Failure::cancelled());
                }
            }
            self.is_busy.replace(true);
            let end = match numbered.request {
                Request::Load => self.load(id, message).await,
                Request::Keep { name } => self.keep(id, name, message).await,
                Request::Info => self.loaded().map(|loaded| done_with(loaded.facts.clone())),
                Request::Pair(request) => self.pair(id, request).await,
                Request::Judge { prompt, texts } => self.judge(id, &prompt.into_messages(), &texts).await,
                Request::ListModels
                | Request::DeleteModel { .. }
                | Request::Join
                | Request::Cancel { .. } => Ok(Reply::done()),
            };
            self.is_busy.replace(false);
            self.wake_all();
            end
        };
        match result.await {
            Ok(reply) => reply,
            Err(Failure { code, message }) => Reply::Error { code, message },
        }
    }

    fn loaded(&self) -> Result<Rc<Loaded>, Failure> {
        let loaded = self.model.borrow().clone();
        loaded.ok_or_else(|| Failure::new(ErrorCode::Request, "no model is loaded"))
    }

    /// The opinion on a pair, by the method that suits the model.
    async fn judge(&self, id: u32, messages: &[Message], texts: &[String; 2]) -> Result<Reply, Failure> {
        let loaded = self.loaded()?;
        self.progress(id, Stage::Judge, 0, 2);
        let method = Method::suited_to(loaded.model.info().n_parameters);
        let judgment = match method {
            Method::Likelihood => self.by_likelihood(id, messages, texts).await?,
            _ => self.by_label(id, messages, texts).await?,
        };
        let done = Done {
            verdict: Some(judgment.verdict),
            log_odds: judgment.evidence.log_odds,
            method: Some(method.name().to_owned()),
            ..Done::default()
        };
        Ok(done.into())
    }

    async fn by_likelihood(
        &self,
        id: u32,
        messages: &[Message],
        texts: &[String; 2],
    ) -> Result<Judgment, Failure> {
        let loaded = self.loaded()?;
        let tokens = loaded.model.encode_chat(messages)?;
        let kept = loaded.prompt.take().filter(|prompt| prompt.is(&tokens));
        let mut prompt = match kept {
            Some(prompt) => prompt,
            None => ReadPrompt::begin(&loaded.model, tokens)?,
        };
        while prompt.read_on()? {
            self.breathe(id).await?;
        }
        let mut scorer = ReplyScorer::after(&loaded.model, messages, prompt)?;
        let first = self.likelihood(id, &mut scorer, &texts[0]).await?;
        self.progress(id, Stage::Judge, 1, 2);
        let second = self.likelihood(id, &mut scorer, &texts[1]).await?;
        loaded.prompt.replace(Some(scorer.into_prompt()));
        Ok(judge_likelihood(first, second, &LikelihoodSettings::default()))
    }

    async fn likelihood(
        &self,
        id: u32,
        scorer: &mut ReplyScorer<'_>,
        text: &str,
    ) -> Result<LikelihoodScore, Failure> {
        let mut reply = scorer.begin(text)?;
        while scorer.read_on(&mut reply)? {
            self.breathe(id).await?;
        }
        Ok(scorer.finish(reply)?)
    }

    async fn by_label(
        &self,
        id: u32,
        messages: &[Message],
        texts: &[String; 2],
    ) -> Result<Judgment, Failure> {
        let loaded = self.loaded()?;
        let [one, other] = texts;
        let (template, prompt) = (Template::pairwise(), Prompt::new("", messages.to_vec()));
        let orders = [template.ask_pair(&prompt, one, other), template.ask_pair(&prompt, other, one)];
        let mut scorer = LabelScorer::begin(&loaded.model, &orders, &LABELS)?;
        while scorer.read_on()? {
            self.breathe(id).await?;
        }
        let first = self.labels(id, &mut scorer, &orders[0]).await?;
        self.progress(id, Stage::Judge, 1, 2);
        let second = self.labels(id, &mut scorer, &orders[1]).await?;
        Ok(judge_label(first, second, 0.0))
    }

    async fn labels<const N: usize>(
        &self,
        id: u32,
        scorer: &mut LabelScorer<'_, N>,
        messages: &[Message],
    ) -> Result<[f64; N], Failure> {
        let mut question = scorer.ask(messages)?;
        while scorer.read_question_on(&mut question)? {
            self.breathe(id).await?;
        }
        Ok(scorer.finish(question)?)
    }
}

fn done_with(facts: ModelFacts) -> Reply {
    Done { model: Some(facts), ..Done::default() }.into()
}

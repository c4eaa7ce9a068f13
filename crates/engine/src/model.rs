//! A model: weights, tokenizer, chat template and, where there is one, reward head from one file.

use crate::chat::{ChatTemplate, Date, Prompting};
use crate::computation::Computation;
use crate::config::{Config, HuggingFaceConfig};
#[cfg(feature = "candle-transformers")]
use crate::decoder::{BorrowedConfig, BorrowedDecoder, BorrowedModel};
#[cfg(feature = "candle")]
use crate::decoder::{CandleDecoder, Weights};
use crate::decoder::{CpuWeights, Decoder, Unquantized, cpu_decoder};
use crate::device::{self, Device};
use crate::error::{EngineError, Result};
use crate::gguf::GgufFile;
use crate::reward::RewardHead;
use crate::safetensors::{Safetensors, Shards};
use crate::source::TensorSource;
use crate::tokenizer::Tokenizer;
use std::io::{Read, Seek};
use std::sync::Arc;
use tiebreak_core::schema::Message;
use tiebreak_kernels::{Kernels, Team};

/// Facts about a model that a person wants to see.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// The name that the file gives, or `unnamed`.
    pub name: String,
    /// The family as the file calls it.
    pub architecture: String,
    /// The type of most weights, such as `Q8_0`.
    pub quantization: String,
    /// The most tokens of a sequence.
    pub context_length: usize,
    /// How many tokens there are.
    pub vocab_size: usize,
    /// How many numbers its tensors hold.
    pub n_parameters: u64,
    /// How many bytes they take in the file.
    pub weight_bytes: u64,
}

/// How a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// What computes.
    pub device: Device,
    /// What becomes of weights in F32, F16 and BF16 on a processor.
    pub unquantized: Unquantized,
    /// What templates that ask for the date are told.
    pub date: Option<Date>,
    /// A chat template that stands in for the model's own.
    pub chat_template: Option<String>,
}

/// The files of a folder as Hugging Face lays it out.
#[derive(Clone, Debug)]
pub struct Folder<R> {
    /// What to call the model.
    pub name: String,
    /// `config.json`
    pub config: String,
    /// `tokenizer.json`
    pub tokenizer: String,
    /// `tokenizer_config.json`
    pub tokenizer_config: Option<String>,
    /// `chat_template.jinja`, or what `chat_template.json` holds
    pub chat_template: Option<String>,
    /// `generation_config.json`
    pub generation_config: Option<String>,
    /// `model.safetensors`, or all files that share its tensors out.
    pub weights: Vec<R>,
}

/// A loaded model; it is not changed by being used.
pub struct Model {
    info: ModelInfo,
    weights: Loaded,
    tokenizer: Tokenizer,
    chat: ChatTemplate,
    reward_head: Option<RewardHead>,
}

/// What the files of a folder come to that hold no weights.
struct FolderTexts {
    said: HuggingFaceConfig,
    computation: Computation,
    tokenizer: Tokenizer,
    chat: ChatTemplate,
}

/// Weights for one decoder or another.
enum Loaded {
    Cpu {
        config: Arc<Config>,
        weights: Arc<CpuWeights>,
        kernels: Kernels,
        threads: usize,
    },
    #[cfg(feature = "candle")]
    Candle(Arc<Config>, Arc<Weights>, candle_core::Device),
    #[cfg(feature = "candle-transformers")]
    Borrowed(Arc<BorrowedModel>),
}

impl LoadOptions {
    /// Weights as the file has them, on `device`.
    pub fn on(device: Device) -> Self {
        Self { device, unquantized: Unquantized::Kept, date: None, chat_template: None }
    }
}

impl<R> Folder<R> {
    /// Whether a model could be made of the files that hold no weights, which are not looked at.
    ///
    /// # Errors
    /// [`EngineError`] for the first thing that is wrong with them, or that no decoder computes.
    pub fn check_texts(&self, options: &LoadOptions) -> Result<()> {
        self.read_texts(options).map(drop)
    }

    fn read_texts(&self, options: &LoadOptions) -> Result<FolderTexts> {
        let said = HuggingFaceConfig::parse(&self.config)?;
        let computation = Computation::of_folder(&self.config)?;
        let vocab_size = computation.vocab_size();
        let tokenizer_config = self.tokenizer_config.as_deref();
        let mut tokenizer = Tokenizer::for_model(&self.tokenizer, tokenizer_config, vocab_size)?;
        if tokenizer.vocab_size() > vocab_size {
            return Err(EngineError::Tokenizer(format!(
                "it has {} tokens and the model {}: it is another model's",
                tokenizer.vocab_size(),
                vocab_size
            )));
        }
        tokenizer.add_stop_tokens(said.stop_tokens(self.generation_config.as_deref(), vocab_size)?);
        let template = options.chat_template.as_deref().or(self.chat_template.as_deref());
        let chat =
            ChatTemplate::from_hugging_face(tokenizer_config, template, &tokenizer)?.dated(options.date);
        Ok(FolderTexts { said, computation, tokenizer, chat })
    }
}

impl Loaded {
    fn load(source: &mut impl TensorSource, config: Config, options: &LoadOptions) -> Result<Self> {
        match &options.device {
            #[cfg(feature = "candle")]
            Device::Candle(device) => Self::for_candle(source, config, device),
            #[cfg(feature = "candle")]
            Device::Cpu if !device::has_fast_kernels() || !CpuWeights::suit(source, &config) => {
                Self::for_candle(source, config, &candle_core::Device::Cpu)
            }
            Device::Cpu => {
                let threads = device::n_threads();
                let mut team = Team::new(threads);
                let weights = Arc::new(CpuWeights::load(source, &config, options.unquantized, &mut team)?);
                Ok(Self::Cpu { config: Arc::new(config), weights, kernels: Kernels::detect(), threads })
            }
        }
    }

    #[cfg(feature = "candle")]
    fn for_candle(
        source: &mut impl TensorSource,
        config: Config,
        device: &candle_core::Device,
    ) -> Result<Self> {
        let weights = Weights::load(source, &config, device)?;
        Ok(Self::Candle(Arc::new(config), Arc::new(weights), device.clone()))
    }

    #[cfg(feature = "candle-transformers")]
    fn borrowed<R: Read + Seek>(
        mut shards: Shards<R>,
        config: BorrowedConfig,
        options: &LoadOptions,
    ) -> Result<Self> {
        if options.unquantized == Unquantized::Rounded {
            let name = config.architecture().to_owned();
            let supported = "families that do not run through candle-transformers; leave out --quantize";
            return Err(EngineError::Unsupported {
                what: "rounding to 8 bits the weights of",
                name,
                supported,
            });
        }
        let device = match &options.device {
            Device::Cpu => candle_core::Device::Cpu,
            Device::Candle(device) => device.clone(),
        };
        Ok(Self::Borrowed(Arc::new(BorrowedModel::load(config, &mut shards, &device)?)))
    }
}

impl Model {
    /// Loads the GGUF file that `reader` holds onto `device`, with its weights as they are.
    ///
    /// # Errors
    /// As [`from_gguf`](Self::from_gguf).
    pub fn load<R: Read + Seek>(reader: R, device: &Device) -> Result<Self> {
        Self::from_gguf(vec![reader], &LoadOptions::on(device.clone()))
    }

    /// Loads a GGUF file, or all the parts into which one was split, in their order.
    ///
    /// # Errors
    /// [`EngineError`] for the first thing that is wrong with the file, or that no decoder computes.
    pub fn from_gguf<R: Read + Seek>(parts: Vec<R>, options: &LoadOptions) -> Result<Self> {
        let mut file = GgufFile::read_parts(parts)?;
        let mut config = Config::from_gguf(file.metadata())?;
        config.read_rotation_factors(&mut file)?;
        let tokenizer = Tokenizer::from_gguf(file.metadata())?;
        let chat = match &options.chat_template {
            Some(source) => ChatTemplate::for_tokenizer(source, &tokenizer)?,
            None => ChatTemplate::from_gguf(file.metadata())?,
        };
        let chat = chat.dated(options.date);
        let reward_head = RewardHead::from_gguf(file.metadata())?;
        let (vocab_size, context_length) = (config.vocab_size, config.context_length);
        let weights = Loaded::load(&mut file, config, options)?;
        let metadata = file.metadata();
        let info = ModelInfo {
            name: metadata.optional_string("general.name")?.unwrap_or("unnamed").to_owned(),
            architecture: metadata.string("general.architecture")?.to_owned(),
            quantization: file.main_type(),
            context_length,
            vocab_size,
            n_parameters: file.n_parameters(),
            weight_bytes: file.weight_bytes(),
        };
        Ok(Self { info, weights, tokenizer, chat, reward_head })
    }

    /// Loads a folder as Hugging Face lays it out.
    ///
    /// # Errors
    /// [`EngineError`] for the first thing that is wrong with its files, or that no decoder computes.
    pub fn from_folder<R: Read + Seek>(folder: Folder<R>, options: &LoadOptions) -> Result<Self> {
        let FolderTexts { said, computation, tokenizer, chat } = folder.read_texts(options)?;
        let (vocab_size, context_length) = (computation.vocab_size(), computation.context_length());
        let shards = Shards::read(folder.weights)?;
        let (quantization, n_parameters) = (shards.main_type().to_owned(), shards.n_parameters());
        let weight_bytes = shards.weight_bytes();
        let weights = match computation {
            Computation::Own(config) => {
                let mut tensors = Safetensors::named(shards, &config, said.is_tied());
                Loaded::load(&mut tensors, *config, options)?
            }
            #[cfg(feature = "candle-transformers")]
            Computation::Borrowed(config) => Loaded::borrowed(shards, *config, options)?,
        };
        let info = ModelInfo {
            name: folder.name,
            architecture: said.model_type,
            quantization,
            context_length,
            vocab_size,
            n_parameters,
            weight_bytes,
        };
        Ok(Self { info, weights, tokenizer, chat, reward_head: None })
    }

    /// The same model, computed by these instructions on so many threads where the processor computes it by the kernels; neither changes a result.
    #[must_use]
    pub fn computed_by(mut self, kernels: Kernels, threads: usize) -> Self {
        match &mut self.weights {
            Loaded::Cpu { kernels: own, threads: n_own, .. } => (*own, *n_own) = (kernels, threads),
            #[cfg(feature = "candle")]
            _ => {}
        }
        self
    }

    /// Facts to show.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The model's chat template.
    pub fn chat(&self) -> &ChatTemplate {
        &self.chat
    }

    /// What tells whether a reply fits, where the file carries it.
    pub fn reward_head(&self) -> Option<&RewardHead> {
        self.reward_head.as_ref()
    }

    /// The memory that the weights take, in bytes.
    pub fn weight_memory(&self) -> u64 {
        match &self.weights {
            Loaded::Cpu { weights, .. } => weights.bytes() as u64,
            #[cfg(feature = "candle")]
            Loaded::Candle(..) => self.info.weight_bytes,
            #[cfg(feature = "candle-transformers")]
            Loaded::Borrowed(model) => model.bytes(),
        }
    }

    /// Whether candle-transformers computes it, one row at a time.
    pub fn is_borrowed(&self) -> bool {
        #[cfg(feature = "candle-transformers")]
        return matches!(self.weights, Loaded::Borrowed(_));
        #[cfg(not(feature = "candle-transformers"))]
        return false;
    }

    /// What multiplies: the name of an instruction set of the kernels, `candle`, `candle-transformers`, or `cuda`.
    pub fn kernels(&self) -> &'static str {
        match &self.weights {
            Loaded::Cpu { kernels, .. } => kernels.instruction_set().name(),
            #[cfg(feature = "candle")]
            Loaded::Candle(_, _, device) => {
                if device.is_cuda() {
                    "cuda"
                } else {
                    "candle"
                }
            }
            #[cfg(feature = "candle-transformers")]
            Loaded::Borrowed(_) => "candle-transformers",
        }
    }

    /// A decoder with keys and values of its own.
    pub fn decoder(&self) -> Box<dyn Decoder> {
        match &self.weights {
            Loaded::Cpu { config, weights, kernels, threads } => {
                cpu_decoder(Arc::clone(config), Arc::clone(weights), *kernels, *threads)
            }
            #[cfg(feature = "candle")]
            Loaded::Candle(config, weights, device) => {
                Box::new(CandleDecoder::new(Arc::clone(config), Arc::clone(weights), device.clone()))
            }
            #[cfg(feature = "candle-transformers")]
            Loaded::Borrowed(model) => Box::new(BorrowedDecoder::new(Arc::clone(model))),
        }
    }

    /// The tokens of a conversation, up to where the model's reply begins.
    ///
    /// A conversation that leaves no room for a reply is an error.
    pub fn encode_chat(&self, messages: &[Message]) -> Result<Vec<u32>> {
        self.encode_chat_with(messages, false)
    }

    /// The same, and whether the template is told that the model may think before it answers.
    pub fn encode_chat_with(&self, messages: &[Message], thinking: bool) -> Result<Vec<u32>> {
        let prompt = Prompting { for_reply: true, thinking };
        let tokens = self.chat.encode(&self.tokenizer, messages, prompt)?;
        let context = self.info.context_length;
        if tokens.is_empty() {
            return Err(EngineError::Template("the messages render to nothing".into()));
        }
        if tokens.len() >= context {
            return Err(EngineError::TooLong {
                tokens: tokens.len(),
                context,
                hint: "; shorten the prompt or take a model with a longer context",
            });
        }
        Ok(tokens)
    }
}

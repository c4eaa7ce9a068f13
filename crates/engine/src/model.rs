//! A model: weights, tokenizer, chat template and, where there is one, reward head from one file.

use crate::chat::ChatTemplate;
use crate::config::Config;
#[cfg(feature = "candle")]
use crate::decoder::{CandleDecoder, Weights};
use crate::decoder::{CpuDecoder, CpuWeights, Decoder};
use crate::device::{self, Device};
use crate::error::{EngineError, Result};
use crate::gguf::GgufFile;
use crate::reward::RewardHead;
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

/// A loaded model; it is not changed by being used.
pub struct Model {
    info: ModelInfo,
    config: Arc<Config>,
    weights: Loaded,
    tokenizer: Tokenizer,
    chat: ChatTemplate,
    reward_head: Option<RewardHead>,
}

/// Weights for one decoder or the other.
enum Loaded {
    Cpu(Arc<CpuWeights>),
    #[cfg(feature = "candle")]
    Candle(Arc<Weights>, candle_core::Device),
}

impl Loaded {
    fn load<R: Read + Seek>(file: &mut GgufFile<R>, config: &Config, device: &Device) -> Result<Self> {
        match device {
            #[cfg(feature = "candle")]
            Device::Candle(device) => Self::for_candle(file, config, device),
            #[cfg(feature = "candle")]
            Device::Cpu if !device::has_fast_kernels() || !CpuWeights::suit(file, config) => {
                Self::for_candle(file, config, &candle_core::Device::Cpu)
            }
            Device::Cpu => {
                let mut team = Team::new(device::n_threads());
                Ok(Self::Cpu(Arc::new(CpuWeights::load(file, config, &mut team)?)))
            }
        }
    }

    #[cfg(feature = "candle")]
    fn for_candle<R: Read + Seek>(
        file: &mut GgufFile<R>,
        config: &Config,
        device: &candle_core::Device,
    ) -> Result<Self> {
        Ok(Self::Candle(Arc::new(Weights::load(file, config, device)?), device.clone()))
    }
}

impl Model {
    /// Loads the GGUF file that `reader` holds onto `device`.
    pub fn load<R: Read + Seek>(reader: R, device: &Device) -> Result<Self> {
        let mut file = GgufFile::read(reader)?;
        let config = Config::from_gguf(file.metadata())?;
        let tokenizer = Tokenizer::from_gguf(file.metadata())?;
        let chat = ChatTemplate::from_gguf(file.metadata())?;
        let reward_head = RewardHead::from_gguf(file.metadata())?;
        let weights = Loaded::load(&mut file, &config, device)?;
        let metadata = file.metadata();
        let info = ModelInfo {
            name: metadata.optional_string("general.name")?.unwrap_or("unnamed").to_owned(),
            architecture: metadata.string("general.architecture")?.to_owned(),
            quantization: file.main_type(),
            context_length: config.context_length,
            vocab_size: config.vocab_size,
            n_parameters: file.n_parameters(),
            weight_bytes: file.weight_bytes(),
        };
        Ok(Self { info, config: Arc::new(config), weights, tokenizer, chat, reward_head })
    }

    /// Facts to show.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
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
            Loaded::Cpu(weights) => weights.bytes() as u64,
            #[cfg(feature = "candle")]
            Loaded::Candle(..) => self.info.weight_bytes,
        }
    }

    /// What multiplies: the name of an instruction set of the kernels, or `candle`.
    pub fn kernels(&self) -> &'static str {
        match self.weights {
            Loaded::Cpu(_) => Kernels::detect().instruction_set().name(),
            #[cfg(feature = "candle")]
            Loaded::Candle(..) => "candle",
        }
    }

    /// A decoder with keys and values of its own.
    pub fn decoder(&self) -> Box<dyn Decoder> {
        let config = Arc::clone(&self.config);
        match &self.weights {
            Loaded::Cpu(weights) => {
                let threads = device::n_threads();
                Box::new(CpuDecoder::new(config, Arc::clone(weights), Kernels::detect(), threads))
            }
            #[cfg(feature = "candle")]
            Loaded::Candle(weights, device) => {
                Box::new(CandleDecoder::new(config, Arc::clone(weights), device.clone()))
            }
        }
    }

    /// The tokens of a conversation, up to where the model's reply begins.
    ///
    /// A conversation that leaves no room for a reply is an error.
    pub fn encode_chat(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let tokens = self.chat.encode(&self.tokenizer, messages, true)?;
        let context = self.config.context_length;
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

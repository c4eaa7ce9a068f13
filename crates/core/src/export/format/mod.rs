//! What trainers and annotation tools load, a file for each.
//!
//! Every format says which pairs it has a place for, what it needs of a prompt, and how a decided pair is written.
//! All but [`Format::TrlDpo`], whose row is the whole [`Preference`](crate::schema::Preference), give every row the same columns: a loader takes the columns of a file from its first rows.

mod argilla;
mod axolotl;
mod columns;
mod label_studio;
mod llama_factory;
mod nemo_rl;
mod openrlhf;
#[cfg(test)]
mod tests;
mod trl_dpo;
mod trl_kto;
mod trl_reward;
mod turn;

pub use columns::{Column, ColumnType};

use super::decide::Places;
use super::ruling::Ruling;
use serde::Serialize;

/// Whose format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// TRL's `DPOTrainer` and its kin: prompt, chosen, rejected, and where it all comes from.
    #[default]
    TrlDpo,
    /// TRL's `KTOTrainer`: single replies that are wanted or not.
    TrlKto,
    /// TRL's `RewardTrainer`, with a margin.
    TrlReward,
    /// OpenRLHF's preference and reward trainers.
    Openrlhf,
    /// axolotl's `chat_template.default`.
    Axolotl,
    /// LLaMA-Factory's ranking data with its `dataset_info.json`.
    LlamaFactory,
    /// NeMo-RL's ranked completions.
    NemoRl,
    /// An Argilla dataset as a folder.
    Argilla,
    /// A Label Studio project: tasks and labelling configuration.
    LabelStudio,
}

/// How rows make a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A JSON value a line.
    Lines,
    /// One JSON array.
    Array,
}

/// What kind of file rows are written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// JSON, a line a row or one array, see [`Shape`].
    #[default]
    Json,
    /// A Parquet table; for formats with [`columns`](Format::columns).
    Parquet,
}

impl FileFormat {
    /// Its name, by which the library `datasets` loads it too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Parquet => "parquet",
        }
    }
}

/// A file that stands beside the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideFile {
    /// Its path in the folder.
    pub path: &'static str,
    /// Its content.
    pub content: String,
}

/// Where rows lie.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The file of training rows.
    pub file: &'a str,
    /// What kind of file that is.
    pub file_format: FileFormat,
    /// The dataset's name.
    pub dataset: &'a str,
    /// The folder of the files, where they belong together.
    pub folder: &'a str,
    /// Whether a card tells a hub's library what the folder holds.
    pub has_card: bool,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::TrlDpo,
        Self::TrlKto,
        Self::TrlReward,
        Self::Openrlhf,
        Self::Axolotl,
        Self::LlamaFactory,
        Self::NemoRl,
        Self::Argilla,
        Self::LabelStudio,
    ];

    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrlDpo => "trl-dpo",
            Self::TrlKto => "trl-kto",
            Self::TrlReward => "trl-reward",
            Self::Openrlhf => "openrlhf",
            Self::Axolotl => "axolotl",
            Self::LlamaFactory => "llama-factory",
            Self::NemoRl => "nemo-rl",
            Self::Argilla => "argilla",
            Self::LabelStudio => "label-studio",
        }
    }

    /// What it has a place for beside a chosen and a rejected response.
    ///
    /// A reward trainer has a margin but no tie: its loss lifts the chosen response above the rejected one at a margin of 0 too, so that a tie would teach an order that nobody saw.
    /// Unpaired training wants to know whether a reply is good: two bad replies are two that are not, and a tie says neither.
    pub fn places(self) -> Places {
        match self {
            Self::TrlKto => Places { both_bad: true, ..Places::default() },
            Self::Argilla | Self::LabelStudio => Places { ties: true, evenly_split: true, both_bad: true },
            _ => Places::default(),
        }
    }

    /// Whether prompts have to take turns, see [`takes_turns`](super::takes_turns).
    pub fn needs_turns(self) -> bool {
        self == Self::LlamaFactory
    }

    /// Whether its trainers read `margin`.
    pub fn reads_margin(self) -> bool {
        matches!(self, Self::TrlReward | Self::Openrlhf)
    }

    /// Whether it is a project to annotate further, and no data to train on.
    pub fn is_project(self) -> bool {
        matches!(self, Self::Argilla | Self::LabelStudio)
    }

    /// Whether it takes more than one file.
    pub fn is_folder(self) -> bool {
        self.is_project() || self == Self::LlamaFactory
    }

    /// What one of its rows is called.
    pub fn row_name(self) -> &'static str {
        match self {
            Self::TrlKto => "labelled response",
            Self::Argilla => "record",
            Self::LabelStudio => "task",
            _ => "preference",
        }
    }

    /// How its rows make a file.
    pub fn shape(self) -> Shape {
        if self.is_folder() { Shape::Array } else { Shape::Lines }
    }

    /// The name of the file of rows in a folder, where `part` is `train` or `test`; a project has no parts.
    pub fn file_name(self, part: &str, file_format: FileFormat) -> String {
        match (self, file_format) {
            (Self::Argilla, _) => "records.json".to_owned(),
            (Self::LabelStudio, _) => "tasks.json".to_owned(),
            (Self::LlamaFactory, _) => format!("{part}.json"),
            (_, FileFormat::Json) => format!("{part}.jsonl"),
            (_, FileFormat::Parquet) => format!("{part}.parquet"),
        }
    }

    /// The rows that a decided pair becomes, each as JSON without a line end.
    pub fn rows(self, ruling: &Ruling<'_>) -> Vec<String> {
        match self {
            Self::TrlDpo => trl_dpo::rows(ruling),
            Self::TrlKto => trl_kto::rows(ruling),
            Self::TrlReward => trl_reward::rows(ruling),
            Self::Openrlhf => openrlhf::rows(ruling),
            Self::Axolotl => axolotl::rows(ruling),
            Self::LlamaFactory => llama_factory::rows(ruling),
            Self::NemoRl => nemo_rl::rows(ruling),
            Self::Argilla => argilla::rows(ruling),
            Self::LabelStudio => label_studio::rows(ruling),
        }
    }

    /// The files beside the rows; `name` is that of the dataset.
    pub fn side_files(self, name: &str, has_test: bool) -> Vec<SideFile> {
        match self {
            Self::LlamaFactory => llama_factory::side_files(name, has_test),
            Self::Argilla => argilla::side_files(name),
            Self::LabelStudio => label_studio::side_files(),
            _ => Vec::new(),
        }
    }

    /// The columns of its rows, in their order; none where rows are an array in files that tools read by their names.
    ///
    /// A message has its role and content there, and nothing else that came with it.
    pub fn columns(self) -> Option<&'static [Column]> {
        match self {
            Self::TrlDpo => Some(trl_dpo::COLUMNS),
            Self::TrlKto => Some(trl_kto::COLUMNS),
            Self::TrlReward | Self::Openrlhf => Some(openrlhf::COLUMNS),
            Self::Axolotl => Some(axolotl::COLUMNS),
            Self::NemoRl => Some(nemo_rl::COLUMNS),
            Self::LlamaFactory | Self::Argilla | Self::LabelStudio => None,
        }
    }

    /// Whether a row carries the fields beside role and content that a message of the prompt has.
    pub fn keeps_other_fields(self) -> bool {
        self == Self::TrlDpo
    }

    /// How many responses of one sample have rows that contradict each other, given all of its rulings.
    ///
    /// Where rows are of single responses, one that won a pair and lost another is wanted in one row and not in the next; rows of pairs say nothing that two of them could contradict.
    pub fn n_contradicted(self, rulings: &[Ruling<'_>]) -> u64 {
        if self == Self::TrlKto { trl_kto::n_contradicted(rulings) } else { 0 }
    }

    /// The columns and their types as a card's head declares them, in YAML; none where rows tell them.
    pub fn features(self) -> Option<String> {
        (self == Self::TrlDpo).then(|| columns::features(trl_dpo::COLUMNS))
    }

    /// How the trainer or tool is told to load the rows: shell, YAML, Python or words.
    pub fn how_to_load(self, at: &Location<'_>) -> String {
        match self {
            Self::TrlDpo => trl_dpo::how_to_load("DPOTrainer", at),
            Self::TrlKto => trl_dpo::how_to_load("KTOTrainer", at),
            Self::TrlReward => trl_dpo::how_to_load("RewardTrainer", at),
            Self::Openrlhf => openrlhf::how_to_load(at),
            Self::Axolotl => axolotl::how_to_load(at),
            Self::LlamaFactory => llama_factory::how_to_load(at),
            Self::NemoRl => nemo_rl::how_to_load(at),
            Self::Argilla => argilla::how_to_load(at),
            Self::LabelStudio => label_studio::how_to_load(at),
        }
    }
}

fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).expect("rows have text keys and finite numbers")
}

fn pretty(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}

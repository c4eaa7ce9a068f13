//! What can be typed after `tiebreak models`.

use clap::Args;

/// List the models that were fetched from the hub, or show one and check it.
///
/// A model is named here as for every other command: a .gguf file, the first of a split one, a folder, a name of the hub, or `builtin`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak models                                            what is in the hub's cache
  tiebreak models model.gguf                                 its shape, template and memory, and what will run it
  tiebreak models Qwen/Qwen3-0.6B --download                 fetch it now, for a machine without network
  tiebreak models owner/name:model-q4_k_m.gguf@v1.0 --download
  tiebreak models model.gguf --check                         read all of it

The hub's variables hold: HF_HOME and HF_HUB_CACHE (where the cache is), HF_TOKEN, HF_HUB_OFFLINE=1, HF_ENDPOINT, HF_HUB_DOWNLOAD_TIMEOUT.
SSL_CERT_FILE names the root certificates to trust, where a company's proxy opens connections.
The cache is that of Python's huggingface_hub; what is in it is used without asking the hub, and --download asks for what is newer.
Exit code 1: the check found something.")]
pub struct ModelsArgs {
    /// The model; without it the cache is listed.
    #[arg(value_name = "MODEL")]
    pub model: Option<String>,
    /// Fetch it from the hub where it is not in the cache, or where its revision is another commit by now.
    #[arg(long, requires = "model")]
    pub download: bool,
    /// Read all of it: the hash of every file, and every tensor that the model needs.
    #[arg(long, requires = "model")]
    pub check: bool,
    /// Check a model that is larger than the memory that is free.
    #[arg(long, requires = "check")]
    pub ignore_memory: bool,
    /// No progress; problems and errors are still shown.
    #[arg(long, short)]
    pub quiet: bool,
}

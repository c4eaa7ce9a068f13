//! What can be typed after `tiebreak completions`.

use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tiebreak completions bash > ~/.local/share/bash-completion/completions/tiebreak
  tiebreak completions fish > ~/.config/fish/completions/tiebreak.fish")]
pub struct CompletionsArgs {
    pub shell: Shell,
}

//! `tiebreak models`: what is in the hub's cache, and what is known of a model without loading it.

mod check;
mod facts;
mod folder;
mod gguf;
mod list;
mod template;

use crate::args::ModelsArgs;
use crate::files::print;
use crate::hub::{self, Adapted, Cache, Place, Wanted};
use crate::model::{ModelFiles, ModelName};
use crate::outcome::{Outcome, Problems};
use crate::terminal::harmless;
use anyhow::{bail, Context, Result};

/// What is only fetched may be meant for a template of one's own, so that its own is not asked for.
const FOR_ANY_USE: Adapted =
    Adapted { is_quantized: false, date: None, chat_template: Some("{{ messages[0].content }}") };

pub fn run(args: &ModelsArgs) -> Result<Outcome> {
    let Some(model) = &args.model else {
        print(&list::text(&Cache::new(Place::from_environment()?.cache))?)?;
        return Ok(Outcome::Done);
    };
    let files = files(model, args).with_context(|| model.clone())?;
    let facts = facts::of(&files)?;
    print(&harmless(&facts::text(&facts)))?;
    let mut problems = Problems::default();
    if args.check {
        check::check(model, &files, args, &mut problems)?;
    }
    Ok(problems.outcome(None))
}

/// The files of the model, fetched only where that was asked for.
fn files(model: &str, args: &ModelsArgs) -> Result<ModelFiles> {
    let name = match ModelName::parse(model)? {
        ModelName::Builtin => return Ok(ModelFiles::Builtin),
        ModelName::Local(path) => return ModelFiles::at(&path),
        ModelName::Hub(name) => name,
    };
    if args.download {
        // Where it is fetched need not be where it is loaded.
        return hub::fetch(
            &name,
            Wanted { is_quiet: args.quiet, ignores_memory: true, is_newest: true, adapted: FOR_ANY_USE },
        );
    }
    match hub::cached(&name)? {
        Some(files) => Ok(files),
        None => {
            bail!("it is not in the cache: fetch it with --download, or let the command that needs it do so")
        }
    }
}

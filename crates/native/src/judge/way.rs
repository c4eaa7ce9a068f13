//! How pairs are judged: what the flags describe, and what is wrong with them.

use crate::args::{FlipChoice, JudgeArgs, JudgeMethod};
use crate::files;
use anyhow::{bail, Context, Result};
use std::path::Path;
use tiebreak_core::judge::{AnswerForm, LikelihoodSettings, Method, OnFlip, Template};
use tiebreak_core::schema::sha256_hex;

/// The label method's and the ratings method's tie band where none is given.
pub const ASKED_TIE_BAND: f64 = 0.0;

/// The most tokens of an answer in words where no number is given.
pub const MAX_TOKENS: u32 = 512;

/// How pairs are judged.
pub enum Way {
    Likelihood(LikelihoodSettings),
    Label {
        template: Template,
        tie_band: f64,
    },
    Words {
        template: Template,
        on_flip: OnFlip,
        /// Whether each pair is asked about in one order alone.
        one_order: bool,
        max_tokens: u32,
    },
    Ratings {
        template: Template,
        tie_band: f64,
        max_tokens: u32,
    },
}

impl Way {
    /// The way that the flags describe.
    pub fn of(args: &JudgeArgs) -> Result<Self> {
        check_numbers(args)?;
        let template = args.template.as_deref().map(template).transpose()?;
        let method = method(args, template.as_ref())?;
        check_flags(args, method)?;
        let default = match method {
            JudgeMethod::Words => "reasoned",
            JudgeMethod::Ratings => "rubric",
            JudgeMethod::Likelihood | JudgeMethod::Label => "pairwise",
        };
        let template = || template.unwrap_or_else(|| Template::named(default).expect("it is compiled in"));
        let (tie_band, max_tokens) = (args.tie_band, args.max_tokens.unwrap_or(MAX_TOKENS));
        Ok(match method {
            JudgeMethod::Likelihood => Self::Likelihood(likelihood(args)),
            JudgeMethod::Label => {
                Self::Label { template: template(), tie_band: tie_band.unwrap_or(ASKED_TIE_BAND) }
            }
            JudgeMethod::Words => {
                let on_flip = match args.on_flip {
                    Some(FlipChoice::Abstain) => OnFlip::Abstain,
                    Some(FlipChoice::Tie) | None => OnFlip::Tie,
                };
                Self::Words { template: template(), on_flip, one_order: args.one_order, max_tokens }
            }
            JudgeMethod::Ratings => Self::Ratings {
                template: template(),
                tie_band: tie_band.unwrap_or(ASKED_TIE_BAND),
                max_tokens,
            },
        })
    }

    pub fn method(&self) -> Method {
        match self {
            Self::Likelihood(_) => Method::Likelihood,
            Self::Label { template, .. } => Method::Label(template.reference()),
            Self::Words { template, one_order, .. } => {
                Method::Words { template: template.reference(), one_order: *one_order }
            }
            Self::Ratings { template, .. } => Method::Ratings(template.reference()),
        }
    }

    /// Whether only prompts with a reference answer can be judged.
    pub fn needs_reference(&self) -> bool {
        match self {
            Self::Likelihood(_) => false,
            Self::Label { template, .. } | Self::Words { template, .. } | Self::Ratings { template, .. } => {
                template.needs_reference()
            }
        }
    }

    /// A short name of the settings, where they are not the usual ones of the method and its built-in template: the same model asked otherwise is another judge.
    pub fn variation(&self, more: Option<&str>) -> Option<String> {
        let described = |way: &Self| {
            let arguments = way.arguments().into_iter().map(|(name, value)| format!("{name}={value}"));
            arguments.collect::<Vec<_>>().join("\n")
        };
        let own = described(self);
        if more.is_none() && self.usual().is_some_and(|usual| described(&usual) == own) {
            return None;
        }
        let hash = sha256_hex(format!("{own}\n{}", more.unwrap_or_default()).as_bytes());
        Some(hash[..6].to_owned())
    }

    /// The same way with its usual settings, where it asks with a built-in template.
    fn usual(&self) -> Option<Self> {
        let built_in = |template: &Template| Template::named(&template.reference().name);
        let (tie_band, max_tokens) = (ASKED_TIE_BAND, MAX_TOKENS);
        Some(match self {
            Self::Likelihood(_) => Self::Likelihood(LikelihoodSettings::default()),
            Self::Label { template, .. } => Self::Label { template: built_in(template)?, tie_band },
            Self::Words { template, one_order, .. } => Self::Words {
                template: built_in(template)?,
                on_flip: OnFlip::default(),
                one_order: *one_order,
                max_tokens,
            },
            Self::Ratings { template, .. } => {
                Self::Ratings { template: built_in(template)?, tie_band, max_tokens }
            }
        })
    }

    /// Everything that a vote depends on beside model and pair.
    pub fn arguments(&self) -> Vec<(&'static str, String)> {
        let method = ("method", self.method().name().to_owned());
        let asked = |template: &Template| {
            let reference = template.reference();
            ("template", format!("{} sha256 {}", reference.name, reference.hash))
        };
        match self {
            Self::Likelihood(settings) => vec![
                method,
                ("tie-band", settings.tie_band.to_string()),
                ("unconditional-weight", settings.unconditional_weight.to_string()),
                ("end-weight", settings.end_weight.to_string()),
                ("repetition-weight", settings.repetition_weight.to_string()),
                ("reward-weight", settings.reward_weight.to_string()),
            ],
            Self::Label { template, tie_band } => {
                vec![method, ("tie-band", tie_band.to_string()), asked(template)]
            }
            Self::Words { template, on_flip, one_order, max_tokens } => vec![
                method,
                asked(template),
                ("on-flip", format!("{on_flip:?}").to_lowercase()),
                ("one-order", one_order.to_string()),
                ("max-tokens", max_tokens.to_string()),
            ],
            Self::Ratings { template, tie_band, max_tokens } => vec![
                method,
                asked(template),
                ("tie-band", tie_band.to_string()),
                ("max-tokens", max_tokens.to_string()),
            ],
        }
    }
}

fn likelihood(args: &JudgeArgs) -> LikelihoodSettings {
    let default = LikelihoodSettings::default();
    LikelihoodSettings {
        tie_band: args.tie_band.unwrap_or(default.tie_band),
        unconditional_weight: args.unconditional_weight.unwrap_or(default.unconditional_weight),
        end_weight: args.end_weight.unwrap_or(default.end_weight),
        repetition_weight: args.repetition_weight.unwrap_or(default.repetition_weight),
        reward_weight: args.reward_weight.unwrap_or(default.reward_weight),
    }
}

fn check_numbers(args: &JudgeArgs) -> Result<()> {
    let numbers = [
        ("tie-band", args.tie_band),
        ("unconditional-weight", args.unconditional_weight),
        ("end-weight", args.end_weight),
        ("repetition-weight", args.repetition_weight),
        ("reward-weight", args.reward_weight),
    ];
    for (flag, value) in numbers {
        if let Some(value) = value.filter(|value| !value.is_finite() || *value < 0.0) {
            bail!("--{flag} is {value}: give a number of at least 0");
        }
    }
    Ok(())
}

/// The method that was named, or the one that the template is for.
fn method(args: &JudgeArgs, template: Option<&Template>) -> Result<JudgeMethod> {
    let Some(template) = template else {
        return args.method.context("give --method, or the --template to ask with");
    };
    let (name, form) = (&template.reference().name, template.form());
    match (args.method, form) {
        (_, AnswerForm::Prose) => {
            bail!("the template `{name}` asks for a text, and a judge needs a verdict or ratings")
        }
        (Some(JudgeMethod::Likelihood), _) => {
            bail!("--template belongs to the methods that ask; the likelihood method asks no question")
        }
        (None, AnswerForm::Letter) | (Some(JudgeMethod::Label), AnswerForm::Letter) => Ok(JudgeMethod::Label),
        (None | Some(JudgeMethod::Ratings), AnswerForm::Ratings) => Ok(JudgeMethod::Ratings),
        (None, AnswerForm::Marked | AnswerForm::Json) => Ok(JudgeMethod::Words),
        (Some(JudgeMethod::Words), AnswerForm::Letter | AnswerForm::Marked | AnswerForm::Json) => {
            Ok(JudgeMethod::Words)
        }
        (Some(_), AnswerForm::Ratings) => {
            bail!("the template `{name}` asks for ratings: take --method ratings")
        }
        (Some(JudgeMethod::Ratings), _) => {
            bail!("the template `{name}` compares two replies: --method ratings takes one with `answer: ratings`")
        }
        (Some(JudgeMethod::Label), _) => {
            bail!("the template `{name}` asks for more than a letter: take --method words")
        }
    }
}

/// Flags that do nothing with this method are a mistake, and are told.
fn check_flags(args: &JudgeArgs, method: JudgeMethod) -> Result<()> {
    let is_weighted =
        [args.end_weight, args.unconditional_weight, args.repetition_weight, args.reward_weight];
    if method != JudgeMethod::Likelihood && is_weighted.iter().any(Option::is_some) {
        bail!("--end-weight, --unconditional-weight, --repetition-weight and --reward-weight belong to --method likelihood");
    }
    if method != JudgeMethod::Words && (args.one_order || args.on_flip.is_some()) {
        bail!("--one-order and --on-flip belong to --method words");
    }
    if args.one_order && args.on_flip.is_some() {
        bail!("with --one-order nothing can flip: leave --on-flip out");
    }
    if method == JudgeMethod::Words && args.tie_band.is_some() {
        bail!("--tie-band belongs to methods with numbers; the words method has none");
    }
    if !matches!(method, JudgeMethod::Words | JudgeMethod::Ratings) && args.max_tokens.is_some() {
        bail!("--max-tokens belongs to --method words and --method ratings, where the model writes");
    }
    if matches!(method, JudgeMethod::Likelihood | JudgeMethod::Label) && args.compute.batch.is_some() {
        bail!("--batch belongs to --method words and --method ratings, where the model writes: what is only read fills the processor one text at a time");
    }
    if method != JudgeMethod::Ratings && args.ratings.is_some() {
        bail!("--ratings belongs to --method ratings");
    }
    Ok(())
}

fn names() -> String {
    Template::names().collect::<Vec<_>>().join(", ")
}

/// The template of this name that is compiled in, or the one in this file.
fn template(name_or_file: &str) -> Result<Template> {
    if let Some(template) = Template::named(name_or_file) {
        return Ok(template);
    }
    let path = Path::new(name_or_file);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = files::read_text(path)
        .with_context(|| format!("--template {name_or_file}: expected a file, or one of {}", names()))?;
    Template::parse(&name, &text).with_context(|| format!("cannot read {}", path.display()))
}

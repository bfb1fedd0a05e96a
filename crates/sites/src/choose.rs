//! Which allocator model a program is read with.

use crate::detect::{DetectError, detect};
use crate::model::{Model, ModelError};
use crate::program::Program;
use serde::{Deserialize, Serialize};

/// Whose fault it is that something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// The command's.
    Usage,
    /// The input's.
    Input,
    /// Ours.
    Bug,
}

/// How the model is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelChoice {
    /// The built-in one that fits.
    Detected,
    /// The built-in one of that name.
    Named(String),
    /// A model file of this text.
    Text(String),
}

/// No model could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChooseError {
    /// There is none of that name.
    #[error("--model {name}: there is none; choose one of {names}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Those there are.
        names: String,
    },
    /// The model file is none.
    #[error("--model-file")]
    Text(#[source] ModelError),
    /// A rule is none.
    #[error("--allocator")]
    Rule(#[source] ModelError),
    /// None fits.
    #[error(transparent)]
    Detect(#[from] DetectError),
}

impl ChooseError {
    /// Whose fault it is.
    pub fn fault(&self) -> Failure {
        match self {
            ChooseError::Unknown { .. } | ChooseError::Rule(_) => Failure::Usage,
            ChooseError::Text(_) | ChooseError::Detect(_) => Failure::Input,
        }
    }
}

impl ModelChoice {
    /// The model for `program` with the user's `rules` in front, and the name or text that tells it from others.
    pub fn choose(
        &self,
        program: &Program,
        rules: &[String],
    ) -> Result<(Model, String), ChooseError> {
        let built_in = Model::built_in();
        let (mut model, text) = match self {
            ModelChoice::Text(text) => {
                (Model::parse(text).map_err(ChooseError::Text)?, text.clone())
            }
            ModelChoice::Named(name) => {
                let model = built_in.iter().find(|model| model.name == *name);
                let model = model.ok_or_else(|| ChooseError::Unknown {
                    name: name.clone(),
                    names: built_in
                        .iter()
                        .map(|model| model.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                })?;
                (model.clone(), name.clone())
            }
            ModelChoice::Detected => {
                let knows_itself = program.functions.iter().any(|f| f.declared.is_some());
                let model = match detect(program, &built_in) {
                    Ok(model) => model.clone(),
                    Err(_) if knows_itself || !rules.is_empty() => Model::user(),
                    Err(error) => return Err(error.into()),
                };
                let name = model.name.clone();
                (model, name)
            }
        };
        for rule in rules {
            model.add_allocator(rule).map_err(ChooseError::Rule)?;
        }
        Ok((model, text))
    }
}

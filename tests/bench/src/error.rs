//! Why a bench did not run, or what its answer should have been.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// Why a bench did not run, or what its answer should have been.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The engine failed.
    #[error("{0}")]
    Engine(#[from] tidemill::error::Error),
    /// The log failed.
    #[error("{0}")]
    Log(#[from] tidemill::log::LogError),
    /// A record batch of the log is damaged.
    #[error("{0}")]
    Batch(#[from] tidemill::log::BatchError),
    /// DataFusion did not find the answer.
    #[error("the answer to compare with: {0}")]
    DataFusion(#[from] DataFusionError),
    /// Rows did not become columns.
    #[error("the answer to compare with: {0}")]
    Arrow(#[from] ArrowError),
    /// A file, a pipe or a process.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What a process said of its run is no JSON.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The flags ask for what there is not.
    #[error("{0}")]
    Usage(String),
    /// The run did not end, or ended as it should not.
    #[error("{name}: {reason}")]
    Run {
        /// The bench.
        name: String,
        /// What happened.
        reason: String,
    },
    /// The engine's answer is not DataFusion's.
    #[error("{name}: the answer is wrong\n{difference}")]
    Wrong {
        /// The bench.
        name: String,
        /// Rows that are missing, and rows that should not be.
        difference: String,
    },
}

impl BenchError {
    /// Makes the error of a run that went wrong.
    pub(crate) fn run(name: impl Into<String>, reason: impl Into<String>) -> Self {
        BenchError::Run { name: name.into(), reason: reason.into() }
    }
}

pub(crate) type Result<T, E = BenchError> = std::result::Result<T, E>;
